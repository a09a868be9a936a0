"""The error budget: how a run's false-block rate is shared among its comparative conditions."""

from collections.abc import Sequence

COMPARED = 0.5
"""Share of the false-block rate that comparative conditions spend.

The rest is room for absolute limits, which a good model misses now and then, for laws that are drawn, and read from the
very rows they judge, and for rows that are only nearly exchangeable.
"""

LEAST_CHANCE = 1e-5
"""A chance under this counts as this: no law of chance is known better in its tail.

More would let limits that chance cannot reach spend the budget of those that it can: at 0.001, ten of them would use up
the budget of a rate of 0.02.
"""


def error_budget(false_block_rate: float) -> float:
    """What all comparative conditions of a run may block by together, if nothing has changed.

    Args:
        false_block_rate: how often a run in which nothing changed may block.
    """
    return COMPARED * false_block_rate


def capped_share(chances: Sequence[float], rate: float) -> float:
    """The largest level c at which conditions may be rejected: Σ min(chance, c) <= `rate`.

    A condition blocks when its value is beyond its limit and p <= c. If nothing has changed, it does so with a chance
    of at most min(chance, c), so that by the union bound a run blocks with a chance of at most `rate`, under any
    dependence between the conditions. A limit that chance hardly reaches costs the others next to nothing. With all
    chances 1 this is Bonferroni's share.

    Args:
        chances: for each condition, the chance of a value beyond its limit if nothing has changed.
        rate: the chance that all of them together may block by.

    Returns:
        The level, 1 where all chances together stay within the rate.
    """
    held = sorted(max(chance, LEAST_CHANCE) for chance in chances)
    spent = 0.0
    for number, chance in enumerate(held):
        if spent + chance * (len(held) - number) > rate:
            return (rate - spent) / (len(held) - number)
        spent += chance
    return 1.0


def stepped_shares(chances: Sequence[float], p_values: Sequence[float], rate: float) -> tuple[float, ...]:
    """Each condition's level, stepped down: what was rejected leaves its share to the others (after Holm 1979).

    Args:
        chances: as for `capped_share`.
        p_values: of the conditions that are beyond their limit; 1 for the others, which nothing can reject.
        rate: the chance that all of them together may block by.
    """
    shares = [0.0] * len(chances)
    left = list(range(len(chances)))
    while left:
        share = capped_share([chances[i] for i in left], rate)
        rejected = [i for i in left if p_values[i] <= share and p_values[i] < 1]
        for i in rejected or left:
            shares[i] = share
        if not rejected:
            break
        left = [i for i in left if i not in set(rejected)]
    return tuple(shares)


def discovery_share(p_values: Sequence[float], rate: float) -> float:
    """The level of Benjamini and Hochberg (1995) at which at most `rate` of what is shown is chance, on average."""
    count = len(p_values)
    held = [number for number, p in enumerate(sorted(p_values), start=1) if p <= number / count * rate]
    return max(held, default=1) / count * rate if count else rate
