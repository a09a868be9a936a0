"""Two samples compared by every distance that is defined for them, with what a chart of both needs."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from lockgate.stats.distances.bounds import ranges_of_numbers
from lockgate.stats.distances.boxes import Range, settled
from lockgate.stats.distances.categories import align, chi_squared, cramers_v, jensen_shannon, new_share, psi
from lockgate.stats.distances.numeric import (
    Sorted,
    bin_counts,
    chart_edges,
    decile_edges,
    in_deviations,
    ks,
    wasserstein,
)
from lockgate.stats.distances.rare import Named, pooled, ranges_of_categories
from lockgate.stats.undefined import Undefined

NUMBER_METRICS = ("ks", "wasserstein", "wasserstein_normed", "psi", "jensen_shannon")
CATEGORY_METRICS = ("psi", "jensen_shannon", "chi_squared", "cramers_v", "new_category_share")

MOST_SHOWN = 20
"""At most so many bins or categories stand in a chart."""

SHOWN_FROM = 10
"""A category is named in a chart only if it stands this often in one of the samples: a rarer one may be a person."""

Floats: TypeAlias = NDArray[np.float64]
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What two samples show.

    Attributes:
        values: each metric's value, or why it has none.
        errors: how far a value may be off because only a summary of the reference is at hand; 0 where it is left out.
        counts: rows of the reference and of the data in each bin or category (k,); None where there are no values.
        chart: JSON for a chart of both. `histogram`: inner edges and the shares of each sample in the bins between,
            the outermost ones open. `categories`: names and shares of the most frequent ones.
    """

    values: Mapping[str, float | Undefined]
    chart: Mapping[str, Any]
    counts: tuple[Floats, Floats] | None = None
    errors: Mapping[str, float] = field(default_factory=dict)


def compare_numbers(reference: Sorted, data: Sorted) -> Compared:
    """Every distance of `NUMBER_METRICS`, from one set of bins."""
    try:
        gap = ks(reference, data)
    except Undefined as reason:
        return undefined(NUMBER_METRICS, reason)
    edges = decile_edges(reference)
    r, d = bin_counts(reference, edges), bin_counts(data, edges)
    shown = chart_edges(reference, data, MOST_SHOWN)
    distance = _tried(partial(wasserstein, reference, data))
    normed = distance if isinstance(distance, Undefined) else _tried(partial(in_deviations, distance, reference))
    values = {
        "ks": gap,
        "wasserstein": distance,
        "wasserstein_normed": normed,
        "psi": psi(r, d),
        "jensen_shannon": jensen_shannon(r, d),
    }
    compared = Compared(
        values=values,
        counts=(r, d),
        chart={
            "histogram": {
                "edges": shown.tolist(),
                "reference": _shares(bin_counts(reference, shown)),
                "data": _shares(bin_counts(data, shown)),
            }
        },
    )
    return compared if reference.bins is None else bounded(compared, ranges_of_numbers(reference, data, values))


def compare_categories(reference: Mapping[K, float], data: Mapping[K, float]) -> Compared:
    """Every distance of `CATEGORY_METRICS`, from the counts of both samples."""
    keys, r, d = align(reference, data)
    try:
        values = {
            "psi": psi(r, d),
            "jensen_shannon": jensen_shannon(r, d),
            "chi_squared": chi_squared(r, d),
            "cramers_v": cramers_v(r, d),
            "new_category_share": new_share(r, d),
        }
    except Undefined as reason:
        return undefined(CATEGORY_METRICS, reason)
    by_count = np.argsort(-(r + d), kind="stable")
    shown = by_count[np.maximum(r, d)[by_count] >= SHOWN_FROM][:MOST_SHOWN].tolist()
    return Compared(
        values=values,
        counts=(r, d),
        chart={
            "categories": {
                "names": [str(keys[i]) for i in shown],
                "reference": _shares(r, shown),
                "data": _shares(d, shown),
            }
        },
    )


def compare_named(reference: Named[K], data: Mapping[K, float]) -> Compared:
    """Every distance of `CATEGORY_METRICS` where rare values of the reference have no names, and their errors."""
    compared = compare_categories(*pooled(reference, data))
    return bounded(compared, ranges_of_categories(reference, data, compared.values))


def undefined(metrics: Sequence[str], reason: Undefined) -> Compared:
    """No value for any of the metrics, for one reason."""
    return Compared(values=dict.fromkeys(metrics, reason), chart={})


def bounded(compared: Compared, ranges: Mapping[str, Range]) -> Compared:
    """The distances moved into the ranges in which they lie, with their errors.

    What lies in no bounds has no value: it could as well be anything.
    """
    values, errors = dict(compared.values), dict(compared.errors)
    for name, within in ranges.items():
        value = values[name]
        if isinstance(value, Undefined):
            continue
        found = settled(value, within)
        if found is None:
            values[name] = Undefined("the profile of the reference is too coarse to bound it: use the data themselves")
        else:
            values[name], errors[name] = found
    return replace(compared, values=values, errors=errors)


def _tried(measure: Callable[[], float]) -> float | Undefined:
    try:
        return measure()
    except Undefined as reason:
        return reason


def _shares(counts: Floats, shown: Sequence[int] | slice = slice(None)) -> list[float]:
    """Shares of the whole, as long as a chart needs them."""
    return [round(share, 6) for share in (counts / counts.sum())[shown].tolist()]
