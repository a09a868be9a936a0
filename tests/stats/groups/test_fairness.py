"""Fairness is Fairlearn's, between groups."""

from typing import Any

import numpy as np
import pytest
from fairlearn import metrics as fl
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, precision_score

from lockgate.stats.groups import fairness
from lockgate.stats.undefined import Undefined

Codes = NDArray[np.int64]
Bools = NDArray[np.bool_]


@st.composite
def people(draw: st.DrawFn) -> tuple[Codes, Bools, Bools, NDArray[np.float64] | None]:
    """Groups in each of which both outcomes are labelled and predicted."""
    groups, more = draw(st.integers(2, 4)), draw(st.integers(0, 30))
    code = st.integers(0, groups - 1)

    def rows(first: list[Any], other: st.SearchStrategy[Any]) -> NDArray[Any]:
        return np.array(first + draw(st.lists(other, min_size=more, max_size=more)))

    codes = rows(np.repeat(np.arange(groups), 4).tolist(), code)
    wanted = rows([True, False, True, False] * groups, st.booleans())
    said = rows([True, True, False, False] * groups, st.booleans())
    weight = draw(st.none() | st.lists(st.floats(0.1, 10), min_size=len(codes), max_size=len(codes)).map(np.array))
    return codes, wanted, said, weight


@settings(max_examples=25)  # Fairlearn takes a fifth of a second for each
@given(people())
def test_spreads_are_fairlearns(drawn: tuple[Codes, Bools, Bools, NDArray[np.float64] | None]) -> None:
    codes, wanted, said, weight = drawn
    groups = int(codes.max()) + 1
    tables, _ = fairness.group_tables(codes, groups, wanted, said, weight)
    spreads = {
        name: fairness.spread({str(code): rate(tables[code]) for code in range(groups)})
        for name, rate in fairness.RATES.items()
    }
    odds = [spreads["true_positive_rate"], spreads["false_positive_rate"]]
    kept = {"y_true": wanted, "y_pred": said, "sensitive_features": codes, "sample_weight": weight}
    assert spreads["selection_rate"].difference == pytest.approx(fl.demographic_parity_difference(**kept), abs=1e-12)
    assert spreads["selection_rate"].ratio == pytest.approx(fl.demographic_parity_ratio(**kept), abs=1e-12)
    assert odds[0].difference == pytest.approx(fl.equal_opportunity_difference(**kept), abs=1e-12)
    assert odds[0].ratio == pytest.approx(fl.equal_opportunity_ratio(**kept), abs=1e-12)
    assert fairness.widest(odds).difference == pytest.approx(fl.equalized_odds_difference(**kept), abs=1e-12)
    assert fairness.smallest_ratio(odds).ratio == pytest.approx(fl.equalized_odds_ratio(**kept), abs=1e-12)
    of_groups = {
        "selection_rate": fl.selection_rate,
        "true_positive_rate": fl.true_positive_rate,
        "false_positive_rate": fl.false_positive_rate,
        "precision": precision_score,
        "accuracy": accuracy_score,
    }
    frame = fl.MetricFrame(
        metrics=of_groups,
        y_true=wanted,
        y_pred=said,
        sensitive_features=codes,
        sample_params={name: {"sample_weight": weight} for name in of_groups},
    )
    for name, rate in fairness.RATES.items():
        assert [rate(table) for table in tables] == pytest.approx(frame.by_group[name].tolist(), abs=1e-12)
        assert spreads[name].difference == pytest.approx(frame.difference()[name], abs=1e-12)
        assert spreads[name].ratio == pytest.approx(frame.ratio()[name], abs=1e-12)


def test_the_spread_names_its_ends() -> None:
    spread = fairness.spread({"a": 0.4, "b": 0.1, "c": 0.3})
    assert (spread.lowest, spread.highest) == ("b", "a")
    assert spread.difference == pytest.approx(0.3)
    assert spread.ratio == pytest.approx(0.25)


def test_a_ratio_of_nothing_to_nothing_has_no_value() -> None:
    with pytest.raises(Undefined, match="0 in every group"):
        _ = fairness.spread({"a": 0.0, "b": 0.0}).ratio


def test_a_ratio_with_a_negative_end_has_no_value() -> None:
    with pytest.raises(Undefined, match="'a' is negative"):
        _ = fairness.spread({"a": -1.0, "b": 2.0}).ratio


@pytest.mark.parametrize(("values", "there"), [({}, "none"), ({"a": 0.5}, "only 'a'")])
def test_fewer_than_two_groups_are_nothing_to_compare(values: dict[str, float], there: str) -> None:
    with pytest.raises(Undefined, match=there):
        fairness.spread(values)


def test_means_of_groups() -> None:
    codes, values = np.array([0, 0, 2]), np.array([1.0, 3.0, 5.0])
    means = fairness.group_means(codes, 3, values, np.array([1.0, 3.0, 1.0]))
    assert means[[0, 2]].tolist() == [2.5, 5.0]
    assert np.isnan(means[1])
