"""Personal data and secrets in text files and in a model's file: how often, on which lines, never what."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from lockgate.evidence.files import is_glob
from lockgate.pii.detect import Finder
from lockgate.pii.files import lines, printable
from lockgate.pii.texts import Texts

MODEL = "candidate"
"""What the candidate's file is called: its path may be an address with a password in it."""

_MOST_PLACES = 3
_MEMBERS = (".npy", ".npz", ".bin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What was found in a file: how many lines or texts hold each entity, and which ones, in a few words."""

    name: str
    counts: Mapping[str, int] = field(default_factory=dict)
    secrets: int = 0
    places: str = ""


Look = Callable[[Finder], Document]


def documents(
    files: Sequence[str], base: Path, finder: Finder, *, policy: Path | None, model: Path | None
) -> Iterator[tuple[str, Look]]:
    """The files to look through, by name or, where that is itself personal, by number, and what looks; each once.

    Args:
        files: paths or globs below `base`.
        base: the policy's folder.
        finder: looks through their names.
        policy: the policy's file, where it is looked through.
        model: the candidate's file, where it is.
    """
    paths = {} if policy is None else {policy.resolve(): policy.name}
    for name in files:
        found = sorted(path for path in base.glob(name) if path.is_file()) if is_glob(name, base) else []
        for path in found or [base / name]:
            shown = path.relative_to(base).as_posix() if path.is_relative_to(base) else name
            paths.setdefault(path.resolve(), shown)
    personal = {found.text for found in finder.find(Texts.of(tuple(paths.values())), prose=False)}
    for number, (path, name) in enumerate(paths.items()):
        shown = f"(file {number + 1})" if number in personal else name
        prose = policy is None or path != policy.resolve()
        yield shown, partial(of_text, shown, path, personal=number in personal, prose=prose)
    if model is not None:
        yield MODEL, partial(of_model, model)


def of_text(name: str, path: Path, finder: Finder, *, personal: bool = False, prose: bool = True) -> Document:
    """What stands in a text file, which a policy is without being `prose`; its name counts where it is `personal`.

    Raises:
        EvidenceError: it is missing, too large, or no text.
    """
    texts = lines(path, name)
    held: dict[str, set[int]] = {}
    secret: set[int] = set()
    for each in finder.find(texts, prose=prose):
        line = int(texts.owner[each.text])
        held.setdefault(each.entity.name, set()).add(line)
        if each.entity.kind == "secret":
            secret.add(line)
    said = [f"{entity} on line {_listed(places)}" for entity, places in held.items()]
    counts = {entity: len(places) for entity, places in held.items()}
    if personal:
        said, counts = ["its name", *said], {"file_name": 1, **counts}
    return Document(name=name, counts=counts, secrets=len(secret), places=", ".join(said[:_MOST_PLACES]))


def of_model(path: Path, finder: Finder) -> Document:
    """What stands in the printable text of a model's file; a text that stands there twice counts once.

    skops tells objects apart by their addresses in memory, 15 digits on Linux. A file holds hundreds of them, so that
    some pass any check digits: they are left out.

    Raises:
        EvidenceError: it is too large, or its compression is broken.
    """
    held: dict[str, set[str]] = {}
    secret: set[str] = set()
    for texts in printable(path, MODEL):
        for each in finder.find(texts, prose=False):
            text = texts.text(each.text)
            value = text[each.start : each.end]
            if _is_address(value, before=text[: each.start], behind=text[each.end :]):
                continue
            held.setdefault(each.entity.name, set()).add(value)
            if each.entity.kind == "secret":
                secret.add(value)
    counts = {entity: len(values) for entity, values in held.items()}
    said = [f"{count} × {entity}" for entity, count in counts.items()]
    return Document(name=MODEL, counts=counts, secrets=len(secret), places=", ".join(said[:_MOST_PLACES]))


def _is_address(value: str, *, before: str, behind: str) -> bool:
    return value.isdigit() and (before.endswith('"__id__": ') or behind.startswith(_MEMBERS))


def _listed(places: set[int]) -> str:
    few = [str(place + 1) for place in sorted(places)[:_MOST_PLACES]]
    return ", ".join(few) + (" …" if len(places) > _MOST_PLACES else "")
