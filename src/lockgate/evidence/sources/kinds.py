"""What Arrow's types mean to gates, and which column names a data set may have."""

import unicodedata
from collections.abc import Callable, Iterable, Sequence

import pyarrow as pa

from lockgate.errors import EvidenceError
from lockgate.evidence.view import Column

MAX_COLUMNS = 20_000
"""More columns than this are refused: a data set of a million columns is a transposed or broken file."""

# Letters of other alphabets that look like Latin ones, after case folding.
_LOOKALIKES = str.maketrans("аеорсухіјѕвкмнтαοικνρτυχ", "aeopcyxijsbkmhtaoikvptux")


def is_text(kind: pa.DataType) -> bool:
    """Whether a type holds text."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def is_binary(kind: pa.DataType) -> bool:
    """Whether a type holds bytes."""
    t = pa.types
    return bool(t.is_binary(kind) or t.is_large_binary(kind) or t.is_fixed_size_binary(kind) or t.is_binary_view(kind))


def is_view(kind: pa.DataType) -> bool:
    """Whether a type holds text or bytes as places in memory that values may share."""
    return bool(pa.types.is_string_view(kind) or pa.types.is_binary_view(kind))


def is_comparable(kind: pa.DataType) -> bool:
    """Whether values of a type can be told equal: all but nested ones and calendar intervals."""
    if isinstance(kind, pa.BaseExtensionType):
        return is_comparable(kind.storage_type)
    if pa.types.is_dictionary(kind):
        return is_comparable(kind.value_type)
    return not (pa.types.is_nested(kind) or pa.types.is_interval(kind))


def kind_of(kind: pa.DataType) -> str:
    """One of `view.KINDS` for an Arrow type; a column without any value counts as a category."""
    t = pa.types
    if t.is_boolean(kind):
        return "boolean"
    if t.is_integer(kind) or t.is_floating(kind) or t.is_decimal(kind):
        return "number"
    if is_text(kind) or t.is_null(kind):
        return "category"
    if t.is_dictionary(kind):
        return "category" if kind_of(kind.value_type) != "other" else "other"
    if t.is_date(kind) or t.is_time(kind) or t.is_timestamp(kind) or t.is_duration(kind):
        return "time"
    return "other"


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """A schema without metadata, with string and binary views as plain strings and bytes."""
    return pa.schema([pa.field(field.name, plain_type(field.type)) for field in schema])


def plain_type(kind: pa.DataType) -> pa.DataType:
    """A type with string and binary views as plain strings and bytes."""
    if pa.types.is_string_view(kind):
        return pa.large_string()
    if pa.types.is_binary_view(kind):
        return pa.large_binary()
    if pa.types.is_dictionary(kind):
        return pa.dictionary(kind.index_type, plain_type(kind.value_type), ordered=kind.ordered)
    return kind


def columns_of(schema: pa.Schema) -> dict[str, Column]:
    """The columns of a schema, in order."""
    return {f.name: Column(name=f.name, kind=kind_of(f.type), type=str(f.type)) for f in schema}


def check_names(names: Sequence[str], where: str) -> None:
    """See that there are columns, not too many, and that each has a name that none of the others looks like.

    Raises:
        EvidenceError: they have not.
    """
    if not names:
        raise EvidenceError("there are no columns", where=where, fix="give data with at least one column")
    if len(names) > MAX_COLUMNS:
        what = f"there are {len(names):,} columns, at most {MAX_COLUMNS:,} are read"
        raise EvidenceError(what, where=where, fix="give the columns that the policy speaks of; is it transposed?")
    blank = [number for number, name in enumerate(names, 1) if not name.strip()]
    if blank:
        raise EvidenceError(f"column {blank[0]} has no name", where=where, fix="name every column")
    for first, second in _twins(names, lambda name: name):
        what = f"two columns are called {first!r} (columns {_places(names, first, second)})"
        raise EvidenceError(what, where=where, fix="name each column once")
    for first, second in _twins(names, skeleton):
        what = f"columns {first!r} and {second!r} can hardly be told apart ({_difference(first, second)})"
        raise EvidenceError(what, where=where, fix="rename or remove one of them")


def skeleton(name: str) -> str:
    """What a name looks like: without spaces, case, accents' encoding, and with look-alike letters made equal."""
    folded = unicodedata.normalize("NFKC", name).casefold().translate(_LOOKALIKES)
    return "".join(c for c in folded if not c.isspace() and unicodedata.category(c) != "Cf")


def same_schema(first: pa.Schema, other: pa.Schema) -> str | None:
    """What differs between the schemas of two parts of a data set, or None: names, their order, types."""
    if first.names != other.names:
        missing = [name for name in first.names if name not in other.names]
        more = [name for name in other.names if name not in first.names]
        said = [f"{what} {', '.join(map(repr, some[:5]))}" for what, some in (("no", missing), ("also", more)) if some]
        return "there is " + " and ".join(said) if said else "the columns stand in another order"
    for one, two in zip(first, other, strict=True):
        if one.type != two.type:
            return f"column {one.name!r} is {two.type}, not {one.type}"
    return None


def _twins(names: Sequence[str], key: Callable[[str], str]) -> Iterable[tuple[str, str]]:
    seen: dict[str, str] = {}
    for name in names:
        if key(name) in seen:
            yield seen[key(name)], name
        seen.setdefault(key(name), name)


def _places(names: Sequence[str], first: str, second: str) -> str:
    return " and ".join(str(number) for number, name in enumerate(names, 1) if name in {first, second})


def _difference(first: str, second: str) -> str:
    if first.casefold() == second.casefold():
        return "case"
    if "".join(first.split()) == "".join(second.split()):
        return "spaces"
    return "case, spaces or letters that look alike"
