"""What a library is given: rows as Parquet in a scratch folder, and which of their columns mean what."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lockgate.evidence.view import Evidence, Frame, Source
from lockgate.types import LEVELS

NESTED = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Columns by what they mean, as a script reads them.

    Attributes:
        columns: columns by role: label, prediction.
        scores: columns of the probabilities; one (of the positive class) in a binary task.
        facts: what else is known, as plain values.
    """

    columns: dict[str, str] = field(default_factory=dict)
    scores: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)


def write_tables(evidence: Evidence, folder: Path, *, whole: bool) -> Given:
    """Write the data and, where the gate compares with it, the reference.

    Args:
        evidence: of the gate.
        folder: the scratch folder.
        whole: every column, by its own name; otherwise features, sensitive columns and time, beside label, prediction
            and score of the prediction frame.

    Raises:
        EvidenceError: a column is missing, or the reference holds no rows (a profile).
    """
    schema = evidence.data.schema
    own = tuple(schema) if whole else _own_columns(evidence)
    names = _free_names(own, evidence.frame)
    sets = [("data", evidence.data, evidence.frame)]
    if evidence.reference is not None:
        sets.append(("reference", evidence.reference, evidence.reference_frame))
    for role, source, frame in sets:
        _write(folder / f"{role}.parquet", source, frame, own, names)
    kinds = {name: schema[name].kind for name in own if name in schema}
    features = [name for name in evidence.features if kinds.get(name, NESTED) != NESTED]
    frame = evidence.frame
    facts = {
        "task": evidence.task,
        "rows": evidence.data.rows,
        "seed": evidence.seed,
        "levels": list(LEVELS),
        "together": bool(evidence.roles.keys() & {"cluster", "group", "time"}),
        "clusters": frame is not None and frame.cluster is not None,
        "min_rows": evidence.min_rows,
        "features": features,
        "all": list(kinds),
        "numbers": [name for name in features if kinds[name] == "number"],
        "categories": [name for name in features if kinds[name] in ("category", "boolean")],
        "times": [name for name in features if kinds[name] == "time"],
        "time": evidence.time,
        "reference": evidence.reference is not None,
        "reference_predicted": evidence.reference_frame is not None,
        "classes": list(frame.classes) if frame is not None else [],
        "positive": frame.classes[frame.positive] if frame is not None and frame.positive is not None else None,
        "favourable": frame.classes[frame.favourable] if frame is not None and frame.favourable is not None else None,
        "groupings": _groupings(frame, folder),
    }
    columns = {role: name for role, name in names.items() if role in ("label", "prediction")}
    scores = tuple(name for role, name in names.items() if role.startswith("score"))
    return Given(columns=columns, scores=scores, facts=facts)


def _own_columns(evidence: Evidence) -> tuple[str, ...]:
    time = (evidence.time,) if evidence.time is not None else ()
    return tuple(dict.fromkeys((*evidence.features, *time)))


def _free_names(own: Sequence[str], frame: Frame | None) -> dict[str, str]:
    """Names for the columns of the prediction frame that no other column has."""
    if frame is None:
        return {}
    roles = ["label"]
    if frame.candidate is not None:
        roles.append("prediction")
        score = frame.candidate.score
        if score is not None:
            roles += ["score"] if score.ndim == 1 else [f"score {value}" for value in frame.classes]
    taken = set(own)
    names: dict[str, str] = {}
    for role in roles:
        name = role
        while name in taken:
            name += "_"
        taken.add(name)
        names[role] = name
    return names


def _write(path: Path, source: Source, frame: Frame | None, own: Sequence[str], names: dict[str, str]) -> None:
    table = source.table(own)
    kept = [name for name in own if source.schema[name].kind != NESTED]
    table = table.select(kept)
    if frame is not None:
        for role, name in names.items():
            column = _of_frame(frame, role)
            if column is not None:
                table = table.append_column(name, column)
    pq.write_table(table, path)


def _of_frame(frame: Frame, role: str) -> pa.Array | None:
    """One column of the prediction frame; class codes as the classes themselves."""
    said = frame.candidate
    if role == "label":
        return _values(frame, frame.label)
    if said is None:
        return None
    if role == "prediction":
        return _values(frame, said.prediction)
    if said.score is None:
        return None
    if said.score.ndim == 1:
        return pa.array(said.score)
    at = [f"score {value}" for value in frame.classes].index(role)
    return pa.array(np.ascontiguousarray(said.score[:, at]))


def _values(frame: Frame, codes: Any) -> pa.Array:
    if not frame.classes:
        return pa.array(codes)
    return pa.array(list(frame.classes)).take(pa.array(codes.astype(np.int64)))


def _groupings(frame: Frame | None, folder: Path) -> list[dict[str, Any]]:
    """The sensitive columns and their intersections: names here, each row's code in a file; its cluster in another."""
    if frame is None or not frame.groupings:
        return []
    if frame.cluster is not None:
        pq.write_table(pa.table({"cluster": pa.array(frame.cluster)}), folder / "clusters.parquet")
    codes = {f"{number}": pa.array(held.codes) for number, held in enumerate(frame.groupings)}
    pq.write_table(pa.table(codes), folder / "groups.parquet")
    return [{"column": held.column, "groups": list(held.groups)} for held in frame.groupings]
