"""SQL conditions of the policy over a data set's rows, through DuckDB: in memory, with no access to anything else."""

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lockgate.errors import EvidenceError, UsageError, did_you_mean
from lockgate.evidence.files import first_line
from lockgate.evidence.sources.arrow import ArrowSource

if TYPE_CHECKING:
    import duckdb

_SETTINGS = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",  # else a name in SQL may be a variable of this program
    "threads": "1",
    "TimeZone": "UTC",
}

_CLOCKS = frozenset({"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"})


def rows_where(source: ArrowSource, condition: str, *, place: str) -> NDArray[np.bool_]:
    """Which rows meet an SQL condition (n,). Where it is NULL a row does not meet it; NaN counts as NULL.

    The condition may use the columns' names, DuckDB's functions and sub-queries over `data`, these rows.

    Args:
        source: the data set.
        condition: what stands after WHERE.
        place: where in the policy it stands, for messages.

    Raises:
        UsageError: it is no condition, names an unknown column, or does not give the same answer each time.
        EvidenceError: a column that it names cannot be read, is text where the condition would work on numbers, or has
            a name that SQL takes for another column's too.
    """
    import duckdb

    with duckdb.connect(":memory:", config={"allow_unsigned_extensions": "false"}) as connection:
        for name, value in _SETTINGS.items():
            connection.execute(f"SET {name} = '{value}'")
        connection.execute("SET lock_configuration = true")
        tree = _tree(connection, condition, place)
        _check_repeatable(connection, tree, source.schema, place)
        row = _free_name(source)
        try:
            connection.register("data", _table(source, _named(source, tree), row))
            found = connection.execute(f'SELECT "{row}" FROM data WHERE (\n{condition}\n)').fetchnumpy()[row]  # noqa: S608 (the condition was parsed above)
        except duckdb.Error as error:
            if texts := _texts_for_numbers(connection, source, tree, condition):
                what = f"{condition!r} needs numbers, and {', '.join(map(repr, texts))} is text: {first_line(error)}"
                fix = "give numbers as numbers, or mend the slice"
                raise EvidenceError(what, where=f"{source.where}, {place}", fix=fix) from error
            raise _refused(source, tree, condition, error, place) from error
    mask = np.zeros(source.rows, np.bool_)
    mask[np.asarray(found, np.int64)] = True
    return mask


def _tree(connection: "duckdb.DuckDBPyConnection", condition: str, place: str) -> Any:
    """The condition's syntax tree.

    Raises:
        UsageError: it is no single condition.
    """
    whole = _parsed(connection, f"SELECT 1 FROM data WHERE (\n{condition}\n)")  # noqa: S608 (parsed, not run)
    if whole["error"]:
        raise _mistake(condition, whole["error_message"], place)
    plain = _parsed(connection, "SELECT 1 FROM data WHERE (true)")
    statements = whole["statements"]
    if len(statements) != 1 or _frame_of(statements[0]) != _frame_of(plain["statements"][0]):
        raise _mistake(condition, "it is more than one condition", place)
    return statements[0]["node"]["where_clause"]


def _parsed(connection: "duckdb.DuckDBPyConnection", query: str) -> Any:
    ((text,),) = connection.execute("SELECT json_serialize_sql(CAST(? AS VARCHAR))", [query]).fetchall()
    return json.loads(text)


def _frame_of(statement: dict[str, Any]) -> str:
    """A statement without its condition and places: what a condition must leave as it is."""
    node = {key: value for key, value in statement["node"].items() if key != "where_clause"}
    return json.dumps([node.get("type"), node.get("modifiers"), sorted(node), _without_places(node)], sort_keys=True)


def _without_places(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _without_places(value) for key, value in tree.items() if not key.startswith("query_location")}
    return [_without_places(value) for value in tree] if isinstance(tree, list) else tree


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
    for value in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from _nodes(value)


def _names(node: dict[str, Any]) -> list[str]:
    """The names in a reference to a column: its own, perhaps after its table's."""
    return list(node["column_names"]) if node.get("class") == "COLUMN_REF" else []


def _named(source: ArrowSource, tree: Any) -> list[str]:
    """The columns that the condition names, as SQL finds them: whatever their case. All of them for a `*`."""
    said: set[str] = set()
    named: dict[str, str] = {}
    star = False
    for node in _nodes(tree):
        star |= node.get("class") == "STAR"
        said |= {name.casefold() for name in _names(node)}
    for name in source.schema:
        if not star and name.casefold() not in said:
            continue
        twin = named.setdefault(name.casefold(), name)
        if twin != name:
            what = f"the columns {twin!r} and {name!r} are one to SQL, which does not look at case"
            raise EvidenceError(what, where=source.where, fix="rename or remove one of them")
    return list(named.values())


def _check_repeatable(connection: "duckdb.DuckDBPyConnection", tree: Any, columns: Iterable[str], place: str) -> None:
    """See that the condition gives the same answer each time: no chance, no clock, no state."""
    said = {node["function_name"].lower() for node in _nodes(tree) if node.get("class") == "FUNCTION"}
    # `current_date` looks like a column to the parser.
    said |= {name.lower() for node in _nodes(tree) for name in _names(node)} - {name.casefold() for name in columns}
    if clocks := said & _CLOCKS:
        raise UsageError(f"{min(clocks)} changes with the clock", where=place, fix="use the row's own columns")
    if not said:
        return
    marks = ", ".join("?" for _ in said)
    query = f"SELECT function_name FROM duckdb_functions() WHERE stability <> 'CONSISTENT' AND function_name IN ({marks}) ORDER BY 1"  # noqa: E501, S608 (placeholders)
    found = connection.execute(query, sorted(said)).fetchall()
    if found:
        what = f"{found[0][0]}() gives another answer each time"
        raise UsageError(what, where=place, fix="use the row's own columns")


def _table(source: ArrowSource, names: list[str], row: str) -> pa.Table:
    """The columns in plain types, and the rows' numbers."""
    numbers = pa.Array.from_buffers(pa.int64(), source.rows, [None, pa.py_buffer(np.arange(source.rows))])
    columns = [_plain(source.column(name)) for name in names]
    return pa.Table.from_arrays([numbers, *columns], names=[row, *names])


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        return pc.cast(column, column.type.value_type)
    if pa.types.is_floating(column.type):
        return pc.if_else(pc.is_nan(column), pa.NULL, column)
    return column


def _free_name(source: ArrowSource) -> str:
    """A name for the rows' numbers that no column has."""
    taken = {name.casefold() for name in source.schema}
    name = "lockgate_row"
    while name in taken:
        name += "_"
    return name


def _refused(source: ArrowSource, tree: Any, condition: str, error: Exception, place: str) -> UsageError:
    said = [name for node in _nodes(tree) for name in _names(node)]
    known = {name.casefold() for name in source.schema}
    unknown = [name for name in said if name.casefold() not in known and name != "data"]
    hint = did_you_mean(unknown[0], tuple(source.schema)) if unknown else ""
    return _mistake(condition, str(error), place, hint)


def _texts_for_numbers(
    connection: "duckdb.DuckDBPyConnection", source: ArrowSource, tree: Any, condition: str
) -> list[str]:
    """The named text columns, if the condition could be used were they numbers: then the data are at fault."""
    import duckdb

    named = _named(source, tree)
    texts = [name for name in named if source.schema[name].kind == "category"]
    if not texts:
        return []
    kinds = {name: pa.float64() if name in texts else _plain(source.column(name).slice(0, 0)).type for name in named}
    connection.register("data", pa.schema(list(kinds.items())).empty_table())
    try:
        connection.execute(f"SELECT 1 FROM data WHERE (\n{condition}\n)")  # noqa: S608 (the condition was parsed above)
    except duckdb.Error:
        return []
    return texts


def _mistake(condition: str, said: str, place: str, fix: str = "") -> UsageError:
    what = f"{condition!r} is no condition that can be used: {said.strip().splitlines()[0]}"
    return UsageError(what, where=place, fix=fix or "write what stands after WHERE, in DuckDB's SQL")
