"""The pool of a data set: rows that no model has learnt from, what every model says of them, and what is true there.

Rows are drawn from the pool without replacement. What is true of a candidate is measured on the whole pool, so for the
draws it is the truth itself.
"""

import zlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from decisions import models
from decisions.data import DataSet, load
from decisions.lines import whole
from decisions.models import Floats
from numpy.typing import NDArray

Rows = NDArray[np.int64]


def seed_of(*parts: object) -> list[int]:
    """A seed of a stable name."""
    return [zlib.crc32(str(part).encode()) for part in parts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What a candidate is worth on the whole pool."""

    f1: float
    roc_auc: float
    log_loss: float
    balanced_accuracy: float

    def lost(self, champion: "Truth") -> dict[str, float]:
        """How much worse than the champion, by metric; positive is worse."""
        return {
            "f1": champion.f1 - self.f1,
            "roc_auc": champion.roc_auc - self.roc_auc,
            "log_loss": self.log_loss - champion.log_loss,
            "balanced_accuracy": champion.balanced_accuracy - self.balanced_accuracy,
        }


class Pool:
    """A data set and the models of one kind on it; models are trained when they are first asked for, and kept."""

    def __init__(self, data: DataSet, kind: str, cache: Path) -> None:
        self.data = data
        self.kind = kind
        self.rows = data.pool
        self.label = self.rows[data.label].to_numpy()
        self._cache = cache / f"{data.name}-{kind}"
        self._models: dict[str, Any] = {}
        self._scores: dict[str, Floats] = {}
        self._truths: dict[str, Truth] = {}

    @property
    def name(self) -> str:
        """Of the data set."""
        return self.data.name

    def model(self, variant: str) -> Any:
        """A model, trained by its variant's own seed."""
        if variant not in self._models:
            path = self._cache / f"{variant.replace('/', '-')}.joblib"
            if not path.exists():
                train = self.data.frame.iloc[: self.data.train]
                made = models.fitted(
                    variant, self.kind, train, self.data.label, seed_of("model", self.name, self.kind, variant)
                )
                with whole(path) as part:
                    joblib.dump(made, part)
            self._models[variant] = joblib.load(path)
        return self._models[variant]

    def scores(self, variant: str) -> Floats:
        """What a model says of the whole pool.

        `leak-there/0` and `leak-gone/0`: the leak stands in the pool too, or is a shuffled column there.
        """
        if variant not in self._scores:
            self._scores[variant] = self._scored(variant)
        return self._scores[variant]

    def _scored(self, variant: str) -> Floats:
        features = self.rows[self.data.features]
        name, _, repeat = variant.partition("/")
        if not name.startswith("leak-"):
            return models.scores(self.model(variant), features)
        rng = np.random.default_rng(seed_of("leak", self.name, variant))
        leak = models.leaked(self.label, rng)
        held = leak if name == "leak-there" else rng.permutation(leak)
        return models.scores(self.model(f"leak/{repeat}"), features.assign(**{models.LEAK: held}))

    def truth(self, variant: str) -> Truth:
        """What a model is worth on the pool."""
        if variant not in self._truths:
            self._truths[variant] = truth_of(self.label, self.scores(variant))
        return self._truths[variant]

    @cached_property
    def spread(self) -> dict[str, float]:
        """The standard deviation of every number column."""
        return {name: float(self.rows[name].std()) for name in self.data.numbers}

    @cached_property
    def rare_group(self) -> str | None:
        """The least frequent value of the sensitive column that a tenth of the rows has."""
        if self.data.group is None:
            return None
        shares = self.rows[self.data.group].value_counts(normalize=True)
        return str(shares[shares >= 0.1].index[-1])

    def in_group(self) -> NDArray[np.bool_]:
        """Which rows of the pool belong to that group."""
        if self.data.group is None:
            return np.zeros(len(self.rows), dtype=bool)
        return np.asarray(self.rows[self.data.group].astype(str) == self.rare_group)


@lru_cache(maxsize=4)
def pool(name: str, kind: str, folder: Path, cache: Path) -> Pool:
    """The pool of a data set and a kind of model."""
    return Pool(load(name, folder), kind, cache)


def truth_of(label: NDArray[np.int64], scores: Floats) -> Truth:
    """The metrics of scores, as scikit-learn gives them."""
    from sklearn.metrics import balanced_accuracy_score, f1_score, log_loss, roc_auc_score

    said = (scores > 0.5).astype(int)
    return Truth(
        f1=float(f1_score(label, said, zero_division=0.0)),
        roc_auc=float(roc_auc_score(label, scores)),
        log_loss=float(log_loss(label, np.clip(scores, 1e-15, 1 - 1e-15))),
        balanced_accuracy=float(balanced_accuracy_score(label, said)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Disjoint rows for a policy: `calibration` and `reference` are what `lockgate init` sees."""

    calibration: Rows
    reference: Rows


def split_of(rows: int, n: int, seed: list[int]) -> Split:
    """The rows of one policy."""
    drawn = np.random.default_rng(seed).permutation(rows)[: 2 * n]
    return Split(calibration=drawn[:n], reference=drawn[n:])


def halves(rows: int, n: int, split: Split, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Reference and validation of one run: disjoint.

    No row of the validation was seen by `lockgate init`, none of the reference is the policy's calibration.
    """
    unseen = np.setdiff1d(np.arange(rows), np.concatenate([split.calibration, split.reference]))
    validation = rng.permutation(unseen)[:n]
    free = np.setdiff1d(np.arange(rows), np.concatenate([split.calibration, validation]))
    return rng.permutation(free)[:n], validation


def table(pool: Pool, rows: Rows, candidate: Floats, champion: Floats) -> pd.DataFrame:
    """Some rows of the pool with both models' scores and classes."""
    return with_scores(pool.rows.iloc[rows].reset_index(drop=True), candidate[rows], champion[rows])


def with_scores(frame: pd.DataFrame, candidate: Floats, champion: Floats) -> pd.DataFrame:
    """Rows with both models' scores and classes; a class is missing where the score is."""
    held = {"candidate": candidate, "champion": champion}
    added: dict[str, object] = {}
    for who, scores in held.items():
        said = pd.array((scores > 0.5).astype(int), dtype="Int64")
        said[np.isnan(scores)] = pd.NA
        added |= {f"{who}_score": scores, f"{who}_class": said if np.isnan(scores).any() else said.astype("int64")}
    return frame.assign(**added)
