"""k-anonymity and l-diversity of joint counts: how alone the rows stand that share their quasi-identifiers.

Samarati and Sweeney, Protecting Privacy when Disclosing Information, 1998; Machanavajjhala et al., l-Diversity, 2007.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from lockgate.evidence.distribution import Counts, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Classes:
    """The equivalence classes of some quasi-identifiers: rows that are alike in all of them.

    Attributes:
        sizes: rows of each class.
        values: different sensitive values in each, a missing one counting as one; empty where none was asked for.
    """

    sizes: tuple[int, ...]
    values: tuple[int, ...] = ()

    @property
    def smallest(self) -> int:
        """k: rows of the smallest class."""
        return min(self.sizes)

    @property
    def least_values(self) -> int:
        """l: the fewest different sensitive values in a class (distinct l-diversity)."""
        return min(self.values)

    def under(self, k: int) -> int:
        """Rows in classes smaller than k."""
        return sum(size for size in self.sizes if size < k)


def classes_of(counts: Counts, *, sensitive: bool) -> Classes:
    """The classes that joint counts show. `sensitive`: the last column is the sensitive one, the others identify."""
    sizes: dict[tuple[Value, ...], int] = {}
    values: dict[tuple[Value, ...], int] = {}
    for key, count in zip(counts.keys, counts.counts.tolist(), strict=True):
        identity = key[:-1] if sensitive else key
        sizes[identity] = sizes.get(identity, 0) + count
        values[identity] = values.get(identity, 0) + 1
    several: Mapping[tuple[Value, ...], int] = values if sensitive else {}
    return Classes(sizes=tuple(sizes.values()), values=tuple(several.values()))
