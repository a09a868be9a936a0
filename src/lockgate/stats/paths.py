"""Where the true distance of two distribution functions is.

Between "nothing has changed" and what was measured lies a straight path: the measured gap, shrunk or stretched. At
each of its points noise as large as that of the two samples shows what would be measured there. The law of the true
distance is had by turning that around: its quantile at a level is the point at which a distance at least as large as
the measured one would be seen with that chance. So it covers the truth down to no change at all, where the measured
distance is chance alone and a bootstrap around it covers nothing.
"""

import math
from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from lockgate.stats.bridge import areas, deviations
from lockgate.stats.laws import uncertainty
from lockgate.stats.shuffles import draw_of, once
from lockgate.stats.skeleton import Skeleton
from lockgate.stats.special import normal_quantile
from lockgate.types import LEVELS, Law, Uncertainty

Floats: TypeAlias = NDArray[np.float64]
Singles: TypeAlias = NDArray[np.float32]
Ints: TypeAlias = NDArray[np.int64]

_DRAWS = 160
_POINTS = (0.25, 0.5, 0.75)  # of the path, as multiples of the measured gap, beside 0 and 1
_BEYOND = (2.0, 4.5)  # and beyond it, in deviations of the measured distance
_EXTREME = 32  # so many cells at each end, most of them single values, are drawn as counts, the others as normal
_CELLS = 256  # cells between them whose noise is drawn at once
_SYMMETRIC = 0.05  # under this skewness draws are read as normal


def uncertainties_of_gaps(found: Skeleton, values: Mapping[str, float], seed: int) -> dict[str, Uncertainty]:
    """Where the true values of `ks`, `wasserstein` and `wasserstein_normed` are; of those that are given.

    Args:
        found: the samples.
        values: the measured distances.
        seed: of the draws.
    """
    noise = _noise(found.data, "data", seed)
    of_reference = _noise(found.reference, "reference", seed)
    noise -= of_reference
    gap = (found.data / found.sizes.data - found.reference / found.sizes.reference).astype(np.float32)[:, None]
    found_for: dict[str, Uncertainty] = {}
    if "ks" in values:
        quantiles = _quantiles(lambda gaps: np.abs(gaps).max(axis=0).astype(np.float64), values["ks"], gap, noise)
        found_for["ks"] = _uncertainty(found, np.minimum(quantiles, 1.0))
    if "wasserstein" in values:
        quantiles = _quantiles(lambda gaps: areas(found, gaps) * found.unit, values["wasserstein"], gap, noise)
        found_for["wasserstein"] = _uncertainty(found, quantiles)
    if "wasserstein_normed" in values:  # the reference's own deviation moves with its noise
        own = found.reference / found.sizes.reference - found.ranks / found.sizes.total
        of_reference += own.astype(np.float32)[:, None]
        deviation = deviations(found, of_reference)
        quantiles = _quantiles(lambda gaps: areas(found, gaps) / deviation, values["wasserstein_normed"], gap, noise)
        found_for["wasserstein_normed"] = _uncertainty(found, quantiles)
    return found_for


def _uncertainty(found: Skeleton, quantiles: Floats) -> Uncertainty:
    law = Law(quantiles=tuple(quantiles.tolist()), tail="fitted")
    return uncertainty("path-bootstrap", found.sizes.data, law)


def _quantiles(measure: Callable[[Singles], Floats], value: float, gap: Singles, noise: Singles) -> Floats:
    wanted = np.array([normal_quantile(level) for level in LEVELS])
    if value <= 0:  # no path leads away from it: as far as noise goes
        return np.where(wanted > 0, np.quantile(measure(noise), LEVELS), 0.0)
    here, chance = measure(noise + gap), measure(noise)
    seen = max(value, float(chance.mean()))  # less than chance shows is luck, and no proof that the truth is 0
    points = np.array(
        [0.0, *_POINTS, 1.0, *(1 + far * max(float(here.std()), seen - value) / value for far in _BEYOND)]
    )
    drawn = (measure(noise + point * gap) for point in points[1 : len(_POINTS) + 1].tolist())
    farther = (measure(noise + point * gap) for point in points[len(_POINTS) + 2 :].tolist())
    scores = np.array([_score(draws, seen) for draws in (chance, *drawn, here, *farther)])
    # The farther the truth, the smaller the measured distance is among its like.
    found: Floats = np.interp(wanted, -np.minimum.accumulate(scores), points) * value
    return found


def _score(draws: Floats, value: float) -> float:
    """The normal score of a value among draws, by their first three moments (Wilson and Hilferty 1931)."""
    mean, deviation = float(draws.mean()), float(draws.std())
    if deviation == 0:
        return 0.0 if value == mean else math.copysign(9.0, value - mean)
    off = (value - mean) / deviation
    skew = min(3.0, float(np.mean(((draws - mean) / deviation) ** 3)))
    if skew < _SYMMETRIC:
        return off
    return 6 / skew * (math.cbrt(max(1e-9, skew * off / 2 + 1)) - 1) + skew / 6


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
    rng = draw_of(f"paths of the {name}", seed)
    counts = rng.poisson(1.0, (2 * _EXTREME, _DRAWS)) - 1.0
    return counts.astype(np.float32), rng.standard_normal((_CELLS, _DRAWS)).astype(np.float32)
