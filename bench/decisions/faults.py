"""The faults, their sizes, and how each is planted. A fault changes what it says and keeps all the rest."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import pandas as pd
from decisions import models
from decisions.data import DataSet
from decisions.models import Floats
from decisions.pools import Pool, Truth, seed_of, truth_of

Family = Literal["clean", "drift", "model"]

NEW_VALUE = "never seen before"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A kind of fault and its size; the clean twins are faults of the family `clean`."""

    kind: str
    size: float
    family: Family
    large: bool = False

    @property
    def name(self) -> str:
        """As tables show it."""
        return f"{self.kind} {self.size:g}" if self.size else self.kind


def _all(family: Family, kind: str, sizes: Sequence[float], large_from: float) -> list[Fault]:
    return [Fault(kind=kind, size=size, family=family, large=size >= large_from) for size in sizes]


_NEVER = float("inf")
CLEAN = Fault(kind="clean", size=0, family="clean")
RETRAINED = Fault(kind="retrained", size=0, family="clean")
DRIFT = (
    *_all("drift", "shift, sd", (0.1, 0.25, 0.5, 1.0), 1.0),
    *_all("drift", "scale", (1.1, 1.25, 1.5, 2.0), _NEVER),
    *_all("drift", "missing, points", (5, 10, 20, 50), 50),
    *_all("drift", "unit", (12, 100), 100),
    *_all("drift", "new category, %", (5, 20), 20),
    *_all("drift", "columns swapped", (0,), 0),
)
GRADED = _all("model", "lost margins", (0.5, 1.0, 1.5, 2.0, 3.0), _NEVER)
"""Part of the scores shuffled, so that the worse of the compared metrics truly loses so many margins."""

MODEL = (
    *_all("model", "label noise", models.NOISE, 0.3),
    *_all("model", "tenth of the rows", (0,), _NEVER),
    *_all("model", "labels shuffled", (0,), 0),
    *_all("model", "constant", (0,), 0),
    *_all("model", "leak, gone", (0,), _NEVER),
    *_all("model", "leak, still there", (0,), _NEVER),
    *_all("model", "group flipped, %", (10, 20, 30), _NEVER),
    *_all("model", "group selected less, %", (20, 40, 60), _NEVER),
    *_all("model", "overconfident", (1.5, 2.0, 4.0), _NEVER),
    *_all("model", "scores NaN, %", (5,), 5),
    *GRADED,
)
ALL = (CLEAN, RETRAINED, *DRIFT, *MODEL)


def fits(fault: Fault, data: DataSet) -> bool:
    """Whether a fault can be planted in a data set."""
    needs = {
        "new category, %": bool(data.categories),
        "columns swapped": len(_varied(data)) >= 2,
        "group flipped, %": data.group is not None,
        "group selected less, %": data.group is not None,
    }
    return needs.get(fault.kind, True)


# --- faults of the data -----------------------------------------------------------------------------------------------


def _varied(data: DataSet) -> list[str]:
    """Number columns of which a shift or another unit says something."""
    return [name for name in data.numbers if data.frame[name].nunique() > 5]


def columns_of(fault: Fault, pool: Pool, rng: np.random.Generator) -> tuple[str, ...]:
    """The columns that a fault of the data is planted in, drawn anew for every run."""
    data = pool.data
    if fault.kind == "missing, points":
        return (str(rng.choice(data.features)),)
    if fault.kind == "new category, %":
        return (str(rng.choice(data.categories)),)
    if fault.kind == "columns swapped":
        pairs = _unlike(pool)
        return pairs[int(rng.integers(len(pairs)))]
    return (str(rng.choice(_varied(data))),)


@lru_cache(maxsize=64)
def _unlike(pool: Pool) -> list[tuple[str, str]]:
    """Pairs of number columns that differ, so that swapping them is a fault: Kolmogorov's distance of at least 1/2."""
    from scipy.stats import ks_2samp

    names = _varied(pool.data)
    part = pool.rows.head(500)
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    apart = {pair: ks_2samp(part[pair[0]], part[pair[1]], method="asymp").statistic for pair in pairs}
    return [pair for pair in pairs if apart[pair] >= 0.5] or [max(pairs, key=apart.__getitem__)]


def drifted(
    frame: pd.DataFrame, fault: Fault, columns: Sequence[str], pool: Pool, rng: np.random.Generator
) -> pd.DataFrame:
    """Rows with a fault of the data; types stay, whole numbers stay whole."""
    name = columns[0]
    old = frame[name]
    if fault.kind == "columns swapped":
        a, b = columns
        return frame.assign(**{a: frame[b].to_numpy(), b: frame[a].to_numpy()})
    if fault.kind in {"missing, points", "new category, %"}:
        hit = np.zeros(len(frame), dtype=bool)
        hit[rng.permutation(len(frame))[: round(fault.size / 100 * len(frame))]] = True
        if fault.kind == "new category, %":
            return frame.assign(**{name: old.astype(object).where(~hit, NEW_VALUE).astype(old.dtype)})
        return frame.assign(**{name: (old.astype("Int64") if old.dtype.kind == "i" else old).mask(hit)})
    values = old.to_numpy(dtype=float)
    if fault.kind == "shift, sd":
        values = values + fault.size * pool.spread[name]
    elif fault.kind == "scale":
        middle = float(pool.rows[name].mean())
        values = middle + fault.size * (values - middle)
    else:
        values = values * fault.size
    if old.dtype.kind == "i":  # rounded by chance, so that the mean moves by the fault's size and not by whole steps
        values = np.floor(values + rng.random(len(values))).astype(old.dtype)
    return frame.assign(**{name: values})


@lru_cache(maxsize=4096)
def effect_of_drift(fault: Fault, pool: Pool, columns: tuple[str, ...]) -> dict[str, float]:
    """What a fault truly moves on the pool: PSI by tenths of the pool, SciPy's Wasserstein over sd, missing share."""
    from scipy.stats import wasserstein_distance

    rng = np.random.default_rng(seed_of("effect", pool.name, fault.name, *columns))
    rows = pool.rows.head(10_000)
    changed = drifted(rows, fault, columns, pool, rng)
    found = {"psi": 0.0, "wasserstein_normed": 0.0, "missing_change": 0.0}
    for name in columns:
        found["missing_change"] = max(
            found["missing_change"], float(changed[name].isna().mean() - rows[name].isna().mean())
        )
        found["psi"] = max(found["psi"], _psi(rows[name].dropna(), changed[name].dropna()))
        if name in pool.data.numbers:
            moved = wasserstein_distance(rows[name].dropna().astype(float), changed[name].dropna().astype(float))
            found["wasserstein_normed"] = max(found["wasserstein_normed"], float(moved) / (pool.spread[name] or 1.0))
    return found


def _psi(before: pd.Series, after: pd.Series) -> float:
    if pd.api.types.is_numeric_dtype(before):
        edges = np.unique(np.quantile(before.astype(float), np.arange(1, 10) / 10, method="inverted_cdf"))
        codes = [np.searchsorted(edges, column.to_numpy(dtype=float), side="left") for column in (before, after)]
        counts = [np.bincount(code, minlength=len(edges) + 1) for code in codes]
    else:
        values = sorted({*before.astype(str), *after.astype(str)})
        counts = [
            column.astype(str).value_counts().reindex(values, fill_value=0).to_numpy() for column in (before, after)
        ]
    one, other = (np.maximum(count / max(count.sum(), 1), 1e-4) for count in counts)
    return float(((other - one) * np.log(other / one)).sum())


# --- faults of the candidate ------------------------------------------------------------------------------------------

_VARIANTS = {
    "tenth of the rows": "tenth",
    "labels shuffled": "shuffled",
    "leak, gone": "leak-gone",
    "leak, still there": "leak-there",
}


def candidate_of(
    fault: Fault, pool: Pool, champion: str, margins: dict[str, float], rng: np.random.Generator
) -> tuple[Floats, str]:
    """The candidate's scores on the pool (n,), and the variant that it is, where it was trained.

    Args:
        fault: what is wrong with it.
        pool: the data set.
        champion: the champion's variant, which most faults start from.
        margins: what a candidate may lose by the policy, by metric.
        rng: of this run.
    """
    scores = pool.scores(champion)
    if fault.family == "drift":
        return scores, champion
    if fault.kind == "clean":
        variant = str(rng.choice(as_good(pool, champion, margins) or [champion]))
        return pool.scores(variant), variant
    if fault.kind == "retrained":
        variant = str(rng.choice([name for name in models.SEEDS if name != champion]))
        return pool.scores(variant), variant
    if fault.kind == "label noise" or fault.kind in _VARIANTS:
        name = _VARIANTS.get(fault.kind, f"noise-{fault.size}")
        variant = f"{name}/{rng.integers(models.REPEATS)}"
        return pool.scores(variant), variant
    if fault.kind == "lost margins":
        return graded(pool, champion, fault.size, tuple(sorted(margins.items()))), ""
    return _spoilt(fault, scores, pool, rng), ""


def _spoilt(fault: Fault, scores: Floats, pool: Pool, rng: np.random.Generator) -> Floats:
    hit = rng.random(len(scores)) < fault.size / 100
    if fault.kind == "constant":
        return np.full(len(scores), float(pool.data.frame[pool.data.label].iloc[: pool.data.train].mean()))
    if fault.kind == "group flipped, %":
        return np.where(pool.in_group() & hit, 1 - scores, scores)
    if fault.kind == "group selected less, %":
        return np.where(pool.in_group() & hit & (scores > 0.5), scores / 2, scores)
    if fault.kind == "overconfident":
        odds = np.log(np.clip(scores, 1e-9, 1 - 1e-9) / np.clip(1 - scores, 1e-9, 1 - 1e-9))
        return np.asarray(1 / (1 + np.exp(-fault.size * odds)))
    return np.where(hit, np.nan, scores)


def as_good(pool: Pool, champion: str, margins: dict[str, float]) -> list[str]:
    """The other seeds that on the pool differ from the champion by at most a tenth of every margin."""
    return [name for name in models.SEEDS if name != champion and is_as_good(pool, name, champion, margins)]


def is_as_good(pool: Pool, variant: str, champion: str, margins: dict[str, float]) -> bool:
    """Whether a model differs from the champion by at most a tenth of every margin on the pool."""
    lost = pool.truth(variant).lost(pool.truth(champion))
    return all(abs(lost[metric]) <= margin / 10 for metric, margin in margins.items() if metric in lost)


@lru_cache(maxsize=256)
def graded(pool: Pool, champion: str, size: float, margins: tuple[tuple[str, float], ...]) -> Floats:
    """Scores of which just so many are shuffled that the worst compared metric loses `size` margins on the pool."""
    scores = pool.scores(champion)
    rng = np.random.default_rng(seed_of("graded", pool.name, pool.kind, champion))
    other, drawn = scores[rng.permutation(len(scores))], rng.random(len(scores))
    low, high = 0.0, 1.0
    for _ in range(14):
        share = (low + high) / 2
        lost = truth_of(pool.label, np.where(drawn < share, other, scores)).lost(pool.truth(champion))
        low, high = (share, high) if worst_loss(lost, dict(margins)) < size else (low, share)
    return np.where(drawn < high, other, scores)


def worst_loss(lost: dict[str, float], margins: dict[str, float]) -> float:
    """The greatest loss of the compared metrics, in margins."""
    return max((lost[metric] / margin for metric, margin in margins.items() if metric in lost), default=0.0)


def lost_by(pool: Pool, scores: Floats, variant: str, champion: str) -> dict[str, float] | None:
    """What a candidate truly loses on the pool; None where it gives no score in some rows."""
    if np.isnan(scores).any():
        return None
    truth: Truth = pool.truth(variant) if variant else truth_of(pool.label, scores)
    return truth.lost(pool.truth(champion))
