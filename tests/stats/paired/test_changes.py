"""What perturbations change: shares of rows and lost quality, by simulation against a truth that is known."""

import math

import numpy as np
import pytest

from lockgate.law import quantile
from lockgate.stats.checks import Bools, Floats
from lockgate.stats.metrics import classification
from lockgate.stats.metrics.classification import binary_sample
from lockgate.stats.paired.changes import Disturbed, RowRoles, loss_law, losses_compared, share, shares


def sampled(label: Bools, clean: Floats, disturbed: Floats, *, metric: str = "accuracy") -> Disturbed:
    """One model's scores of the same rows, as they are and perturbed."""
    samples = [binary_sample(label, score > 0.5, score) for score in (clean, disturbed)]
    values = tuple(classification.METRICS[metric](sample) for sample in samples)
    return Disturbed(clean=samples[0], disturbed=samples[1], values=(values[0], values[1]))


def drawn(rng: np.random.Generator, rows: int) -> tuple[Bools, list[Floats]]:
    """Labels, and scores of two models: clean and perturbed of the one, clean and perturbed of the other."""
    label = rng.random(rows) < 0.4
    truth = label * 1.0 + rng.normal(0, 0.8, rows)
    clean = [truth + rng.normal(0, 0.3, rows) for _ in range(2)]
    scores = [clean[0], clean[0] + rng.normal(0, 1.2, rows), clean[1], clean[1] + rng.normal(0, 0.6, rows)]
    return label, [1 / (1 + np.exp(-2 * (score - 0.5))) for score in scores]


@pytest.mark.parametrize("metric", ["accuracy", "roc_auc"])
def test_losses_and_their_difference_hold_the_truth_as_often_as_they_say(metric: str) -> None:
    rng = np.random.default_rng(5)
    label, scores = drawn(rng, 200_000)
    new, old = sampled(label, *scores[:2], metric=metric), sampled(label, *scores[2:], metric=metric)
    truth = new.loss(higher=True), new.loss(higher=True) - old.loss(higher=True)
    inside = [0, 0]
    for seed in range(runs := 200):
        label, scores = drawn(rng, 400)
        new, old = sampled(label, *scores[:2], metric=metric), sampled(label, *scores[2:], metric=metric)
        laws = (
            loss_law(metric, new, seed, higher=True),
            losses_compared(metric, new, old, seed, higher=True).uncertainty,
        )
        for at, law in enumerate(laws):
            assert law is not None
            inside[at] += quantile(law.law, 0.025) <= truth[at] <= quantile(law.law, 0.975)
    room = 3 * math.sqrt(0.95 * 0.05 / runs)
    assert all(abs(held / runs - 0.95) < room for held in inside), inside


def test_the_null_of_a_difference_of_losses_keeps_its_level() -> None:
    rng, small, runs = np.random.default_rng(8), 0, 300
    for seed in range(runs):
        label = rng.random(300) < 0.5
        clean = label * 0.4 + 0.3 + rng.normal(0, 0.3, 300)
        one, two = (sampled(label, clean, clean + rng.normal(0, 0.3, 300)) for _ in range(2))
        null = losses_compared("accuracy", one, two, seed, higher=True).null
        assert null is not None
        small += null.above <= 0.05
    assert small / runs < 0.05 + 3 * math.sqrt(0.05 * 0.95 / runs)


def test_the_loss_of_a_metric_where_less_is_better_has_the_same_sign() -> None:
    label, scores = drawn(np.random.default_rng(1), 500)
    held = sampled(label, scores[0], scores[1], metric="log_loss")
    law = loss_law("log_loss", held, 1, higher=False)

    assert law is not None
    assert held.loss(higher=False) == held.values[1] - held.values[0] > 0
    assert quantile(law.law, 0.025) < held.loss(higher=False) < quantile(law.law, 0.975)


def test_weights_and_clusters_count_in_shares() -> None:
    rng = np.random.default_rng(2)
    holds, cluster = rng.random(200) < 0.3, np.repeat(np.arange(20), 10)
    same = np.repeat(rng.random(20) < 0.3, 10)
    weight = rng.uniform(1, 3, 200)

    value, _ = share(holds, RowRoles(weight=weight))
    assert value == pytest.approx(np.average(holds, weights=weight))
    alone, together = (share(same, RowRoles(cluster=of))[1] for of in (None, cluster))
    assert alone is not None
    assert together is not None
    widths = [quantile(law.law, 0.975) - quantile(law.law, 0.025) for law in (alone, together)]
    assert widths[1] > 2 * widths[0]


def test_two_shares_of_the_same_rows_are_mcnemars() -> None:
    from scipy.stats import binomtest

    rng = np.random.default_rng(4)
    new, old = rng.random(500) < 0.2, rng.random(500) < 0.1
    value, other, found = shares(new, old, RowRoles())

    assert (value, other) == (new.mean(), old.mean())
    won, lost = int((new & ~old).sum()), int((old & ~new).sum())
    assert found.difference.null is not None
    expected = binomtest(won, won + lost, alternative="greater").pvalue
    assert found.difference.null.above == pytest.approx(expected)
