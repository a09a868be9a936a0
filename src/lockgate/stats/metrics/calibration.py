"""How far probabilities can be taken at their word.

A bin of the reliability diagram compares the mean probability with the share of hits. Equal-width bins are (0, 0.1],
(0.1, 0.2] …, with 0 in the first; equal-mass bins hold a tenth of the rows each, rows of one score staying together.
"""

from dataclasses import dataclass

import numpy as np

from lockgate.stats.checks import Bools, Codes, Floats, mean, product_sum
from lockgate.stats.undefined import Undefined

BINS = 10
_EPS = float(np.finfo(np.float64).eps)
_MOST_STEPS = 50


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
    """Reliability in bins of equal width."""
    return _reliability(width_codes(probability, bins), probability, hit, weight)


def width_codes(probability: Floats, bins: int = BINS) -> Codes:
    """Which bin of equal width each row is in."""
    codes: Codes = np.searchsorted(np.linspace(0.0, 1.0, bins + 1)[1:-1], probability)
    return codes


def equal_mass(probability: Floats, hit: Bools, weight: Floats | None = None, bins: int = BINS) -> Reliability:
    """Reliability in bins of equal mass, for rows that stand in ascending order of their probability."""
    return _reliability(mass_codes(probability, weight, bins), probability, hit, weight)


def mass_codes(probability: Floats, weight: Floats | None = None, bins: int = BINS) -> Codes:
    """Which bin of equal mass each row is in, for rows that stand in ascending order of their probability.

    All rows of one probability go where the middle of their mass falls, so that the order of the rows cannot matter.
    """
    ends = np.append(np.flatnonzero(probability[1:] != probability[:-1]), len(probability) - 1)
    mass = np.cumsum(weight)[ends] if weight is not None else (ends + 1).astype(np.float64)
    before = np.concatenate(([0.0], mass[:-1]))
    bin_of_step = np.minimum(np.floor(bins * (before + mass) / 2 / mass[-1]), bins - 1).astype(np.int64)
    codes: Codes = np.repeat(bin_of_step, np.diff(ends, prepend=-1))
    return codes


def _reliability(codes: Codes, probability: Floats, hit: Bools, weight: Floats | None) -> Reliability:
    rows = np.bincount(codes, weights=weight).astype(np.float64)
    expected = np.bincount(codes, weights=probability if weight is None else probability * weight)
    observed = np.bincount(codes, weights=hit if weight is None else hit * weight)
    held = rows > 0
    return Reliability(rows=rows[held], expected=expected[held] / rows[held], observed=observed[held] / rows[held])


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


def log_loss(of_label: Floats, weight: Floats | None = None) -> float:
    """Mean of -ln(probability of the label), which is held inside [eps, 1 - eps] of float64, as in scikit-learn."""
    return mean(-np.log(np.clip(of_label, _EPS, 1 - _EPS)), weight)


def brier_score(probability: Floats, hit: Bools, weight: Floats | None = None) -> float:
    """Mean squared distance between probability and outcome (Brier 1950), 0 to 1."""
    return mean(np.square(probability - hit), weight)


def logistic_recalibration(probability: Floats, hit: Bools, weight: Floats | None = None) -> tuple[float, float]:
    """Intercept and slope of the logistic regression of the outcome on the logit of the probability (Cox 1958).

    0 and 1 for perfect calibration; a slope under 1 says that the probabilities are too extreme. Fitted by Newton's
    method without a penalty.

    Raises:
        Undefined: there is one outcome only, a probability is 0 or 1, all are equal, or the outcomes are separated.
    """
    if hit.all() or not hit.any():
        raise Undefined("all outcomes are equal")
    if probability.min() <= 0 or probability.max() >= 1:
        raise Undefined("a probability is 0 or 1, whose logit is infinite")
    logit = np.log(probability) - np.log1p(-probability)
    shift, scale = mean(logit, weight), float(logit.std())
    if scale <= 1e-12 * max(1.0, abs(shift)):
        raise Undefined("all probabilities are equal")
    if logit[hit].min() > logit[~hit].max() or logit[hit].max() < logit[~hit].min():
        raise Undefined("the probabilities separate the outcomes, so that the fitted slope has no end")
    z = (logit - shift) / scale
    target = hit.astype(np.float64)
    beta = np.zeros(2)
    for _ in range(_MOST_STEPS):
        fitted = 1 / (1 + np.exp(-(beta[0] + beta[1] * z)))
        residual, curvature = target - fitted, fitted * (1 - fitted)
        if weight is not None:
            residual, curvature = residual * weight, curvature * weight
        curved = curvature * z
        hessian = np.array([[curvature.sum(), curved.sum()], [curved.sum(), product_sum(curved, z)]])
        if not np.linalg.det(hessian) > 0:
            break
        step = np.linalg.solve(hessian, np.array([residual.sum(), product_sum(residual, z)]))
        beta += step
        if np.abs(step).max() < 1e-12 * max(1.0, float(np.abs(beta).max())):
            slope = float(beta[1]) / scale
            return float(beta[0]) - slope * shift, slope
    raise Undefined("the logistic fit does not settle")
