"""What chance shows of the distances that are sums over categories or bins, where nothing has changed.

Both samples vary. The law is exact for two categories, from the moments of the sum where those are good down to chances
of 1e-4 (many categories, or none that is rare), and otherwise from rows dealt without replacement. Of a number the bins
themselves hang on the reference: in small samples each draw finds its own deciles.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from lockgate.stats.chance.hypergeometric import window
from lockgate.stats.chance.laws import null_of_draws
from lockgate.stats.chance.shuffles import Sizes, draw_of, further_shuffles, shuffles
from lockgate.stats.chance.tails import null_of_atoms, null_of_moments, rescaled
from lockgate.stats.distance_laws.deciles import decile_counts
from lockgate.stats.distance_laws.sums import Dealt, dealt, law_of_sum
from lockgate.stats.distances.categories import contingency_terms, divergence_terms, psi_terms
from lockgate.stats.distinct import counted
from lockgate.types import Null

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Counts: TypeAlias = tuple[Floats, Floats]

MANY = 30
"""From so many categories on their sum is near its limit however rare they are."""

OFTEN = 15.0
"""So often at least must every one of fewer categories be expected in both samples."""

ENOUGH = Sizes(reference=500, data=250)
"""From so many values on it no longer matters that the bins of a number hang on the reference."""

_DRAWS = 2_000
_FURTHER = 40_000  # where few of those reach the value


@dataclass(frozen=True, slots=True, kw_only=True)
class Summed:
    """A distance that is a function of a sum over categories.

    Attributes:
        terms: what each category adds to the sum, from its share of the reference, of the data, and the data's share of
            all rows.
        unit: what one degree of freedom adds on average where all counts are large.
        scale: the distance that the sum gives, increasing.
    """

    terms: Callable[[Floats, Floats, float], Floats]
    unit: Callable[[Sizes], float]
    scale: Callable[[Floats, Sizes], Floats]


def _itself(total: Floats, _sizes: Sizes) -> Floats:
    return total


def _times_rows(total: Floats, sizes: Sizes) -> Floats:
    return total * sizes.total


def _root(total: Floats, _sizes: Sizes) -> Floats:
    found: Floats = np.sqrt(np.clip(total, 0.0, 1.0))
    return found


def _of_shares(terms: Callable[[Floats, Floats], Floats]) -> Callable[[Floats, Floats, float], Floats]:
    return lambda r, d, _share: terms(r, d)


SUMMED: Mapping[str, Summed] = {
    "psi": Summed(terms=_of_shares(psi_terms), unit=lambda sizes: sizes.noise, scale=_itself),
    "jensen_shannon": Summed(
        terms=_of_shares(divergence_terms), unit=lambda sizes: sizes.noise / (8 * math.log(2)), scale=_root
    ),
    "chi_squared": Summed(terms=contingency_terms, unit=lambda sizes: 1 / sizes.total, scale=_times_rows),
    "cramers_v": Summed(terms=contingency_terms, unit=lambda sizes: 1 / sizes.total, scale=_root),
}
"""The distances over categories or bins, by the name of the metric."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chance:
    """What chance shows of a distance, and the mean and deviation of the sum behind it."""

    null: Null
    mean: float
    deviation: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What chance shows of both samples' counts.

    A category of few rows may by chance be empty in one sample, which lifts a sum by a step: its tail does not go on as
    it begins. What few draws reach is therefore read from more of them.

    Attributes:
        first: counts of the reference and of the data, each (draws, k).
        further: gives more of them, where few of the first ones reach the measured sum.
        narrower: the sums of samples of the right size as a share of those of the drawn ones, which may be thinned.
    """

    first: Counts
    further: Callable[[], Sequence[Counts]]
    narrower: float = 1.0

    def totals(self, metric: str) -> Floats:
        """The sums of the first draws."""
        return total_of(metric, *self.first) * self.narrower

    def further_totals(self, metric: str) -> Floats:
        """Those of further ones."""
        return np.concatenate([total_of(metric, *counts) * self.narrower for counts in self.further()])


def total_of(metric: str, reference: Floats, data: Floats) -> Floats:
    """The sum behind a distance; counts of any shape, the categories last."""
    r_rows, d_rows = reference.sum(axis=-1, keepdims=True), data.sum(axis=-1, keepdims=True)
    share = float(d_rows.flat[0] / (r_rows.flat[0] + d_rows.flat[0]))
    found: Floats = SUMMED[metric].terms(reference / r_rows, data / d_rows, share).sum(axis=-1)
    return found


def nulls_of_categories(reference: Floats, data: Floats, metrics: frozenset[str], seed: int) -> dict[str, Chance]:
    """The nulls of some of `SUMMED` over categories: the pooled rows dealt to both samples without replacement.

    Args:
        reference: rows of the reference in each category (k,), whole numbers; not all 0.
        data: those of the data (k,); not all 0.
        metrics: which ones are wanted.
        seed: of the draws, where there are any.
    """
    sizes = Sizes(reference=round(float(reference.sum())), data=round(float(data.sum())))
    pooled = np.rint(reference + data)
    pooled = pooled[pooled > 0]
    totals = {metric: float(total_of(metric, reference, data)) for metric in sorted(metrics & SUMMED.keys())}
    if len(pooled) == 1:
        return dict.fromkeys(totals, _nothing())
    if len(pooled) == 2:
        return {metric: _of_two(metric, total, pooled, sizes) for metric, total in totals.items()}
    if len(pooled) >= MANY or pooled.min() * sizes.least >= OFTEN * sizes.total:
        cells = dealt(pooled, sizes)
        return {metric: _of_moments(metric, total, cells) for metric, total in totals.items()}
    rng = draw_of("categories", seed, sizes.reference, sizes.data)

    def deal(draws: int) -> Counts:
        drawn = rng.multivariate_hypergeometric(pooled.astype(np.int64), sizes.data, draws, method="marginals")
        counts = drawn.astype(np.float64)
        return pooled - counts, counts

    drawn = Drawn(first=deal(_DRAWS), further=cache(lambda: [deal(_FURTHER)]))
    return {metric: _of_draws(metric, total, drawn, sizes) for metric, total in totals.items()}


def nulls_of_bins(
    counts: tuple[Floats, Floats], samples: Callable[[Sizes], Floats], metrics: frozenset[str], seed: int
) -> dict[str, Chance]:
    """The nulls of some of `SUMMED` over the reference's deciles.

    Args:
        counts: how much of the reference and of the data lies in each bin.
        samples: gives the pooled values of both samples, thinned to the given sizes; asked in small samples only.
        metrics: which ones are wanted.
        seed: of the draws.
    """
    sizes = Sizes(reference=round(float(counts[0].sum())), data=round(float(counts[1].sum())))
    if sizes.reference >= ENOUGH.reference and sizes.data >= ENOUGH.data:
        return nulls_of_categories(*counts, metrics, seed)
    table = shuffles(sizes, seed)
    _, repeats = counted(samples(table.sizes))
    ends = np.cumsum(repeats)

    def further() -> list[Counts]:
        return [decile_counts(each, ends, seed) for each in further_shuffles(sizes, seed)]

    first, narrower = decile_counts(table, ends, seed), sizes.noise / table.sizes.noise
    drawn = Drawn(first=first, further=cache(further), narrower=narrower)
    return {
        metric: _of_draws(metric, float(total_of(metric, *counts)), drawn, sizes)
        for metric in sorted(metrics & SUMMED.keys())
    }


def _nothing() -> Chance:
    """Of one category: the distance is 0 whatever chance does."""
    return Chance(null=null_of_atoms("hypergeometric", np.zeros(1), np.ones(1), 0.0), mean=0.0, deviation=0.0)


def _of_two(metric: str, total: float, pooled: Floats, sizes: Sizes) -> Chance:
    found, chances = window(sizes.total, int(pooled[0]), sizes.data)
    data = np.stack([found, sizes.data - found], axis=-1)
    totals = total_of(metric, pooled - data, data)
    mean = float((totals * chances).sum())
    return Chance(
        null=null_of_atoms(
            "hypergeometric", SUMMED[metric].scale(totals, sizes), chances, _scaled(metric, total, sizes)
        ),
        mean=mean,
        deviation=math.sqrt(float(((totals - mean) ** 2 * chances).sum())),
    )


def _of_moments(metric: str, total: float, cells: Dealt) -> Chance:
    summed, sizes = SUMMED[metric], cells.sizes
    share = sizes.data / sizes.total
    law = law_of_sum(
        cells,
        lambda r, d: summed.terms(r / sizes.reference, d / sizes.data, share),
        summed.unit(sizes),
    )
    mean = _scaled(metric, law.mean, sizes)
    if summed.scale is _root:  # the mean of a root, to the second order
        mean *= 1 - (law.deviation / law.mean) ** 2 / 8
    null = null_of_moments("permutation-moments", law, total)
    null = rescaled(null, lambda values: summed.scale(values, sizes), mean)
    return Chance(null=null, mean=law.mean, deviation=law.deviation)


def _of_draws(metric: str, total: float, drawn: Drawn, sizes: Sizes) -> Chance:
    scale, draws = SUMMED[metric].scale, drawn.totals(metric)
    null = null_of_draws("permutation", draws, total, partial(drawn.further_totals, metric))
    null = rescaled(null, lambda values: scale(np.maximum(values, 0.0), sizes), float(scale(draws, sizes).mean()))
    return Chance(null=null, mean=float(draws.mean()), deviation=float(draws.std()))


def _scaled(metric: str, total: float, sizes: Sizes) -> float:
    return float(SUMMED[metric].scale(np.array(total), sizes))
