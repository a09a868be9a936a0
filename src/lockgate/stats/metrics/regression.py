"""All metrics of a regression, of all its rows or of some. An error is prediction less label."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lockgate.stats.checks import Codes, Floats, Rows, mean, numbers, picked, ratio, same_rows, weights
from lockgate.stats.undefined import Undefined


@dataclass(frozen=True, kw_only=True)
class RegressionSample:
    """Finite labels and predictions of one model, weights of the rows, and which of them belong together."""

    label: Floats
    prediction: Floats
    weight: Floats | None
    cluster: Codes | None

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.label)

    def take(self, rows: Rows) -> "RegressionSample":
        """The rows that a mask, or indices, name."""
        return RegressionSample(
            label=self.label[rows],
            prediction=self.prediction[rows],
            weight=picked(self.weight, rows),
            cluster=None if self.cluster is None else self.cluster[rows],
        )

    pick = take

    @cached_property
    def error(self) -> Floats:
        """Prediction less label."""
        if not self.rows:
            raise Undefined("there are no rows")
        error: Floats = self.prediction - self.label
        return error

    @cached_property
    def absolute(self) -> Floats:
        """The size of each error."""
        absolute: Floats = np.abs(self.error)
        return absolute


def regression_sample(
    label: Floats, prediction: Floats, weight: Floats | None = None, *, cluster: Codes | None = None
) -> RegressionSample:
    """A sample.

    Raises:
        Undefined: the arrays do not fit together, there are no rows, or a value is NaN, infinite or no number.
    """
    rows = same_rows("label and predictions", label, prediction)
    return RegressionSample(
        label=numbers(label, "label"),
        prediction=numbers(prediction, "prediction"),
        weight=weights(weight, rows),
        cluster=cluster,
    )


def mae(sample: RegressionSample) -> float:
    """Mean absolute error."""
    return mean(sample.absolute, sample.weight)


def mse(sample: RegressionSample) -> float:
    """Mean squared error."""
    return mean(np.square(sample.error), sample.weight)


def mean_error(sample: RegressionSample) -> float:
    """Mean of prediction less label: the bias."""
    return mean(sample.error, sample.weight)


def rmsle(sample: RegressionSample) -> float:
    """Root of the mean squared distance of ln(1 + value)."""
    if min(sample.label.min(), sample.prediction.min()) <= -1:
        raise Undefined("a label or prediction is -1 or less, so that ln(1 + value) has no value")
    return float(np.sqrt(mean(np.square(np.log1p(sample.prediction) - np.log1p(sample.label)), sample.weight)))


def r2(sample: RegressionSample) -> float:
    """Share of the labels' variance that is explained: 1 - MSE / variance."""
    return 1 - ratio(mse(sample), _variance(sample.label, sample.weight), "all labels are equal")


def explained_variance(sample: RegressionSample) -> float:
    """As `r2`, without counting a constant error."""
    return 1 - ratio(
        _variance(sample.error, sample.weight), _variance(sample.label, sample.weight), "all labels are equal"
    )


def median_absolute_error(sample: RegressionSample) -> float:
    """Median size of the errors; with weights the averaged inverse of the weighted distribution, as in scikit-learn."""
    if sample.weight is None:
        return float(np.median(sample.absolute))
    order = np.argsort(sample.absolute)
    values, mass = sample.absolute[order], np.cumsum(sample.weight[order])
    half = mass[-1] / 2
    at = min(int(np.searchsorted(mass, half)), len(values) - 1)
    after = min(at + 1, len(values) - 1) if mass[at] - half <= np.finfo(np.float64).eps else at
    return float((values[at] + values[after]) / 2)


def mape(sample: RegressionSample) -> float:
    """Mean of |error| / |label|; 0.1 is ten per cent."""
    zeros = int(np.count_nonzero(sample.label == 0))
    if zeros:
        raise Undefined(f"{zeros} labels are 0, and nothing can be a share of 0")
    return mean(sample.absolute / np.abs(sample.label), sample.weight)


def smape(sample: RegressionSample) -> float:
    """Mean of 2 |error| / (|label| + |prediction|), 0 to 2."""
    size = np.abs(sample.label) + np.abs(sample.prediction)
    zeros = int(np.count_nonzero(size == 0))
    if zeros:
        raise Undefined(f"label and prediction are both 0 on {zeros} rows")
    return mean(2 * sample.absolute / size, sample.weight)


def wape(sample: RegressionSample) -> float:
    """Sum of |error| over the sum of |label|."""
    return ratio(mae(sample), mean(np.abs(sample.label), sample.weight), "all labels are 0")


def pearson(sample: RegressionSample) -> float:
    """Pearson's correlation of label and prediction."""
    return _correlation(sample.label, sample.prediction, sample.weight)


def spearman(sample: RegressionSample) -> float:
    """Spearman's rank correlation of label and prediction, equal values sharing their mean rank."""
    if sample.weight is not None:
        raise Undefined("the rank correlation is not defined with weights")
    return _correlation(ranks(sample.label), ranks(sample.prediction), None)


def _variance(values: Floats, weight: Floats | None) -> float:
    if len(values) == 0 or values.min() == values.max():
        return 0.0
    return mean(np.square(values - mean(values, weight)), weight)


def _correlation(left: Floats, right: Floats, weight: Floats | None) -> float:
    spread = np.sqrt(_variance(left, weight)) * np.sqrt(_variance(right, weight))
    together = mean((left - mean(left, weight)) * (right - mean(right, weight)), weight)
    return max(-1.0, min(1.0, ratio(together, spread, "all labels or all predictions are equal")))


def ranks(values: Floats) -> Floats:
    """Ranks from 1, equal values sharing their mean rank."""
    _, group, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    ranks: Floats = (last - (count - 1) / 2)[group]
    return ranks


METRICS: Mapping[str, Callable[[RegressionSample], float]] = {
    "mae": mae,
    "mse": mse,
    "rmse": lambda sample: float(np.sqrt(mse(sample))),
    "rmsle": rmsle,
    "r2": r2,
    "explained_variance": explained_variance,
    "median_absolute_error": median_absolute_error,
    "max_error": lambda sample: float(sample.absolute.max()),
    "mape": mape,
    "smape": smape,
    "wape": wape,
    "mean_error": mean_error,
    "pearson": pearson,
    "spearman": spearman,
}
"""Metrics of a regression, by name."""
