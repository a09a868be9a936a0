"""How often the gate `champion` errs: its p-values where nothing changed, its bounds where the truth is known.

    python bench/paired.py [--samples N] [--metric NAME]... [--rows N]...

Two models that share most of their noise predict samples of several sizes, with common and rare classes, good and
nearly perfect models, equal ones and a worse candidate, weights and clusters, skewed errors; the truth is the metric of
millions of rows, of exchangeable models 0. Prints how often `below` and `above` of the null are at most 0.05 and 0.01
(where the models are equal), how often the one-sided bounds at 95 % and the interval at 95 % held, and how often there
was an interval. Of a worse candidate the null's columns show power.
"""

import argparse
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from lockgate.law import quantile
from lockgate.stats.checks import evaluate
from lockgate.stats.metrics.classification import binary_sample
from lockgate.stats.metrics.regression import regression_sample
from lockgate.stats.metrics.samples import metrics_of
from lockgate.stats.paired.compare import compare
from lockgate.stats.paired.sample import Pairs, match_of
from lockgate.stats.undefined import Undefined

Drawn = Callable[[np.random.Generator, int], Pairs]
Floats = NDArray[np.float64]
TRUTH_ROWS, TRUTH_TIMES = 400_000, 8


@dataclass(kw_only=True)
class Tally:
    """What was counted of one metric."""

    p_values: list[tuple[float, float]] = field(default_factory=list)
    bounds: list[tuple[bool, bool, bool]] = field(default_factory=list)
    samples: int = 0


def binary(
    prevalence: float, apart: float, gain: float, *, noise: float = 0.3, weighted: bool = False, cluster: int = 1
) -> Drawn:
    """Two models of a rare or common class; the candidate's classes lie `gain` farther apart."""

    def draw(rng: np.random.Generator, rows: int) -> Pairs:
        units = -(-rows // cluster)
        label = np.repeat(rng.random(units) < prevalence, cluster)
        shared = np.repeat(rng.normal(size=units), cluster) * (1 - noise) ** 0.5
        codes = np.repeat(np.arange(units), cluster) if cluster > 1 else None
        weight = rng.lognormal(0, 0.7, len(label)) if weighted else None
        samples = []
        for distance in (apart + gain, apart):
            own = np.repeat(rng.normal(size=units), cluster) * noise**0.5
            logit = distance * (distance * label + shared + own) - distance**2 / 2
            score = 1 / (1 + np.exp(-logit - np.log(prevalence / (1 - prevalence))))
            samples.append(binary_sample(label, score > 0.5, score, weight, cluster=codes))
        one, other = samples
        return Pairs(candidate=one, champion=other, match=match_of((one.order, other.order), None), seed=7)

    return draw


def numbers(spread: float, worse: float) -> Drawn:
    """Two models of a number whose errors are the heavier the larger `spread`; the candidate's are `worse` times."""

    def draw(rng: np.random.Generator, rows: int) -> Pairs:
        size, shared = rng.lognormal(0, spread, rows), rng.normal(size=rows)
        label = 10 + 3 * rng.normal(size=rows)
        errors = [factor * size * (0.8 * shared + 0.6 * rng.normal(size=rows)) for factor in (worse, 1.0)]
        one, other = (regression_sample(label, label + error) for error in errors)
        return Pairs(candidate=one, champion=other, match=None, seed=7)

    return draw


CASES: Mapping[str, tuple[Drawn, bool]] = {
    "common, equal": (binary(0.4, 1.5, 0.0), True),
    "common, worse": (binary(0.4, 1.5, -0.3), False),
    "rare, equal": (binary(0.05, 2.0, 0.0), True),
    "rare, worse": (binary(0.05, 2.0, -0.3), False),
    "nearly perfect, equal": (binary(0.1, 4.0, 0.0), True),
    "nearly perfect, worse": (binary(0.1, 4.0, -0.7), False),
    "nearly alike, equal": (binary(0.3, 2.0, 0.0, noise=0.01), True),
    "weighted, equal": (binary(0.3, 1.5, 0.0, weighted=True), True),
    "clusters of 5, equal": (binary(0.3, 1.5, 0.0, cluster=5), True),
    "clusters of 5, worse": (binary(0.3, 1.5, -0.3, cluster=5), False),
    "light errors, equal": (numbers(0.2, 1.0), True),
    "heavy errors, equal": (numbers(1.0, 1.0), True),
    "heavy errors, worse": (numbers(1.0, 1.1), False),
}


def truths(draw: Drawn, names: list[str]) -> dict[str, float]:
    """Each metric's difference on millions of rows, as if they stood alone."""
    rng, found = np.random.default_rng(99), dict.fromkeys(names, 0.0)
    for _ in range(TRUTH_TIMES):
        pairs = draw(rng, TRUTH_ROWS)
        for name in names:
            one, other = (_value(name, sample) for sample in (pairs.candidate, pairs.champion))
            found[name] += (one - other) / TRUTH_TIMES
    return found


def study(draw: Drawn, rows: int, samples: int, truth: Mapping[str, float]) -> dict[str, Tally]:
    """Compare the two models on many samples."""
    tallies = {name: Tally() for name in truth}
    for seed in range(samples):
        pairs = replace(draw(np.random.default_rng([rows, seed]), rows), seed=seed)
        for name, tally in tallies.items():
            one, other = (_value(name, sample) for sample in (pairs.candidate, pairs.champion))
            if not np.isfinite(one - other):
                continue
            tally.samples += 1
            found = compare(name, pairs, one, other, own=False).difference
            if found.null is not None:
                tally.p_values.append((found.null.below, found.null.above))
            if found.uncertainty is not None:
                law, true = found.uncertainty.law, truth[name]
                low, high = quantile(law, 0.05) <= true, quantile(law, 0.95) >= true
                inside = quantile(law, 0.025) <= true <= quantile(law, 0.975)
                tally.bounds.append((low, high, inside))
    return tallies


def _value(name: str, sample: object) -> float:
    try:
        return evaluate(metrics_of(sample)[name], sample)  # type: ignore[arg-type]  # any sample
    except Undefined:
        return float("nan")


def main(arguments: list[str]) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=1_000)
    parser.add_argument("--metric", action="append")
    parser.add_argument("--case", action="append")
    parser.add_argument("--rows", type=int, action="append")
    said = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    print(f"{'case':24}{'rows':>6} {'metric':28}{'truth':>9}", end=" ")
    print(f"{'p<=.05':>13} {'p<=.01':>13} {'bounds 95%':>13} {'95%':>6} given")
    for title, (draw, equal) in CASES.items():
        if said.case is not None and not any(part in title for part in said.case):
            continue
        names = [n for n in metrics_of(draw(np.random.default_rng(1), 100).candidate) if n != "prevalence"]
        names = [name for name in names if said.metric is None or name in said.metric]
        truth = dict.fromkeys(names, 0.0) if equal else truths(draw, names)
        for rows in said.rows or (200, 2_000):
            for name, tally in study(draw, rows, said.samples, truth).items():
                print(_row(title, rows, name, truth[name], tally), flush=True)
    return 0


def _row(title: str, rows: int, name: str, truth: float, tally: Tally) -> str:
    text = f"{title:24}{rows:6} {name:28}{truth:9.4f} "
    if tally.p_values:
        p_values = np.array(tally.p_values)
        for level in (0.05, 0.01):
            below, above = np.mean(p_values <= level, axis=0)
            text += f"{below:6.3f} {above:6.3f} "
    if tally.bounds:
        low, high, inside = np.mean(tally.bounds, axis=0)
        text += f"{low:6.3f} {high:6.3f} {inside:6.3f} "
    return text + f"{len(tally.bounds) / max(tally.samples, 1):.0%}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
