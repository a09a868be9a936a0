"""The gate `champion`: the metrics of `performance` for both models on the same rows."""

import numpy as np
import pytest
from tests.gates.frames import binary, measure, where

from lockgate.errors import GateError
from lockgate.evidence.view import Frame, Predictions
from lockgate.gates.champion import METRICS
from lockgate.gates.performance import METRICS as OF_PERFORMANCE
from lockgate.stats import classification

Y = [0, 0, 0, 1, 1, 1, 0, 1]
NEW = ([0, 0, 1, 1, 1, 1, 0, 0], [0.1, 0.2, 0.6, 0.7, 0.8, 0.9, 0.3, 0.4])
OLD = ([0, 0, 1, 1, 0, 1, 0, 0], [0.2, 0.1, 0.7, 0.8, 0.4, 0.9, 0.4, 0.3])


def test_it_declares_the_metrics_of_performance_as_compared() -> None:
    assert list(METRICS) == list(OF_PERFORMANCE)
    assert all(metric.compared for metric in METRICS.values())
    assert not any(metric.compared for metric in OF_PERFORMANCE.values())


def test_each_value_stands_beside_the_champions_with_their_difference() -> None:
    half = where(np.arange(8) < 6, "half")
    said = measure("champion", binary(Y, *NEW, champion=OLD, slices=(half,)))
    own, other = (measure("performance", binary(Y, *model, slices=(half,))) for model in (NEW, OLD))
    for name in (n for metric in classification.METRICS for n in (metric, f"{metric}[slice=half]")):
        if name in own.measured and name in other.measured:
            got = said.measured[name]
            assert got.value == own.value(name)
            assert got.champion == other.value(name)
            assert got.difference is not None
            assert got.difference.scale == "difference"
            assert got.difference.value == pytest.approx(own.value(name) - other.value(name))
        else:
            assert name in said.missing
    assert said.value("recall") == 0.75
    assert said.measured["recall"].champion == 0.5


def test_it_says_for_which_of_the_two_there_is_no_value() -> None:
    nothing = [0] * 8
    said = measure("champion", binary(Y, *NEW, champion=(nothing, None)))
    assert said.reason("precision") == "of the champion, no row is predicted positive"
    assert said.reason("roc_auc") == "of the champion, the model gives no scores"
    said = measure("champion", binary(Y, nothing, champion=OLD))
    assert said.reason("precision") == "of the candidate, no row is predicted positive"


def test_catalogue_24_a_small_slice_is_listed() -> None:
    said = measure("champion", binary(Y, *NEW, champion=OLD, slices=(where(np.arange(8) < 3, "few"),)), min_rows=4)
    assert said.missing["f1[slice=few]"].listed


def test_regressions_are_compared() -> None:
    label = np.array([1.0, 2.0, 4.0])
    frame = Frame(
        task="regression",
        label=label,
        candidate=Predictions(prediction=label + 1),
        champion=Predictions(prediction=label - 2),
    )
    got = measure("champion", frame).measured["mae"]
    assert (got.value, got.champion) == (1, 2)


def test_without_a_champion_there_is_nothing_to_compare() -> None:
    with pytest.raises(GateError, match="no champion"):
        measure("champion", binary(Y, *NEW))
