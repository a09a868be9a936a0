"""Laws of metrics of the confusion matrix, against SciPy's bootstrap and McNemar-free sums."""

import math

import numpy as np
import pytest
from scipy import stats as scipy_stats
from sklearn import metrics as sk

from lockgate.law import quantile
from lockgate.stats.chance.laws import SCORES
from lockgate.stats.metrics.classification import METRICS, binary_sample
from lockgate.stats.metrics.confusion import BINARY
from lockgate.stats.metrics.multiclass import METRICS as OF_CLASSES
from lockgate.stats.metrics.multiclass import multiclass_sample
from lockgate.stats.uncertainty.registry import uncertainty_of
from lockgate.stats.uncertainty.spread import Units
from lockgate.stats.uncertainty.tilting import tilted_quantiles

TABLE = np.array([[520.0, 80.0], [60.0, 140.0]])
RNG = np.random.default_rng(0)


def rows_of(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    cells = np.repeat(np.arange(4), table.ravel().astype(int))
    return cells // 2 == 1, cells % 2 == 1


@pytest.mark.parametrize(
    ("name", "statistic"),
    [
        ("mcc", sk.matthews_corrcoef),
        ("cohen_kappa", sk.cohen_kappa_score),
        ("balanced_accuracy", sk.balanced_accuracy_score),
        ("f1", sk.f1_score),
        ("f2", lambda y, p: sk.fbeta_score(y, p, beta=2)),
    ],
)
def test_it_is_that_of_the_bootstrap(name: str, statistic: object) -> None:
    """SciPy's bias-corrected and accelerated bootstrap over rows gives the same interval."""
    y, said = rows_of(TABLE)
    sample = binary_sample(y, said)
    value = METRICS[name](sample)
    found = uncertainty_of(name, Units(sample=sample), value)
    assert found is not None

    def of_rows(*rows: np.ndarray) -> float:
        return BINARY[name](np.bincount(rows[0].astype(int), minlength=4).reshape(2, 2).astype(float))

    cells = (2 * y + said).astype(float)
    boot = scipy_stats.bootstrap(
        (cells,), of_rows, n_resamples=3000, vectorized=False, rng=np.random.default_rng(1), method="BCa"
    ).confidence_interval
    width = boot.high - boot.low
    assert quantile(found.law, 0.025) == pytest.approx(boot.low, abs=0.08 * width)
    assert quantile(found.law, 0.975) == pytest.approx(boot.high, abs=0.08 * width)
    assert value == pytest.approx(statistic(y, said))  # type: ignore[operator] # scikit-learn has no types


def test_the_tilted_likelihood_is_as_far_as_the_level_says() -> None:
    """Of a plain share the quantiles are those of the binomial likelihood ratio of the smoothed table."""
    found = tilted_quantiles("accuracy", BINARY["accuracy"], TABLE, np.ones(len(SCORES)))
    held = TABLE + 0.5
    share, rows = held.trace() / held.sum(), TABLE.sum()
    for at, score in enumerate(SCORES):
        p = found[at]
        ratio = 2 * rows * (share * math.log(share / p) + (1 - share) * math.log((1 - share) / (1 - p)))
        assert math.copysign(math.sqrt(max(ratio, 0.0)), p - share) == pytest.approx(score, abs=1e-6)


def test_a_perfect_model_is_not_taken_for_certain() -> None:
    y = np.arange(60) < 20
    for name in ("mcc", "cohen_kappa", "balanced_accuracy", "f1", "f2"):
        found = uncertainty_of(name, Units(sample=binary_sample(y, y)), 1.0, span=(None, 1.0))
        assert found is not None
        assert quantile(found.law, 0.025) < 0.95
        assert found.law.quantiles[-1] <= 1.0


def test_the_cost_does_not_grow_with_the_rows() -> None:
    """The law is a function of the table: a hundred times the rows give a tenth of the width."""
    wide = [tilted_quantiles("mcc", BINARY["mcc"], factor * TABLE, np.ones(len(SCORES))) for factor in (1, 100)]
    widths = [law[-1] - law[0] for law in wide]
    assert widths[0] / widths[1] == pytest.approx(10, rel=0.02)


@pytest.mark.parametrize("name", ["f1_macro", "precision_weighted", "balanced_accuracy", "precision_macro"])
def test_of_several_classes_it_is_that_of_the_bootstrap(name: str) -> None:
    rng = np.random.default_rng(2)
    y = rng.choice(3, 600, p=[0.5, 0.3, 0.2])
    said = np.where(rng.random(600) < 0.75, y, rng.integers(0, 3, 600))
    sample = multiclass_sample(y, said, 3)
    found = uncertainty_of(name, Units(sample=sample), OF_CLASSES[name](sample))
    assert found is not None
    draws = [OF_CLASSES[name](sample.pick(rng.integers(0, 600, 600))) for _ in range(1500)]
    low, high = np.quantile(draws, [0.025, 0.975])
    assert quantile(found.law, 0.025) == pytest.approx(low, abs=0.12 * (high - low))
    assert quantile(found.law, 0.975) == pytest.approx(high, abs=0.12 * (high - low))
