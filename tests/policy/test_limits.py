"""Bad inputs 29 to 36 about limits: what a number may look like, and which limits mean something."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.policy.conftest import Load, Refused
from tests.policy.texts import POLICY, with_condition, with_gate

from lockgate.policy.scalars import resolve
from lockgate.policy.units import NotANumber, number
from lockgate.types import Condition


def condition_of(load: Load, condition: str, gate: str = "Quality") -> Condition:
    text = with_condition(condition, gate) + '  always: {uses: "gates/own.py:Always"}\n'
    return load(text).rules.gates[0].clauses[0].condition


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("f1: {min: 0.65}", Condition(min=0.65)),
        ("f1: {min: 1e-3}", Condition(min=0.001)),
        ("f1: {min: 1}", Condition(min=1.0)),
        ("f1: {min: +.5}", Condition(min=0.5)),
        ("accuracy: {min: 95%}", Condition(min=0.95)),
        ("accuracy: {min: 5 %, warn: 5.5%}", Condition(min=0.05, warn=0.055)),
        ("log_loss: {max: 0.35, warn: 0.3, level: warn}", Condition(max=0.35, warn=0.3, level="warn")),
        ("bias: {min: -1, max: 1, level: info}", Condition(min=-1, max=1, level="info")),
        ("latency: {max: 20 ms}", Condition(max=0.02)),
        ("latency: {max: 20ms, warn: 0.5 ms}", Condition(max=0.02, warn=0.0005)),
        ("latency: {max: 1.5 min}", Condition(max=90)),
        ("size: {max: 50 MB}", Condition(max=50_000_000)),
        ("size: {max: 50 MiB}", Condition(max=52_428_800)),
        ("size: {max: 0}", Condition(max=0)),
        ("f1: {warn: 0.9}", Condition(warn=0.9)),
    ],
)
def test_limits_as_people_write_them(load: Load, condition: str, expected: Condition) -> None:
    assert condition_of(load, condition) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("f1: {max_drop: 0.01}", Condition(max_drop=0.01)),
        ("f1: {max_drop: 0}", Condition(max_drop=0)),
        ("f1: {min_gain: 0.01, min_ratio: 1}", Condition(min_gain=0.01, min_ratio=1)),
        ("r2: {max_drop: 0.05}", Condition(max_drop=0.05)),
        ("bias: {min_ratio: 0.9, max_ratio: 1.1}", Condition(min_ratio=0.9, max_ratio=1.1)),
        ("latency: {max: 20 ms, max_ratio: 1.2}", Condition(max=0.02, max_ratio=1.2)),
        ("latency: {max_drop: 5 ms}", Condition(max_drop=0.005)),
    ],
)
def test_limits_against_the_champion(load: Load, condition: str, expected: Condition) -> None:
    assert condition_of(load, condition, "Rival") == expected


@pytest.mark.parametrize(
    ("condition", "what", "fix"),
    [
        ('f1: {min: "0.65"}', "expected a number, not the text '0.65'", "write 0.65 without quotes"),
        ("f1: {min: '1e-3'}", "expected a number, not the text '1e-3'", "write 1e-3 without quotes"),
        ("f1: {min: ' 0.65'}", "expected a number, not the text ' 0.65'", "write 0.65 without quotes"),
        ("f1: {min: '0,65'}", "expected a number, not the text '0,65'", "write a decimal point: 0.65"),
        ("f1: {min: 12:30}", "expected a number, not the text '12:30'", "write a number"),
        ("f1: {min: 2026-11-01}", "expected a number, not the text '2026-11-01'", "write a number"),
        ("log_loss: {max: 1_000}", "expected a number, not the text '1_000'", "write 1000"),
        ("f1: {min: 65%}", "per cent stands only for a share, and f1 is none", "write a number, 0.65 or 65"),
        (
            "log_loss: {max: 95%}",
            "per cent stands only for a share, and log_loss is none",
            "write a number, 0.95 or 95",
        ),
        ("latency: {max: 20}", "latency is a time, and 20 has no unit", "write it out, as in 20 ms"),
        ("size: {max: 50}", "size is a size, and 50 has no unit", "write it out, as in 50 MB"),
        ("latency: {max: 20 MB}", "latency is a time, and 'MB' is no unit of it", "use one of ms, s, min, h, d"),
        ("size: {max: 50 mb}", "size is a size, and 'mb' is no unit of it", "write 50 MB"),
        ("size: {max: 5%}", "per cent stands only for a share, and size is none", "write a number, 0.05 or 5"),
        ("f1: {min: 1 s}", "f1 is a plain number, and 1 s has a unit", "write 1"),
        ("f1: {min: [0.65]}", "expected a number, not a list", "write a number"),
        ("f1: {min: 0.6.5}", "expected a number, not the text '0.6.5'", "write a number"),
    ],
)
def test_bad_input_29_and_catalogue_41_texts_where_a_number_belongs(
    refused: Refused, condition: str, what: str, fix: str
) -> None:
    (mistake,) = refused(with_condition(condition))
    assert (mistake.what, mistake.fix) == (what, fix)
    assert mistake.place.line == 11


def test_catalogue_41_a_decimal_comma_in_braces(refused: Refused) -> None:
    never, comma = refused(with_condition("f1: {min: 0,65}"))
    assert never.what.startswith("can never fail")
    assert (comma.what, comma.fix) == ("a key must be a text, 65 is none", "write a decimal point: 0.65")


@pytest.mark.parametrize(
    "limit", [".nan", ".NaN", ".inf", "-.inf", "+.Inf", "1e400", "-1e400", "nan", "inf", "NaN", "1e-400", "9" * 400]
)
def test_bad_input_30_and_catalogue_03_limits_that_are_not_finite(refused: Refused, limit: str) -> None:
    (mistake,) = refused(with_condition(f"f1: {{min: {limit}}}"))
    assert limit[:20] in mistake.what
    assert (mistake.place.line, mistake.place.column) == (11, 17)


@pytest.mark.parametrize("limit", ["1e400 ms", f"{'9' * 400} ms", "1e400%"])
def test_catalogue_03_quantities_that_are_not_finite(refused: Refused, limit: str) -> None:
    metric = "accuracy" if "%" in limit else "latency"
    (mistake,) = refused(with_condition(f"{metric}: {{{'min' if '%' in limit else 'max'}: {limit}}}"))
    assert "too large" in mistake.what


@pytest.mark.parametrize("limit", ["yes", "no", "true", "False", "on"])
def test_bad_input_31_and_catalogue_07_limits_that_are_true_or_false(refused: Refused, limit: str) -> None:
    (mistake,) = refused(with_condition(f"f1: {{min: {limit}}}"))
    assert mistake.what.startswith("expected a number, not ")


@pytest.mark.parametrize("limit", ["", "~", "null"])
def test_bad_input_32_and_catalogue_07_limits_without_a_value(refused: Refused, limit: str) -> None:
    (mistake,) = refused(with_condition(f"f1: {{min: {limit}}}"))
    assert (mistake.what, mistake.place.key) == ("no value", "gates.g.metrics.f1.min")


@pytest.mark.parametrize(
    ("condition", "what", "fix"),
    [
        ("f1: {min: 1.2}", "can never hold: f1 lies between 0 and 1", ""),
        ("f1: {min: 0}", "can never fail: f1 lies between 0 and 1", "set a limit that means something, or remove it"),
        ("f1: {min: -0.1}", "can never fail: f1 lies between 0 and 1", ""),
        ("log_loss: {max: -1}", "can never hold: log_loss lies at or above 0", ""),
        ("accuracy: {min: 0%}", "can never fail: accuracy lies between 0 and 1", None),
        ("accuracy: {min: 101%}", "can never hold: accuracy lies between 0 and 1", None),
        ("f1: {min: 0.6, warn: 1.1}", "can never hold: f1 lies between 0 and 1", None),
        ("latency: {max: -1 ms}", "can never hold: latency lies at or above 0", None),
    ],
)
def test_bad_input_33_limits_outside_of_the_domain(
    refused: Refused, condition: str, what: str, fix: str | None
) -> None:
    (mistake,) = refused(with_condition(condition))
    assert mistake.what == what
    assert fix is None or mistake.fix == fix


@pytest.mark.parametrize(
    ("condition", "fix"),
    [("f1: {min: 95}", "did you mean 0.95?"), ("score: {min: 0.95}", "did you mean 95?")],
)
def test_catalogue_43_per_cent_and_fractions_mixed_up(refused: Refused, condition: str, fix: str) -> None:
    (mistake,) = refused(with_condition(condition))
    assert mistake.fix == fix


@pytest.mark.parametrize(
    ("condition", "gate", "fix"),
    [
        ("f1: {max: 0.65}", "Quality", "use min"),
        ("log_loss: {min: 0.35}", "Quality", "use max"),
        ("latency: {min: 20 ms}", "Quality", "use max"),
        ("f1: {max_ratio: 1.1}", "Rival", "use min_ratio"),
        ("error_rate: {min_ratio: 0.9}", "Rival", "use max_ratio"),
        ("bias: {max_drop: 0.1}", "Rival", "use min and max"),
        ("bias: {min_gain: 0.1}", "Rival", "use min and max"),
    ],
)
def test_bad_input_34_and_catalogue_42_the_wrong_direction(
    refused: Refused, condition: str, gate: str, fix: str
) -> None:
    (mistake,) = refused(with_condition(condition, gate))
    assert mistake.fix == fix
    assert mistake.place.line == 11


@pytest.mark.parametrize(
    ("condition", "gate", "what"),
    [
        ("bias: {min: 2, max: 1}", "Quality", "min 2 is above max 1: nothing can hold both"),
        ("bias: {min_ratio: 1.1, max_ratio: 0.9}", "Rival", "min_ratio 1.1 is above max_ratio 0.9"),
        ("f1: {min: 0.6, warn: 0.5}", "Quality", "never warns: 0.5 is not above min, 0.6"),
        ("f1: {min: 0.6, warn: 0.6}", "Quality", "never warns: 0.6 is not above min, 0.6"),
        ("log_loss: {max: 0.3, warn: 0.4}", "Quality", "never warns: 0.4 is not below max, 0.3"),
        ("bias: {warn: 1}", "Quality", "bias has no better side"),
        ("bias: {min: 0, max: 2, warn: 1}", "Quality", "between min and max it has two sides"),
        ("f1: {max_drop: 0.1, warn: 0.5}", "Rival", "warn is about the value of f1, so it needs min beside it"),
        ("f1: {}", "Quality", "the condition sets no limit"),
        ("f1: {level: block}", "Quality", "the condition sets no limit"),
        ("f1: 0.65", "Quality", "expected a condition, not the number 0.65"),
        ("f1: [min, 0.65]", "Quality", "expected a condition, not a list"),
        ("f1:", "Quality", "expected a condition, not nothing"),
    ],
)
def test_bad_input_36_and_catalogue_18_bounds_at_odds_or_missing(
    refused: Refused, condition: str, gate: str, what: str
) -> None:
    (mistake,) = refused(with_condition(condition, gate))
    assert what in mistake.what
    assert mistake.place.line == 11


@pytest.mark.parametrize(
    ("condition", "what", "fix"),
    [
        ("error_rate: {max_drop: 5%}", "points or relative? 5% says neither", "min_ratio"),
        ("error_rate: {min_gain: 5%}", "points or relative? 5% says neither", "0.05 for points"),
        ("error_rate: {max_ratio: 105%}", "a ratio is a plain number", "write 1.05"),
        ("latency: {max_ratio: 2 s}", "a ratio has no unit", "write 2"),
        ("f1: {max_drop: -0.01}", "a difference is written without a sign", "write min_gain: 0.01"),
        ("f1: {min_gain: -0.01}", "a difference is written without a sign", "write max_drop: 0.01"),
        ("f1: {max_drop: 1}", "can never fail: f1 lies between 0 and 1", ""),
        ("f1: {max_drop: 5}", "can never fail: f1 lies between 0 and 1", "did you mean 0.05?"),
        ("f1: {min_gain: 2}", "can hardly ever hold: f1 lies between 0 and 1", "did you mean 0.02?"),
        ("f1: {min_ratio: 0}", "can never fail", "1 means as the champion"),
        ("error_rate: {max_ratio: 0}", "can hardly ever hold", "1 means as the champion"),
        ("r2: {min_ratio: 0.9}", "r2 can be negative, where a ratio says nothing", "use max_drop or min_gain"),
    ],
)
def test_limits_against_the_champion_that_make_no_sense(refused: Refused, condition: str, what: str, fix: str) -> None:
    (mistake,) = refused(with_condition(condition, "Rival"))
    assert mistake.what == what
    assert fix in mistake.fix


@pytest.mark.parametrize("bound", ["max_drop", "min_gain", "min_ratio"])
def test_only_a_gate_that_compares_takes_limits_against_the_champion(refused: Refused, bound: str) -> None:
    (mistake,) = refused(with_condition(f"f1: {{{bound}: 0.01}}"))
    assert mistake.what == "f1 is not compared with the champion here"
    assert mistake.fix == "the gate `champion` compares: write it there, or use min"
    (mistake,) = refused(with_condition(f"size: {{{bound}: 0.01}}"))
    assert mistake.fix == "use max"  # no model's quality: the gate `champion` has no such metric


@pytest.mark.parametrize(
    ("setting", "what"),
    [
        ("timeout: 90", "this is a time, and 90 has no unit"),
        ("timeout: 0 s", "expected more than 0"),
        ("timeout: soon", "expected a number, not the text 'soon'"),
        ("level: blok", "not the text 'blok'"),
        ("when_no_champion: ignore", "not the text 'ignore'"),
        ("data: validaton", "unknown data role 'validaton'"),
        ("data: [validation, validation]", "expected each role once"),
        ("data: []", "expected each role once"),
        ("columns: {tolerate: 30}", "a share lies between 0 and 1 (0% and 100%); did you mean 30%?"),
        ("columns: {tolerate: 100%}", "can never fail: all columns may fail"),
        ("columns: {tolerate: -1%}", "a share lies between 0 and 1"),
        ("columns: {tolerate: {}}", "expected a share, as in 30%"),
        ("columns: {age: {}}", "asks nothing"),
        ("columns: {age: 5}", "expected a mapping, not the number 5"),
        ("columns: {age: {type: integer}}", "unknown key (this gate has no settings per column)"),
    ],
)
def test_settings_of_the_frame(refused: Refused, setting: str, what: str) -> None:
    gate = "Rival" if "champion" in setting else "Quality"
    (mistake,) = refused(with_gate(f"f1: {{{'max_drop' if gate == 'Rival' else 'min'}: 0.5}}\n{setting}", gate))
    assert what in mistake.what
    assert mistake.place.line == 9


def test_a_gates_own_settings_are_told_like_any_other(refused: Refused) -> None:
    mistakes = refused(with_gate("noise: '0.1'\nnames: flips\nflips_rate: {max: 5%}", "Noise"))
    assert [(m.place.key, m.what, m.fix) for m in mistakes] == [
        ("gates.g.noise", "expected a number, not the text '0.1'", "write 0.1 without quotes"),
        ("gates.g.names", "expected a list, not the text 'flips'", "write [flips]"),
    ]


@pytest.mark.parametrize(
    ("written", "fix"),
    [("5%", "write 0.05"), ("60 s", "write 60"), ("1.5 min", "write 90"), ("2 MB", "write 2000000"), ("1e999 s", "")],
)
def test_a_number_with_a_unit_is_written_out(refused: Refused, written: str, fix: str) -> None:
    (mistake,) = refused(with_gate(f"noise: {written}\nflips_rate: {{max: 5%}}", "Noise"))
    assert (mistake.what, mistake.fix) == (f"expected a number, not the text {written!r}", fix)


def test_a_metric_named_in_both_ways(refused: Refused) -> None:
    (mistake,) = refused(POLICY + "    f1: {min: 0.1}\n")
    assert mistake.what == "the metric stands here and under `metrics`"
    assert (mistake.place.line, mistake.place.key) == (9, "gates.quality.f1")


# --- numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[("1e-3", 0.001), ("-7", -7), ("+7", 7), ("1.", 1.0), (".5", 0.5), ("0x1F", 31), ("0o17", 15), ("0", 0)],
        *[("true", True), ("False", False), ("null", None), ("~", None), ("", None)],
        *[("yes", "yes"), ("off", "off"), ("12:30", "12:30"), ("0,95", "0,95"), ("1_000", "1_000")],
        *[("2026-11-01", "2026-11-01"), ("1.2.3", "1.2.3"), ("nan", "nan"), ("e5", "e5"), ("tRue", "tRue")],
    ],
)
def test_plain_words_are_read_as_yaml_1_2_says(text: str, value: object) -> None:
    assert resolve(text) == value
    assert type(resolve(text)) is type(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_number_is_read_as_python_writes_it(value: float) -> None:
    assert resolve(repr(value)) == value


@given(st.text(max_size=12))
def test_a_word_is_a_scalar_or_refused_and_never_not_finite(text: str) -> None:
    try:
        value = resolve(text)
    except ValueError:
        return
    assert not isinstance(value, float) or math.isfinite(value)


@given(
    st.text(max_size=12), st.sampled_from([None, "share", "s", "bytes", "rows"]), st.sampled_from(["min", "max_drop"])
)
def test_a_limit_is_a_finite_number_or_refused(text: str, unit: str | None, key: str) -> None:
    try:
        value = number(text, unit=unit, key=key)
    except NotANumber:
        return
    assert math.isfinite(value)


@given(st.decimals(min_value=0, max_value=100, places=3))
def test_per_cent_is_the_nearest_number(percentage: object) -> None:
    assert number(f"{percentage}%", unit="share") == float(f"{percentage}e-2")
