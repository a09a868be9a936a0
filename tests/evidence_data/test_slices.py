"""Slices and sensitive groups: which rows they hold, what they are called, what is refused."""

import hashlib
from decimal import Decimal
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.evidence_data.opening import opened

from lockgate.errors import EvidenceError, UsageError
from lockgate.evidence.slices import make_groupings, make_slices
from lockgate.evidence.sources.arrow import ArrowSource
from lockgate.evidence.view import Grouping, Slice
from lockgate.policy.model import Sensitive, SliceSpec
from lockgate.types import ExitCode


def source(**columns: object) -> ArrowSource:
    return opened(pa.table(columns))


def by_column(data: ArrowSource, column: str) -> tuple[Slice, ...]:
    return make_slices(data, [SliceSpec(column=column)])


def by_sql(data: ArrowSource, where: str) -> list[bool]:
    (found,) = make_slices(data, [SliceSpec(name="some", where=where)])
    rows: list[bool] = found.rows.tolist()
    return rows


def refused_sql(data: ArrowSource, where: str) -> str:
    """What a user reads where a condition is refused: exit code 2, and which slice."""
    with pytest.raises(UsageError) as caught:
        by_sql(data, where)
    assert caught.value.exit_code == ExitCode.USAGE
    assert caught.value.where == "data.slices, 'some'"
    return str(caught.value)


def grouped(data: ArrowSource, column: str, bins: tuple[float, ...] | None = None) -> Grouping:
    (found,) = make_groupings(data, [Sensitive(column=column, bins=bins)])
    return found


def names_of(found: Grouping) -> list[str]:
    """The group of each row."""
    return [found.groups[code] for code in found.codes]


# --- by column --------------------------------------------------------------------------------------------------------


def test_a_column_gives_one_slice_per_value_in_order_missing_last() -> None:
    found = by_column(source(education=["b", None, "a", "b"]), "education")
    assert [part.name for part in found] == ["education=a", "education=b", "education=(missing)"]
    assert [part.rows.tolist() for part in found] == [
        [False, False, True, False],
        [True, False, False, True],
        [False, True, False, False],
    ]
    assert not any(part.named for part in found)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (7, "x=7"),
        (1.5, "x=1.5"),
        (True, "x=true"),
        ("true", "x=true"),
        ("(missing)", 'x="(missing)"'),
        ("", 'x=""'),
        (" a", 'x=" a"'),
        ('"a"', r'x="\"a\""'),
        ("a=b", "x=a=b"),
        ("some@1a2b3c4d", "x=some@1a2b3c4d"),
        ("1; drop table data", "x=1; drop table data"),
        ("Zoë", "x=Zoë"),
    ],
)
def test_values_that_look_like_something_else_stay_values(value: object, name: str) -> None:
    (found,) = by_column(source(x=[value]), "x")
    assert found.name == name


@given(st.lists(st.none() | st.text(max_size=3), min_size=1, max_size=20))
def test_the_slices_of_a_column_part_its_rows(values: list[str | None]) -> None:
    found = by_column(source(x=pa.array(values, pa.string())), "x")
    assert len({part.name for part in found}) == len(found) == len(set(values))
    assert (np.sum([part.rows for part in found], axis=0) == 1).all()


def test_catalogue_25_a_new_category_is_a_slice_of_its_own() -> None:
    known, new = source(x=["a", "b"]), source(x=["a", "b", "never seen"])
    assert "x=never seen" in {part.name for part in by_column(new, "x")} - {part.name for part in by_column(known, "x")}


def test_catalogue_24_a_slice_of_three_rows_stays_a_slice() -> None:
    found = {part.name: int(part.rows.sum()) for part in by_column(source(x=["a"] * 97 + ["b"] * 3), "x")}
    assert found == {"x=a": 97, "x=b": 3}


def test_catalogue_23_slice_column_absent_from_the_data() -> None:
    with pytest.raises(EvidenceError, match="there is no column 'educatoin'") as caught:
        by_column(source(education=["a"]), "educatoin")
    assert caught.value.exit_code == ExitCode.NOT_JUDGED
    assert caught.value.where.startswith("validation data")
    assert "'education'" in caught.value.fix


def test_a_column_of_too_many_values_proposes_sql() -> None:
    with pytest.raises(EvidenceError, match="1,000 different values, at most 200") as caught:
        by_column(source(x=list(range(1000))), "x")
    assert "where:" in caught.value.fix


def test_two_slices_of_one_name_are_a_mistake() -> None:
    with pytest.raises(EvidenceError, match="two slices are called 'x=1'"):
        make_slices(source(x=[1]), [SliceSpec(column="x"), SliceSpec(column="x")])


def test_a_value_called_like_a_condition_is_refused() -> None:
    digest = hashlib.sha256(b"y = 1").hexdigest()[:8]
    data = source(g=[f"x@{digest}", "z"], y=[1, 2])
    with pytest.raises(EvidenceError, match=f"two slices are called 'g=x@{digest}'"):
        make_slices(data, [SliceSpec(column="g"), SliceSpec(name="g=x", where="y = 1")])


NEAR = [Decimal("0.1"), Decimal("0.10000000000000000001"), Decimal("0.2")]
"""Decimals of which float64 cannot tell two apart."""


@pytest.mark.parametrize("encoded", [False, True])
def test_decimals_are_called_by_their_exact_text(encoded: bool) -> None:
    column = pa.array(NEAR, pa.decimal128(30, 20))
    data = source(rate=column.dictionary_encode() if encoded else column)
    assert [part.name for part in by_column(data, "rate")] == [f"rate={value}" for value in NEAR]
    assert names_of(grouped(data, "rate")) == [str(value) for value in NEAR]


@pytest.mark.parametrize("zone", ["Mars/Phobos", "+25:00"])
def test_an_unknown_time_zone_is_the_datas_fault(zone: str) -> None:
    data = source(seen=pa.array([0, 1], pa.timestamp("us", tz=zone)))
    for make in (by_column, grouped):
        with pytest.raises(EvidenceError, match=r"column 'seen'.*cannot be written.*timezone") as caught:
            make(data, "seen")
        assert caught.value.where.startswith("validation")
    with pytest.raises(EvidenceError, match="cannot be written"):
        data.counts(("seen",))


def test_a_nested_column_has_no_slices() -> None:
    with pytest.raises(EvidenceError, match="has no groups"):
        by_column(source(x=[[1]]), "x")


# --- by SQL -----------------------------------------------------------------------------------------------------------

PEOPLE = {"age": [20, 40, None, 60], "Sex": ["f", "m", "f", None], "gain": [0.0, float("nan"), 9000.0, 100.0]}


def test_sql_names_carry_the_digest_of_the_condition() -> None:
    where = "gain > 5000"
    (found,) = make_slices(source(**PEOPLE), [SliceSpec(name="high earners", where=where)])
    assert found.name == "high earners@" + hashlib.sha256(where.encode()).hexdigest()[:8]
    assert found.named


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        ("age >= 40", [False, True, False, True]),
        ("AGE >= 40 and \"sex\" = 'm'", [False, True, False, False]),
        ("age is null", [False, False, True, False]),
        ("gain > 50", [False, False, True, True]),  # DuckDB holds NaN for the greatest number; here it is missing
        ("gain is null", [False, True, False, False]),
        ("data.age = (select max(age) from data)", [False, False, False, True]),
        ("sex like 'f%' -- a comment", [True, False, True, False]),
        ("true", [True] * 4),
        ("age > 40 or true", [True] * 4),
        ("age > 200", [False] * 4),
        ("columns('age|gain') > 30", [False, False, False, True]),
    ],
)
def test_sql_finds_its_rows(where: str, rows: list[bool]) -> None:
    assert by_sql(source(**PEOPLE), where) == rows


def test_a_condition_that_no_row_meets_is_a_named_slice_without_rows() -> None:
    (found,) = make_slices(source(**PEOPLE), [SliceSpec(name="nobody", where="age > 200")])
    assert found.named
    assert not found.rows.any()


def test_sql_reads_only_the_columns_that_it_names(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    class Watched(ArrowSource):
        asked: ClassVar[list[str]] = []

        def column(self, name: str) -> pa.ChunkedArray:
            self.asked.append(name)
            return super().column(name)

    pq.write_table(pa.table({**PEOPLE, "nested": [[1]] * 4}), tmp_path / "data.parquet")
    plain = opened(tmp_path / "data.parquet")
    watched = Watched(plain._reader, uri="", where="")
    assert by_sql(watched, "AGE > 30 and lower(sex) = 'm'") == [False, True, False, False]
    assert sorted(watched.asked) == ["Sex", "age"]


@settings(max_examples=10)
@given(st.permutations(range(50)))
def test_sql_keeps_the_order_of_the_rows(numbers: list[int]) -> None:
    assert by_sql(source(x=numbers), "x < 10") == [number < 10 for number in numbers]


def test_a_column_may_be_called_like_our_row_numbers() -> None:
    assert by_sql(source(lockgate_row=[5, 1], LOCKGATE_ROW_=[1, 5]), "lockgate_row = 1") == [False, True]


def test_categories_and_other_types_are_plain_in_sql() -> None:
    data = source(c=pa.array(["a", "b"]).dictionary_encode(), i=pa.array([1, None], pa.int8()), n=pa.nulls(2))
    assert by_sql(data, "c = 'b' and i is null and n is null") == [False, True]


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("aeg > 40", "did you mean 'age'?"),
        ("age >", "syntax error"),
        ("age > 40; drop table data", "syntax error"),
        ("true) union select 1 from data where (true", "more than one condition"),
        ("true) order by (1", "more than one condition"),
        ("true) limit (1", "more than one condition"),
        ("age > avg(age)", "cannot contain aggregates"),
        ("sex = f", 'Referenced column "f" not found'),
        ("random() < 0.5", "random() gives another answer each time"),
        ("now() > timestamp '2020-01-01'", "now() gives another answer each time"),
        ("current_date > date '2020-01-01'", "current_date"),
        ("age in (select 1 from read_csv('/etc/passwd'))", "Permission Error"),
        ("sex in (select content from read_text('/etc/passwd'))", "Permission Error"),
        ("exists (from '/etc/passwd')", "does not exist"),
        ("exists (from numbers)", "Table with name numbers does not exist"),
        ("'unclosed", "unterminated"),
        ("*/ true /*", "unterminated"),
        ("1/0 = cast('x' as integer)", "Could not convert string 'x'"),
    ],
)
def test_sql_that_cannot_be_used_is_a_usage_error_with_its_own_words(where: str, said: str) -> None:
    numbers = pa.table({"x": [1]})  # a table of this program, which SQL must not see
    assert numbers.num_rows == 1
    assert said in refused_sql(source(**PEOPLE), where)


@pytest.mark.parametrize("gain", [["9000", "1"], ["9000", "many"], pa.array(["9000", "1"]).dictionary_encode()])
@pytest.mark.parametrize("where", ["gain > 5000", "gain + 1 > 5000", "other = 1 and abs(gain) > 5000"])
def test_a_column_that_became_text_is_the_datas_fault(gain: object, where: str) -> None:
    with pytest.raises(EvidenceError, match="needs numbers, and 'gain' is text") as caught:
        by_sql(source(gain=gain, other=[1, 2]), where)
    assert caught.value.where == "validation data (a table in memory), data.slices, 'some'"


def test_sql_does_not_read_another_column_whose_name_differs_by_case() -> None:
    table = pa.table({"GAIN": [0, 9], "x": [1, 2]}).append_column("gain", pa.array([9, 0]))
    with pytest.raises(EvidenceError, match=r"'GAIN' and 'gain' can hardly be told apart \(case\)"):
        opened(table)
    with pytest.raises(EvidenceError, match="'STRASSE' and 'straße'"):
        opened(pa.table({"STRASSE": [0], "straße": [1]}))


# --- sensitive groups -------------------------------------------------------------------------------------------------


def test_groups_are_the_values_in_order_missing_last() -> None:
    found = grouped(source(sex=["m", None, "f"]), "sex")
    assert found.column == "sex"
    assert found.groups == ("f", "m", "(missing)")
    assert names_of(found) == ["m", "(missing)", "f"]


@pytest.mark.parametrize(
    ("age", "group"),
    [
        (24.999, "<25"),
        (25, "25–40"),
        (39, "25–40"),
        (40, "40–60"),
        (60, ">=60"),
        (float("inf"), ">=60"),
        (float("-inf"), "<25"),
        (float("nan"), "(missing)"),
        (None, "(missing)"),
    ],
)
def test_bins_hold_their_lower_edge(age: float | None, group: str) -> None:
    found = grouped(source(age=pa.array([age], pa.float64())), "age", (25, 40, 60))
    assert names_of(found) == [group]


def test_bins_stand_in_their_own_order_and_only_where_somebody_is() -> None:
    found = grouped(source(age=[100, None, 8, 9]), "age", (9, 20.5, 90))
    assert found.groups == ("<9", "9–20.5", ">=90", "(missing)")
    assert names_of(found) == [">=90", "(missing)", "<9", "9–20.5"]


def test_several_columns_are_crossed_too() -> None:
    data = source(sex=["f", "m", "f", "f"], race=["b", "w", "w", None], age=[20, 30, 40, 50])
    found = make_groupings(
        data, [Sensitive(column="sex"), Sensitive(column="race"), Sensitive(column="age", bins=(35,))]
    )
    pairs = ["sex × race", "sex × age", "race × age"]
    assert [grouping.column for grouping in found] == ["sex", "race", "age", *pairs, "sex × race × age"]
    assert found[-1].groups == ("f × b × <35", "f × w × >=35", "f × (missing) × >=35", "m × w × <35")
    assert names_of(found[-1]) == ["f × b × <35", "m × w × <35", "f × w × >=35", "f × (missing) × >=35"]


def test_crossed_names_do_not_collide() -> None:
    data = source(a=["x", "x × y"], b=["y × z", "z"])
    found = make_groupings(data, [Sensitive(column="a"), Sensitive(column="b")])[-1]
    assert len(set(found.groups)) == 2


def test_no_wish_no_grouping() -> None:
    assert make_groupings(source(x=[1]), []) == ()
    assert make_slices(source(x=[1]), []) == ()


def test_more_than_a_hundred_groups_propose_bins() -> None:
    with pytest.raises(EvidenceError, match="101 different values, at most 100") as caught:
        grouped(source(age=list(range(101))), "age")
    assert caught.value.fix == "put it into groups: {column: age, bins: [25, 50, 75]}"
    assert grouped(source(age=list(range(100))), "age").groups[:3] == ("0", "1", "10")


def test_more_than_a_thousand_crossed_groups_are_refused() -> None:
    data = source(a=[n % 40 for n in range(1600)], b=[n // 40 for n in range(1600)])
    with pytest.raises(EvidenceError, match="a × b has 1,600 groups, at most 1,000"):
        make_groupings(data, [Sensitive(column="a"), Sensitive(column="b")])


def test_another_sensitive_column_takes_no_groups_away() -> None:
    data = source(sex=["f", "m"] * 60, race=["b", "b", "w", "w"] * 30, zip=[f"z{n}" for n in range(60)] * 2)
    few = make_groupings(data, [Sensitive(column="sex"), Sensitive(column="race")])
    more = make_groupings(data, [Sensitive(column="sex"), Sensitive(column="race"), Sensitive(column="zip")])
    for grouping in few:
        (same,) = [held for held in more if held.column == grouping.column]
        assert same.groups == grouping.groups
        assert same.codes.tolist() == grouping.codes.tolist()


def test_all_crossed_are_left_out_where_they_are_too_many_and_pairs_stay() -> None:
    rows = range(1331)
    data = source(a=[n % 11 for n in rows], b=[n // 11 % 11 for n in rows], c=[n // 121 for n in rows])
    found = make_groupings(data, [Sensitive(column=name) for name in "abc"])
    assert [grouping.column for grouping in found] == ["a", "b", "c", "a × b", "a × c", "b × c"]


def test_more_than_ten_sensitive_columns_are_refused() -> None:
    names = [f"s{n}" for n in range(11)]
    with pytest.raises(UsageError, match="11 sensitive columns are listed, at most 10"):
        make_groupings(source(**{name: [1] for name in names}), [Sensitive(column=name) for name in names])


def test_a_sensitive_column_called_like_an_intersection_is_refused() -> None:
    data = source(**{"a": ["x"], "b": ["y"], "a × b": ["z"]})
    with pytest.raises(EvidenceError, match="are called 'a × b'"):
        make_groupings(data, [Sensitive(column=name) for name in ("a", "b", "a × b")])


def test_bins_on_text_are_refused_with_a_hint() -> None:
    with pytest.raises(EvidenceError, match="'age' is text, and numbers are needed") as caught:
        grouped(source(age=["1,5"]), "age", (2,))
    assert "decimal comma" in caught.value.fix


def test_a_sensitive_column_that_is_absent_or_listed_twice() -> None:
    with pytest.raises(EvidenceError, match="there is no column 'gender'"):
        grouped(source(sex=["f"]), "gender")
    with pytest.raises(UsageError, match="'sex' is listed twice"):
        make_groupings(source(sex=["f"]), [Sensitive(column="sex"), Sensitive(column="sex")])
