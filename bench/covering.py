"""Counts in how many samples of a population the intervals of the gate `performance` hold the truth."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from lockgate.law import quantile
from lockgate.stats.distance_laws.fisher import wilson_bound
from lockgate.stats.metrics.confusion import PER_CLASS, of_class
from lockgate.stats.metrics.multiclass import MulticlassSample
from lockgate.stats.metrics.samples import Sample, metrics_of
from lockgate.stats.uncertainty.registry import uncertainty_of
from lockgate.stats.uncertainty.spread import Units
from lockgate.stats.undefined import Undefined

POOL = 2_000_000
LOW, HIGH = 0.93, 0.97
"""What the intervals are held to."""

SELDOM = 0.05
"""Where fewer samples have an interval, they are chosen by what they hold: ten positives where four are expected."""


@dataclass(slots=True)
class Tally:
    """Of the samples of one population and size: in how many a metric had a value, an interval, and the truth in it."""

    values: int = 0
    intervals: int = 0
    under: int = 0
    over: int = 0
    methods: dict[str, int] = field(default_factory=dict)

    @property
    def held(self) -> int:
        """In how many samples the interval held the truth."""
        return self.intervals - self.under - self.over


def values_of(sample: Sample, names: set[str] | None) -> Iterator[tuple[str, str, int | None, float]]:
    """Each metric's shown name, name, class and value."""
    for name, metric in metrics_of(sample).items():
        if names is None or name in names:
            try:
                with np.errstate(all="ignore"):
                    yield name, name, None, float(metric(sample))
            except Undefined:
                continue
    if isinstance(sample, MulticlassSample):
        for name, metric in PER_CLASS.items():
            if names is None or name in names:
                for code in (0, sample.classes - 1):
                    try:
                        yield f"{name} {code}", name, code, of_class(sample.table, code, metric)
                    except Undefined:
                        continue


def study(
    population: Callable[[np.random.Generator, int], Sample],
    truth: Mapping[str, float],
    rows: int,
    samples: int,
    *,
    names: set[str] | None = None,
    seed: int = 0,
) -> dict[str, Tally]:
    """Draw samples of so many rows and see which intervals hold the truth."""
    rng = np.random.default_rng([seed, rows])
    tallies: dict[str, Tally] = {}
    for draw in range(samples):
        sample = population(rng, rows)
        units = Units(sample=sample, seed=draw)
        for shown, name, code, value in values_of(sample, names):
            tally = tallies.setdefault(shown, Tally())
            tally.values += 1
            found = uncertainty_of(name, units, value, code=code)
            if found is None:
                continue
            tally.intervals += 1
            tally.methods[found.method] = tally.methods.get(found.method, 0) + 1
            tally.under += truth[shown] < quantile(found.law, 0.025)
            tally.over += truth[shown] > quantile(found.law, 0.975)
    return tallies


def truth_of(
    population: Callable[[np.random.Generator, int], Sample], names: set[str] | None, pool: int = POOL
) -> dict[str, float]:
    """Each metric's value on very many rows, but for a maximum, which grows with them for ever."""
    sample = population(np.random.default_rng(12345), pool)
    return {shown: value for shown, _, _, value in values_of(sample, names)}


def verdict(tally: Tally) -> str:
    """What is wrong with a metric's coverage, if chance does not explain it."""
    share = tally.held / tally.intervals
    if tally.intervals < SELDOM * tally.values:
        return "seldom given"
    if wilson_bound(share, tally.intervals, 2.6) < LOW:
        return "too low"
    if wilson_bound(share, tally.intervals, -2.6) > HIGH:
        return "wide"
    return ""
