"""How far probabilities can be taken at their word.

A bin of the reliability diagram compares the mean probability with the share of hits. Equal-width bins are (0, 0.1],
(0.1, 0.2] …, with 0 in the first; equal-mass bins hold a tenth of the rows each, rows of one score staying together.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from lockgate.stats.blocks import blocks
from lockgate.stats.checks import Bools, Codes, Floats, mean, product_sum
from lockgate.stats.undefined import Undefined

BINS = 10
_EPS = float(np.finfo(np.float64).eps)
_MOST_STEPS = 50
_LAST_STEP = 1e-7  # after one so small Newton's method is off by about its square
_COARSE = 1_000  # runs of rows whose means give the logistic fit its start


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """The bins that hold rows: their (weighted) rows, mean probability and share of hits."""

    rows: Floats
    expected: Floats
    observed: Floats

    @property
    def gaps(self) -> Floats:
        """Distance between expected and observed, per bin."""
        gaps: Floats = np.abs(self.expected - self.observed)
        return gaps


def equal_width(probability: Floats, hit: Bools, weight: Floats | None = None, bins: int = BINS) -> Reliability:
    """Reliability in bins of equal width, for rows in any order."""
    codes = width_codes(probability, bins)
    rows = np.bincount(codes, weights=weight).astype(np.float64)
    expected = np.bincount(codes, weights=probability if weight is None else probability * weight)
    observed = np.bincount(codes, weights=hit if weight is None else hit * weight)
    held = rows > 0
    return Reliability(rows=rows[held], expected=expected[held] / rows[held], observed=observed[held] / rows[held])


def width_codes(probability: Floats, bins: int = BINS) -> Codes:
    """Which bin of equal width each row is in, for rows in any order."""
    codes: Codes = np.searchsorted(_inner_edges(bins), probability)
    return codes


def width_ends(probability: Floats, bins: int = BINS) -> Codes:
    """Where each bin of equal width ends (bins,), for rows in ascending order of their probability."""
    ends = np.searchsorted(probability, _inner_edges(bins), side="right")
    return np.append(ends, len(probability))


def mass_ends(probability: Floats, weight: Floats | None = None, bins: int = BINS) -> Codes:
    """Where each bin of equal mass ends (bins,), for rows in ascending order of their probability.

    All rows of one probability go where the middle of their mass falls, so that the order of the rows cannot matter.
    """
    rows = len(probability)
    mass = np.arange(rows + 1.0) if weight is None else np.concatenate(([0.0], np.cumsum(weight)))
    goal = np.arange(1, bins) * mass[-1] / bins
    across = probability[np.searchsorted(mass, goal, side="right") - 1]
    start, end = (np.searchsorted(probability, across, side=side) for side in ("left", "right"))
    ends = np.where((mass[start] + mass[end]) / 2 >= goal, start, end)
    return np.append(ends, rows)


def codes_of(ends: Codes) -> Codes:
    """Which bin each row is in, by where the bins end."""
    codes: Codes = np.repeat(np.arange(len(ends)), np.diff(ends, prepend=0))
    return codes


def reliability(ends: Codes, probability: Floats, hit: Bools, weight: Floats | None = None) -> Reliability:
    """Reliability in bins of consecutive rows, by where they end."""
    rows, expected, observed = [], [], []
    for start, end in pairwise([0, *ends.tolist()]):
        if end > start:
            stated, hits = probability[start:end], hit[start:end]
            mass = None if weight is None else weight[start:end]
            rows.append(float(end - start) if mass is None else float(mass.sum()))
            expected.append(mean(stated, mass))
            observed.append(np.count_nonzero(hits) / len(hits) if mass is None else mean(hits, mass))
    return Reliability(rows=np.array(rows), expected=np.array(expected), observed=np.array(observed))


def _inner_edges(bins: int) -> Floats:
    return np.linspace(0.0, 1.0, bins + 1)[1:-1]


def expected_error(bins: Reliability) -> float:
    """Mean gap of the bins by their rows: ECE (Naeini et al. 2015) for equal width, ACE for equal mass."""
    return float(product_sum(bins.gaps, bins.rows) / bins.rows.sum())


def maximum_error(bins: Reliability) -> float:
    """Largest gap of a bin: MCE."""
    return float(bins.gaps.max())


def curve(bins: Reliability) -> list[dict[str, float]]:
    """The bins for a reliability diagram."""
    return [
        {"rows": float(rows), "expected": round(float(expected), 6), "observed": round(float(observed), 6)}
        for rows, expected, observed in zip(bins.rows, bins.expected, bins.observed, strict=True)
    ]


def log_losses(of_label: Floats) -> Floats:
    """-ln of the label's probability, which is held inside [eps, 1 - eps] of float64, as in scikit-learn."""
    losses: Floats = -np.log(np.clip(of_label, _EPS, 1 - _EPS))
    return losses


def logistic_recalibration(probability: Floats, hit: Bools, weight: Floats | None = None) -> tuple[float, float]:
    """Intercept and slope of the logistic regression of the outcome on the logit of the probability (Cox 1958).

    0 and 1 for perfect calibration; a slope under 1 says that the probabilities are too extreme. Fitted by Newton's
    method without a penalty, from the fit of the means of runs of rows on.

    Args:
        probability: ascending.
        hit: whether each row's outcome happened.
        weight: weights of the rows.

    Raises:
        Undefined: there is one outcome only, a probability is 0 or 1, all are equal, or the outcomes are separated.
    """
    if hit.all() or not hit.any():
        raise Undefined("all outcomes are equal")
    if probability[0] <= 0 or probability[-1] >= 1:
        raise Undefined("a probability is 0 or 1, whose logit is infinite")
    logit = np.log(probability / (1 - probability))
    shift, scale = mean(logit, weight), float(logit.std())
    if scale <= 1e-12 * max(1.0, abs(shift)):
        raise Undefined("all probabilities are equal")
    hits, misses = (probability[_first_and_last(held)] for held in (hit, ~hit))
    if hits[0] >= misses[1] or hits[1] <= misses[0]:  # at one probability both may stand
        raise Undefined("the probabilities separate the outcomes, so that the fitted slope has no end")
    z = (logit - shift) / scale
    beta = _from_means(z, hit, weight) if len(z) > 10 * _COARSE else None
    if beta is None:
        beta = _fitted(z, hit, weight, np.zeros(2))
    slope = float(beta[1]) / scale
    return float(beta[0]) - slope * shift, slope


def _first_and_last(rows: Bools) -> list[int]:
    """The places of the first and the last of some rows, of which there is one."""
    return [int(rows.argmax()), len(rows) - 1 - int(rows[::-1].argmax())]


def _from_means(z: Floats, hit: Bools, weight: Floats | None) -> Floats | None:
    """The fit, from that of the means of runs of neighbours on.

    None where that does not settle: in the means the outcomes may be separated, when all that mixes them is in one run.
    """
    starts = np.arange(0, len(z), len(z) // _COARSE)
    each = np.ones(len(z)) if weight is None else weight
    mass = np.add.reduceat(each, starts)
    at, share = (np.add.reduceat(held * each, starts) / mass for held in (z, hit))
    try:
        return _fitted(z, hit, weight, _fitted(at, share, mass, np.zeros(2)))
    except Undefined:
        return None


def _fitted(z: Floats, target: Floats | Bools, weight: Floats | None, beta: Floats) -> Floats:
    """Intercept and slope of the logistic regression of a target on z, by Newton's method from `beta` on.

    Raises:
        Undefined: it does not settle.
    """
    for _ in range(_MOST_STEPS):
        hessian, gradient = _curvature(z, target, weight, beta)
        if not np.linalg.det(hessian) > 0:
            break
        step = np.linalg.solve(hessian, gradient)
        beta = beta + step
        if np.abs(step).max() < _LAST_STEP * max(1.0, float(np.abs(beta).max())):
            return beta
    raise Undefined("the logistic fit does not settle")


def _curvature(z: Floats, target: Floats | Bools, weight: Floats | None, beta: Floats) -> tuple[Floats, Floats]:
    """Second (2, 2) and first (2,) derivatives of the logarithmic likelihood, the former with the other sign."""
    sums = np.zeros(5)
    for part in blocks(len(z)):
        at = z[part]
        fitted = 1 / (1 + np.exp(-(beta[0] + beta[1] * at)))
        residual, curvature = target[part] - fitted, fitted * (1 - fitted)
        if weight is not None:
            residual, curvature = residual * weight[part], curvature * weight[part]
        curved = curvature * at
        sums += [held.sum() for held in (curvature, curved, curved * at, residual, residual * at)]
    return np.array([sums[:2], sums[1:3]]), sums[3:]
