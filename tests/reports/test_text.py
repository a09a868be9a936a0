"""The words that all reports share."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.reports.making import METRICS, held
from tests.reports.naughty import naughty

from lockgate.errors import EvidenceError
from lockgate.numbers import apart, short
from lockgate.reports.axis import WIDTH, axis_of, strip
from lockgate.reports.text import facts, moment, needed, no_commands, numbers, plain, sentence, subject, where_words
from lockgate.types import Bound, Finding, Status


@given(st.text(), st.integers(10, 200))
def test_plain_text_prints_on_one_line_and_is_short(text: str, limit: int) -> None:
    assert plain(text, limit).isprintable()
    assert len(plain(text, limit)) <= limit
    assert sentence(text, limit).isprintable()


@given(st.text(alphabet=st.characters(categories=["L", "N", "P"]), max_size=100))
def test_what_prints_stays_as_it_is(text: str) -> None:
    assert plain(text) == text


def test_what_does_not_print_is_shown_as_an_escape() -> None:
    assert plain("a\x1b[2J\u202eb\n\ud800") == "a\\x1b[2J\\u202eb\\x0a\\ud800"


def test_a_sentence_sets_the_fix_of_an_error_apart() -> None:
    error = EvidenceError("there is no column 'rase'", where="data.csv", fix="did you mean 'race'?")
    assert sentence(str(error)) == "data.csv: there is no column 'rase'; fix: did you mean 'race'?"


def test_both_ends_of_a_long_name_are_shown() -> None:
    shown = plain("begin" + "x" * 1_000 + "end")
    assert shown.startswith("begin")
    assert shown.endswith("end")
    assert "…" in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-11-23T10:15:04.042+00:00", "2026-11-23 10:15:04 UTC"),
        ("2026-11-23T01:15:04+02:00", "2026-11-22 23:15:04 UTC"),
        ("2026-11-23T10:15:04", "2026-11-23T10:15:04"),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00"),
        ("yester\x1bday", "yester\\x1bday"),
    ],
)
def test_a_time_is_shown_to_the_second_in_utc(text: str, shown: str) -> None:
    assert moment(text) == shown


def test_no_log_command_is_left() -> None:
    for text in naughty():
        shown = no_commands(plain(text))
        assert "::" not in shown
        assert "##" not in shown


@pytest.mark.parametrize(
    ("bound", "value", "said", "asks"),
    [
        ("min", 0.61, "f1", "at least 0.65"),
        ("max", 0.61, "f1", "at most 0.65"),
        ("max_drop", 0.61, "drop of f1", "at most 0.65"),
        ("min_gain", 0.61, "gain of f1", "at least 0.65"),
        ("min_ratio", 0.61, "ratio of f1", "at least 0.65"),
        ("max_ratio", 0.61, "ratio of f1", "at most 0.65"),
        ("warn", 0.61, "f1", "at least 0.65"),
    ],
)
def test_each_bound_has_its_words(bound: Bound, value: float, said: str, asks: str) -> None:
    finding = held("performance", "f1", value, 0.65, bound)
    assert subject(finding) == said
    assert needed(finding, METRICS["f1"]) == asks


def test_a_warning_limit_is_the_limit_where_only_it_was_passed() -> None:
    finding = held("performance", "roc_auc", 0.908, 0.9, warn=0.92, status=Status.WARN)
    assert needed(finding, METRICS["roc_auc"]) == "at least 0.92"


def test_numbers_have_their_unit_and_as_many_digits_as_tell_them_apart() -> None:
    assert numbers(held("operations", "latency_p95", 0.0312, 0.02, "max")) == ("31.2 ms", "20 ms")
    assert numbers(held("operations", "latency_p95", 1.73, 1.2, "max_ratio")) == ("1.73", "1.2")
    assert numbers(held("performance", "f1", 0.7999999, 0.8)) == ("0.7999999", "0.8")


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [
        (99.6, 2, "100"),
        (0.99, 2, "0.99"),
        (199.6, 2, "200"),
        (123_456.7, 4, "123\N{NARROW NO-BREAK SPACE}457"),
        (9_999.96, 4, "10\N{NARROW NO-BREAK SPACE}000"),
        (0.0001234, 2, "0.00012"),
        (0.00001234, 2, "1.2e-05"),
        (-99.6, 2, "-100"),
        (float("inf"), 2, "inf"),
        (float("nan"), 2, "nan"),
    ],
)
def test_a_number_of_everyday_size_has_no_exponent(value: float, digits: int, shown: str) -> None:
    assert short(value, digits=digits) == shown


@given(st.floats(1e-4, 1e14), st.integers(1, 6))
def test_no_exponent_stands_between_a_ten_thousandth_and_1e15(value: float, digits: int) -> None:
    assert "e" not in short(value, digits=digits)


def test_large_numbers_that_differ_read_differently() -> None:
    assert apart(123_456.7, 123_456.8) == ("123456.7", "123456.8")


def test_of_a_comparison_both_values_are_shown_with_their_unit() -> None:
    drop = held("champion", "f1", 0.0958, 0.01, "max_drop", champion=0.7082)
    assert facts(drop, METRICS["f1"]) == ("candidate 0.6124", "champion 0.7082")
    gain = held("champion", "log_loss", 0.1, 0.2, "min_gain", champion=0.5)
    assert facts(gain, METRICS["log_loss"]) == ("candidate 0.4", "champion 0.5")
    ratio = held("operations", "latency_p95", 1.5, 1.2, "max_ratio", champion=0.018)
    assert facts(ratio, METRICS["latency_p95"]) == ("candidate 27 ms", "champion 18 ms")
    value = held("performance", "f1", 0.6, 0.65, champion=0.7)
    assert facts(value, METRICS["f1"]) == ("champion 0.7",)


def test_facts_and_place_of_a_part() -> None:
    finding = held(
        "performance", "recall", 0.2, 0.3, spread=0.15, champion=0.4, rows=41, at={"slice": "a=b", "label": "c"}
    )
    assert where_words(finding.at) == "slice a=b, label c"
    assert facts(finding) == (
        "interval 0.05 to 0.35 (95 %)",
        "champion 0.4",
        "41 rows",
        "the interval straddles the limit",
    )


def test_what_is_known_for_certain_shows_no_interval() -> None:
    certain = replace(held("performance", "recall", 0.1, 0.0), low=0.1, high=0.1, confidence=0.95)
    assert not any("interval" in fact for fact in facts(certain))
    assert any("interval" in fact for fact in facts(replace(certain, high=0.2)))


# --- the axis ---------------------------------------------------------------------------------------------------------

finite = st.floats(allow_nan=False, allow_infinity=False, width=32)


@given(finite, finite, st.one_of(st.none(), finite), st.sampled_from(["min", "max", "max_drop", "min_ratio", "warn"]))
def test_every_mark_stands_on_the_axis(value: float, limit: float, champion: float | None, bound: Bound) -> None:
    finding = held("drift", "psi", value, limit, bound, champion=champion, spread=1.0)
    axis = axis_of(finding, METRICS["psi"])
    if axis is not None:
        assert axis.low < axis.high
        assert all(0 <= axis.x(mark) <= WIDTH for mark in (value, limit, axis.low, axis.high))
        assert 'class="va"' in strip(finding, METRICS["psi"], axis)


def test_an_axis_ends_where_the_metric_s_domain_ends() -> None:
    whole = axis_of(held("performance", "f1", 0.4, 0.65), METRICS["f1"])
    assert whole is not None
    assert (whole.low, whole.high, whole.ends) == (0, 1, (True, True))


def test_an_axis_looks_closer_where_value_and_limit_are_close() -> None:
    near = axis_of(held("performance", "f1", 0.9501, 0.95), METRICS["f1"])
    assert near is not None
    assert near.low > 0.9
    assert abs(near.x(0.9501) - near.x(0.95)) > WIDTH / 100


def test_what_was_not_measured_has_no_axis() -> None:
    nothing: Finding = replace(held("performance", "f1", 0.4, 0.65), value=None)
    assert axis_of(nothing, METRICS["f1"]) is None
