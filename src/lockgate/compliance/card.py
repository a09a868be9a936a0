"""A model card as named fields: Hugging Face metadata and Markdown sections, or the Model Card Toolkit's JSON.

The fields are those of Mitchell et al., Model Cards for Model Reporting (2019), with what regulation asks besides.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lockgate.errors import EvidenceError

MOST_BYTES = 4 << 20
_MOST_METADATA = 256 << 10
_DEEP = 20

FIELDS: Mapping[str, str] = {
    "name": "what the model is called",
    "version": "which version of it this is",
    "owner": "who answers for it",
    "contact": "how the owner is reached",
    "licence": "under which licence it may be used",
    "description": "what it is and does",
    "intended_use": "what it is meant for, and for whom",
    "out_of_scope": "what it must not be used for",
    "training_data": "what it was trained on",
    "evaluation": "on what and how it was evaluated, with results",
    "limitations": "where it fails, and known bias",
    "risks": "whom it can harm and how that is kept small",
    "human_oversight": "who can override it, and how",
    "monitoring": "how it is watched in use",
    "review_date": "when it was last reviewed (ISO 8601)",
    "risk_class": "class under the EU AI Act: minimal, limited, high or unacceptable",
}
"""Every field, and what it says."""

_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "name": ("model_name", "model name", "title"),
    "version": ("model version", "model_version"),
    "owner": ("owners", "developed by", "model card authors", "developers", "maintainer"),
    "contact": ("model card contact", "contact information", "citation and contact"),
    "licence": ("license", "licenses", "licences"),
    "description": ("model details", "model description", "overview", "summary", "model summary"),
    "intended_use": ("intended use", "intended uses", "uses", "direct use", "use cases", "intended uses & limitations"),
    "out_of_scope": ("out-of-scope use", "out of scope", "out-of-scope uses", "misuse", "prohibited uses"),
    "training_data": ("datasets", "training data", "training details", "data"),
    "evaluation": ("evaluation data", "testing data", "results", "metrics", "performance", "evaluation results"),
    "limitations": ("bias, risks, and limitations", "limitations and bias", "bias", "caveats", "tradeoffs"),
    "risks": ("ethical considerations", "risks and harms", "risk management", "harms", "bias, risks, and limitations"),
    "human_oversight": ("human oversight", "oversight", "human in the loop"),
    "monitoring": ("post-market monitoring", "monitoring plan", "maintenance"),
    "review_date": ("review date", "last reviewed", "reviewed", "date"),
    "risk_class": ("risk class", "eu_ai_act", "ai act risk class", "risk category"),
}

_EMPTY = re.compile(
    r"\s*(\[?more information needed\]?|\[?to be (written|filled|added)[^\]]*\]?|to-?do|tbd|n/?a|none|unknown|fill in|"
    r"\.{3}|…|-+|xxx+|lorem ipsum.*|\[[^\]]*\]|<!--.*?-->|\{\{.*?\}\})[\s.:!]*",
    re.IGNORECASE | re.DOTALL,
)
_TAG = re.compile(r"</?[a-z][a-z0-9]*(?:\s[^<>]*)?/?>", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a card says, by the names of `FIELDS`; what only holds a place for text is not there."""

    fields: Mapping[str, str]

    def missing(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Those of some fields that the card does not say."""
        return tuple(name for name in names if name not in self.fields)


def read_card(path: Path) -> Card:
    """A card from its file: JSON is the Model Card Toolkit's, everything else Markdown with or without metadata.

    Raises:
        EvidenceError: it is missing, empty or broken.
    """
    text = text_of(path, "the model card")
    if text.lstrip().startswith("{"):
        return Card(fields=_told(_of_toolkit(text, str(path))))
    metadata, body = _split(text, str(path))
    pairs = [(key, _text(value)) for key, value in metadata.items()]
    return Card(fields=_told([*pairs, *_sections(body)]))


def text_of(path: Path, what: str) -> str:
    """A text file that people write.

    Raises:
        EvidenceError: it is missing, empty, too large or no text.
    """
    fix = "write it, or draft it with `lockgate card`; paths are relative to the policy file"
    try:
        if path.exists() and not path.is_file():
            raise EvidenceError(f"{what} is no file", where=str(path), fix="name the file itself")
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise EvidenceError(f"{what} cannot be read: {error.strerror}", where=str(path), fix=fix) from error
    if len(data) > MOST_BYTES:
        raise EvidenceError(f"{what} has over {MOST_BYTES >> 20} MiB", where=str(path), fix="name the card itself")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise EvidenceError(f"{what} is no UTF-8 text", where=str(path), fix="save it as UTF-8") from error
    if not text.strip():
        raise EvidenceError(f"{what} is empty", where=str(path), fix=fix)
    return text


def says_something(text: str) -> bool:
    """Whether a text is more than a place for one: letters or digits that are no tag, and no "TBD"."""
    bare = _TAG.sub(" ", text)
    return any(map(str.isalnum, bare)) and not _EMPTY.fullmatch(bare)


def _told(pairs: "list[tuple[str, str]]") -> dict[str, str]:
    """The fields that are told; of several places the first one that says something counts."""
    found: dict[str, str] = {}
    for key, text in pairs:
        if not says_something(text):
            continue
        for field in _fields_of(key):
            found.setdefault(field, text.strip())
    return found


def _fields_of(key: str) -> Iterator[str]:
    held = re.sub(r"\s+", " ", key.strip().lower().strip("*_:# "))
    for field, others in _SYNONYMS.items():
        if held in {field, field.replace("_", " "), *others}:
            yield field


def _split(text: str, where: str) -> tuple[Mapping[str, Any], str]:
    """Metadata between two lines of dashes, and the Markdown after it."""
    found = re.match(r"---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(\r?\n|$)", text, re.DOTALL)
    if found is None:
        return {}, text
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    metadata = found.group(1)
    if len(metadata) > _MOST_METADATA:
        what = f"the card's metadata have over {_MOST_METADATA >> 10} KiB"
        raise EvidenceError(what, where=where, fix="keep there what a reader looks up")
    try:
        _check_plain(YAML(typ="safe", pure=True).parse(metadata))
        held = YAML(typ="safe", pure=True).load(metadata)
    except (YAMLError, RecursionError, ValueError, TypeError) as error:
        said = " ".join(str(error).split())[:200]
        raise EvidenceError(f"the card's metadata are no YAML: {said}", where=where, fix="mend the block") from error
    if not isinstance(held, dict):
        raise EvidenceError("the card's metadata are no keys with values", where=where, fix="write `license: mit`")
    return {str(key): value for key, value in held.items()}, text[found.end() :]


def _check_plain(events: Iterator[Any]) -> None:
    """See that metadata are no bomb: aliases of aliases say a billion times what stands in a file once.

    Raises:
        ValueError: they hold an anchor or an alias, or are nested too deeply.
    """
    from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent

    deep = 0
    for event in events:
        deep += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if getattr(event, "anchor", None):
            raise ValueError("they hold an anchor or an alias: write the value out")
        if deep > _DEEP:
            raise ValueError("they are nested too deeply")


def _text(value: Any, deep: int = 3) -> str:
    """A value of the metadata in words."""
    if value is None or deep < 0:
        return ""
    if isinstance(value, dict):
        return ", ".join(part for part in (_text(held, deep - 1) for held in list(value.values())[:50]) if part)
    if isinstance(value, list):
        return ", ".join(part for part in (_text(held, deep - 1) for held in value[:50]) if part)
    return str(value)


def _sections(body: str) -> Iterator[tuple[str, str]]:
    """Each heading with all that stands under it, its own sub-headings included; and `**Name:** value` lines."""
    lines = list(_without_code(body))
    found = [(n, re.match(r"(#{1,6})\s+(.*)", line)) for n, line in enumerate(lines)]
    heads = [(n, len(match[1]), match[2]) for n, match in found if match is not None]
    ends, reached = dict[int, int](), [len(lines)] * 7  # where the nearest heading of a level, or of one above it, is
    for n, level, _ in reversed(heads):
        ends[n] = reached[level]
        reached[level:] = [n] * (7 - level)
    for start, _, title in heads:
        below = [line for line in lines[start + 1 : ends[start]] if not line.startswith("#")]
        text = "\n".join(line for line in below if says_something(line))
        yield re.sub(r"^\d+(\.\d+)*\.?\s*", "", title), text
    for line in lines:
        pair = re.match(r"(?:[-*]\s+)?\*\*([^*:]+):?\*\*:?\s*(.+)", line.strip())
        if pair is not None:
            yield pair.group(1), pair.group(2)


def _without_code(body: str) -> Iterator[str]:
    """Lines outside of fenced code and comments: a heading in an example is no section."""
    fenced = False
    for line in "".join(_without_comments(body)).splitlines():
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        elif not fenced:
            yield line


def _without_comments(body: str) -> Iterator[str]:
    """What stands between comments; one that has no end is none."""
    end = 0
    while (start := body.find("<!--", end)) >= 0 and (close := body.find("-->", start + 4)) >= 0:
        yield body[end:start]
        end = close + 3
    yield body[end:]


_TOOLKIT: Mapping[str, tuple[str, ...]] = {
    "name": ("model_details.name",),
    "version": ("model_details.version.name",),
    "review_date": ("model_details.version.date",),
    "owner": ("model_details.owners",),
    "contact": ("model_details.owners",),
    "licence": ("model_details.licenses",),
    "description": ("model_details.overview", "model_details.documentation"),
    "training_data": ("model_parameters.data",),
    "evaluation": ("quantitative_analysis.performance_metrics",),
    "intended_use": ("considerations.use_cases", "considerations.users"),
    "limitations": ("considerations.limitations", "considerations.tradeoffs"),
    "risks": ("considerations.ethical_considerations",),
}


def _of_toolkit(text: str, where: str) -> list[tuple[str, str]]:
    try:
        held = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise EvidenceError(f"the card is no JSON: {error}", where=where, fix="export it again") from error
    found = [(field, _text(_at(held, path), 5)) for field, paths in _TOOLKIT.items() for path in paths]
    return [*found, *((str(key), _text(value)) for key, value in held.items() if not isinstance(value, dict))]


def _at(held: Any, path: str) -> Any:
    for key in path.split("."):
        held = held.get(key) if isinstance(held, dict) else None
    return held
