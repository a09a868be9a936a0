"""The law of the expected calibration error: how often it holds the truth, and what it shows where chance is all."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from lockgate.law import quantile
from lockgate.stats.checks import Floats
from lockgate.stats.metrics.classification import METRICS, BinarySample, binary_sample
from lockgate.stats.uncertainty.calibration import calibration_quantiles, gaps_of
from lockgate.stats.uncertainty.registry import uncertainty_of
from lockgate.stats.uncertainty.spread import Units
from lockgate.types import Uncertainty

NAMES = ("expected_calibration_error", "adaptive_calibration_error")


def drawn(rng: np.random.Generator, rows: int, off: Callable[[Floats], Floats]) -> BinarySample:
    said = rng.beta(1.5, 1.5, rows)
    return binary_sample(rng.random(rows) < off(said), said > 0.5, said)


def right(said: Floats) -> Floats:
    return said


def timid(said: Floats) -> Floats:
    """The probability that a model says too carefully."""
    odds: Floats = (said / (1 - said)) ** 1.6
    return odds / (1 + odds)


def laws(name: str, off: Callable[[Floats], Floats], *, rows: int, samples: int) -> Iterator[Uncertainty]:
    rng = np.random.default_rng(rows)
    for _ in range(samples):
        sample = drawn(rng, rows, off)
        found = uncertainty_of(name, Units(sample=sample), METRICS[name](sample))
        assert found is not None
        yield found


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rows", [200, 1000])
def test_of_a_calibrated_model_the_interval_begins_at_0(name: str, rows: int) -> None:
    """In all but 2.5 of 100 samples, of 400; more than 4.5 would be chance once in a hundred times."""
    lows = [quantile(found.law, 0.025) for found in laws(name, right, rows=rows, samples=400)]
    assert np.mean(np.array(lows) > 0) <= 0.045


@pytest.mark.parametrize("name", NAMES)
def test_of_a_timid_model_it_holds_the_truth(name: str) -> None:
    truth = METRICS[name](drawn(np.random.default_rng(1), 1_000_000, timid))
    found = list(laws(name, timid, rows=1000, samples=400))
    under = np.mean([truth < quantile(one.law, 0.025) for one in found])
    over = np.mean([truth > quantile(one.law, 0.975) for one in found])
    assert max(under, over) <= 0.045
    assert np.mean([quantile(one.law, 0.5) for one in found]) == pytest.approx(truth, rel=0.05)


def test_far_from_chance_it_is_the_law_of_a_mean() -> None:
    """Where no bin's gap may be 0, the error is a mean of signed gaps, with their plain variance."""
    rng = np.random.default_rng(2)
    codes = rng.integers(0, 4, 40_000)
    said = np.full(40_000, 0.6)
    hit = (rng.random(40_000) < 0.3).astype(float)
    gaps = gaps_of(said - hit, hit, codes, weight=None, inflation=1.0)
    value = float((gaps.share * gaps.gap).sum())
    quantiles, bias = calibration_quantiles(value, gaps, np.ones(19))
    assert bias == pytest.approx(0, abs=1e-5)
    for at, score in ((5, -1.96), (13, 1.96)):
        assert quantiles[at] == pytest.approx(value + score * np.std(hit) / 200, abs=1e-4)


def test_weights_that_hardly_count_leave_their_rows_out() -> None:
    rng = np.random.default_rng(3)
    codes, hit = rng.integers(0, 4, 2000), (rng.random(2000) < 0.4).astype(float)
    some = np.arange(2000) % 2 == 0
    weighed = gaps_of(0.5 - hit, hit, codes, weight=np.where(some, 3.0, 1e-9), inflation=1.0)
    alone = gaps_of(0.5 - hit[some], hit[some], codes[some], weight=None, inflation=1.0)
    for name in ("share", "gap", "chance", "varied", "mixed"):
        assert getattr(weighed, name) == pytest.approx(getattr(alone, name), rel=1e-3)
