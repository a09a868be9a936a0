"""What model-signing signs: an in-toto statement that lists the digests of a model's files.

Whoever reads it has verified its bytes.
"""

import hashlib
import json
from collections import Counter
from pathlib import Path, PurePosixPath

from lockgate.canonical import unique
from lockgate.errors import EvidenceError

_PAYLOAD = "application/vnd.in-toto+json"
_PREDICATE = "https://model_signing/signature/v1.0"
_LONGEST = 100


def lists(kind: str, payload: bytes, model: Path, place: Path, signature: Path, *, fix: str) -> tuple[bool, str]:
    """Whether a signed statement lists a model's file, and in a few words what it is or lacks.

    Args:
        kind: the envelope's type of payload.
        payload: the statement, whose signature was verified.
        model: the bytes.
        place: where the policy says that they are; the statement calls them by a name.
        signature: the bundle's file, for error messages.
        fix: how such a bundle is made.

    Raises:
        EvidenceError: it is no such statement.
    """
    where = str(signature)
    try:
        statement = json.loads(payload, object_pairs_hook=unique)
        predicate = statement["predicate"]
        resources = [(str(r["name"]), str(r["algorithm"]), str(r["digest"])) for r in predicate["resources"]]
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise EvidenceError("the bundle says nothing about files", where=where, fix=fix) from error
    if kind != _PAYLOAD or statement.get("predicateType") != _PREDICATE:
        raise EvidenceError("the bundle is a signature of something else than a model", where=where, fix=fix)
    if any(algorithm != "sha256" for _, algorithm, _ in resources):
        raise EvidenceError("the bundle's digests are not SHA-256", where=where, fix=fix)
    paths = [PurePosixPath(name) for name, _, _ in resources]
    if any(count > 1 for count in Counter(paths).values()):
        raise EvidenceError("the bundle lists a file twice", where=where, fix=fix)
    with model.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    wrong = _wrong(paths, [path for path, (_, _, held) in zip(paths, resources, strict=True) if held == digest], place)
    return not wrong, wrong or f"a bundle of model-signing about {len(resources)} file(s)"


def _wrong(listed: list[PurePosixPath], these: list[PurePosixPath], place: Path) -> str:
    """What keeps a statement from being about a file; nothing where it is.

    Of several files each is signed under its name: one that is put in the place of another is not what was signed,
    although its digest is listed. Where several have the name, the path decides.
    """
    if not these:
        return "the bundle is about other bytes"
    if len(listed) == 1:
        return ""
    named = [path for path in these if path.name == place.name]
    if not named:
        return f"the bundle lists these bytes as {str(these[0])[:_LONGEST]!r}, not as {place.name!r}"
    alone = sum(path.name == place.name for path in listed) == 1
    if alone or any(place.parts[-len(path.parts) :] == path.parts for path in named):
        return ""
    return f"the bundle lists other bytes under this path; these as {str(named[0])[:_LONGEST]!r}"
