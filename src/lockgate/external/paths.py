"""Path expressions over JSON: JMESPath, whose specification and library many tools share."""

import json
import math
import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from lockgate.canonical import RepeatedKey, unique
from lockgate.errors import EvidenceError, UsageError
from lockgate.external.cases import OUTCOMES, Case, Results

_YES = frozenset({"true", "pass", "passed", "ok", "success", "succeeded", "yes", "c"})
_NO = frozenset({"false", "fail", "failed", "failure", "no", "i"})
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?(?:nan|inf|infinity)", re.IGNORECASE)
"""What a table writes as a number; Python would also take `1_000` for one, and digits of other alphabets."""

_OTHER = {"error": "error", "errored": "error", "broken": "error", "skip": "skipped", "skipped": "skipped"}


def searcher(expression: str, where: str) -> Any:
    """A compiled JMESPath expression.

    Raises:
        UsageError: it is none.
        EvidenceError: the library is not installed.
    """
    try:
        import jmespath
        from jmespath.exceptions import JMESPathError
    except ImportError as error:
        what = "path expressions need the library jmespath"
        raise EvidenceError(what, where=where, fix="pip install 'lockgate[external]'") from error
    try:
        return jmespath.compile(expression)
    except JMESPathError as error:
        said = " ".join(str(error).split())
        fix = "see jmespath.org: results[*].success, summary.total"
        raise UsageError(f"{expression!r} is no JMESPath expression: {said}", where=where, fix=fix) from error


def search(expression: str, document: Any, where: str) -> Any:
    """What an expression finds in a document; None where it finds nothing.

    Raises:
        UsageError: it is no expression, or does not fit what stands there.
    """
    compiled = searcher(expression, where)
    from jmespath.exceptions import JMESPathError

    try:
        return compiled.search(document)
    except JMESPathError as error:
        raise UsageError(f"{expression!r} does not fit the file: {error}", where=where, fix="see the file") from error


def document_of(text: str, where: str) -> Any:
    """A file as JSON, or as JSON lines, which are a list.

    Raises:
        EvidenceError: it is neither, or an object in it has a key twice, which readers take in different ways; a NaN
            or an infinity in it stays one, for its reader to refuse.
    """
    try:
        return json.loads(text, object_pairs_hook=unique)
    except RepeatedKey as error:
        raise _twice(error, where) from error
    except RecursionError as error:
        raise EvidenceError("the file is nested too deeply", where=where, fix="give the tool's own report") from error
    except ValueError as error:
        lines = [line for line in text.splitlines() if line.strip()]
        try:
            if len(lines) > 1:
                return [json.loads(line, object_pairs_hook=unique) for line in lines]
        except RepeatedKey as twice:
            raise _twice(twice, where) from error
        except (ValueError, RecursionError):
            pass
        raise EvidenceError(f"the file is no JSON: {error}", where=where, fix="let the tool write it again") from error


def _twice(error: RepeatedKey, where: str) -> EvidenceError:
    what = f"the key {error.key[:60]!r} stands twice in one object"
    return EvidenceError(what, where=where, fix="let the tool write it again")


def results_of(
    document: Any, where: str, *, cases: str | None, case: Mapping[str, str], values: Mapping[str, str]
) -> Results:
    """Cases and numbers of a JSON document.

    Args:
        document: as it was read.
        where: the file, for messages.
        cases: the expression that finds the list of cases; None: there are none.
        case: expressions within a case: `id`, `passed`, `score`.
        values: expressions by the metric that each gives.

    Raises:
        UsageError: an expression is none.
        EvidenceError: there are no cases where they are sought, or one has neither outcome nor score.
    """
    found = () if cases is None else tuple(_cases(document, where, cases, case))
    return Results(cases=found, values={name: _value_at(path, document, where) for name, path in values.items()})


def _value_at(path: str, document: Any, where: str) -> float | str:
    """The finite number that an expression finds, or why there is none."""
    found = search(path, document, where)
    return f"`{path}` finds nothing in {PurePath(where).name}" if found is None else _value(found)


def _cases(document: Any, where: str, cases: str, case: Mapping[str, str]) -> list[Case]:
    held = search(cases, document, where)
    if not isinstance(held, list) or not held:
        what = f"{cases!r} finds no list of cases" if not isinstance(held, list) else f"{cases!r} finds no case"
        raise EvidenceError(what, where=where, fix="name where the file lists its cases, such as results[*]")
    return [_case(item, number, where, case) for number, item in enumerate(held)]


def _case(item: Any, number: int, where: str, paths: Mapping[str, str]) -> Case:
    found = {key: search(path, item, where) for key, path in paths.items()}
    place = f"{where}, case {number + 1}"
    identity = found.get("id", number)
    if identity is None or isinstance(identity, list | dict):
        raise EvidenceError(f"{paths['id']!r} finds no name", where=place, fix="mend case.id")
    outcome, score = None, None
    if "passed" in found:
        outcome = outcome_of(found["passed"])
        if outcome is None:
            what = f"{paths['passed']!r} finds neither true nor false nor a known outcome"
            raise EvidenceError(what, where=place, fix=f"let it find true, false or one of {', '.join(OUTCOMES)}")
    if "score" in found:
        number_found = _value(found["score"])
        if isinstance(number_found, str):
            raise EvidenceError(f"{paths['score']!r}: {number_found}", where=place, fix="mend case.score")
        score = number_found
    return Case(id=str(identity), outcome=outcome, score=score)


def outcome_of(found: Any) -> str | None:
    """An outcome in the words of `OUTCOMES`; None where it is unknown."""
    if isinstance(found, bool):
        return "passed" if found else "failed"
    if isinstance(found, int | float):
        return "passed" if found == 1 else "failed" if found == 0 else None
    word = str(found).strip().lower()
    if word in _YES or word in _NO:
        return "passed" if word in _YES else "failed"
    return _OTHER.get(word)


def _value(found: Any) -> float | str:
    """A finite number, or why there is none."""
    if isinstance(found, bool) or found is None:
        return "it is not in the file" if found is None else "it is true or false, no number"
    if isinstance(found, str):
        if not _NUMBER.fullmatch(found.strip()):
            return "it is text, no number"
        found = float(found)
    if not isinstance(found, int | float):
        return "it is a list or an object, no number"
    try:
        number = float(found)
    except OverflowError:
        return "it is too large for a number"
    return number if math.isfinite(number) else f"it is {number}"
