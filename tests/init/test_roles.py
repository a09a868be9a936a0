"""What the columns are: the label, identities, weights, sensitive attributes, and what the classes mean."""

import pytest

from lockgate.errors import UsageError
from lockgate.evidence.view import Label
from lockgate.init.inspect import ColumnLook
from lockgate.init.roles import find_favourable, find_label, find_positive, find_roles, find_sensitive
from lockgate.types import ExitCode


def category(name: str, distinct: int = 2, second: int = 40) -> ColumnLook:
    nulls = {"validation": 0.0}
    return ColumnLook(name=name, kind="category", type="string", nulls=nulls, distinct=distinct, second=second)


def number(name: str, distinct: int = 50, *, low: float = 1.0, whole: bool = True) -> ColumnLook:
    return ColumnLook(
        name=name,
        kind="number",
        type="int64",
        nulls={"validation": 0.0},
        distinct=distinct,
        low=low,
        high=100.0,
        whole=whole,
    )


def looks(*columns: ColumnLook) -> dict[str, ColumnLook]:
    return {column.name: column for column in columns}


# --- label ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["label", "Target", "y", "CLASS"])
def test_the_label_is_found_by_its_name(name: str) -> None:
    assert find_label(looks(category("a"), category(name)), None, "v.parquet") == name


def test_the_label_is_the_one_column_that_the_model_does_not_take() -> None:
    assert find_label(looks(category("a"), category("income")), ["a"], "v.parquet") == "income"


def test_a_name_decides_among_several_columns_that_the_model_does_not_take() -> None:
    assert find_label(looks(category("a"), category("id"), category("target")), ["a"], "v.parquet") == "target"


@pytest.mark.parametrize(
    ("columns", "features", "listed"),
    [
        (("a", "income", "wealth"), ["a"], "income, wealth"),
        (("label", "target", "a"), None, "label, target"),
        (("a", "b"), ["a", "b"], "takes them all"),
        (("a", "b"), None, "a, b"),
    ],
)
def test_a_label_that_cannot_be_told_is_asked_for(
    columns: tuple[str, ...], features: list[str] | None, listed: str
) -> None:
    with pytest.raises(UsageError, match=listed) as caught:
        find_label(looks(*map(category, columns)), features, "v.parquet")
    assert caught.value.exit_code == ExitCode.USAGE
    assert caught.value.where == "v.parquet"
    assert "--label" in caught.value.fix


# --- identity and weight ----------------------------------------------------------------------------------------------


def test_an_identity_is_found_by_name_and_shape() -> None:
    columns = looks(number("customer_id", 100), number("shop_id", 7), number("income", 100), category("y"))
    roles = find_roles(columns, label="y", features=["income"], rows=100, sensitive=())
    assert roles.id == "customer_id"


def test_a_weight_must_be_positive() -> None:
    columns = looks(number("sample_weight", low=0.0), number("fnlwgt", low=0.5), category("y"))
    assert find_roles(columns, label="y", features=["x"], rows=100, sensitive=()).weight == "fnlwgt"


def test_what_the_model_learns_from_is_a_feature_and_said() -> None:
    columns = looks(number("row_id", 100), number("fnlwgt"), category("y"))
    roles = find_roles(columns, label="y", features=["row_id", "fnlwgt"], rows=100, sensitive=())
    assert (roles.id, roles.weight) == (None, None)
    assert [note.split("'")[1] for note in roles.notes] == ["row_id", "fnlwgt"]


# --- sensitive columns ------------------------------------------------------------------------------------------------


def test_sensitive_columns_are_found_and_the_rest_is_left_to_the_reader() -> None:
    adult = looks(
        number("age"), category("marital_status", 7), category("race", 5), category("sex"), category("job", 14)
    )
    assert find_sensitive(adult) == (["sex", "race", "age"], ["marital_status"])


def test_further_attributes_fill_up_where_the_first_ones_are_few() -> None:
    german = looks(
        category("personal_status_sex", 4), number("age"), category("foreign_worker"), category("housing", 3)
    )
    assert find_sensitive(german) == (["personal_status_sex", "age", "foreign_worker"], [])


def test_a_category_with_too_many_values_is_left_to_the_reader() -> None:
    assert find_sensitive(looks(category("native_country", 41), category("sex"))) == (["sex"], ["native_country"])


def test_a_column_of_one_value_has_no_groups() -> None:
    assert find_sensitive(looks(category("sex", 1, second=0))) == ([], ["sex"])


def test_a_column_with_one_group_that_is_large_enough_is_left_to_the_reader() -> None:
    assert find_sensitive(looks(category("foreign_worker", 2, second=14))) == ([], ["foreign_worker"])


def test_what_the_user_names_is_taken_as_it_is() -> None:
    columns = looks(category("sex"), category("zip", 400), category("y"))
    assert find_roles(columns, label="y", features=None, rows=100, sensitive=("zip",)).sensitive == ("zip",)


# --- classes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "counts", "positive"),
    [
        ("income", {0: 70, 1: 30}, 1),
        ("income", {"<=50K": 70, ">50K": 30}, ">50K"),
        ("released", {"No": 20, "Yes": 80}, "Yes"),
        ("flag", {False: 20, True: 80}, True),
        ("y", {-1: 20, 1: 80}, 1),
        ("y", {1: 20, 2: 80}, 1),
        ("y", {3: 20, 4: 80}, 4),
        ("churn", {"churner": 50, "stayer": 50}, "churner"),
        ("spam", {"ham": 20, "spam": 80}, "spam"),
        ("size", {"large": 90, "small": 10}, "small"),
    ],
)
def test_the_positive_class(label: str, counts: dict[Label, int], positive: Label) -> None:
    assert find_positive(label, counts)[0] == positive


@pytest.mark.parametrize(
    ("label", "positive", "favourable"),
    [("income", 1, 1), ("bad_credit", 1, 0), ("fraud", 1, 0), ("loan_approved", 1, 1), ("two_year_recid", 1, 0)],
)
def test_the_favourable_outcome_is_not_the_bad_news(label: str, positive: Label, favourable: Label) -> None:
    assert find_favourable(label, positive, (0, 1)) == favourable
