"""Populations of labels and predictions from which samples are drawn, as many and as large as anyone wants."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from lockgate.stats.chance import special
from lockgate.stats.metrics.classification import binary_sample
from lockgate.stats.metrics.multiclass import MulticlassSample, multiclass_sample
from lockgate.stats.metrics.regression import regression_sample
from lockgate.stats.metrics.samples import Sample


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
        said = np.maximum(label + self.spread * noise, 0.0)
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
