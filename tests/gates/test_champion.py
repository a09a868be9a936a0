"""The gate `champion`: the metrics of `performance` for both models on the same rows."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.gates.frames import binary, measure, where

from lockgate.errors import GateError
from lockgate.evidence.view import Frame, Predictions
from lockgate.gates.champion import METRICS
from lockgate.gates.performance import METRICS as OF_PERFORMANCE
from lockgate.law import deviation, quantile
from lockgate.stats.metrics import classification

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


@pytest.mark.parametrize("only", [0, 1])
def test_a_slice_of_one_class_is_compared_like_any_other(only: int) -> None:
    label = np.array([only] * 60 + [0, 1] * 20)
    scores = [np.clip(0.5 + (label - 0.5) * 0.4 + 0.1 * np.sin(step * np.arange(100)), 0, 1) for step in (3, 5)]
    said = [((score > 0.5).astype(int).tolist(), score.tolist()) for score in scores]
    one = where(np.arange(100) < 60, "one class")
    found = measure("champion", binary(label.tolist(), *said[0], champion=said[1], slices=(one,)))
    for metric in ("accuracy", "log_loss", "brier_score"):
        difference = found.measured[f"{metric}[slice=one class]"].difference
        assert difference is not None
        assert difference.uncertainty is not None


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


# --- the laws of the comparison ---------------------------------------------------------------------------------------


def two_models(rows: int, seed: int = 3) -> Frame:
    """Two models of equal quality on the same rows, with slices, their scores in an order of their own."""
    rng = np.random.default_rng(seed)
    label = (rng.random(rows) < 0.3).astype(np.int64)
    common = rng.normal(size=rows)
    scores = [1 / (1 + np.exp(1 - 1.5 * label - common - 0.4 * rng.normal(size=rows))) for _ in range(2)]
    return binary(
        label.tolist(),
        (scores[0] > 0.5).astype(int).tolist(),
        scores[0].tolist(),
        champion=((scores[1] > 0.5).astype(int).tolist(), scores[1].tolist()),
        slices=(where(rng.random(rows) < 0.4, "some"), where(rng.random(rows) < 0.03, "few")),
    )


UNKNOWN = {"maximum_calibration_error", "max_error"}
"""Where the truth of a maximum is nobody can say; it has a null only."""


def test_every_metric_of_every_part_has_its_laws() -> None:
    said = measure("champion", two_models(1_500))
    assert {str(m.at) for m in said.measured.values()} == {"", "slice=some", "slice=few"}
    for name, found in said.measured.items():
        metric = METRICS[found.metric]
        compared = [found.difference, found.ratio]
        assert (found.ratio is not None) == (found.value > 0 and (found.champion or 0) > 0), name
        for scale in compared:
            if scale is None:
                continue
            assert scale.null is not None, name
            assert min(scale.null.below, scale.null.above) > 0, name
            if found.metric in UNKNOWN:
                assert scale.uncertainty is None
                continue
            assert scale.uncertainty is not None, name
            for law in (scale.uncertainty.law, scale.null.law):
                assert all(a <= b for a, b in itertools.pairwise(law.quantiles)), name
                assert np.isfinite(law.quantiles).all(), name
            assert 0 < scale.null.below <= 1
            assert 0 < scale.null.above <= 1
            assert scale.null.below + scale.null.above >= 1 - 1e-5
        if found.difference is not None and found.difference.uncertainty is not None:
            ends = found.difference.uncertainty.law.quantiles
            if metric.low is not None and metric.high is not None:
                assert metric.low - metric.high <= ends[0] <= ends[-1] <= metric.high - metric.low
            assert ends[0] <= found.difference.value <= ends[-1], name


def test_a_slice_is_compared_as_if_it_were_all() -> None:
    """Rows are paired rightly although each model's sample stands in the order of its own score."""
    frame = two_models(800)
    rows = frame.slices[0].rows
    assert frame.champion is not None
    assert frame.candidate is not None
    alone = Frame(
        task="binary",
        label=frame.label[rows],
        classes=(0, 1),
        positive=1,
        candidate=_some(frame.candidate, rows),
        champion=_some(frame.champion, rows),
    )
    whole, own = measure("champion", frame), measure("champion", alone)
    for name, found in own.measured.items():
        assert whole.measured[f"{name}[slice=some]"].difference == found.difference, name
        assert whole.measured[f"{name}[slice=some]"].ratio == found.ratio, name


def _some(said: Predictions, rows: NDArray[np.bool_]) -> Predictions:
    return Predictions(prediction=said.prediction[rows], score=None if said.score is None else said.score[rows])


def test_the_order_of_the_rows_changes_nothing() -> None:
    frame = two_models(600)
    order = np.random.default_rng(1).permutation(600)
    assert frame.champion is not None
    assert frame.candidate is not None
    turned = Frame(
        task="binary",
        label=frame.label[order],
        classes=(0, 1),
        positive=1,
        candidate=Predictions(prediction=frame.candidate.prediction[order], score=_scores(frame.candidate)[order]),
        champion=Predictions(prediction=frame.champion.prediction[order], score=_scores(frame.champion)[order]),
    )
    one, other = measure("champion", frame), measure("champion", turned)
    for name, found in other.measured.items():
        first = one.measured[name].difference
        assert first is not None
        assert found.difference is not None
        assert first.value == pytest.approx(found.difference.value, abs=1e-12)
        if first.uncertainty is not None and found.difference.uncertainty is not None:
            assert first.uncertainty.law.quantiles == pytest.approx(
                found.difference.uncertainty.law.quantiles, abs=1e-9
            ), name


def _scores(said: Predictions) -> NDArray[np.float64]:
    assert said.score is not None
    return said.score


def test_the_same_model_twice_may_truly_differ_by_little() -> None:
    frame = two_models(2_000)
    assert frame.candidate is not None
    said = measure("champion", replace(frame, champion=frame.candidate))
    for name, found in said.measured.items():
        difference = found.difference
        assert difference is not None
        assert difference.value == 0
        if found.metric in UNKNOWN | {"prevalence"}:
            continue
        assert difference.null is not None, name
        assert (difference.null.below, difference.null.above) == pytest.approx((1.0, 1.0)), name
        assert difference.uncertainty is not None, name
        assert quantile(difference.uncertainty.law, 0.05) < 0 < quantile(difference.uncertainty.law, 0.95), name
    recall = said.measured["recall"].difference
    assert recall is not None
    assert recall.uncertainty is not None
    positives = int(frame.label.sum())
    assert quantile(recall.uncertainty.law, 0.05) == pytest.approx(-2.706 / (positives + 2.706), rel=1e-3)


def test_weights_of_one_change_little() -> None:
    """With weights and clusters the metrics of a table are smooth in the rows; with equal ones nearly the same."""
    frame = two_models(2_000)
    plain = measure("champion", frame)
    weighted = measure("champion", replace(frame, weight=np.full(2_000, 2.5)))
    clustered = measure("champion", replace(frame, cluster=np.arange(2_000)))
    for name in ("accuracy", "recall", "f1", "mcc", "roc_auc", "log_loss", "brier_score", "average_precision"):
        laws = [said.measured[name].difference for said in (plain, weighted, clustered)]
        spreads = [deviation(law.uncertainty.law) for law in laws if law is not None and law.uncertainty is not None]
        chances = [law.null.above for law in laws if law is not None and law.null is not None]
        assert len(spreads) == len(chances) == 3
        assert spreads == pytest.approx([spreads[0]] * 3, rel=0.08), name
        assert chances == pytest.approx([chances[0]] * 3, abs=0.04), name


def test_rows_that_belong_together_count_once() -> None:
    """Each row ten times over, in one cluster: the spread of the rows, not a third of it."""
    frame = two_models(300)
    assert frame.champion is not None
    assert frame.candidate is not None
    again = np.repeat(np.arange(300), 10)
    many = Frame(
        task="binary",
        label=frame.label[again],
        classes=(0, 1),
        positive=1,
        candidate=_at(frame.candidate, again),
        champion=_at(frame.champion, again),
        cluster=again,
    )
    once, often = measure("champion", replace(frame, slices=())), measure("champion", many)
    for name in ("accuracy", "f1", "roc_auc", "log_loss"):
        spreads = []
        for said in (once, often):
            difference = said.measured[name].difference
            assert difference is not None
            assert difference.uncertainty is not None
            spreads.append(deviation(difference.uncertainty.law))
        assert spreads[1] == pytest.approx(spreads[0], rel=0.1), name


def _at(said: Predictions, rows: NDArray[np.int64]) -> Predictions:
    return Predictions(prediction=said.prediction[rows], score=_scores(said)[rows])


def test_a_handful_of_clusters_has_no_law() -> None:
    frame = replace(two_models(600), cluster=np.arange(600) % 9, slices=())
    for name, found in measure("champion", frame).measured.items():
        assert found.difference is not None
        if name == "prevalence":  # known without any spread
            continue
        assert found.difference.uncertainty is None, name
        assert found.difference.null is None, name


def test_dear_laws_are_made_where_they_are_asked_for() -> None:
    frame = replace(two_models(300), slices=())
    said = measure("champion", frame, asked=frozenset({"average_precision"}))
    for name, there in (("average_precision", True), ("lift_at_10", False), ("roc_auc", True), ("f1", True)):
        difference = said.measured[name].difference
        assert difference is not None
        assert (difference.uncertainty is not None) == there, name


def test_several_classes_and_regressions_have_their_laws_too() -> None:
    rng = np.random.default_rng(5)
    label = rng.integers(0, 4, 900)
    scores = [rng.dirichlet(np.ones(4), 900) + 1.2 * np.eye(4)[label] for _ in range(2)]
    said = [Predictions(prediction=s.argmax(1), score=s / s.sum(1, keepdims=True)) for s in scores]
    frame = Frame(task="multiclass", label=label, classes=("a", "b", "c", "d"), candidate=said[0], champion=said[1])
    numbers = rng.lognormal(size=500)
    errors = [rng.normal(size=500) * 0.1 for _ in range(2)]
    other = Frame(
        task="regression",
        label=numbers,
        candidate=Predictions(prediction=numbers * np.exp(errors[0])),
        champion=Predictions(prediction=numbers * np.exp(errors[1])),
    )
    for frame_of in (frame, other):
        found = measure("champion", frame_of).measured
        assert len(found) > 12
        for name, held in found.items():
            assert held.difference is not None
            assert (held.difference.uncertainty is None) == (held.metric in UNKNOWN), name
            assert held.difference.null is not None, name
            assert 0 < held.difference.null.above <= 1
