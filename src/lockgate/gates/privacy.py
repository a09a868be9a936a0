"""Privacy: personal data and secrets where a model's data, files and texts should hold none."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from lockgate.errors import EvidenceError, did_you_mean, nearest
from lockgate.evidence.view import Evidence
from lockgate.gates.base import API, Example, Judged, Needs, Params
from lockgate.globs import matches
from lockgate.pii.anonymity import classes_of
from lockgate.pii.detect import CONFIDENCE, Detector, Finder
from lockgate.pii.documents import Document, documents
from lockgate.pii.entities import entities
from lockgate.pii.laws import law_of_cells, law_of_share
from lockgate.pii.tables import ColumnReport, reports
from lockgate.stats.chance.laws import exact
from lockgate.types import At, Measurement, Metric, Missing, Status

_MOST_LISTED = 50
_OF_DATA = ("pii_cells", "pii_columns", "secrets")
_OF_CLASSES = ("k_anonymity", "rows_under_k", "l_diversity")


def _with_entities(schema: dict[str, Any]) -> None:
    """Adds to the schema of `entities` what may stand there, for its page and for editors."""
    schema["items"] = {"type": "string", "enum": list(_known_entities())}


def _known_entities() -> tuple[str, ...]:
    from lockgate.pii.presidio import PRESIDIOS

    return tuple(dict.fromkeys((*entities(), *PRESIDIOS.values())))


class PrivacyParams(Params):
    """Settings of the privacy gate."""

    entities: tuple[str, ...] = Field(
        (), description="the kinds of personal data to look for; left out: all", json_schema_extra=_with_entities
    )
    allow_columns: tuple[str, ...] = Field(
        (), description="columns, by name or glob, that may hold personal data; secrets are looked for there too"
    )
    confidence: float = Field(CONFIDENCE, gt=0, le=1, description="how far a finding must be believed to count, 0 to 1")
    files: tuple[str, ...] = Field(
        (), description="text files to look through (model card, README …), paths or globs from the policy's folder"
    )
    policy_text: bool = Field(default=True, description="look through the policy's own file")
    model_text: bool = Field(default=True, description="look through the printable text in the candidate's file")
    sample: int | None = Field(
        None, ge=100, description="look at so many rows, drawn at random; left out: at all of them"
    )
    quasi_identifiers: Annotated[tuple[str, ...], Judged(by=_OF_CLASSES, fix="k_anonymity: {min: 5}")] = Field(
        (), description="columns that together may tell who a row is about: age, sex, postcode …"
    )
    sensitive: str | None = Field(None, description="the column that `l_diversity` is about; left out: the label")
    k: int = Field(5, ge=2, description="`rows_under_k` counts the rows that fewer than k share")
    engine: Literal["lockgate", "presidio"] = Field(
        "lockgate",
        description="`presidio`: Presidio too, which finds names and places in values and `files` where a spaCy model "
        "is installed; it believes them 0.85",
    )
    language: str = Field("en", pattern="[a-z]{2}", description="the language of the texts, for Presidio")

    @field_validator("files")
    @classmethod
    def _are_below(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if not name or name.startswith(("/", "~")) or ".." in name.split("/"):
                raise ValueError(f"{name!r} is no path below the policy's folder")
        return names

    @field_validator("entities")
    @classmethod
    def _are_known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        known = _known_entities()
        for name in names:
            if name not in known:
                raise ValueError(f"there is no entity {name!r}: {did_you_mean(name, known)}")
        return names

    @model_validator(mode="after")
    def _are_looked_for(self) -> "PrivacyParams":
        """What only Presidio finds would be found nowhere without it, and pass."""
        theirs = [name for name in self.entities if name not in entities()]
        if theirs and self.engine != "presidio":
            raise ValueError(f"only Presidio finds the entity {theirs[0]!r}: add `engine: presidio`, or leave it out")
        return self


def _count(meaning: str) -> Metric:
    return Metric(direction="lower", low=0, meaning=meaning)


METRICS: Mapping[str, Metric] = {
    "pii_cells": Metric(
        direction="lower",
        low=0,
        high=1,
        unit="share",
        meaning="Share of the values that hold personal data: of all, of each column, of each entity in it.",
    ),
    "pii_columns": _count("Number of columns whose name or contents speak of personal data."),
    "secrets": _count("Number of values, lines of files and texts in the model's file that hold a key or token."),
    "files_with_pii": _count("Number of files (those named, the policy, the model's) with personal data or a secret."),
    "k_anonymity": Metric(
        direction="higher", low=1, meaning="Rows of the smallest class that is alike in all quasi-identifiers."
    ),
    "rows_under_k": Metric(
        direction="lower", low=0, high=1, unit="share", meaning="Share of the rows whose class is smaller than `k`."
    ),
    "l_diversity": Metric(
        direction="higher", low=1, meaning="Fewest different values of the sensitive column in a class."
    ),
}
"""All metrics that the gate measures, by name."""


class Privacy:
    """Personal data and secrets where a model's data, files and texts should hold none.

    What it checks
    Every value of every column, the names of the columns, the text files that `files` names, the policy itself and the
    printable text inside of the candidate's file, which is never opened for it. It looks for e-mail addresses,
    telephone and card numbers, IBANs, national identifiers of some thirty countries, device addresses, and for secrets:
    private keys, tokens, passwords in addresses. A pattern alone is seldom enough: check digits, the column's name and
    the words around a match make it more or less believed, and a column in which as many values pass the check digits
    as chance lets pass is none. `confidence` says how far a finding must be believed.

    It also measures how alone the rows stand that share the `quasi_identifiers`: the smallest class (k-anonymity), the
    share of rows in classes under `k`, and the fewest different values of a sensitive column in a class (l-diversity).

    What it finds it never shows or keeps: only where, what kind, and how often. Other gates name columns, classes and
    frequent categories as the data hold them.

    Every number is a fact about the values at hand, and has a margin only where `sample` rows were looked at.

    Why it matters
    A model that is trained on personal data may repeat it, and whoever is given the model, its card or its test data
    is given the persons. A key in a model's folder opens whatever it opens, to everybody who downloads the model.

    How to mend a failure
    The finding names the column or the file's line, and the entity. Drop the column, or replace its values before the
    data leave their place. Where persons have agreed, name the column in `allow_columns`, so that the policy says so.
    A secret that stood in a file is known: revoke it first, then remove it. Classes that are too small grow when ages
    become decades and postcodes lose their last digits.
    """

    api: ClassVar[int] = API
    dimension: ClassVar[str] = "privacy"
    params = PrivacyParams
    needs: ClassVar[Needs] = Needs(data="validation", artifact="if_there")
    metrics: ClassVar[Mapping[str, Metric]] = METRICS
    libraries: ClassVar[Sequence[str]] = ("lockgate", "numpy", "pyarrow", "presidio-analyzer")
    examples: ClassVar[Sequence[Example]] = (
        Example(
            name="order numbers, versions and dates are nobody's",
            policy="metrics: {pii_cells: {max: 0}, pii_columns: {max: 0}, secrets: {max: 0}}",
            status=Status.PASS,
            data={
                "order": ["4111111111111112", "2024-000123", "A-77"],
                "version": ["4.18.0.1", "1.2.3.4", "10.0.0.2"],
                "day": ["2024-02-29", "2024-03-01", "2024-03-02"],
                "amount": [1200, 75, 310000],
            },
        ),
        Example(
            name="an e-mail address in a free text",
            policy="metrics: {pii_cells: {max: 0}}",
            status=Status.FAIL,
            data={"note": ["call back", "write to jane.doe@example.org", "done"], "amount": [1200, 75, 31]},
        ),
        Example(
            name="a column that may hold addresses, and in another one a national identifier",
            policy="{allow_columns: [email], metrics: {pii_columns: {max: 0}}}",
            status=Status.FAIL,
            data={"email": ["a@example.org", "b@example.org"], "key": ["131052-308T", "no"]},
        ),
        Example(
            name="every class has five rows and two outcomes",
            policy="{quasi_identifiers: [age, sex], sensitive: ill, k_anonymity: {min: 5}, l_diversity: {min: 2}}",
            status=Status.PASS,
            data={"age": ["20-30"] * 5 + ["30-40"] * 5, "sex": ["F"] * 5 + ["M"] * 5, "ill": [0, 1, 0, 0, 0] * 2},
        ),
        Example(
            name="bytes are not looked into",
            policy="metrics: {pii_cells: {max: 0}}",
            status=Status.ERROR,
            data={"picture": [b"\x89PNG", b"\x89PNG"]},
        ),
    )

    def __init__(self) -> None:
        self._files_are_told = False

    def measure(self, params: PrivacyParams, evidence: Evidence) -> Iterator[Measurement | Missing]:
        """Look through the data, then through the files, then measure the classes."""
        finder = _finder(params)
        if any(map(evidence.asks, _OF_DATA)):
            yield from _data(params, evidence, finder)
        # Files belong to no data set: a gate that looks at several tells of them once.
        if not self._files_are_told and (evidence.asks("secrets") or evidence.asks("files_with_pii")):
            self._files_are_told = True
            yield from _files(params, evidence, finder)
        if any(map(evidence.asks, _OF_CLASSES)):
            yield from _classes(params, evidence)


def _finder(params: PrivacyParams) -> Finder:
    known = entities().values()
    wanted = [e for e in known if e.kind == "secret" or not params.entities or e.name in params.entities]
    own = Detector(wanted, params.confidence)
    if params.engine == "lockgate":
        return own
    from lockgate.pii.presidio import with_presidio

    return with_presidio(own, params.confidence, params.language, params.entities)


# --- the data ---------------------------------------------------------------------------------------------------------


def _data(params: PrivacyParams, evidence: Evidence, finder: Finder) -> Iterator[Measurement | Missing]:
    data, found = evidence.data, list[ColumnReport]()
    scanned = reports(data, finder, allow=params.allow_columns, sample=params.sample, seed=evidence.seed)
    for number, report in enumerate(scanned, 1):
        evidence.step("looking for personal data", number, len(data.schema))
        found.append(report)
        yield from _column(report, sampled=len(report.cells) < data.rows)
    rows = len(found[0].cells)
    unread = [report for report in found if report.unread is not None and not report.allowed]
    if unread:
        reason = f"column {unread[0].name!r}: {unread[0].unread}; or name it in allow_columns"
        yield from (Missing(metric=name, reason=reason, rows=rows) for name in _OF_DATA)
        return
    judged = [report for report in found if not report.allowed]
    value, law = law_of_cells([r.cells for r in judged], [r.personal for r in judged], sampled=rows < data.rows)
    hits = sum(int(report.personal.sum()) for report in judged)
    said = f"{hits:,} values in {sum(report.personal.any() for report in judged)} columns" if hits else ""
    idle = _idle(params.allow_columns, tuple(data.schema), found)
    note = "; ".join(part for part in (said, idle, finder.note) if part)
    yield Measurement(metric="pii_cells", value=value, uncertainty=law, rows=rows, note=note)
    yield _columns(judged, rows, idle, sampled=rows < data.rows)
    secrets = sum(report.secret_rows for report in found)
    held = exact(float(secrets), rows) if rows == data.rows else None
    yield Measurement(metric="secrets", value=float(secrets), uncertainty=held, rows=rows)


def _idle(globs: Sequence[str], columns: Sequence[str], found: Sequence[ColumnReport]) -> str:
    """What `allow_columns` names and the data do not hold; told and no error, as another data set may hold it."""
    idle = [glob for glob in globs if not any(matches(column, glob) for column in columns)]
    meant = [nearest(glob, [report.name for report in found]) for glob in idle]
    named = (f"{glob!r}{'' if near is None else f' (is it {near!r}?)'}" for glob, near in zip(idle, meant, strict=True))
    return f"`allow_columns` names no column here by {', '.join(named)}" if idle else ""


def _column(report: ColumnReport, *, sampled: bool) -> Iterator[Measurement | Missing]:
    """The share of a column's values, then of each entity in it; and the secrets, where it holds any."""
    at, rows, cells = At(column=report.name), len(report.cells), int(report.cells.sum())
    for entity, count in report.secrets.items():
        yield Measurement(metric="secrets", value=float(count), at=At(column=report.name, case=entity), rows=rows)
    if report.allowed:
        yield Missing(metric="pii_cells", at=at, reason="the policy allows personal data in it", rows=rows, listed=True)
        return
    if report.unread is not None:
        yield Missing(metric="pii_cells", at=at, reason=f"{report.unread}; or name it in allow_columns", rows=rows)
        return
    for case, count in ((None, int(report.personal.sum())), *report.counts.items()):
        value, law = law_of_share(count, cells, sampled=sampled)
        note = f"{count:,} of {cells:,} values" if count else ""
        place = At(column=report.name, case=case)
        yield Measurement(metric="pii_cells", value=value, at=place, uncertainty=law, rows=rows, note=note)


def _columns(judged: Sequence[ColumnReport], rows: int, idle: str, *, sampled: bool) -> Measurement:
    held = [report for report in judged if report.counts or report.by_name]
    listed = [
        {"column": report.name, "by_name": list(report.by_name), "values": dict(report.counts)}
        for report in held[:_MOST_LISTED]
    ]
    said = ", ".join(_said(report) for report in held[:5]) + (" …" if len(held) > 5 else "")
    return Measurement(
        metric="pii_columns",
        value=float(len(held)),
        uncertainty=None if sampled else exact(float(len(held)), rows),
        rows=rows,
        note="; ".join(part for part in (said, idle) if part),
        details={"columns": listed},
    )


def _said(report: ColumnReport) -> str:
    entities = dict.fromkeys((*report.counts, *report.by_name))
    return f"{report.name} ({', '.join(entities)}{'' if report.counts else ', by its name'})"


# --- files ------------------------------------------------------------------------------------------------------------


def _files(params: PrivacyParams, evidence: Evidence, finder: Finder) -> Iterator[Measurement | Missing]:
    candidate = evidence.artifacts.get("candidate") if params.model_text else None
    found: list[Document] = []
    reason: str | None = None
    asked = documents(
        params.files,
        evidence.policy.parent,
        finder,
        policy=evidence.policy if params.policy_text and evidence.policy.is_file() else None,
        model=None if candidate is None else candidate.path,
    )
    for name, look in asked:
        evidence.step(f"looking through {name}")
        try:
            document = look(finder)
        except EvidenceError as error:
            reason = f"{name}: {error.what}{f'; {error.fix}' if error.fix else ''}"
            yield Missing(metric="secrets", at=At(case=name), reason=reason)
            continue
        found.append(document)
        yield Measurement(metric="secrets", value=float(document.secrets), at=At(case=name), note=document.places)
    if reason is not None or not found:
        yield Missing(metric="files_with_pii", reason=reason or "there is no file to look through; name `files`")
        return
    held = [document for document in found if document.counts]
    yield Measurement(
        metric="files_with_pii",
        value=float(len(held)),
        uncertainty=exact(float(len(held)), len(found)),
        note="; ".join(f"{document.name}: {document.places}" for document in held[:5]),
        details={"files": [{"file": d.name, "values": dict(d.counts)} for d in held[:_MOST_LISTED]]},
    )


# --- classes ----------------------------------------------------------------------------------------------------------


def _classes(params: PrivacyParams, evidence: Evidence) -> Iterator[Measurement | Missing]:
    data, quasi = evidence.data, params.quasi_identifiers
    sensitive = params.sensitive or evidence.label
    diverse = sensitive is not None and sensitive not in quasi
    if not quasi:
        yield from (Missing(metric=name, reason="name `quasi_identifiers`", rows=data.rows) for name in _OF_CLASSES)
        return
    asked = evidence.asks("l_diversity") and diverse
    columns = (*quasi, sensitive) if asked and sensitive is not None else quasi
    try:
        found = classes_of(data.counts(columns), sensitive=asked)
    except EvidenceError as error:
        yield from (Missing(metric=name, reason=error.what, rows=data.rows) for name in _OF_CLASSES)
        return
    values = {"k_anonymity": float(found.smallest), "rows_under_k": found.under(params.k) / data.rows}
    if asked:
        values["l_diversity"] = float(found.least_values)
    else:
        reason = "name the `sensitive` column, which is no quasi-identifier; there is no label to take for it"
        yield Missing(metric="l_diversity", reason=reason, rows=data.rows)
    note = f"{len(found.sizes):,} classes"
    for name, value in values.items():
        yield Measurement(metric=name, value=value, uncertainty=exact(value, data.rows), rows=data.rows, note=note)
