"""Where the true distance is, for distances that are sums over categories: the plug-in is lifted by chance.

A sum such as the population stability index is, up to a scale, a noncentral chi-squared variable: its true value adds
to what chance alone shows. The law of the true value is had by turning that around: its quantile at a level is the
value under which a sum at least as large as the measured one would be seen with that chance.
"""

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from lockgate.stats.chance.laws import SCORES, uncertainty
from lockgate.stats.chance.shuffles import Sizes, draw_of
from lockgate.stats.distance_laws.nulls import SUMMED, Chance, total_of
from lockgate.stats.distance_laws.slopes import variance_of_sum
from lockgate.stats.distance_laws.sums import LARGE
from lockgate.types import LEVELS, Law, Uncertainty

Floats: TypeAlias = NDArray[np.float64]

_DRAWS = 256
_DRAWN = 100  # categories up to which the spread of the sum is drawn, if some hold fewer than `LARGE` rows
_PSEUDO = 0.5  # rows that are added to each category on average: one that a sample lacks need not be empty in truth
_GRID = 128
_FARTHEST = 5.0  # deviations beyond which no level of a law lies
_LEAST = 0.25  # of the scale under chance


def uncertainties_of_sums(
    reference: Floats, data: Floats, chances: Mapping[str, Chance], seed: int
) -> dict[str, Uncertainty]:
    """Where the true values of some distances are. Their bias is the distance that chance alone shows.

    Args:
        reference: rows of the reference in each category (k,), whole numbers.
        data: those of the data (k,).
        chances: what chance shows of each distance that is wanted.
        seed: of the draws.
    """
    held = reference + data > 0
    reference, data = reference[held], data[held]
    sizes = Sizes(reference=round(float(reference.sum())), data=round(float(data.sum())))
    by_slopes = len(reference) > _DRAWN or min(reference.min(), data.min()) >= LARGE
    drawn = None if by_slopes else _drawn(reference, data, sizes, seed)
    method = "noncentral-delta" if by_slopes else "noncentral-bootstrap"
    found: dict[str, Uncertainty] = {}
    for metric, chance in chances.items():
        value = float(total_of(metric, reference, data))
        by_chance = chance.mean, chance.deviation**2
        if drawn is None:
            near = chance.mean, chance.deviation**2 + variance_of_sum(metric, reference, data)
        else:
            truth, samples = drawn
            totals = total_of(metric, *samples)
            near = float(totals.mean()) - float(total_of(metric, *truth)), float(totals.var())
        sums = SUMMED[metric].scale(true_sums(value, by_chance, near), sizes)
        law = Law(quantiles=tuple(sums.tolist()), tail="fitted")
        found[metric] = uncertainty(method, sizes.data, law, bias=chance.null.mean)
    return found


def true_sums(value: float, by_chance: tuple[float, float], near: tuple[float, float]) -> Floats:
    """The law of a true sum: its quantiles at `LEVELS` (not negative).

    A sum under what chance shows on average is read as that average: it is luck, and no proof that the truth is 0
    (power-constrained limits, Cowan, Cranmer, Gross and Vitells 2011).

    Args:
        value: the measured sum.
        by_chance: by how much the plug-in is lifted, and its variance, where nothing has changed.
        near: the same where the truth is about what was measured.
    """
    lift, variance = by_chance
    if lift <= 0 or variance <= 0:
        return np.full(len(LEVELS), max(0.0, value))
    value = max(value, lift)
    own = variance / (2 * lift)
    scale = max((near[1] - variance) / (4 * value), _LEAST * own)
    sums = np.linspace(0.0, 1.0, _GRID) ** 2 * _farthest(value, variance, scale)
    mean = sums + lift + (near[0] - lift) * np.minimum(1.0, sums / value)
    mean = np.maximum.accumulate(np.maximum(mean, lift / 2))
    scores = _scores(value / mean, (lift / own, sums / scale), (variance + 4 * scale * sums) / (2 * mean**2))
    # The larger the truth, the smaller the measured sum is among its like.
    found: Floats = np.interp(SCORES, -np.minimum.accumulate(scores), sums)
    return found


def _farthest(value: float, variance: float, scale: float) -> float:
    return float(value + _FARTHEST * np.sqrt(variance + 4 * scale * value) + 4 * _FARTHEST**2 * scale)


def _scores(ratio: Floats, freedom: tuple[float, Floats], half: Floats) -> Floats:
    """Normal scores of noncentral chi-squared variables (Sankaran 1963): a power of them is nearly normal.

    Args:
        ratio: the variable over its mean.
        freedom: degrees of freedom, noncentrality.
        half: half the variance of `ratio`.
    """
    degrees, beyond = freedom
    power = 1 - 2 * (degrees + beyond) * (degrees + 3 * beyond) / (3 * (degrees + 2 * beyond) ** 2)
    skew = (power - 1) * (1 - 3 * power)
    centre = 1 + power * half * (power - 1 - (2 - power) * skew * half / 2)
    found: Floats = (ratio**power - centre) / (power * np.sqrt(2 * half) * (1 + skew * half / 2))
    return found


def _drawn(
    reference: Floats, data: Floats, sizes: Sizes, seed: int
) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """Counts that stand for the truth, drawn towards each other a little, and counts of samples from them."""
    rng = draw_of("noncentral", seed, sizes.reference, sizes.data)
    pseudo = (reference + data) / sizes.total * (_PSEUDO * len(reference))
    truth = reference + pseudo, data + pseudo
    samples = [
        rng.multinomial(rows, counts / counts.sum(), _DRAWS).astype(np.float64)
        for counts, rows in zip(truth, (sizes.reference, sizes.data), strict=True)
    ]
    return truth, (samples[0], samples[1])
