"""The Records at hand: how many candidates have been judged on the same validation data before.

A holdout that many candidates were chosen by says less about the last of them (Dwork et al., The reusable holdout,
2015). What is not at hand is not counted: the number is a lower bound.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lockgate.errors import EvidenceError, UsageError
from lockgate.types import DataFacts, HoldoutUse, ModelFacts, Rules

ROLE = "validation"
"""The data set that wears out."""

FIX = "give the folder of the earlier Records (--history DIR); an empty one for the first candidate"


def runs_folder(policy: Path) -> Path:
    """Where `lockgate check` leaves its Records: beside the policy."""
    return policy.parent / ".lockgate" / "runs"


def holdout_use(
    models: Mapping[str, ModelFacts], sets: Mapping[str, DataFacts], folder: Path | None
) -> HoldoutUse | None:
    """How many different candidates have been judged on a run's validation data, its own included.

    It is unknown of a candidate without bytes: nobody can tell such candidates apart.

    Args:
        models: the run's models by role.
        sets: its data sets by role.
        folder: where Records are looked for, in it and below it; None: there are none at hand.

    Returns:
        None where the run judges no candidate on validation data.

    Raises:
        UsageError: the folder is none.
    """
    if ROLE not in sets or "candidate" not in models:
        return None
    data, candidate = sets[ROLE].digest, models["candidate"].digest
    if candidate is None or folder is None:
        return HoldoutUse(data=data, candidates=None)
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder", where="--history", fix=FIX)
    first: dict[str, tuple[str, str]] = {}
    for started, other, record in _judged(data, folder):
        first[other] = min(first.get(other, (started, record)), (started, record))
    first.pop(candidate, None)
    return HoldoutUse(
        data=data, candidates=len(first) + 1, records=tuple(sorted(record for _, record in first.values()))
    )


def number_of_candidates(rules: Rules, use: HoldoutUse | None) -> int | None:
    """The number of candidates that judging needs to know; None where it is unknown and nothing hangs on it.

    Raises:
        EvidenceError: it is unknown, and the policy corrects for it.
    """
    known = None if use is None else use.candidates
    if known is None and rules.reuse == "bonferroni":
        what = "decide.reuse: bonferroni corrects for the candidates judged on these data, whose number is unknown"
        raise EvidenceError(what, where="decide.reuse", fix=FIX)
    return known


def _judged(data: str, folder: Path) -> Iterator[tuple[str, str, str]]:
    """When, which candidate and by which Record candidates were judged on a data set."""
    wanted = data.encode()
    for path in sorted(folder.rglob("record.json")):
        content = path.read_bytes()
        if wanted not in content:
            continue
        try:
            record: Any = json.loads(content)
            held = record["content"]
            facts = held["data"][ROLE]["digest"], held["models"]["candidate"].get("digest")
            named = record["run"]["started"], facts[1], record["digest"]
        except (ValueError, KeyError, TypeError, AttributeError):
            continue  # another kind of file, or another format of Records: nothing that can be counted
        if facts[0] == data and all(isinstance(text, str) for text in named):
            yield named
