"""The laws of the distances of two samples: what chance shows of each, and where its true value is."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from lockgate.stats.chance.shuffles import Sizes
from lockgate.stats.distance_laws.bridge import (
    Walks,
    gap_walks,
    is_tied,
    null_of_ks,
    null_of_normed,
    null_of_wasserstein,
)
from lockgate.stats.distance_laws.directions import uncertainties_of_gaps
from lockgate.stats.distance_laws.fisher import null_of_change, uncertainty_of_change
from lockgate.stats.distance_laws.newcomers import null_of_new_share, uncertainty_of_new_share
from lockgate.stats.distance_laws.noncentral import uncertainties_of_sums
from lockgate.stats.distance_laws.nulls import SUMMED, Chance, nulls_of_bins, nulls_of_categories
from lockgate.stats.distance_laws.skeleton import Ranked, Skeleton, skeleton
from lockgate.stats.distances.compared import Compared
from lockgate.stats.distances.numeric import Sorted
from lockgate.stats.undefined import Undefined
from lockgate.types import Null, Uncertainty

Floats: TypeAlias = NDArray[np.float64]

_GAPS = ("ks", "wasserstein", "wasserstein_normed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Laws:
    """What chance shows of a distance where nothing has changed, and where its true value is; rows are independent."""

    null: Null
    uncertainty: Uncertainty


def laws_of_numbers(
    reference: Sorted, data: Sorted, compared: Compared, wanted: Collection[str], seed: int
) -> dict[str, Laws]:
    """The laws of distances of two samples of a number; those that are wanted and have a value.

    Args:
        reference: sorted values of the reference.
        data: those of the data.
        compared: what `compare_numbers` found of them.
        wanted: names of metrics.
        seed: of the draws.
    """
    measured = _measured(compared, wanted)
    counts = compared.counts if measured.keys() & SUMMED.keys() else None
    found = {} if counts is None else _of_bins(reference, data, counts, frozenset(measured), seed)
    gaps = {name: value for name, value in measured.items() if name in _GAPS}
    with np.errstate(all="ignore"):  # of values too far apart for float64 there is no law
        found |= _of_gaps(skeleton(reference, data, repeated="ks" in gaps), gaps, seed) if gaps else {}
    return {name: laws for name, laws in found.items() if _is_finite(laws)}


def _is_finite(laws: Laws) -> bool:
    held = (*laws.null.law.quantiles, *laws.uncertainty.law.quantiles, laws.null.mean, laws.uncertainty.bias)
    return all(map(math.isfinite, held))


def laws_of_categories(compared: Compared, wanted: Collection[str], seed: int) -> dict[str, Laws]:
    """The laws of distances of two samples of categories; those that are wanted and have a value.

    Args:
        compared: what `compare_categories` found of them.
        wanted: names of metrics.
        seed: of the draws.
    """
    measured = frozenset(_measured(compared, wanted))
    if not measured or compared.counts is None:
        return {}
    r, d = compared.counts
    found = _of_sums(r, d, nulls_of_categories(r, d, measured, seed), seed)
    if "new_category_share" in measured:
        null = null_of_new_share(r, d)
        found["new_category_share"] = Laws(null=null, uncertainty=uncertainty_of_new_share(r, d, null.mean))
    return found


@lru_cache(maxsize=1024)
def laws_of_change(marked: tuple[int, int], rows: tuple[int, int]) -> Laws:
    """The laws of the change of a share; kept, as most columns of a data set have no missing value on either side.

    Args:
        marked: how many rows of the reference, then of the data, are marked (missing).
        rows: how many rows there are of each, not 0.
    """
    sizes = Sizes(reference=rows[0], data=rows[1])
    return Laws(null=null_of_change(marked, sizes), uncertainty=uncertainty_of_change(marked, sizes))


def _measured(compared: Compared, wanted: Collection[str]) -> dict[str, float]:
    found = compared.values.items()
    return {name: value for name, value in found if name in wanted and not isinstance(value, Undefined)}


def _of_bins(
    reference: Sorted, data: Sorted, counts: tuple[Floats, Floats], wanted: frozenset[str], seed: int
) -> dict[str, Laws]:
    def pooled(sizes: Sizes) -> Floats:
        return np.concatenate([Ranked.of(reference).thinned(sizes.reference), Ranked.of(data).thinned(sizes.data)])

    return _of_sums(*counts, nulls_of_bins(counts, pooled, wanted, seed), seed)


def _of_sums(reference: Floats, data: Floats, chances: Mapping[str, Chance], seed: int) -> dict[str, Laws]:
    around = uncertainties_of_sums(reference, data, chances, seed)
    return {name: Laws(null=chance.null, uncertainty=around[name]) for name, chance in chances.items()}


def _of_gaps(found: Skeleton, values: Mapping[str, float], seed: int) -> dict[str, Laws]:
    walks = gap_walks(found, seed) if values.keys() != {"ks"} or is_tied(found) else Walks(gaps=np.empty((0, 0)))
    nulls = {"ks": null_of_ks, "wasserstein": null_of_wasserstein, "wasserstein_normed": null_of_normed}
    around = uncertainties_of_gaps(found, values, seed)
    return {
        name: Laws(null=nulls[name](found, walks, value), uncertainty=around[name]) for name, value in values.items()
    }
