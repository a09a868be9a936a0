"""Where the true distance of two distribution functions is.

A supremum or an area of |F − G| is no smooth function of the gap: where the true gap may be 0, or where several places
may hold its maximum, noise only lifts it. So the law has two halves. Its lower levels take the measured distance less
what noise may have lifted it by: the noise's own supremum over all places where the true maximum may be, its absolute
value where the sign of the gap is not settled. Its upper levels take the measured distance with the noise as it is,
which lifts nothing. Both hold down to no change at all, where a bootstrap around the measured distance holds nothing
(directional derivatives: Dümbgen 1993; Fang and Santos 2019; Cárcamo, Cuevas and Rodríguez 2020 for the supremum).
"""

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from lockgate.stats.chance.laws import law_of_draws, uncertainty
from lockgate.stats.chance.shuffles import draw_of, once
from lockgate.stats.distance_laws.bridge import deviations
from lockgate.stats.distance_laws.skeleton import Skeleton
from lockgate.types import LEVELS, Law, Uncertainty

Floats: TypeAlias = NDArray[np.float64]
Singles: TypeAlias = NDArray[np.float32]
Ints: TypeAlias = NDArray[np.int64]

_DRAWS = 400
_EXTREME = 32  # so many cells at each end, most of them single values, are drawn as counts, the others as normal
_CELLS = 256  # cells between them whose noise is drawn at once
_SETTLED = 2.5  # deviations of the gap from which its sign is settled, and by which a place may miss being the highest


def uncertainties_of_gaps(found: Skeleton, values: Mapping[str, float], seed: int) -> dict[str, Uncertainty]:
    """Where the true values of `ks`, `wasserstein` and `wasserstein_normed` are; of those that are given.

    Args:
        found: the samples.
        values: the measured distances.
        seed: of the draws.
    """
    of_reference = _noise(found.reference, "reference", seed)
    noise = _noise(found.data, "data", seed)
    noise -= of_reference
    noise = noise[:-1]
    f, g = found.data / found.sizes.data, found.reference / found.sizes.reference
    gap = (f - g)[:-1]
    deviation = np.sqrt(f * (1 - f) / found.sizes.data + g * (1 - g) / found.sizes.reference)[:-1]
    signed = noise * np.where(gap < 0, np.float32(-1), np.float32(1))[:, None]
    lifted = np.where((np.abs(gap) < _SETTLED * deviation)[:, None], np.abs(noise), signed)
    laws: dict[str, Law] = {}
    if "ks" in values and len(gap):
        highest = int(np.argmax(np.abs(gap)))
        near = np.abs(gap) >= values["ks"] - _SETTLED * (deviation + deviation[highest]) / 2
        near[highest] = True
        laws["ks"] = _law(values["ks"], lifted[near].max(axis=0), signed[highest], high=1.0)
    steps = np.diff(found.mean).astype(np.float32)
    up, plain = (np.einsum("cd,c->d", each, steps).astype(np.float64) for each in (lifted, signed))
    if "wasserstein" in values:
        laws["wasserstein"] = _law(values["wasserstein"], up * found.unit, plain * found.unit)
    if "wasserstein_normed" in values:  # the reference's own deviation moves with its noise
        own = (g - found.ranks / found.sizes.total).astype(np.float32)[:, None]
        unit = float(deviations(found, own)[0])
        stretched = values["wasserstein_normed"] * (deviations(found, of_reference + own) / unit - 1)
        laws["wasserstein_normed"] = _law(values["wasserstein_normed"], up / unit - stretched, plain / unit - stretched)
    constant = Law(quantiles=(0.0,) * len(LEVELS), tail="exact")
    return {
        metric: uncertainty("directional-bootstrap", found.sizes.data, laws.get(metric, constant)) for metric in values
    }


def _law(value: float, lifts: Singles | Floats, moves: Singles | Floats, high: float = np.inf) -> Law:
    """The law of the truth: below its middle the value less what noise lifts, above it less how noise moves it."""
    lower, upper = (np.array(law_of_draws(draws.astype(np.float64)).quantiles)[::-1] for draws in (lifts, moves))
    quantiles = np.where(np.array(LEVELS) < 0.5, np.minimum(value - lower, value - upper), value - upper)
    return Law(quantiles=tuple(np.clip(quantiles, 0.0, high).tolist()), tail="fitted")


def _noise(upto: Ints, name: str, seed: int) -> Singles:
    """By how much another sample's share of values up to the end of each cell may differ from this one's (c, draws)."""
    rows = np.diff(upto, prepend=0).astype(np.float64)
    counts, normal = _white(name, seed)
    ends = min(_EXTREME, len(rows) // 2)
    middle = len(rows) - 2 * ends
    if middle > len(normal):
        raise ValueError(f"{len(rows)} cells are more than the noise is drawn for")
    noise = np.concatenate([counts[:ends], normal[:middle], counts[len(counts) - ends :]])
    noise *= (np.sqrt(rows) / upto[-1]).astype(np.float32)[:, None]
    np.cumsum(noise, axis=0, out=noise)
    noise -= noise[-1] * (upto / upto[-1]).astype(np.float32)[:, None]
    return noise


@once(2)
def _white(name: str, seed: int) -> tuple[Singles, Singles]:
    """Independent noise of variance 1: that of single values, drawn again or not, and normal noise (cells, draws)."""
    rng = draw_of(f"noise of the {name}", seed)
    counts = rng.poisson(1.0, (2 * _EXTREME, _DRAWS)) - 1.0
    return counts.astype(np.float32), rng.standard_normal((_CELLS, _DRAWS)).astype(np.float32)
