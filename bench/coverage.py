"""How often the 95 % intervals of the gate `performance` hold the truth, on populations whose truth is known.

    python bench/coverage.py [--samples N] [--metric NAME]... [--population PART]... [--rows N]...

Samples of 200, 2,000 and 20,000 rows are drawn from populations with good and poor models, common and rare classes,
true and false probabilities, light and heavy errors, weights and clusters; the truth is the metric of millions of rows.
A metric is to hold it in 93 to 97 of 100 samples; more only where its law is exact or the truth lies at an end of its
domain, which the last column says. Prints the share of samples in which the interval held (with Wilson's interval of
that share), in which the truth lay below and above, and in which there was an interval at all.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from lockgate.law import quantile
from lockgate.stats import special
from lockgate.stats.classification import binary_sample
from lockgate.stats.confusion import PER_CLASS, of_class
from lockgate.stats.fisher import wilson_bound
from lockgate.stats.multiclass import MulticlassSample, multiclass_sample
from lockgate.stats.regression import regression_sample
from lockgate.stats.samples import Sample, metrics_of
from lockgate.stats.spread import Units
from lockgate.stats.uncertain import uncertainty_of
from lockgate.stats.undefined import Undefined

SIZES = (200, 2_000, 20_000)
POOL = 2_000_000
LOW, HIGH = 0.93, 0.97
"""What the intervals are held to."""


# --- populations ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary:
    """Scores of a model that knows `apart` deviations and says its log odds `slope` times, shifted by `shift`.

    Attributes:
        share: of positives.
        apart: distance of the classes.
        slope: over 1 the model is too sure.
        shift: added to its log odds.
        threshold: from which probability on it says positive.
        ties: scores are rounded to so many digits.
        weighted: rows have uneven weights that go with the score.
        cluster: so many rows belong together and share half of their score.
    """

    share: float
    apart: float
    slope: float = 1.0
    shift: float = 0.0
    threshold: float = 0.5
    ties: int | None = None
    weighted: bool = False
    cluster: int = 0

    def __call__(self, rng: np.random.Generator, rows: int) -> Sample:
        """Draw some rows."""
        noise = rng.normal(size=rows)
        cluster = None
        positive = rng.random(rows) < self.share
        if self.cluster:
            cluster = np.arange(rows) // self.cluster
            shared = rng.normal(size=cluster[-1] + 1)
            noise = np.sqrt(0.7) * noise + np.sqrt(0.3) * shared[cluster]
            leaning = rng.normal(size=cluster[-1] + 1)[cluster]
            positive = rng.normal(size=rows) + 0.7 * leaning > np.sqrt(1.49) * special.normal_quantile(1 - self.share)
        known = noise + self.apart * positive
        odds = np.log(self.share / (1 - self.share)) + self.apart * known - self.apart**2 / 2
        score = np.clip(1 / (1 + np.exp(-(self.shift + self.slope * odds))), 1e-9, 1 - 1e-9)
        if self.ties is not None:
            score = np.clip(np.round(score, self.ties), 10.0**-self.ties, 1 - 10.0**-self.ties)
        weight = np.exp(0.5 * noise + 0.3 * rng.normal(size=rows)) if self.weighted else None
        return binary_sample(positive, score >= self.threshold, score, weight, cluster=cluster)


@dataclass(frozen=True, slots=True, kw_only=True)
class Classes:
    """Several classes of some shares; `sure`: how far the scores lean to the label."""

    shares: tuple[float, ...]
    sure: float
    cluster: int = 0

    def __call__(self, rng: np.random.Generator, rows: int) -> MulticlassSample:
        """Draw some rows."""
        count = len(self.shares)
        cluster = np.arange(rows) // self.cluster if self.cluster else None
        label = rng.choice(count, rows, p=self.shares)
        lean = rng.normal(size=(rows, count)) + self.sure * np.eye(count)[label]
        if cluster is not None:
            lean += 0.8 * rng.normal(size=(cluster[-1] + 1, count))[cluster]
        score = np.exp(1.3 * lean)
        score /= score.sum(axis=1, keepdims=True)
        return multiclass_sample(label, score.argmax(axis=1), count, score, cluster=cluster)


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """Labels of a gamma law, with errors of some kind; `spread`: their size against that of the labels."""

    kind: str
    spread: float
    weighted: bool = False
    cluster: int = 0

    def __call__(self, rng: np.random.Generator, rows: int) -> Sample:
        """Draw some rows."""
        label = rng.gamma(2.0, size=rows) + 0.5
        cluster = np.arange(rows) // self.cluster if self.cluster else None
        noise = {
            "normal": lambda: rng.normal(0.1, 1, rows),
            "heavy": lambda: rng.standard_t(5, rows),
            "growing": lambda: rng.normal(0, 0.5, rows) * label,
        }[self.kind]()
        if cluster is not None:
            noise = np.sqrt(0.6) * noise + np.sqrt(0.4) * rng.normal(size=cluster[-1] + 1)[cluster]
        said = np.maximum(label + self.spread * noise, -0.9)
        weight = rng.gamma(2.0, size=rows) + 0.1 if self.weighted else None
        return regression_sample(label, said, weight, cluster=cluster)


POPULATIONS: Mapping[str, Callable[[np.random.Generator, int], Sample]] = {
    "even, good": Binary(share=0.5, apart=2.5),
    "even, too sure": Binary(share=0.5, apart=1.2, slope=1.6),
    "even, nearly perfect": Binary(share=0.5, apart=4.0),
    "10 %, good": Binary(share=0.1, apart=2.5),
    "10 %, too sure": Binary(share=0.1, apart=1.2, slope=1.8, shift=0.3, threshold=0.2),
    "10 %, poor": Binary(share=0.1, apart=0.5, threshold=0.1),
    "2 %, good": Binary(share=0.02, apart=2.5, slope=1.2, threshold=0.2),
    "30 %, ties": Binary(share=0.3, apart=1.5, shift=-0.5, ties=1),
    "20 %, weighted": Binary(share=0.2, apart=1.5, threshold=0.3, weighted=True),
    "20 %, clusters of 10": Binary(share=0.2, apart=1.5, threshold=0.3, cluster=10),
    "3 even classes": Classes(shares=(0.34, 0.33, 0.33), sure=2.0),
    "5 uneven classes": Classes(shares=(0.5, 0.25, 0.15, 0.07, 0.03), sure=2.5),
    "10 classes": Classes(shares=(0.1,) * 10, sure=2.5),
    "3 classes, clusters of 5": Classes(shares=(0.5, 0.3, 0.2), sure=1.5, cluster=5),
    "numbers, normal errors": Numbers(kind="normal", spread=0.5),
    "numbers, heavy errors": Numbers(kind="heavy", spread=0.5),
    "numbers, growing errors": Numbers(kind="growing", spread=0.8),
    "numbers, weighted": Numbers(kind="normal", spread=1.0, weighted=True),
    "numbers, clusters of 8": Numbers(kind="normal", spread=0.5, cluster=8),
}


# --- the study --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Tally:
    """Of the samples of one population and size: in how many a metric had a value, an interval, and the truth in it."""

    values: int = 0
    intervals: int = 0
    under: int = 0
    over: int = 0
    methods: dict[str, int] = field(default_factory=dict)

    @property
    def held(self) -> int:
        """In how many samples the interval held the truth."""
        return self.intervals - self.under - self.over


def values_of(sample: Sample, names: set[str] | None) -> Iterator[tuple[str, str, int | None, float]]:
    """Each metric's shown name, name, class and value."""
    for name, metric in metrics_of(sample).items():
        if names is None or name in names:
            try:
                with np.errstate(all="ignore"):
                    yield name, name, None, float(metric(sample))
            except Undefined:
                continue
    if isinstance(sample, MulticlassSample):
        for name, metric in PER_CLASS.items():
            if names is None or name in names:
                for code in (0, sample.classes - 1):
                    try:
                        yield f"{name} {code}", name, code, of_class(sample.table, code, metric)
                    except Undefined:
                        continue


def study(
    population: Callable[[np.random.Generator, int], Sample],
    truth: Mapping[str, float],
    rows: int,
    samples: int,
    *,
    names: set[str] | None = None,
    seed: int = 0,
) -> dict[str, Tally]:
    """Draw samples of so many rows and see which intervals hold the truth."""
    rng = np.random.default_rng([seed, rows])
    tallies: dict[str, Tally] = {}
    for draw in range(samples):
        sample = population(rng, rows)
        units = Units(sample=sample, seed=draw)
        for shown, name, code, value in values_of(sample, names):
            tally = tallies.setdefault(shown, Tally())
            tally.values += 1
            found = uncertainty_of(name, units, value, code=code)
            if found is None:
                continue
            tally.intervals += 1
            tally.methods[found.method] = tally.methods.get(found.method, 0) + 1
            tally.under += truth[shown] < quantile(found.law, 0.025)
            tally.over += truth[shown] > quantile(found.law, 0.975)
    return tallies


def truth_of(
    population: Callable[[np.random.Generator, int], Sample], names: set[str] | None, pool: int = POOL
) -> dict[str, float]:
    """Each metric's value on very many rows, but for a maximum, which grows with them for ever."""
    sample = population(np.random.default_rng(12345), pool)
    return {shown: value for shown, _, _, value in values_of(sample, names)}


def verdict(tally: Tally) -> str:
    """What is wrong with a metric's coverage, if chance does not explain it."""
    share = tally.held / tally.intervals
    if wilson_bound(share, tally.intervals, 2.6) < LOW:
        return "too low"
    if wilson_bound(share, tally.intervals, -2.6) > HIGH:
        return "wide"
    return ""


def main(arguments: list[str]) -> int:
    """Print the table; 1 where an interval holds too seldom."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=400)
    parser.add_argument("--metric", action="append")
    parser.add_argument("--population", action="append")
    parser.add_argument("--rows", type=int, action="append")
    said = parser.parse_args(arguments)
    names = None if said.metric is None else set(said.metric)
    print(f"{'population':26}{'rows':>7} {'metric':30}{'truth':>9} {'held':>6} {'95 % interval':15}", end="")
    print(f"{'below':>6}{'above':>6} {'given':>6}  method")
    low = 0
    for title, population in POPULATIONS.items():
        if said.population is not None and not any(part in title for part in said.population):
            continue
        truth = truth_of(population, names)
        for rows in said.rows or SIZES:
            samples = said.samples if rows < 20_000 else max(said.samples // 4, 100)
            started = time.process_time()
            for shown, tally in study(population, truth, rows, samples, names=names).items():
                low += row(title, rows, shown, truth[shown], tally)
            print(f"# {time.process_time() - started:.0f} s", file=sys.stderr, flush=True)
    print(f"{low} of the above are too low")
    return int(low > 0)


def row(title: str, rows: int, shown: str, truth: float, tally: Tally) -> bool:
    """Print one line; whether it is too low."""
    start = f"{title:26}{rows:7} {shown:30}{truth:9.4f}"
    if not tally.intervals:
        print(f"{start} {'-':>6} {'':15}{'':12} {0:6.0%}", flush=True)
        return False
    share = tally.held / tally.intervals
    ends = (wilson_bound(share, tally.intervals, z) for z in (-1.96, 1.96))
    interval = "[" + ", ".join(f"{end:.3f}" for end in ends) + "]"
    under, over, given = tally.under / tally.intervals, tally.over / tally.intervals, tally.intervals / tally.values
    method = max(tally.methods, key=lambda name: tally.methods[name])
    wrong = verdict(tally)
    print(f"{start} {share:6.3f} {interval:15}{under:6.3f}{over:6.3f} {given:6.0%}  {method:18} {wrong}", flush=True)
    return wrong == "too low"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
