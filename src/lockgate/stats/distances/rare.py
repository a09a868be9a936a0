"""Categories where the reference's rare ones are known by their number alone: what is compared, and how far it is off.

The rare values of the reference and those of the data that the reference does not name are compared as one category.
The bounds hold whichever of the data's values are among the rare ones.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from lockgate.stats.distances.bins import Rare
from lockgate.stats.distances.boxes import ROUNDING, Boxes, Range, Terms, range_of
from lockgate.stats.distances.categories import contingency_terms, divergence_terms, psi_terms
from lockgate.stats.undefined import Undefined

Floats: TypeAlias = NDArray[np.float64]
K = TypeVar("K", bound=Hashable)


class _RareValues:
    """The key that stands for all rare values; no value of a data set equals it."""

    def __str__(self) -> str:
        return "(rare values)"


RARE = _RareValues()


@dataclass(frozen=True, slots=True, kw_only=True)
class Named(Generic[K]):
    """Counts of the reference that do not name rare values.

    Attributes:
        counts: rows that are known to hold each named value.
        more: of the rare ones' rows, how many may hold it too; 0 where it is left out.
        rare: the values that are not named.
    """

    counts: Mapping[K, float]
    more: Mapping[K, float]
    rare: Rare


def pooled(reference: Named[K], data: Mapping[K, float]) -> tuple[dict[Hashable, float], dict[Hashable, float]]:
    """Counts of both with the rare values as one category, `RARE`.

    Of the data's values that the reference does not name, as many belong to it as there are rare ones: the most
    frequent, so that a value is called new only where it must be.
    """
    unnamed = sorted((value for value in data if value not in reference.counts), key=lambda value: -data[value])
    hidden = set(unnamed[: reference.rare.values])
    was: dict[Hashable, float] = dict(reference.counts.items())
    was[RARE] = float(reference.rare.rows)
    now: dict[Hashable, float] = {value: count for value, count in data.items() if value not in hidden}
    if hidden:
        now[RARE] = sum(data[value] for value in hidden)
    return was, now


def ranges_of_categories(
    reference: Named[K], data: Mapping[K, float], values: Mapping[str, float | Undefined]
) -> dict[str, Range]:
    """Between which values each distance of `compared.CATEGORY_METRICS` lies; what has no value has no range."""
    n = sum(reference.counts.values()) + reference.rare.rows
    m = sum(data.values())
    if not n or not m:
        return {}
    share = m / (n + m)
    psi = _range(reference, data, psi_terms, n, m)
    divergence = _range(reference, data, divergence_terms, n, m)
    of_tables = _range(reference, data, lambda r, d: contingency_terms(r, d, share), n, m)
    unnamed = sorted((count for value, count in data.items() if value not in reference.counts), reverse=True)
    found = {
        "psi": psi,
        "jensen_shannon": (divergence[0] ** 0.5, min(1.0, divergence[1] ** 0.5)),
        "chi_squared": (of_tables[0] * (n + m), of_tables[1] * (n + m)),
        "cramers_v": (of_tables[0] ** 0.5, min(1.0, of_tables[1] ** 0.5)),
        "new_category_share": (sum(unnamed[reference.rare.values :]) / m, min(1.0, sum(unnamed) / m)),
    }
    return {name: ends for name, ends in found.items() if not isinstance(values[name], Undefined)}


def _range(reference: Named[K], data: Mapping[K, float], terms: Terms, n: float, m: float) -> Range:
    """Between which values the sum of some terms lies, whatever the rare values are.

    A named value may stand in some more rows; a value that is not named, in none up to as many as a rare one can. The
    rare values that the data do not hold add most where they are as few and frequent as can be, as the terms are
    convex; a row of them that a value of the data takes is taken from there. So the sum is largest where each value of
    the data takes none of the rare ones' rows or all that it can.
    """
    most = float(min(reference.rare.most, reference.rare.rows))
    keys = tuple(dict.fromkeys([*reference.counts, *data]))
    least = np.array([reference.counts.get(key, 0.0) for key in keys], np.float64) / n
    more = np.array([reference.more.get(key, 0.0) if key in reference.counts else most for key in keys], np.float64)
    d = np.array([data.get(key, 0.0) for key in keys], np.float64) / m
    low, _ = range_of(terms, Boxes(reference=(least, least + more / n), data=(d, d)))
    each = float(terms(np.array([most / n]), np.zeros(1))[0]) / most if most else 0.0  # of a row that the data lack
    high = np.maximum(terms(least, d), terms(least + more / n, d) - each * more)
    return low, float(high.sum()) + each * reference.rare.rows + ROUNDING * (1 + len(keys))
