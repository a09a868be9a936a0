"""Whatever stands in the columns, drift and data_quality measure what counting by hand gives, or say why not."""

import json
import math
import re
from collections import Counter
from typing import Any, TypeAlias

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.gates.sources import Measured, evidence

from lockgate.compare import fault
from lockgate.gates.data_quality import METRICS as QUALITY
from lockgate.gates.data_quality import DataQuality, DataQualityParams
from lockgate.gates.drift import METRICS as DRIFT
from lockgate.gates.drift import Drift, DriftParams
from lockgate.types import Measurement, Metric

Cells: TypeAlias = list[Any]


def cells(values: st.SearchStrategy[Any], least: int = 1) -> st.SearchStrategy[Cells]:
    return st.lists(st.none() | values, min_size=least, max_size=20)


texts = st.text(st.characters(codec="utf-8"), max_size=5) | st.sampled_from(["1,5", "2", "a", "b"])
columns: st.SearchStrategy[pa.Array] = st.one_of(
    cells(st.floats()).map(lambda held: pa.array(held, pa.float64())),
    cells(st.floats(width=32)).map(lambda held: pa.array(held, pa.float32())),
    cells(st.integers(-(2**63), 2**63 - 1)).map(lambda held: pa.array(held, pa.int64())),
    cells(st.integers(-3, 3)).map(lambda held: pa.array(held, pa.int8())),
    cells(st.booleans()).map(lambda held: pa.array(held, pa.bool_())),
    cells(texts).map(lambda held: pa.array(held, pa.string())),
    cells(texts).map(lambda held: pa.array(held, pa.string()).dictionary_encode()),
    cells(st.datetimes()).map(lambda held: pa.array(held, pa.timestamp("us"))),
    cells(st.dates()).map(lambda held: pa.array(held, pa.date32())),
    cells(st.lists(st.integers(0, 1), max_size=2)).map(lambda held: pa.array(held, pa.list_(pa.int64()))),
    cells(st.binary(max_size=3)).map(lambda held: pa.array(held, pa.binary())),
)


def assert_sound(measured: Measured, metrics: dict[str, Metric]) -> None:
    for entry in measured.entries:
        if isinstance(entry, Measurement):
            assert fault(entry.value, metrics[entry.metric]) is None, entry
            json.dumps(entry.details, allow_nan=False)
        else:
            assert entry.reason


@given(reference=columns, data=columns)
def test_drift_measures_a_number_in_its_domain_or_says_why_not(reference: pa.Array, data: pa.Array) -> None:
    measured = Measured(Drift(), DriftParams(), evidence({"x": data}, {"x": reference}))
    assert_sound(measured, dict(DRIFT))
    assert {"psi", "jensen_shannon", "missing_change"} <= measured.metrics("x")
    assert "drifted_share" in measured.metrics(None)


@given(data=columns)
def test_a_data_set_does_not_drift_from_itself(data: pa.Array) -> None:
    measured = Measured(Drift(), DriftParams(), evidence({"x": data}, {"x": data}))
    assert {entry.value for entry in measured.entries if isinstance(entry, Measurement)} <= {0.0}


contracts = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["integer", "number", "text", "boolean", "time"]),
        "min": st.integers(-5, 0),
        "max": st.integers(1, 5),
        "allowed": st.lists(st.sampled_from([1, 2.5, "a", True]), min_size=1, max_size=3),
        "regex": st.just("[ab]"),
        "unique": st.just(True),
        "required": st.just(True),
    },
)


def quality(column: pa.Array, contract: dict[str, Any]) -> Measured:
    settings = DataQualityParams.model_validate_json(json.dumps({"columns": {"x": contract}}))
    return Measured(DataQuality(), settings, evidence({"x": column}, {"x": column}, {"x": column}))


@given(data=columns, contract=contracts)
def test_data_quality_measures_a_number_in_its_domain_or_says_why_not(data: pa.Array, contract: dict[str, Any]) -> None:
    measured = quality(data, contract)
    assert_sound(measured, dict(QUALITY))
    for name, metric in QUALITY.items():
        if set(metric.asked_by) & set(contract):
            assert name in measured.metrics("x")


numbers = st.integers(-5, 5) | st.floats(-5, 5) | st.sampled_from([math.inf, -math.inf, math.nan])


@given(held=cells(numbers), low=st.integers(-5, 0), high=st.integers(0, 5))
def test_checks_of_numbers_agree_with_counting_by_hand(held: Cells, low: int, high: int) -> None:
    known = [float(x) for x in held if x is not None and not math.isnan(x)]
    measured = quality(
        pa.array(held, pa.float64(), from_pandas=False),
        {"type": "integer", "min": low, "max": high, "allowed": [0, 1, 2.5], "unique": True},
    )
    assert measured.value("nulls", "x") == pytest.approx(1 - len(known) / len(held))
    if not known:
        assert measured.why("out_of_range", "x") == "there are no values"
        return
    expected = {
        "wrong_type": sum(not x.is_integer() if math.isfinite(x) else True for x in known),
        "out_of_range": sum(not (low <= x <= high) for x in known),
        "not_allowed": sum(x not in (0, 1, 2.5) for x in known),
        "duplicate_values": len(known) - len(set(known)),
        "infinite": sum(map(math.isinf, known)),
    }
    for metric, count in expected.items():
        assert measured.value(metric, "x") == pytest.approx(count / len(known)), metric


@given(held=cells(texts))
def test_checks_of_texts_agree_with_counting_by_hand(held: Cells) -> None:
    known = [x for x in held if x is not None]
    measured = quality(
        pa.array(held, pa.string()), {"type": "text", "allowed": ["a", "b"], "regex": "[ab]", "unique": True}
    )
    assert measured.value("nulls", "x") == pytest.approx(1 - len(known) / len(held))
    repeated = sum(count - 1 for count in Counter(held).values())
    assert measured.value("duplicates") == pytest.approx(repeated / len(held))
    if not known:
        return
    assert measured.value("wrong_type", "x") == 0
    assert measured.value("not_allowed", "x") == pytest.approx(sum(x not in ("a", "b") for x in known) / len(known))
    unmatched = sum(re.fullmatch("[ab]", x) is None for x in known)
    assert measured.value("pattern_mismatch", "x") == pytest.approx(unmatched / len(known))
    assert measured.value("duplicate_values", "x") == pytest.approx((len(known) - len(set(known))) / len(known))
