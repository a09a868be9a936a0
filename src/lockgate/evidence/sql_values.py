"""A number for each row by SQL of the policy, through DuckDB: in memory, with no access to anything else."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from lockgate.errors import EvidenceError, UsageError, did_you_mean
from lockgate.evidence.sql import (
    check_repeatable,
    closed_connection,
    free_name,
    named_in,
    names_in,
    nodes_of,
    parsed,
    plain_column,
    without_places,
)
from lockgate.evidence.view import Codes, Floats, Label, Source

if TYPE_CHECKING:
    import duckdb

_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL", "UTINYINT")
_UNSIGNED = ("USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT")


def row_values(source: Source, expression: str, own: Mapping[str, pa.Array], *, place: str) -> Floats:
    """What an SQL expression gives for each row (n,), in the order of the rows.

    It may use the columns' names, those of `own` (which go before columns of the same name), DuckDB's functions and
    sub-queries over `data`, these rows.

    Args:
        source: the data set.
        expression: what stands after SELECT.
        own: further columns.
        place: where in the policy it stands, for messages.

    Raises:
        UsageError: it is no expression, names an unknown column, does not give the same answer each time, or gives no
            number for each row.
        EvidenceError: it gives NULL or what is not finite for some rows, or a column cannot be read.
    """
    import duckdb

    own_names = {name.casefold() for name in own}
    schema = [*own, *(name for name in source.schema if name.casefold() not in own_names)]
    with closed_connection() as connection:
        tree = _checked(connection, expression, place)
        check_repeatable(connection, tree, schema, place)
        row, held = free_name(schema), named_in(schema, tree, where=source.uri)
        taken = source.table([name for name in held if name not in own]) if set(held) - set(own) else None
        columns = [own[name] if name in own else plain_column(_column(taken, name)) for name in held]
        numbers = pa.Array.from_buffers(pa.int64(), source.rows, [None, pa.py_buffer(np.arange(source.rows))])
        connection.register("data", pa.Table.from_arrays([numbers, *columns], names=[row, *held]))
        inner = f'SELECT "{row}" AS place, (\n{expression}\n) AS value FROM data'  # noqa: S608 (the expression was parsed above)
        try:
            kind = connection.execute(f"SELECT typeof(value) FROM ({inner}) LIMIT 1").fetchone()  # noqa: S608 (as above)
            if kind is not None and not kind[0].startswith((*_NUMBERS, *_UNSIGNED)) and kind[0] != '"NULL"':
                raise _mistake(expression, f"it gives {kind[0]}, not a number", place)
            query = f"SELECT CAST(value AS DOUBLE) AS value FROM ({inner}) ORDER BY place"  # noqa: S608 (as above)
            found = connection.execute(query).fetchnumpy()["value"]
        except duckdb.Error as error:
            said = [name for node in nodes_of(tree) for name in names_in(node)]
            known = {name.casefold() for name in schema}
            unknown = [name for name in said if name.casefold() not in known and name != "data"]
            fix = did_you_mean(unknown[0], schema) if unknown else ""
            raise _mistake(expression, str(error), place, fix) from error
    if len(found) != source.rows:
        raise _mistake(expression, f"it gives {len(found)} values for {source.rows} rows", place)
    values = np.ma.filled(np.ma.asarray(found, dtype=np.float64), np.nan)
    broken = int(np.count_nonzero(~np.isfinite(values)))
    if broken:
        what = f"{expression.strip()!r} gives NULL or no finite number in {broken} of {source.rows} rows"
        fix = "say what such a row is worth, for example with coalesce(…, 0)"
        raise EvidenceError(what, where=f"{source.uri}, {place}", fix=fix)
    return values


def check_expression(expression: str, place: str) -> None:
    """Find what is wrong with an SQL expression before there are data to try it on.

    Raises:
        UsageError: it is no single expression, calls what there is not, looks at more than the rows, gives one value
            for all of them, or does not give the same answer each time.
    """
    with closed_connection() as connection:
        tree = _checked(connection, expression, place)
        # A name such as `current_date` may be a column of data that are not here: told when they are.
        columns = [name for node in nodes_of(tree) for name in names_in(node)]
        check_repeatable(connection, tree, columns, place)


def codes_column(codes: Codes, values: Sequence[Label]) -> pa.Array:
    """Coded values as a column: `values[codes[i]]` in row i."""
    return _values(values).take(_numbers(pa.int64(), codes))


def floats_column(values: Floats) -> pa.Array:
    """Numbers as a column."""
    return _numbers(pa.float64(), values)


def _numbers(kind: pa.DataType, values: Codes | Floats) -> pa.Array:
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])


def _values(values: Sequence[Label]) -> pa.Array:
    # `pa.array` would import pandas where it is installed.
    if all(isinstance(value, bool) for value in values):
        bits = np.packbits(np.array(values, dtype=np.bool_), bitorder="little")
        return pa.Array.from_buffers(pa.bool_(), len(values), [None, pa.py_buffer(bits)])
    if all(isinstance(value, int) for value in values):
        return _numbers(pa.int64(), np.array(values, dtype=np.int64))
    if all(isinstance(value, int | float) for value in values):
        return floats_column(np.array(values, dtype=np.float64))
    texts = [str(value).encode() for value in values]
    ends = np.cumsum([0, *map(len, texts)], dtype=np.int64)
    return pa.Array.from_buffers(
        pa.large_string(), len(texts), [None, pa.py_buffer(ends), pa.py_buffer(b"".join(texts))]
    )


def _column(table: Any, name: str) -> pa.ChunkedArray:
    return table.column(name)


def _tree(connection: "duckdb.DuckDBPyConnection", expression: str, place: str) -> Any:
    """The expression's syntax tree.

    Raises:
        UsageError: it is no single expression.
    """
    whole = parsed(connection, f"SELECT (\n{expression}\n) FROM data")  # noqa: S608 (parsed, not run)
    if whole["error"]:
        raise _mistake(expression, whole["error_message"], place)
    plain = parsed(connection, "SELECT (1) FROM data")
    statements = whole["statements"]
    if len(statements) != 1 or _frame_of(statements[0]) != _frame_of(plain["statements"][0]):
        raise _mistake(expression, "it is more than one expression", place)
    (tree,) = statements[0]["node"]["select_list"]
    return tree


def _checked(connection: "duckdb.DuckDBPyConnection", expression: str, place: str) -> Any:
    """The expression's syntax tree, if it can give a number for each row of any data.

    Raises:
        UsageError: it cannot.
    """
    tree = _tree(connection, expression, place)
    ctes = any(node.get("cte_map", {}).get("map") for node in nodes_of(tree))
    for node in nodes_of(tree):
        seen = node.get("table_name") if node.get("type") == "BASE_TABLE" else None
        if node.get("type") == "TABLE_FUNCTION" or (seen is not None and seen.casefold() != "data" and not ctes):
            what = "it reads more than the rows" if seen is None else f"there is no table {seen!r}"
            raise _mistake(expression, what, place, "use the row's own columns, or a sub-query over `data`, these rows")
    called = {node["function_name"].lower() for node in nodes_of(tree) if node.get("class") in {"FUNCTION", "WINDOW"}}
    kinds = dict(connection.execute("SELECT lower(function_name), function_type FROM duckdb_functions()").fetchall())
    unknown = sorted(name for name in called if name.isidentifier() and name not in kinds)
    if unknown:
        fix = did_you_mean(unknown[0], [name for name in kinds if name.isidentifier()])
        raise _mistake(expression, f"there is no function {unknown[0]!r}", place, fix)
    for name in _called_on_rows(tree):
        if kinds.get(name) == "aggregate":
            fix = f"write (SELECT {name}(…) FROM data), or {name}(…) OVER ()"  # noqa: S608 (words for a person)
            raise _mistake(expression, f"{name}() gives one value for all rows", place, fix)
    return tree


def _called_on_rows(tree: Any) -> Iterator[str]:
    """The functions that an expression calls by itself, and not in a sub-query or over a window."""
    if isinstance(tree, dict):
        if tree.get("class") == "SUBQUERY":
            return
        if tree.get("class") == "FUNCTION":
            yield tree["function_name"].lower()
    for part in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from _called_on_rows(part)


def _frame_of(statement: dict[str, Any]) -> Any:
    """A statement without its expression: what an expression must leave as it is."""
    node = {key: value for key, value in statement["node"].items() if key != "select_list"}
    return [len(statement["node"].get("select_list", ())), without_places(node)]


def _mistake(expression: str, said: str, place: str, fix: str = "") -> UsageError:
    what = f"{expression.strip()!r} is no value that can be used: {said.strip().splitlines()[0]}"
    return UsageError(what, where=place, fix=fix or "write what stands after SELECT, in DuckDB's SQL")
