"""Sign flips against all flips, DeLong against the placements of every pair, and whether bounds hold."""

from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from lockgate.law import deviation, quantile
from lockgate.stats.metrics.classification import METRICS, BinarySample, binary_sample
from lockgate.stats.metrics.regression import regression_sample
from lockgate.stats.paired.compare import compare
from lockgate.stats.paired.flips import flipped
from lockgate.stats.paired.rows import Moves, lengthened, moved_law
from lockgate.stats.paired.sample import Pairs, match_of
from lockgate.types import LEVELS, Difference

Floats = NDArray[np.float64]


def pairs_of(label: NDArray[np.bool_], new: Floats, old: Floats) -> Pairs:
    one, other = (binary_sample(label, score > 0.5, score) for score in (new, old))
    return Pairs(candidate=one, champion=other, match=match_of((one.order, other.order), None), seed=7)


def compared(name: str, pairs: Pairs) -> Difference:
    assert isinstance(pairs.candidate, BinarySample)
    assert isinstance(pairs.champion, BinarySample)
    return compare(name, pairs, METRICS[name](pairs.candidate), METRICS[name](pairs.champion)).difference


def scores(rng: np.random.Generator, rows: int, gain: float = 0.0) -> tuple[NDArray[np.bool_], Floats, Floats]:
    """A label and two models' probabilities that share most of their noise; the first is the better one by `gain`."""
    label = rng.random(rows) < 0.3
    shared = rng.normal(size=rows)
    one, other = (
        1 / (1 + np.exp(1 - (1.5 + more) * label - shared - 0.5 * rng.normal(size=rows))) for more in (gain, 0.0)
    )
    return label, one, other


# --- sign flips -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 2, 5, 12])
def test_few_signs_are_flipped_in_every_way(rows: int) -> None:
    parts = np.random.default_rng(rows).normal(size=rows) + 0.5
    null = flipped("swap-signs", parts)
    sums = np.array([np.dot(signs, np.abs(parts)) for signs in product((-1, 1), repeat=rows)])
    assert null.above == pytest.approx(np.mean(sums >= parts.sum() - 1e-12))
    assert null.below == pytest.approx(np.mean(sums <= parts.sum() + 1e-12))
    assert null.law.quantiles == pytest.approx([np.quantile(sums, level, method="inverted_cdf") for level in LEVELS])


@pytest.mark.parametrize("heavy", [False, True])
def test_many_signs_are_flipped_as_scipy_flips_them(heavy: bool) -> None:
    rng = np.random.default_rng(2)
    parts = (rng.standard_t(1.5, size=60) if heavy else rng.normal(size=60)) * 0.1
    parts += np.abs(parts).mean() / 4
    null = flipped("swap-signs", parts)
    drawn = stats.permutation_test(
        (parts,),
        lambda held, axis: held.sum(axis=axis),
        permutation_type="samples",
        n_resamples=40_000,
        alternative="greater",
        rng=np.random.default_rng(1),
        vectorized=True,
    )
    assert null.above == pytest.approx(drawn.pvalue, abs=0.01)
    for level in (0.05, 0.25, 0.75, 0.95, 0.99):
        held = np.quantile(drawn.null_distribution, level)
        assert quantile(null.law, level) == pytest.approx(held, abs=0.06 * drawn.null_distribution.std())


def test_the_tail_of_many_flips_is_normal() -> None:
    null = flipped("swap-signs", np.full(4_000, 4.2 / np.sqrt(4_000)) / 1.0)
    assert null.above < 1e-300  # all signs alike
    parts = np.random.default_rng(3).normal(size=4_000)
    parts += 4.2 * np.sqrt(np.square(parts).sum()) / 4_000 - parts.mean()
    assert flipped("swap-signs", parts).above == pytest.approx(
        stats.norm.sf(parts.sum() / np.sqrt(np.square(parts).sum())), rel=0.05
    )


def test_rows_on_which_the_models_agree_do_not_count() -> None:
    parts = np.array([0.3, -0.1, 0.2])
    assert flipped("x", parts) == flipped("x", np.concatenate((parts, np.zeros(50))))


# --- DeLong -----------------------------------------------------------------------------------------------------------


def delong_by_pairs(label: NDArray[np.bool_], new: Floats, old: Floats) -> tuple[float, float]:
    """Difference and standard error of two ROC AUCs from the comparison of every pair of rows: O(m n)."""
    areas, of_positives, of_negatives = [], [], []
    for score in (new, old):
        gap = score[label][:, None] - score[~label][None, :]
        won = (gap > 0) + 0.5 * (gap == 0)
        areas.append(won.mean())
        of_positives.append(won.mean(axis=1))
        of_negatives.append(won.mean(axis=0))
    variance = np.cov(of_positives) / label.sum() + np.cov(of_negatives) / (~label).sum()
    return areas[0] - areas[1], float(np.sqrt(variance[0, 0] + variance[1, 1] - 2 * variance[0, 1]))


@pytest.mark.parametrize(("rows", "ties"), [(40, False), (300, False), (300, True)])
def test_roc_auc_is_compared_as_delong_did(rows: int, ties: bool) -> None:
    label, new, old = scores(np.random.default_rng(rows), rows, gain=0.3)
    if ties:
        new, old = np.round(new, 1), np.round(old, 1)
    difference, error = delong_by_pairs(label, new, old)
    pairs = pairs_of(label, new, old)
    found = compared("roc_auc", pairs)
    assert found.value == pytest.approx(difference)
    assert found.null is not None
    # Student's law with the degrees of freedom of Satterthwaite: read at the normal quartile it is near the normal one.
    assert deviation(found.null.law) == pytest.approx(error, rel=0.09 if rows < 100 else 0.02)
    chance = stats.norm.sf(difference / error)
    assert found.null.above == pytest.approx(chance, abs=0.02)
    gini = compared("gini", pairs)
    assert gini.uncertainty is not None
    assert found.uncertainty is not None
    assert gini.uncertainty.law.quantiles == pytest.approx([2 * held for held in found.uncertainty.law.quantiles])


# --- laws of means and other smooth metrics ---------------------------------------------------------------------------


def test_means_have_students_law() -> None:
    rng = np.random.default_rng(4)
    label = rng.normal(size=50)
    new, old = (label + rng.normal(size=50) for _ in range(2))
    one, other = (regression_sample(label, said) for said in (new, old))
    pairs = Pairs(candidate=one, champion=other, match=None, seed=7)
    rows = np.abs(new - label) - np.abs(old - label)
    found = compare("mae", pairs, float(np.abs(one.error).mean()), float(np.abs(other.error).mean())).difference
    assert found.value == pytest.approx(rows.mean())
    assert found.uncertainty is not None
    skew = stats.skew(rows) / np.sqrt(50)
    for level in (0.01, 0.05, 0.9, 0.99):
        score = stats.t.ppf(level, 49)
        turned = -3 / skew * (np.cbrt(1 + skew * (-score - skew / 6)) - 1)
        farther = max(score, turned) if score > 0 else min(score, turned)
        held = rows.mean() + farther * stats.sem(rows)
        assert quantile(found.uncertainty.law, level) == pytest.approx(held, abs=0.01 * stats.sem(rows))


def test_lengthening_is_for_the_longer_tail_only() -> None:
    scores_ = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    longer = lengthened(scores_, 0.2)
    assert longer[:2].tolist() == [-2, -1]
    assert longer[3] > 1
    assert longer[4] > 2
    assert lengthened(scores_, -0.2)[[0, 1, 3, 4]] == pytest.approx(-longer[::-1][[0, 1, 3, 4]])
    assert lengthened(scores_, 0.0).tolist() == scores_.tolist()


def test_few_rows_that_differ_leave_room_for_others() -> None:
    """Two models that differ on 3 of 1,000 rows by 0.2: not within a hundredth of the width that they show."""
    difference = np.zeros(1_000)
    difference[:3] = 0.2
    noise = np.random.default_rng(1).normal(size=1_000)
    noise -= noise.mean()
    moves = Moves(
        candidate=(noise + difference - difference.mean()) / 1_000,
        champion=noise / 1_000,
        share=None,
        stratum=None,
        second=None,
        value=difference.mean(),
        mean=True,
    )
    law = moved_law(moves, difference.mean(), (1.0, 1.0), 7)
    # On one side the three rows speak, on the other none: a row there may differ by as much as the noise of the rows.
    assert quantile(law, 0.05) < -0.5 * np.ptp(noise) / 1_000
    assert quantile(law, 0.95) > 0.2 * 6.7 / 1_000  # three seen: 7.75 expected at most


SAMPLES = 200


def test_p_values_are_uniform_at_most_when_the_models_are_exchangeable() -> None:
    rng = np.random.default_rng(60)
    names = ("roc_auc", "log_loss", "average_precision")
    found = []
    for _ in range(SAMPLES):
        pairs = pairs_of(*scores(rng, 60))
        nulls = [compared(name, pairs).null for name in names]
        found.append([(null.below, null.above) for null in nulls if null is not None])
    held = np.array(found)
    for level in (0.05, 0.01):
        noise = 3 * np.sqrt(level * (1 - level) / (2 * SAMPLES))  # of both sides together, which exclude each other
        share = np.mean(held <= level, axis=(0, 2))
        assert share.max() <= level + noise, dict(zip(names, share.tolist(), strict=True))
    assert np.mean(held <= 0.05, axis=(0, 2)).min() >= 0.02  # and the tests are not empty


def test_the_bound_of_the_worsening_holds_at_the_margin_and_finds_power() -> None:
    rng = np.random.default_rng(8)
    label, new, old = scores(rng, 400_000, gain=-0.3)
    names = ("roc_auc", "log_loss")
    pairs = pairs_of(label, new, old)
    truth = {name: compared(name, pairs).value for name in names}
    sign = {"log_loss": -1}
    held, found = dict.fromkeys(names, 0), dict.fromkeys(names, 0)
    for _ in range(SAMPLES):
        pairs = pairs_of(*scores(rng, 300, gain=-0.3))
        for name in names:
            difference = compared(name, pairs)
            assert difference.uncertainty is not None
            assert difference.null is not None
            law, up = difference.uncertainty.law, sign.get(name, 1) < 0
            held[name] += quantile(law, 0.95) >= truth[name] if up else quantile(law, 0.05) <= truth[name]
            found[name] += (difference.null.above if up else difference.null.below) <= 0.05
    for name in names:
        assert held[name] / SAMPLES >= 0.95 - 0.047, (name, held)
        assert found[name] / SAMPLES >= 0.5, (name, found)


@pytest.mark.parametrize("rows", [2, 3, 5])
def test_five_rows_are_no_crash(rows: int) -> None:
    label = np.arange(rows) % 2 == 0
    rng = np.random.default_rng(rows)
    pairs = pairs_of(label, rng.random(rows), rng.random(rows))
    for name in ("roc_auc", "log_loss", "brier_score", "average_precision", "ks_statistic"):
        found = compared(name, pairs)
        if found.uncertainty is not None:
            assert np.isfinite(found.uncertainty.law.quantiles).all()
        if found.null is not None:
            assert 0 < found.null.above <= 1
