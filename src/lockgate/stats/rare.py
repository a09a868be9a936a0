"""Categories where the reference's rare ones are known by their number alone: what is compared, and how far it is off.

The rare values of the reference and those of the data that the reference does not name are compared as one category.
The bounds hold whichever of the data's values are among the rare ones.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from lockgate.stats.bins import Rare
from lockgate.stats.boxes import Boxes, Range, Terms, error, range_of
from lockgate.stats.categories import contingency_terms, divergence_terms, psi_terms
from lockgate.stats.undefined import Undefined

Floats: TypeAlias = NDArray[np.float64]
K = TypeVar("K", bound=Hashable)

ROUNDING = 1e-12


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


def errors_of_categories(
    reference: Named[K], data: Mapping[K, float], values: Mapping[str, float | Undefined]
) -> dict[str, float]:
    """How far each distance of `compared.CATEGORY_METRICS` may be off that was measured between pooled counts."""
    held = {name: value for name, value in values.items() if not isinstance(value, Undefined)}
    n = sum(reference.counts.values()) + reference.rare.rows
    m = sum(data.values())
    if not n or not m:
        return dict.fromkeys(held, 0.0)
    share = m / (n + m)

    def of_tables(r: Floats, d: Floats) -> Floats:
        return contingency_terms(r, d, share)

    found: dict[str, float] = {}
    for names, terms in (
        (("psi",), psi_terms),
        (("jensen_shannon",), divergence_terms),
        (("chi_squared", "cramers_v"), of_tables),
    ):
        low, high = _range(reference, data, terms, n, m)
        for name in names:
            if name in held:
                ends = low, high
                if name == "chi_squared":
                    ends = low * (n + m), high * (n + m)
                elif name != "psi":
                    ends = min(1.0, low**0.5), min(1.0, high**0.5)
                found[name] = error(held[name], *ends) + ROUNDING * (1 + held[name])
    if "new_category_share" in held:
        unnamed = sorted((count for value, count in data.items() if value not in reference.counts), reverse=True)
        least, most = sum(unnamed[reference.rare.values :]) / m, sum(unnamed) / m
        found["new_category_share"] = error(held["new_category_share"], least, most) + ROUNDING
    return found


def _range(reference: Named[K], data: Mapping[K, float], terms: Terms, n: float, m: float) -> Range:
    """Between which values the sum of some terms lies, whatever the rare values are.

    A named value may stand in some more rows; a value that is not named, in none up to as many as a rare one can. The
    rare values that the data do not hold add most where they are as few and frequent as can be: the terms are convex.
    """
    rare = reference.rare
    most = float(min(rare.most, rare.rows))
    keys = tuple(dict.fromkeys([*reference.counts, *data]))
    least = np.array([reference.counts.get(key, 0.0) for key in keys], np.float64)
    more = np.array([reference.more.get(key, 0.0) if key in reference.counts else most for key in keys], np.float64)
    d = np.array([data.get(key, 0.0) for key in keys], np.float64) / m
    low, high = range_of(terms, Boxes(reference=(least / n, (least + more) / n), data=(d, d)))
    if most:
        high += rare.rows / most * float(terms(np.array([most / n]), np.zeros(1))[0])
    return low, high
