"""How the gate `fairness` reads gaps between groups whose true rates are known.

    python bench/group_gaps.py [RUNS]

Prints for each set of groups, and for difference and ratio:

- how far the naive and the corrected value lie from the truth on average (corrected also inside 0 to 1);
- in how many of 100 runs the truth lay below and above the 95 % interval, how often inside, and the interval's width;
- in how many runs p ≤ 0.05, 0.01 and 0.001: of equal groups the level, of unequal ones the power.
"""

import sys
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from lockgate.stats.groups.gaps import Scale, gap, lift, worst_gap
from lockgate.stats.groups.means import shares
from lockgate.stats.groups.nulls import dealt_hits, largest_apart, null_of

SCALES: tuple[Scale, ...] = ("difference", "ratio")
MIXED = (16, 60, 250, 900, 3500)
MANY = tuple(np.geomspace(16, 3500, 20).astype(int).tolist())

GROUPS: Mapping[str, tuple[tuple[float, ...], tuple[int, ...]]] = {
    "2 equal of 100": ((0.3,) * 2, (100,) * 2),
    "2 equal, 16 and 3500": ((0.3,) * 2, (16, 3500)),
    "5 equal of 50": ((0.5,) * 5, (50,) * 5),
    "5 equal, 16 to 3500": ((0.4,) * 5, MIXED),
    "5 equal, rare": ((0.03,) * 5, (100, 300, 300, 900, 3500)),
    "20 equal of 50": ((0.1,) * 20, (50,) * 20),
    "20 equal, 16 to 3500": ((0.3,) * 20, MANY),
    "2 apart, of 100": ((0.3, 0.4), (100, 100)),
    "2 apart, 30 and 1000": ((0.3, 0.4), (30, 1000)),
    "2 apart, rare": ((0.03, 0.06), (200, 800)),
    "2 far apart": ((0.1, 0.9), (40, 60)),
    "5 evenly apart, of 50": ((0.3, 0.35, 0.4, 0.45, 0.5), (50,) * 5),
    "5 evenly apart, 16 to 3500": ((0.3, 0.35, 0.4, 0.45, 0.5), MIXED),
    "1 small of 5 apart": ((0.5, 0.3, 0.3, 0.3, 0.3), MIXED),
    "1 large of 5 apart": ((0.3, 0.3, 0.3, 0.3, 0.5), MIXED),
    "1 of 20 apart, of 50": ((0.3,) * 19 + (0.6,), (50,) * 20),
    "3 and 3 apart, of 200": ((0.3,) * 3 + (0.4,) * 3, (200,) * 6),
    "10 and 10 apart, of 50": ((0.3,) * 10 + (0.5,) * 10, (50,) * 20),
}
"""By name: true rates and rows."""


def study(truth: tuple[float, ...], rows: tuple[int, ...], runs: int) -> Mapping[Scale, NDArray[np.float64]]:
    """Per scale and run: errors of the naive, the corrected and the clipped value, below, above, width, p-value."""
    rng = np.random.default_rng([len(rows), *rows])
    found: dict[Scale, list[list[float]]] = {scale: [] for scale in SCALES}
    for _ in range(runs):
        means = shares(rng.binomial(rows, truth).astype(np.float64), np.array(rows, dtype=np.float64))
        deal = dealt_hits(means, rng)
        apart = largest_apart([deal], rng)
        for scale in SCALES if means.values.any() else ():
            true, value = float(gap(np.array(truth), scale)), float(gap(means.values, scale))
            null = null_of([deal], apart, scale, value, rng)
            law = worst_gap([means], [lift(means, scale, rng)], apart.law, scale)
            low, high = law.law.quantiles[5], law.law.quantiles[13]
            left = value - law.bias
            errors = [value - true, left - true, min(max(left, 0.0), 1.0) - true]
            p_value = null.above if scale == "difference" else null.below
            found[scale].append([*errors, true < low - 1e-9, true > high + 1e-9, high - low, p_value])
    return {scale: np.array(held) for scale, held in found.items()}


def main() -> None:
    """Print the table."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    print(f"{'':28}{'':11}naive corrected  inside   below above  held width    p≤.05  ≤.01 ≤.001")
    for name, (truth, rows) in GROUPS.items():
        for scale, held in study(truth, rows, runs).items():
            naive, corrected, inside, below, above, width = held[:, :6].mean(axis=0)
            reached = [float((held[:, 6] <= level).mean()) for level in (0.05, 0.01, 0.001)]
            print(
                f"{name:28}{scale:10}{naive:+6.3f}    {corrected:+6.3f}  {inside:+6.3f}  {below:6.3f}{above:6.3f}"
                f"{1 - below - above:6.3f}{width:6.3f}   {reached[0]:6.3f}{reached[1]:6.3f}{reached[2]:6.3f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
