"""The data_quality gate: columns against their contract, and the data as a whole."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest
from pydantic import ValidationError
from tests.gates.sources import Measured, evidence

from lockgate.evidence.view import Evidence
from lockgate.gates.base import metrics_of
from lockgate.gates.data_quality import DataQuality, DataQualityParams
from lockgate.testing import run_examples
from lockgate.types import At, Condition, Measurement, Missing


def params(**columns: Any) -> DataQualityParams:
    """Settings as a policy hands them over: through JSON."""
    return DataQualityParams.model_validate_json(json.dumps({"columns": columns}))


def quality(seen: Evidence, **columns: Any) -> Measured:
    return Measured(DataQuality(), params(**columns), seen)


def details(measured: Measured, metric: str, column: str | None = None) -> Any:
    entry = measured.entry(metric, column)
    assert isinstance(entry, Measurement)
    return entry.details


def test_examples() -> None:
    run_examples("data_quality")


def test_a_setting_asks_for_its_metric_and_allows_nothing_unless_the_policy_says_so() -> None:
    asked = {name: metric.asked_by for name, metric in metrics_of(DataQuality).items() if metric.asked_by}
    assert asked == {
        "wrong_type": ("type",),
        "out_of_range": ("min", "max"),
        "not_allowed": ("allowed",),
        "pattern_mismatch": ("regex",),
        "duplicate_values": ("unique",),
        "absent": ("required",),
    }
    for name, metric in metrics_of(DataQuality).items():
        assert metric.default == (Condition(max=0) if name in asked else None)


# --- types ------------------------------------------------------------------------------------------------------------

TYPES = {
    "integer": [1, 2, 3],
    "number": [1.5, 2.0, 3.0],
    "text": ["a", "b", "c"],
    "boolean": [True, False, True],
    "time": [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2, 3)],
}


@pytest.mark.parametrize("held", TYPES)
@pytest.mark.parametrize("asked", TYPES)
def test_each_type_is_itself_and_no_other(held: str, asked: str) -> None:
    expected = 0.0 if held == asked or (held, asked) == ("integer", "number") else 1.0
    if (held, asked) == ("number", "integer"):
        expected = 1 / 3  # 1.5 alone is no whole number
    assert quality(evidence({"x": TYPES[held]}), x={"type": asked}).value("wrong_type", "x") == expected


def test_whole_numbers_stored_as_floats_are_integers() -> None:
    """As pandas writes an integer column with missing values."""
    seen = evidence({"x": [1.0, 2.0, None]})
    assert quality(seen, x={"type": "integer"}).value("wrong_type", "x") == 0


def test_infinite_values_are_no_integers() -> None:
    seen = evidence({"x": [1.0, float("inf")]})
    assert quality(seen, x={"type": "integer"}).value("wrong_type", "x") == 0.5


def test_a_dictionary_of_texts_is_text() -> None:
    seen = evidence({"x": pa.array(["a", "b", None]).dictionary_encode()})
    assert quality(seen, x={"type": "text"}).value("wrong_type", "x") == 0
    assert quality(seen, x={"type": "number"}).value("wrong_type", "x") == 1


@pytest.mark.parametrize(
    ("values", "hint"),
    [
        (["1,5", "2,25", "3,0"], "decimal comma"),
        (["1", "2", "3.5"], "numbers, stored as text"),
        (["1.234,50", "12 000", "7'000"], "thousands separators"),
    ],
)
def test_bad_input_52_53_numbers_that_arrive_as_text_are_of_the_wrong_type(values: list[str], hint: str) -> None:
    measured = quality(evidence({"x": values}), x={"type": "number"})
    assert measured.value("wrong_type", "x") == 1
    assert hint in details(measured, "wrong_type", "x")["hint"]
    assert details(measured, "wrong_type", "x")["holds"] == "string"


def test_bad_input_54_mixed_values_that_became_text_are_of_the_wrong_type() -> None:
    measured = quality(evidence({"x": ["1", "two", "three"]}), x={"type": "integer"})
    assert measured.value("wrong_type", "x") == 1
    assert "hint" not in details(measured, "wrong_type", "x")


# --- ranges -----------------------------------------------------------------------------------------------------------


def test_the_share_of_values_outside_the_range() -> None:
    measured = quality(evidence({"x": [0, 1, 2, 3, None]}), x={"min": 1, "max": 2})
    assert measured.value("out_of_range", "x") == 0.5
    assert details(measured, "out_of_range", "x") == {
        "below": 1,
        "above": 1,
        "infinite": 0,
        "smallest": 0,
        "greatest": 3,
    }


def test_catalogue_09_the_limits_themselves_are_inside() -> None:
    assert quality(evidence({"x": [17, 100]}), x={"min": 17, "max": 100}).value("out_of_range", "x") == 0
    assert quality(evidence({"x": [0.1 + 0.2]}), x={"max": 0.3}).value("out_of_range", "x") == 1


@pytest.mark.parametrize(
    ("values", "excess"),
    [([0, 5, 10], 0), ([5, 1000], 99), ([-40, 20], 4), ([None, 30], 2)],
)
def test_one_value_in_another_unit_lies_many_widths_outside(values: list[Any], excess: float) -> None:
    measured = quality(evidence({"x": values}), x={"min": 0, "max": 10})
    assert measured.value("range_excess", "x") == pytest.approx(excess)


def test_the_excess_of_times_is_in_widths_of_theirs() -> None:
    days = [date(2026, 1, 15), date(2026, 3, 3)]
    measured = quality(evidence({"d": days}), d={"min": "2026-01-01", "max": "2026-01-31"})
    assert measured.value("range_excess", "d") == pytest.approx(31 / 30)


@pytest.mark.parametrize(
    ("values", "low", "high", "reason"),
    [
        ([1.0, float("inf")], 0, 2, "infinite"),
        ([1e308], -1e-300, 1e-300, "too many widths"),
        ([None, None], 0, 1, "no values"),
    ],
)
def test_an_excess_that_is_no_number_is_no_pass(values: list[Any], low: float, high: float, reason: str) -> None:
    column = pa.array(values, type=pa.float64())
    assert reason in quality(evidence({"x": column}), x={"min": low, "max": high}).why("range_excess", "x")


def test_a_range_of_a_single_value_has_no_width() -> None:
    assert "range_excess" not in quality(evidence({"x": [2, 3]}), x={"min": 2, "max": 2}).metrics("x")


def test_catalogue_12_limits_over_2_to_53_are_not_rounded() -> None:
    """2^53 + 1 is no float64: rounded to even it would be 2^53, and rounded up 2^53 + 2."""
    seen = evidence({"x": [float(2**53), float(2**53 + 2)]})
    assert quality(seen, x={"max": 2**53 + 1}).value("out_of_range", "x") == 0.5
    assert quality(seen, x={"min": 2**53 + 1}).value("out_of_range", "x") == 0.5


@pytest.mark.parametrize("contract", [{"min": 0}, {"max": 10}, {"allowed": [1]}, {"min": 0, "max": 10}])
def test_catalogue_12_whole_numbers_over_2_to_53_are_not_rounded(contract: dict[str, Any]) -> None:
    measured = quality(evidence({"x": [1, 2**53 + 1]}), x=contract)
    metric = "not_allowed" if "allowed" in contract else "out_of_range"
    assert "over 2^53" in measured.why(metric, "x")
    assert measured.value("nulls", "x") == 0


@pytest.mark.parametrize("infinite", [float("inf"), float("-inf")])
@pytest.mark.parametrize("contract", [{"min": 0}, {"max": 10}])
def test_bad_input_56_infinite_values_are_outside_of_every_range(infinite: float, contract: dict[str, Any]) -> None:
    measured = quality(evidence({"x": [1.0, infinite]}), x=contract)
    assert measured.value("out_of_range", "x") == 0.5
    assert measured.value("infinite", "x") == 0.5


def test_times_have_ranges_too() -> None:
    days = [date(2026, 1, 1), date(2026, 2, 1)]
    assert quality(evidence({"d": days}), d={"max": "2026-01-31"}).value("out_of_range", "d") == 0.5
    moments = pa.array([datetime(2026, 1, 1, 12, tzinfo=UTC)], pa.timestamp("us", tz="UTC"))
    for limit, share in (("2026-01-01T12:00:00Z", 0), ("2026-01-01T12:30:00+01:00", 1)):
        assert quality(evidence({"t": moments}), t={"max": limit}).value("out_of_range", "t") == share


@pytest.mark.parametrize(
    ("values", "contract", "reason"),
    [
        (["a"], {"min": 0}, "the column is string, which has no range"),
        ([1], {"min": "2026-01-01"}, "its limits are points in time"),
        ([date(2026, 1, 1)], {"min": 0}, "its limits are numbers"),
        ([True], {"min": 0}, "the column is bool, which has no range"),
    ],
)
def test_a_range_of_another_kind_than_the_column_cannot_be_checked(
    values: list[Any], contract: dict[str, Any], reason: str
) -> None:
    assert reason in quality(evidence({"x": values}), x=contract).why("out_of_range", "x")


# --- allowed values, patterns, uniqueness -----------------------------------------------------------------------------


def test_the_share_of_values_that_are_not_allowed() -> None:
    seen = evidence({"x": ["a", "b", "c", None], "n": [1, 2, 3, None], "f": [1.0, 2.5, 2.5, 3.0], "b": [True] * 4})
    measured = quality(
        seen, x={"allowed": ["a", "b"]}, n={"allowed": [1, 2.0]}, f={"allowed": [1, 2.5]}, b={"allowed": [True]}
    )
    assert measured.value("not_allowed", "x") == pytest.approx(1 / 3)
    assert measured.value("not_allowed", "n") == pytest.approx(1 / 3)
    assert measured.value("not_allowed", "f") == 0.25
    assert measured.value("not_allowed", "b") == 0


@pytest.mark.parametrize(
    ("values", "allowed"),
    [([1, 1], [True]), ([True], [1]), (["1"], [1]), ([1], ["1"]), (["a"], ["A"]), (["a"], ["a "])],
)
def test_what_only_looks_alike_is_not_allowed(values: list[Any], allowed: list[Any]) -> None:
    assert quality(evidence({"x": values}), x={"allowed": allowed}).value("not_allowed", "x") == 1


def test_infinite_values_are_not_allowed() -> None:
    assert quality(evidence({"x": [1.0, float("inf")]}), x={"allowed": [1]}).value("not_allowed", "x") == 0.5


def test_an_unused_value_of_a_dictionary_is_no_value() -> None:
    column = pa.DictionaryArray.from_arrays(pa.array([0, 0, None]), pa.array(["a", "unused"]))
    assert quality(evidence({"x": column}), x={"allowed": ["a"]}).value("not_allowed", "x") == 0


def test_a_pattern_is_about_the_whole_text() -> None:
    seen = evidence({"x": ["AB12", "AB123", "xAB12", "AB12\n", "", None]})
    assert quality(seen, x={"regex": r"[A-Z]{2}\d\d"}).value("pattern_mismatch", "x") == 0.8
    assert quality(seen, x={"regex": "AB|AB12"}).value("pattern_mismatch", "x") == 0.8


def test_a_pattern_that_would_take_others_for_ever_takes_no_time() -> None:
    seen = evidence({"x": ["a" * 50_000 + "!"]})
    assert quality(seen, x={"regex": "(a+)+"}).value("pattern_mismatch", "x") == 1


@pytest.mark.parametrize("values", [[1, 2], [True], [date(2026, 1, 1)]])
def test_a_pattern_on_what_is_no_text_cannot_be_checked(values: list[Any]) -> None:
    assert "a pattern is about text" in quality(evidence({"x": values}), x={"regex": "a"}).why("pattern_mismatch", "x")


def test_duplicate_values_are_those_that_repeat_an_earlier_one() -> None:
    seen = evidence({"x": [1, 1, 1, 2, None, None], "big": [2**53, 2**53 + 1, 1, 2, 3, 4]})
    measured = quality(seen, x={"unique": True}, big={"unique": True})
    assert measured.value("duplicate_values", "x") == 0.5
    assert measured.value("duplicate_values", "big") == 0


def test_details_show_frequent_values_only() -> None:
    values = [f"bad{i}" for i in range(30) for _ in range(10)] + ["jane.doe@example.org"] * 9
    shown = details(quality(evidence({"x": values}), x={"allowed": ["good"]}), "not_allowed", "x")["values"]
    assert len(shown) == 20
    assert set(shown.values()) == {10}
    assert "jane.doe@example.org" not in shown


# --- missing values ---------------------------------------------------------------------------------------------------


def test_missing_values_count_as_missing_alone() -> None:
    measured = quality(
        evidence({"x": [1.0, None, float("nan"), 2.0], "c": ["a", None, "a", "a"]}),
        x={"type": "number", "min": 1, "unique": True},
        c={"type": "text", "allowed": ["a"], "regex": "a"},
    )
    assert measured.value("nulls", "x") == 0.5
    assert measured.value("nulls", "c") == 0.25
    for metric, column in (
        ("wrong_type", "x"),
        ("out_of_range", "x"),
        ("duplicate_values", "x"),
        ("wrong_type", "c"),
        ("not_allowed", "c"),
        ("pattern_mismatch", "c"),
    ):
        assert measured.value(metric, column) == 0


@pytest.mark.parametrize("kind", [pa.float64(), pa.int64(), pa.string(), pa.bool_(), pa.timestamp("s"), pa.null()])
def test_catalogue_20_a_column_without_any_value_keeps_no_contract(kind: pa.DataType) -> None:
    contract = {"type": "number", "min": 0, "allowed": [1], "unique": True}
    measured = quality(evidence({"x": pa.nulls(3, kind)}), x=contract)
    assert measured.value("nulls", "x") == 1
    for metric in ("wrong_type", "out_of_range", "not_allowed", "duplicate_values"):
        assert measured.why(metric, "x") == "there are no values"


def test_nested_values_have_nulls_and_nothing_else() -> None:
    measured = quality(evidence({"x": [[1], None]}, features=["x"]), x={"allowed": ["a"], "unique": True})
    assert measured.value("nulls", "x") == 0.5
    assert "cannot be counted" in measured.why("not_allowed", "x")
    assert "cannot be compared" in measured.why("duplicate_values", "x")
    assert "cannot be compared" in measured.why("duplicates")
    assert "'x'" in measured.why("constant_columns")


# --- globs ------------------------------------------------------------------------------------------------------------


def test_each_setting_comes_from_the_most_specific_glob_that_holds_it() -> None:
    seen = evidence({"age": [-1, 5, 50], "ages": [-1, 5, 50]})
    measured = quality(seen, **{"*": {"min": 0, "type": "integer"}, "age": {"max": 10}, "a*": {"max": 50}})
    assert measured.value("out_of_range", "age") == pytest.approx(2 / 3)
    assert measured.value("out_of_range", "ages") == pytest.approx(1 / 3)
    assert measured.value("wrong_type", "age") == 0


def test_catalogue_23_a_contract_about_a_column_that_is_not_there_is_no_pass() -> None:
    measured = quality(evidence({"age": [1]}), agee={"min": 0, "type": "integer"}, **{"zip_*": {"regex": "a"}})
    assert measured.why("out_of_range", "agee") == "no column matches 'agee'; did you mean 'age'?"
    assert measured.why("wrong_type", "agee").startswith("no column matches")
    assert measured.why("pattern_mismatch", "zip_*").startswith("no column matches")


def test_a_required_column_that_is_not_there_is_an_error_which_nothing_excuses() -> None:
    measured = quality(evidence({"age": [1]}), age={"required": True}, sex={"required": True})
    assert measured.value("absent", "age") == 0
    assert measured.why("absent", "sex") == "no column matches 'sex'"


@pytest.mark.parametrize("name", ["two\nlines", "x[0]", "a,b=c", "tolerate", "?", "nulls", "::error::"])
def test_odd_column_names_keep_their_contracts(name: str) -> None:
    measured = quality(evidence({name: [1, 20]}), **{name: {"max": 10}, "*": {"max": 100}})
    assert measured.value("out_of_range", name) == 0.5


# --- settings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("contract", "message"),
    [
        ({"regex": "("}, "is no regular expression: missing )"),
        ({"regex": "a)|(b"}, "is no regular expression: unexpected )"),
        ({"regex": r"(?=x)"}, "is no regular expression: invalid perl operator"),
        ({"min": 5, "max": 4}, "no value can be in between"),
        ({"min": "2026-02-01", "max": "2026-01-01"}, "no value can be in between"),
        ({"min": 5, "max": "2026-01-01"}, "both numbers or both times"),
        ({"min": "5"}, "expected a number or a time"),
        ({"min": 10**400}, "expected a number under 1e300"),
        ({"allowed": []}, "at least 1 item"),
        ({"unique": False}, "Input should be True"),
        ({"required": False}, "Input should be True"),
        ({"type": "string"}, "'text'"),
        ({"typ": "text"}, "Extra inputs are not permitted"),
    ],
)
def test_bad_input_36_a_contract_that_means_nothing_is_a_mistake(contract: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as raised:
        params(x=contract)
    assert message in str(raised.value)


# --- the data as a whole ----------------------------------------------------------------------------------------------


def test_rows_and_duplicates() -> None:
    measured = quality(evidence({"a": [1, 1, 1, 2, None, None], "b": ["x", "x", "y", "y", None, None]}))
    assert measured.value("rows") == 6
    assert measured.value("duplicates") == pytest.approx(2 / 6)


def test_constant_columns_are_those_with_one_value() -> None:
    columns = {
        "one": [1, 1, None],
        "two": [1, 2, 1],
        "text": ["a", "a", "a"],
        "none": pa.nulls(3, pa.float64()),
        "infinite": [1.0, 1.0, float("inf")],
        "role": [1, 1, 1],
    }
    measured = quality(evidence(columns, label="role"))
    assert measured.value("constant_columns") == 3
    assert details(measured, "constant_columns") == {"columns": ["one", "text", "none"]}


def test_columns_that_came_went_or_changed_their_kind() -> None:
    measured = quality(
        evidence(
            {"same": [1], "wider": [1.0], "kind": ["1"], "new": [1]},
            {"same": [1], "wider": [1], "kind": [1], "old": [1]},
        )
    )
    assert details(measured, "missing_columns") == {"columns": ["old"]}
    assert details(measured, "new_columns") == {"columns": ["new"]}
    assert details(measured, "changed_types") == {"columns": ["kind"]}
    assert [measured.value(name) for name in ("missing_columns", "new_columns", "changed_types")] == [1, 1, 1]


def test_without_a_reference_the_schema_cannot_be_compared() -> None:
    measured = quality(evidence({"a": [1]}))
    for metric in ("missing_columns", "new_columns", "changed_types"):
        assert measured.why(metric) == "there is no reference data: name data.reference"


def test_overlap_by_features_and_label() -> None:
    data, training = {"a": [1, 2, 3, None], "y": [0, 1, 0, 1]}, {"a": [1, 2, None], "y": [0, 0, 1], "more": [1, 2, 3]}
    measured = quality(evidence(data, training=training, label="y"))
    assert measured.value("overlap") == 0.5
    assert details(measured, "overlap") == {"by": ["a", "y"]}


def test_overlap_by_id_where_that_finds_more() -> None:
    seen = evidence({"id": ["u", "v"], "a": [1, 1]}, training={"id": ["v", "w"], "a": [2, 2]}, id_column="id")
    assert quality(seen).value("overlap") == 0.5
    assert details(quality(seen), "overlap") == {"by": ["id"]}


def test_new_ids_do_not_hide_rows_that_the_model_has_seen() -> None:
    rows = {"a": [1, 2], "y": [0, 1]}
    seen = evidence({"id": [7, 8], **rows}, training={"id": [1, 2], **rows}, label="y", id_column="id")
    assert quality(seen).value("overlap") == 1
    assert details(quality(seen), "overlap") == {"by": ["a", "y"]}


def test_a_column_that_stands_in_one_data_set_alone_does_not_hide_an_overlap() -> None:
    seen = evidence({"a": [1, 2], "row": [7, 8], "y": [0, 1]}, training={"a": [1, 2], "y": [0, 0]}, label="y")
    assert quality(seen).value("overlap") == 0.5
    assert details(quality(seen), "overlap") == {"by": ["a", "y"]}


def test_training_data_may_be_a_list_of_ids() -> None:
    seen = evidence({"id": ["u", "v"], "a": [1, 1]}, training={"id": ["v", "w"]}, id_column="id")
    assert quality(seen).value("overlap") == 0.5


def test_an_id_hides_no_duplicates() -> None:
    measured = quality(evidence({"id": [1, 2, 3], "a": [5, 5, 6]}, id_column="id"))
    assert measured.value("duplicates") == pytest.approx(1 / 3)
    assert "no column but the id" in quality(evidence({"id": [1, 2]}, id_column="id")).why("duplicates")


@pytest.mark.parametrize(
    ("training", "reason"),
    [
        (None, "there is no training data"),
        ({"b": [1]}, "without the columns 'a' in both"),
        ({"a": ["1"]}, "cannot be compared"),
    ],
)
def test_catalogue_27_an_overlap_that_cannot_be_checked_is_no_pass(training: Any, reason: str) -> None:
    assert reason in quality(evidence({"a": [1]}, training=training)).why("overlap")


def test_everything_that_is_declared_is_measured_or_missing() -> None:
    contract = {"type": "text", "min": 0, "max": 1, "allowed": ["a"], "regex": "a", "unique": True, "required": True}
    measured = quality(evidence({"a": ["a"], "n": [1.0]}), a=contract)
    assert {entry.metric for entry in measured.entries} == set(metrics_of(DataQuality))
    assert not [entry for entry in measured.entries if isinstance(entry, Missing) and entry.listed]
    assert measured.metrics("n") == {"nulls", "infinite"}
    assert At(column="a") in {entry.at for entry in measured.entries}
