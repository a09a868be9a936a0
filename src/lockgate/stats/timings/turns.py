"""Two things timed in turn (A B, B A, A B …): how their quantiles differ, whatever the machine does meanwhile.

A block of calls of the one and the next block of the other meet the same machine, so that they are a pair. What may
truly be is drawn by the bootstrap of pairs (Efron 1979); what chance would show if both were equally quick by swapping
the two in pairs at random, which needs no assumption about the noise (Fisher, The Design of Experiments, 1935).
"""

import math
from dataclasses import replace

import numpy as np

from lockgate.stats.chance.laws import DRAWS, SCORES, law_of_draws, null_of_draws, uncertainty
from lockgate.stats.chance.shuffles import draw_of
from lockgate.stats.chance.student import student
from lockgate.stats.checks import Floats
from lockgate.types import Difference, Law

LEAST_PAIRS = 5
"""From so many pairs of blocks there is a law."""


def turns_compared(candidate: Floats, champion: Floats, level: float, seed: int) -> tuple[Difference, Difference]:
    """The difference and the logarithm of the ratio of two quantiles.

    Args:
        candidate: durations (pairs, calls).
        champion: the same of the other, each block taken next to the candidate's.
        level: of the quantile.
        seed: of the draws.
    """
    both = np.stack([candidate, champion])
    new, old = (float(np.quantile(times, level)) for times in both)
    difference = Difference(scale="difference", value=new - old)
    ratio = Difference(scale="log_ratio", value=math.log(new / old))
    pairs = candidate.shape[0]
    if pairs < LEAST_PAIRS:
        return difference, ratio
    rng = draw_of("turns", seed)
    drawn = _quantiles(both[:, rng.integers(0, pairs, (DRAWS, pairs))], level)
    swap = rng.random((DRAWS, pairs, 1)) < 0.5
    swapped = _quantiles(np.where(swap, both[::-1, None], both[:, None]), level)
    rows = float(candidate.size)
    return (
        _with_laws(difference, drawn[0] - drawn[1], swapped[0] - swapped[1], pairs, rows),
        _with_laws(ratio, np.log(drawn[0] / drawn[1]), np.log(swapped[0] / swapped[1]), pairs, rows),
    )


def _with_laws(scale: Difference, drawn: Floats, swapped: Floats, pairs: int, rows: float) -> Difference:
    law = _around(scale.value, drawn, pairs)
    null = null_of_draws("swapped-blocks", swapped, scale.value)
    return replace(scale, uncertainty=uncertainty("paired-blocks", rows, law), null=null)


def _quantiles(both: Floats, level: float) -> Floats:
    """Quantiles (2, draws) of durations (2, draws, pairs, calls)."""
    found: Floats = np.quantile(both.reshape(*both.shape[:2], -1), level, axis=2)
    return found


def _around(value: float, draws: Floats, pairs: int) -> Law:
    """The draws' law, widened for the few pairs that they are drawn from: Student's over the normal one, and n - 1."""
    law = law_of_draws(draws)
    wider = student(np.where(SCORES == 0, 1e-9, SCORES), np.full(len(SCORES), pairs - 1.0))
    wider = wider / np.where(SCORES == 0, 1e-9, SCORES) * math.sqrt(pairs / (pairs - 1))
    quantiles = value + (np.array(law.quantiles) - value) * wider
    return Law(quantiles=tuple(np.maximum.accumulate(quantiles).tolist()), tail=law.tail)
