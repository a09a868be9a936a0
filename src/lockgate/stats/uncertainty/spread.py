"""What a sample's rows, or clusters of rows, say about how much a metric would differ on others."""

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from lockgate.stats.blocks import blocks
from lockgate.stats.chance.student import LEAST_CLUSTERS
from lockgate.stats.checks import Codes, Floats, product_sum
from lockgate.stats.influence.function import influence, weighed
from lockgate.stats.influence.scores import BY_STEP, of_recalibration
from lockgate.stats.metrics.classification import BinarySample
from lockgate.stats.metrics.multiclass import MulticlassSample
from lockgate.stats.metrics.regression import RegressionSample
from lockgate.stats.metrics.samples import Sample
from lockgate.stats.uncertainty.delong import delong_variance
from lockgate.stats.undefined import Undefined


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How much a metric varies from sample to sample.

    Attributes:
        variance: of the estimate.
        rows: how many rows, or clusters, of equal weight it is about (Kish, Survey Sampling, 1965).
        skew: the skewness of the sum of the rows' influence, Σ φ³ / (Σ φ²)^1.5.
        peak: how much of the variance few rows bear, Σ φ⁴ / (Σ φ²)².
        degrees: degrees of freedom of the variance; infinite where rows stand alone.
        inflation: how much larger than of rows that stand alone the variance is.
    """

    variance: float
    rows: float
    skew: float = 0.0
    peak: float = 0.0
    degrees: float = math.inf
    inflation: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Units:
    """A sample as units that vary independently: rows, or the clusters they belong to; `seed`: of all draws."""

    sample: Sample
    seed: int = 0

    @cached_property
    def cluster(self) -> Codes | None:
        """Cluster of each row, by codes from 0 without a gap."""
        cluster = self.sample.cluster
        return None if cluster is None else np.unique(cluster, return_inverse=True)[1].astype(np.int64)

    @property
    def plain(self) -> bool:
        """Every row counts as one and stands alone."""
        return self.sample.weight is None and self.sample.cluster is None

    @cached_property
    def alone(self) -> "Units":
        """The rows as if each stood alone."""
        return self if self.cluster is None else Units(sample=replace(self.sample, cluster=None), seed=self.seed)

    @property
    def enough(self) -> bool:
        """Whether rows stand alone, or there are enough clusters to tell how clusters differ."""
        return self.cluster is None or int(self.cluster.max()) + 1 >= LEAST_CLUSTERS

    @cached_property
    def cells(self) -> Codes:
        """Which cell of the confusion matrix, read row by row, each row is in."""
        sample = self.sample
        if isinstance(sample, RegressionSample):
            raise Undefined("a regression has no confusion matrix")
        if isinstance(sample, MulticlassSample):
            return sample.label * sample.classes + sample.prediction
        return 2 * sample.positive.astype(np.int64) + sample.predicted

    @cached_property
    def area(self) -> Spread | None:
        """How much the ROC AUC varies: of rows that stand alone as DeLong has it; None with one row of a class.

        Raises:
            Undefined: there is none.
        """
        if not self.plain or not isinstance(self.sample, BinarySample):
            return self.of_metric("roc_auc")
        variance = delong_variance(self.sample.ranking)
        return None if variance is None else Spread(variance=variance, rows=self.kish)

    @cached_property
    def recalibration(self) -> tuple[Spread | None, Spread | None]:
        """How much intercept and slope of the logistic recalibration vary.

        Raises:
            Undefined: there is none.
        """
        sample = self.sample
        if not isinstance(sample, BinarySample):
            raise Undefined("there is no logistic recalibration")
        of_intercept, of_slope = of_recalibration(sample)
        return self.spread(weighed(of_intercept, sample)), self.spread(weighed(of_slope, sample))

    @cached_property
    def kish(self) -> float:
        """The effective number of all rows, or clusters."""
        return self.effective(None)

    def of(self, values: Floats) -> Floats:
        """The sum of some values of the rows in each unit."""
        return values if self.cluster is None else np.bincount(self.cluster, values).astype(np.float64)

    def loads(self, held: Floats | None) -> Floats:
        """The weight of each unit; `held`: how much each row counts beside its weight."""
        weight = self.sample.weight
        rows = np.ones(self.sample.rows) if held is None else held
        return self.of(rows if weight is None else rows * (weight / weight.max()))

    def effective(self, held: Floats | None) -> float:
        """Kish's effective number of units, (Σ w)² / Σ w²."""
        if held is None and self.plain:
            return float(self.sample.rows)
        loads = self.loads(held)
        return float(loads.sum() ** 2 / np.square(loads).sum())

    def spread(self, rows: Floats, held: Floats | None = None) -> Spread | None:
        """How much a metric varies by its rows' influence; None where nothing varies.

        Args:
            rows: the influence of each row, in mean 0.
            held: how much the metric is about each row beside its weight; None: about all.
        """
        parts = self.of(rows)
        squares, cubes, fourths = _power_sums(parts, self.sample.rows)
        if not squares > 0:
            return None
        units = len(parts) if held is None else int(np.count_nonzero(self.loads(held)))
        return Spread(
            variance=squares * units / max(units - 1, 1),
            skew=cubes / squares**1.5,
            peak=fourths / squares**2,
            rows=self.effective(held),
            degrees=math.inf if self.cluster is None else units - 1.0,
            inflation=1.0 if self.cluster is None else max(1.0, squares / float(np.square(rows / len(rows)).sum())),
        )

    def grain(self, held: Floats | None, spread: Spread | None) -> float:
        """The part of the whole that one event is that was not seen.

        The heaviest row; where rows belong together as many of it as the variance says to go together, and where
        nothing varied so far all of the largest cluster.
        """
        loads = self.loads(held)
        largest = float(loads.max() / loads.sum())
        if spread is None or self.cluster is None:
            return largest
        return min(largest, spread.inflation * self.alone.grain(held, None))

    def of_metric(self, name: str, code: int | None = None) -> Spread | None:
        """The same of a metric; None also where it has no influence."""
        sample = self.sample
        try:
            if self.plain and isinstance(sample, BinarySample) and name in BY_STEP:
                return _of_steps(name, sample)
            return self.spread(influence(name, sample, code))
        except Undefined:
            return None


def _power_sums(values: Floats, scale: float) -> tuple[float, float, float]:
    """Sums of the squares, cubes and fourth powers of some values over a scale."""
    sums = np.zeros(3)
    for part in blocks(len(values)):
        held = values[part] / scale
        square = held * held
        sums += [square.sum(), (square * held).sum(), (square * square).sum()]
    squares, cubes, fourths = sums.tolist()
    return squares, cubes, fourths


def _of_steps(name: str, sample: BinarySample) -> Spread | None:
    """The same of a ranking of equal rows, which differ by their class and distinct score alone."""
    ranked, rows = sample.ranking, float(sample.rows)
    moves = BY_STEP[name](ranked)
    second = third = fourth = 0.0
    for move, cumulated in zip(moves, (ranked.positives, ranked.negatives), strict=True):
        squares = move * move * np.diff(cumulated)
        second += float(squares.sum())
        third += product_sum(squares, move)
        fourth += product_sum(squares * move, move)
    if not second > 0:
        return None
    variance = second / rows**2 * rows / max(rows - 1, 1)
    skew, peak = third / second**1.5, fourth / second**2
    return Spread(variance=variance, skew=skew, peak=peak, rows=rows, degrees=math.inf)
