"""How often drift's laws of chance are wrong: pairs of samples of one source, measured, and their p-values counted.

    python bench/drift_levels.py [RUNS]

A law is right if p ≤ 0.05 comes about in 5 of 100 pairs and p ≤ 0.01 in 1 of 100; of statistics with few possible
values less often. Prints one line per kind of column and size, and metric: share of the pairs with p ≤ 0.05, 0.01 and
0.001.
"""

import sys
from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from lockgate.evidence.distribution import Distribution
from lockgate.stats.distance_laws.laws import Laws, laws_of_categories, laws_of_numbers
from lockgate.stats.distances.compared import CATEGORY_METRICS, NUMBER_METRICS, compare_categories, compare_numbers

Draw: TypeAlias = Callable[[np.random.Generator, int], NDArray[np.float64]]

NUMBERS: Mapping[str, Draw] = {
    "normal": lambda rng, n: rng.normal(size=n),
    "lognormal": lambda rng, n: rng.lognormal(size=n),
    "Cauchy": lambda rng, n: rng.standard_cauchy(n),
    "digits": lambda rng, n: rng.integers(0, 10, n).astype(np.float64),
    "ages": lambda rng, n: rng.integers(0, 90, n).astype(np.float64),
    "rounded": lambda rng, n: np.round(rng.lognormal(size=n), 1),
    "spike": lambda rng, n: np.where(rng.random(n) < 0.4, 0.0, rng.lognormal(size=n)),
    "rare True": lambda rng, n: (rng.random(n) < 0.03).astype(np.float64),
}
CATEGORIES: Mapping[str, Draw] = {
    "two": lambda rng, n: (rng.random(n) < 0.3).astype(np.float64),
    "ten": lambda rng, n: rng.geometric(0.4, n).clip(max=10).astype(np.float64),
    "2,000 rare": lambda rng, n: np.floor(rng.exponential(500, n)).clip(max=1999),
}
SIZES = (
    (50, 50),
    (100, 100),
    (200, 200),
    (500, 500),
    (1_000, 1_000),
    (5_000, 5_000),
    (10_000, 10_000),
    (5_000, 50),
    (50, 5_000),
    (5_000, 500),
    (500, 5_000),
)
"""Rows of the reference and of the data."""


def numbers(draw: Draw, rows: tuple[int, int], rng: np.random.Generator, seed: int = 7) -> dict[str, Laws]:
    """The laws of one pair of samples of a number."""
    reference, data = (Distribution(values=np.sort(draw(rng, n))) for n in rows)
    return laws_of_numbers(reference, data, compare_numbers(reference, data), NUMBER_METRICS, seed)


def categories(draw: Draw, rows: tuple[int, int], rng: np.random.Generator, seed: int = 7) -> dict[str, Laws]:
    """The laws of one pair of samples of categories."""
    reference, data = (_counted(draw(rng, n)) for n in rows)
    return laws_of_categories(compare_categories(reference, data), CATEGORY_METRICS, seed)


def _counted(values: NDArray[np.float64]) -> dict[float, float]:
    found, counts = np.unique(values, return_counts=True)
    return dict(zip(found.tolist(), counts.astype(np.float64).tolist(), strict=True))


def p_values(measure: Callable[[], dict[str, Laws]], runs: int) -> dict[str, NDArray[np.float64]]:
    """The p-values of each metric in some runs; those in which it has no value are left out."""
    found: dict[str, list[float]] = {}
    for _ in range(runs):
        for metric, laws in measure().items():
            found.setdefault(metric, []).append(laws.null.above)
    return {metric: np.array(each) for metric, each in found.items()}


def main(runs: int) -> None:
    print(f"{'column':12} {'reference':>9} {'data':>6}  {'metric':20} {'≤ 0.05':>7} {'≤ 0.01':>8} {'≤ 0.001':>8}")
    rng = np.random.default_rng(1)
    for kinds, measure in ((NUMBERS, numbers), (CATEGORIES, categories)):
        for kind, draw in kinds.items():
            for rows in SIZES:
                for metric, found in p_values(lambda: measure(draw, rows, rng), runs).items():  # noqa: B023
                    shares = " ".join(f"{(found <= level).mean():8.4f}" for level in (0.05, 0.01, 0.001))
                    print(f"{kind:12} {rows[0]:9,} {rows[1]:6,}  {metric:20}{shares}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000)
