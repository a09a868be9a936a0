"""The law of a share: where a true value between 0 and 1 lies, given its estimate and how that varies.

A share is A / (A + B), of what hits and of what misses. Either is a sum of weighted events, whose confidence
distribution is a gamma law of the sum's size and variance, with one more event of the largest weight on the side that
must be cautious (Fay and Feuer, Statistics in Medicine 16, 1997). Of equal rows that gives the beta laws of Clopper and
Pearson (1934); half an event instead of a whole one gives Jeffreys', which is all but the mid-P law (Brown, Cai and
DasGupta 2001). A whole event is too wide for ever and a half misses too often while events are few, so that the law
goes from the one to the other as they grow in number: at 95 % it then covers at least 94 %, and each end misses at most
3.1 % (exact sums over the binomial law, in the tests).
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from lockgate.stats.chance.laws import SCORES
from lockgate.stats.chance.special import beta_below, normal_quantile
from lockgate.stats.chance.student import student
from lockgate.stats.checks import Codes, Floats
from lockgate.types import LEVELS

FEW_EVENTS = 5.0
"""Up to so many hits or misses the law is Clopper and Pearson's; then the extra event falls as `FEW_EVENTS` / them."""

_ROUGH = 6.0  # shapes of a beta law up to which Peizer and Pratt's formula is too rough
_NEWTON = 2  # the start is right to three digits
_NONE = 1e-9  # so few events are none
_TINY = 1e-300


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """A sum of independent events: its size, the sum of their squares, and the largest that one event can be."""

    total: float
    squares: float
    largest: float


def widened(degrees: float) -> Floats:
    """How much wider than the normal law Student's is at each of `LEVELS`."""
    if math.isinf(degrees):
        return np.ones(len(SCORES))
    scores = np.where(np.abs(SCORES) < 1e-9, 1e-9, SCORES)
    return student(scores, np.full(len(scores), degrees)) / scores


@lru_cache(maxsize=1024)
def share_of_events(hits: Events, misses: Events) -> Floats:
    """Quantiles at `LEVELS` of hits / (hits + misses)."""
    found = _ratio(hits, misses, np.ones(len(SCORES)))
    found.flags.writeable = False  # it is kept: several metrics are the same share
    return found


def share_of_estimate(value: float, variance: float, hit: float, miss: float, degrees: float = math.inf) -> Floats:
    """Quantiles at `LEVELS` of a share of which the estimate and its variance are known.

    Args:
        value: the estimate, 0 to 1.
        variance: its variance; of n equal rows value · (1 - value) / n.
        hit: the largest part of the whole that a single hit can be; of n equal rows 1 / n.
        miss: the same of a single miss.
        degrees: degrees of freedom of the variance; infinite where it follows from many rows.
    """
    # A value that is next to an end stands at it, where one event is all that can be told.
    value = 0.0 if value * 1e9 < hit else 1.0 if (1 - value) * 1e9 < miss else value
    variance = min(variance, value * (1 - value))  # of a single row
    known = variance > 0
    hits = Events(total=value, squares=variance / (1 - value) if known else value * hit, largest=hit)
    misses = Events(total=1 - value, squares=variance / value if known else (1 - value) * miss, largest=miss)
    return _ratio(hits, misses, widened(degrees))


def _ratio(hits: Events, misses: Events, wider: Floats) -> Floats:
    fewest = min(_count(hits.total, hits.squares), _count(misses.total, misses.squares))
    side = np.sign(SCORES) * 0.5 * min(1.0, FEW_EVENTS / max(fewest, _TINY))
    above, count_above = _cautious(hits, 0.5 + side, wider)
    below, count_below = _cautious(misses, 0.5 - side, wider)
    found = np.where(count_above > _NONE, 1.0, 0.0)  # where hits or misses are nothing
    inside = (count_above > _NONE) & (count_below > _NONE)
    above, below, count_above, count_below = (held[inside] for held in (above, below, count_above, count_below))
    beta = beta_quantiles(np.flatnonzero(inside), count_above, count_below)
    hit, miss = beta * above / count_above, (1 - beta) * below / count_below
    found[inside] = hit / np.maximum(hit + miss, _TINY)
    return np.maximum.accumulate(found)


def _count(total: float, squares: float) -> float:
    """How many equal events vary as much."""
    return total * total / squares if squares > 0 else 0.0


def _cautious(events: Events, extra: Floats, wider: Floats) -> tuple[Floats, Floats]:
    """Size and count of the events with `extra` of the largest more."""
    total = events.total + extra * events.largest
    squares = events.squares * wider * wider + extra * events.largest**2
    return total, total * total / np.maximum(squares, _TINY)


# --- quantiles of beta laws -------------------------------------------------------------------------------------------


def beta_quantiles(levels: Codes, a: Floats, b: Floats) -> Floats:
    """The quantiles at some of `LEVELS`, by their index, each of a beta law of its own (levels,)."""
    found = np.empty(len(levels))
    rough = np.minimum(a, b) <= _ROUGH
    found[~rough] = _by_peizer_pratt(SCORES[levels[~rough]], a[~rough], b[~rough])
    for at in np.flatnonzero(rough):
        found[at] = _exact(LEVELS[levels[at]], float(a[at]), float(b[at]))
    return found


@lru_cache(maxsize=4096)
def _exact(level: float, a: float, b: float) -> float:
    """By Newton's method on the logit, inside the bracket that is known so far."""
    if a > b:
        return 1 - _exact(1 - level, b, a)
    logarithm = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    at = float(_start(np.array([normal_quantile(level)]), np.array([a]), np.array([b]))[0])
    low, high = -700.0, 700.0
    for _ in range(100):
        gap = beta_below(1 / (1 + math.exp(-at)), a, b) - level
        low, high = (at, high) if gap < 0 else (low, at)
        slope = math.exp(logarithm - a * math.log1p(math.exp(-at)) - b * math.log1p(math.exp(at)))
        # In logarithms a law's lower tail is straight, which a far start needs.
        reached = gap + level
        step = math.log(reached / level) * reached / slope if reached > 0 < slope else math.inf
        following = at - step
        if not low < following < high:
            following = (low + high) / 2
        if abs(following - at) < 1e-10 * max(1.0, abs(at)):
            break
        at = following
    return 1 / (1 + math.exp(-at))


def _start(score: Floats, a: Floats, b: Floats) -> Floats:
    """The logit of the quantile after Wilson and Hilferty (1931): a gamma variable's cube root is near normal."""
    u, v = 1 / (9 * a), 1 / (9 * b)
    square, middle, rest = (1 - v) ** 2 - score * score * v, (1 - u) * (1 - v), (1 - u) ** 2 - score * score * u
    root = middle + np.sign(score) * np.sqrt(np.maximum(middle * middle - square * rest, 0))
    ratio = np.maximum(root, 1e-2) / np.maximum(square, 1e-2)
    found: Floats = 3 * np.log(ratio) + np.log(a / b)
    return found


def _by_peizer_pratt(score: Floats, a: Floats, b: Floats) -> Floats:
    """Newton's method on their normal score, which is right to 0.001 from shapes of 6 on."""
    logit, step = _start(score, a, b), 1e-4
    for _ in range(_NEWTON):
        low, high = _peizer_pratt(logit + np.array([[-step], [step]]), a, b)
        logit = logit - ((low + high) / 2 - score) * (2 * step) / (high - low)
    found: Floats = 1 / (1 + np.exp(-logit))
    return found


def _peizer_pratt(logit: Floats, a: Floats, b: Floats) -> Floats:
    """The normal score of a beta law's chance of at most a value (Peizer and Pratt, JASA 63, 1968)."""
    p = 1 / (1 + np.exp(-logit))
    q = 1 / (1 + np.exp(logit))
    n = a + b - 1
    apart = a - 1 / 3 - (n + 1 / 3) * p + 0.02 * (q / a - p / b + (q - 0.5) / (n + 1))
    of_a, of_b = _bend(np.stack([(a - 0.5) / (n * p), (b - 0.5) / (n * q)]))
    skew = 1 + q * of_a + p * of_b
    found: Floats = -apart * np.sqrt(skew / ((n + 1 / 6) * p * q))
    return found


def _bend(x: Floats) -> Floats:
    """(1 - x² + 2 x ln x) / (1 - x)², which is 0 at 1."""
    off = x - 1
    near = np.abs(off) < 1e-3
    far = np.where(near, 2.0, x)
    series = -off / 3 * (1 - off / 2 + 0.3 * off * off)
    found: Floats = np.where(near, series, (1 - far * far + 2 * far * np.log(far)) / (1 - far) ** 2)
    return found
