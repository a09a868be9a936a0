"""Asks models for LIME's local surrogates of sampled rows."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lockgate.errors import EvidenceError
from lockgate.evidence.view import Codes, Evidence, Floats, OpenModel
from lockgate.types import JSON

LEAST_ROWS = 5

_AT_ONCE = 5
_GRACE = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Surrogates:
    """LIME's local surrogates of some rows.

    Attributes:
        columns: the model's features.
        rows: places of the rows in the data (n,).
        weights: of the surrogates (n, columns).
        label: which of the model's numbers is explained (n,).
        score: R² of the surrogates (n,).
        library: version of lime.
    """

    columns: tuple[str, ...]
    rows: Codes
    weights: Floats
    label: Codes
    score: Floats
    library: str

    @property
    def values(self) -> Floats:
        """The weights as attributions (n, columns, 1)."""
        return self.weights[:, :, None]


def surrogates(
    who: str,
    model: OpenModel,
    evidence: Evidence,
    *,
    rows: Codes,
    background: Codes,
    seconds: float,
    options: Mapping[str, JSON],
    call: Mapping[str, JSON],
) -> Surrogates:
    """LIME's surrogates of some rows.

    Raises:
        EvidenceError: lime is not in the model's interpreter, the model fails, or it takes too long.
    """
    table = evidence.data.table(model.features, rows=np.concatenate([background, rows]))
    seconds = seconds if evidence.seconds is None else min(seconds, evidence.seconds)
    parts = []
    for at in range(0, len(rows), _AT_ONCE):
        evidence.step(f"asking LIME about the {who}", at, len(rows))
        settings: dict[str, JSON] = {
            "background": len(background),
            "task": evidence.task,
            "seed": evidence.seed,
            "start": at,
            "stop": at + _AT_ONCE,
            "seconds": seconds * (len(rows) - at) / len(rows),
            "options": dict(options),
            "call": dict(call),
        }
        parts.append(model.job("lime_weights", table, settings, seconds=seconds + _GRACE))
    held = {name: [part.arrays.get(name, np.zeros(0)) for part in parts] for name in ("weights", "label", "score")}
    try:
        weights, label, score = (np.concatenate(held[name]) for name in ("weights", "label", "score"))
    except ValueError:
        weights = label = score = np.zeros(0)
    shape = (len(rows), len(model.features))
    if weights.shape != shape or label.shape != shape[:1] or score.shape != shape[:1] or not np.isfinite(weights).all():
        what = "its surrogates are not in the form that the job gives"
        raise EvidenceError(what, where=model.facts.uri, fix="do not trust the model")
    return Surrogates(
        columns=tuple(model.features),
        rows=rows,
        weights=weights,
        label=label.astype(np.int64),
        score=score,
        library=str(parts[0].facts.get("library"))[:20],
    )
