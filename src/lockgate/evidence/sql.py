"""SQL conditions of the policy over a data set's rows, through DuckDB: in memory, with no access to anything else."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
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

_CLOCKS = frozenset(
    {
        *("current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"),
        *("current_localtime", "current_localtimestamp", "ago", "pg_conf_load_time", "pg_postmaster_start_time"),
    }
)
"""What tells the time; some of it is listed by DuckDB as if it did not, by its version."""

_STATES = frozenset({"current_setting", "getvariable", "query", "query_table"})
"""What tells of the session or the machine, or runs SQL that stands in a text and is seen by nobody."""


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

    with closed_connection() as connection:
        tree = _tree(connection, condition, place)
        check_repeatable(connection, tree, source.schema, place)
        row = free_name(source.schema)
        try:
            connection.register("data", _table(source, named_in(source.schema, tree, where=source.where), row))
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


@contextmanager
def closed_connection() -> Iterator["duckdb.DuckDBPyConnection"]:
    """DuckDB in memory, with no access to files, the network, extensions or this program's variables."""
    import duckdb

    with duckdb.connect(":memory:", config={"allow_unsigned_extensions": "false"}) as connection:
        for name, value in _SETTINGS.items():
            connection.execute(f"SET {name} = '{value}'")
        connection.execute("SET lock_configuration = true")
        yield connection


def _tree(connection: "duckdb.DuckDBPyConnection", condition: str, place: str) -> Any:
    """The condition's syntax tree.

    Raises:
        UsageError: it is no single condition.
    """
    whole = parsed(connection, f"SELECT 1 FROM data WHERE (\n{condition}\n)")  # noqa: S608 (parsed, not run)
    if whole["error"]:
        raise _mistake(condition, whole["error_message"], place)
    plain = parsed(connection, "SELECT 1 FROM data WHERE (true)")
    statements = whole["statements"]
    if len(statements) != 1 or _frame_of(statements[0]) != _frame_of(plain["statements"][0]):
        raise _mistake(condition, "it is more than one condition", place)
    return statements[0]["node"]["where_clause"]


def parsed(connection: "duckdb.DuckDBPyConnection", query: str) -> Any:
    """The syntax tree of a query, or the error in it, as DuckDB writes them."""
    ((text,),) = connection.execute("SELECT json_serialize_sql(CAST(? AS VARCHAR))", [query]).fetchall()
    return json.loads(text)


def _frame_of(statement: dict[str, Any]) -> str:
    """A statement without its condition and places: what a condition must leave as it is."""
    node = {key: value for key, value in statement["node"].items() if key != "where_clause"}
    return json.dumps([node.get("type"), node.get("modifiers"), sorted(node), without_places(node)], sort_keys=True)


def without_places(tree: Any) -> Any:
    """A syntax tree without where in the text its parts stand."""
    if isinstance(tree, dict):
        return {key: without_places(value) for key, value in tree.items() if not key.startswith("query_location")}
    return [without_places(value) for value in tree] if isinstance(tree, list) else tree


def nodes_of(tree: Any) -> Iterator[dict[str, Any]]:
    """All nodes of a syntax tree."""
    if isinstance(tree, dict):
        yield tree
    for value in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from nodes_of(value)


def names_in(node: dict[str, Any]) -> list[str]:
    """The names in a reference to a column: its own, perhaps after its table's."""
    return list(node["column_names"]) if node.get("class") == "COLUMN_REF" else []


def named_in(schema: Iterable[str], tree: Any, *, where: str) -> list[str]:
    """The columns that some SQL names, as SQL finds them: whatever their case. All of them for a `*`.

    Raises:
        EvidenceError: it names a column that differs from another one by case alone.
    """
    said: set[str] = set()
    named: dict[str, str] = {}
    star = False
    for node in nodes_of(tree):
        star |= node.get("class") == "STAR"
        said |= {name.casefold() for name in names_in(node)}
    for name in schema:
        if not star and name.casefold() not in said:
            continue
        twin = named.setdefault(name.casefold(), name)
        if twin != name:
            what = f"the columns {twin!r} and {name!r} are one to SQL, which does not look at case"
            raise EvidenceError(what, where=where, fix="rename or remove one of them")
    return list(named.values())


def check_repeatable(connection: "duckdb.DuckDBPyConnection", tree: Any, columns: Iterable[str], place: str) -> None:
    """See that the condition gives the same answer each time: no chance, no clock, no state."""
    calls = [node for node in nodes_of(tree) if node.get("class") in {"FUNCTION", "WINDOW"}]
    said = {node["function_name"].lower() for node in calls}
    # `current_date` looks like a column to the parser.
    said |= {name.lower() for node in nodes_of(tree) for name in names_in(node)} - {name.casefold() for name in columns}
    fix = "use the row's own columns"
    if clocks := said & _CLOCKS:
        raise UsageError(f"{min(clocks)} changes with the clock", where=place, fix=fix)
    if any(node["function_name"].lower() == "age" and _arguments(node) != 2 for node in calls):
        raise UsageError("age() of one time changes with the clock", where=place, fix="give it two times of the row")
    if any(node.get("sample") for node in nodes_of(tree)):
        raise UsageError("a sample gives another answer each time", where=place, fix="use all rows of `data`")
    if found := min(said & _STATES or _unsteady(connection, said), default=None):
        raise UsageError(f"{found}() gives another answer each time", where=place, fix=fix)


def _unsteady(connection: "duckdb.DuckDBPyConnection", said: set[str]) -> set[str]:
    """Which functions are unsteady in every form that DuckDB lists.

    Those that are so in some forms only, by DuckDB 2.0.1 even `+`, `-` and `year`, hang on the session's zone where a
    time has one, and the session's zone is always UTC.
    """
    if not said:
        return set()
    marks = ", ".join("?" for _ in said)
    query = f"SELECT function_name FROM duckdb_functions() WHERE function_name IN ({marks}) GROUP BY 1 HAVING bool_and(stability <> 'CONSISTENT')"  # noqa: E501, S608 (placeholders)
    return {name for (name,) in connection.execute(query, sorted(said)).fetchall()}


def _arguments(call: dict[str, Any]) -> int:
    """How many arguments a call gives; DuckDB 2 lists them under another name than 1."""
    return len(call.get("children") or call.get("arguments") or ())


def _table(source: ArrowSource, names: list[str], row: str) -> pa.Table:
    """The columns in plain types, and the rows' numbers."""
    numbers = pa.Array.from_buffers(pa.int64(), source.rows, [None, pa.py_buffer(np.arange(source.rows))])
    columns = [plain_column(source.column(name)) for name in names]
    return pa.Table.from_arrays([numbers, *columns], names=[row, *names])


def plain_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column in a plain type, NaN as missing; without a type in which a minus of a number wraps round or breaks."""
    if pa.types.is_dictionary(column.type):
        return pc.cast(column, column.type.value_type)
    if pa.types.is_unsigned_integer(column.type):
        high = pc.max(column).as_py()  # up to 2⁶⁴, which int64 does not hold and decimals of 20 digits do
        return pc.cast(column, pa.decimal128(20, 0) if high is not None and high >= 2**63 else pa.int64())
    if pa.types.is_floating(column.type):
        return pc.if_else(pc.is_nan(column), pa.NULL, column)
    return column


def free_name(schema: Iterable[str]) -> str:
    """A name for the rows' numbers that no column has."""
    taken = {name.casefold() for name in schema}
    name = "lockgate_row"
    while name in taken:
        name += "_"
    return name


def _refused(source: ArrowSource, tree: Any, condition: str, error: Exception, place: str) -> UsageError:
    said = [name for node in nodes_of(tree) for name in names_in(node)]
    known = {name.casefold() for name in source.schema}
    unknown = [name for name in said if name.casefold() not in known and name != "data"]
    hint = did_you_mean(unknown[0], tuple(source.schema)) if unknown else ""
    return _mistake(condition, str(error), place, hint)


def _texts_for_numbers(
    connection: "duckdb.DuckDBPyConnection", source: ArrowSource, tree: Any, condition: str
) -> list[str]:
    """The named text columns, if the condition could be used were they numbers: then the data are at fault."""
    import duckdb

    named = named_in(source.schema, tree, where=source.where)
    texts = [name for name in named if source.schema[name].kind == "category"]
    if not texts:
        return []
    kinds = {name: plain_column(source.column(name).slice(0, 0)).type for name in named}
    kinds |= dict.fromkeys(texts, pa.float64())
    connection.register("data", pa.schema(list(kinds.items())).empty_table())
    try:
        connection.execute(f"SELECT 1 FROM data WHERE (\n{condition}\n)")  # noqa: S608 (the condition was parsed above)
    except duckdb.Error:
        return []
    return texts


def _mistake(condition: str, said: str, place: str, fix: str = "") -> UsageError:
    what = f"{condition!r} is no condition that can be used: {said.strip().splitlines()[0]}"
    return UsageError(what, where=place, fix=fix or "write what stands after WHERE, in DuckDB's SQL")
