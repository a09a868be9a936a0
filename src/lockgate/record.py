"""Reads and writes Records: JSON documents, versioned, with a published schema; their content has canonical bytes."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, reduce
from operator import getitem
from typing import Any, NoReturn

from pydantic import TypeAdapter, ValidationError

from lockgate.canonical import dumps, indented, unique
from lockgate.errors import EvidenceError
from lockgate.types import RECORD_VERSION, Attachment, Content, Measurement, Missing, Record, Run

SCHEMA_ID = f"urn:lockgate:record:{RECORD_VERSION}"
"""Name of the schema that `schema` returns; it changes only with `RECORD_VERSION`."""


def make(content: Content, run: Run, attachments: Mapping[str, Attachment] | None = None) -> Record:
    """A Record, its digest taken over the canonical bytes (RFC 8785) of its content."""
    record = Record(version=RECORD_VERSION, digest="", content=content, run=run, attachments=attachments or {})
    return replace(record, digest=digest_of(content))


def dump(record: Record) -> bytes:
    """The Record as a JSON document: ASCII, two spaces of indent. What is empty or at its default is left out."""
    return f"{indented(record)}\n".encode()


def load(document: bytes, where: str = "record") -> Record:
    """The Record that a JSON document holds.

    Raises:
        EvidenceError: it is no Record of this version, or its content is not what its digest says.
    """
    try:
        plain = json.loads(document, parse_constant=_refuse, parse_float=_finite, object_pairs_hook=unique)
        record = _validated(document)
        digest = digest_of(plain["content"])
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise EvidenceError(
            f"not a Record: {key}: {first['msg']}", where=where, fix="give the record.json of a run"
        ) from error
    except (ValueError, RecursionError, UnicodeError) as error:
        raise EvidenceError(f"not a Record: {error}", where=where, fix="give the record.json of a run") from error
    if record.version != RECORD_VERSION:
        fix = "read it with the version of Lockgate that wrote it"
        raise EvidenceError(f"a Record of version {record.version!r}, this is {RECORD_VERSION!r}", where=where, fix=fix)
    if digest != record.digest:
        fix = "fetch it again from where it was written"
        raise EvidenceError("the content is not what its digest says: it was changed", where=where, fix=fix)
    return record


def fault(entry: Measurement | Missing) -> str | None:
    """Why something that a gate yielded cannot stand in a Record; None if it can."""
    kind = Measurement if isinstance(entry, Measurement) else Missing
    try:
        _adapter(kind).validate_json(dumps(entry), strict=True, extra="forbid")
    except ValidationError as error:
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    except (ValueError, TypeError, RecursionError) as error:
        return " ".join(str(error).split())[:300] or type(error).__name__
    return None


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a Record."""
    generated = _adapter(Record).json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA_ID, **_closed(generated)}


def digest_of(plain: Any) -> str:
    """`sha256:…` of the canonical JSON (RFC 8785) of a plain value or a data class.

    Raises:
        ValueError: it holds what canonical JSON cannot (NaN, infinity, integers over 2^53, lone surrogates).
    """
    return f"sha256:{hashlib.sha256(dumps(plain)).hexdigest()}"


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _validated(document: bytes) -> Record:
    """The Record of a document, also of one that says null under a key that has gone since."""
    adapter: TypeAdapter[Record] = _adapter(Record)
    try:
        return adapter.validate_json(document, strict=True, extra="forbid")
    except ValidationError as error:
        gone = [fault["loc"] for fault in error.errors() if _is_gone(fault)]
        if len(gone) < error.error_count():
            raise
    plain = json.loads(document)
    for *path, key in gone:
        reduce(getitem, path, plain).pop(key)
    return adapter.validate_json(json.dumps(plain), strict=True, extra="forbid")


def _is_gone(fault: Mapping[str, Any]) -> bool:
    """Whether a fault is only that a comparison says `"scores": null`, which the schema once allowed."""
    where = tuple(fault["loc"][-2:])
    known = where in {("difference", "scores"), ("ratio", "scores")}
    return known and fault["type"] == "unexpected_keyword_argument" and fault["input"] is None


def _closed(node: Any) -> Any:
    """A schema whose objects allow no other keys than those that they name."""
    if isinstance(node, Mapping):
        closed = {key: _closed(value) for key, value in node.items()}
        return {**closed, "additionalProperties": False} if "properties" in closed else closed
    if isinstance(node, Sequence) and not isinstance(node, str):
        return [_closed(value) for value in node]
    return node


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is out of range")
    return value
