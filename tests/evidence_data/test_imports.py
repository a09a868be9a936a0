"""Reading data imports neither pandas nor SciPy, though both are installed: `pa.array` and `to_numpy` would."""

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from tests.evidence_data.opening import csv, parquet

WORK = """
import sys
from pathlib import Path
from lockgate.evidence.resolve import open_source
from lockgate.evidence.slices import make_groupings, make_slices
from lockgate.policy.model import Sensitive, SliceSpec

source = open_source(PATH, base=Path(), role="validation")
other = open_source(PATH, base=Path(), role="reference")
for name, column in source.schema.items():
    if column.kind != "category":
        source.distribution(name)
        source.numbers(name)
    source.counts((name,))
names = tuple(source.schema)
source.counts(names[:2])
assert source.distinct_rows(names) == 3
assert source.shared_rows(other, names) == 3
source.table(names)
source.facts()
source.verify()
make_slices(source, [SliceSpec(column="t")])
import duckdb
if int(duckdb.__version__.partition(".")[0]) >= 2:  # before, DuckDB itself imported pyarrow.dataset to read a table
    make_slices(source, [SliceSpec(name="some", where="f > 0.5 and t = 'a'")])
make_groupings(source, [Sensitive(column="t"), Sensitive(column="n", bins=(2.0,))])
print([name for name in ("pandas", "scipy", "sklearn", "polars", "pyarrow.dataset") if name in sys.modules])
"""
COLUMNS: dict[str, object] = {"n": [1, 2, None], "f": [0.5, None, 1.0], "t": ["a", None, "b"], "b": [True, None, False]}


def loaded(path: Path) -> str:
    """What the work on a file loads, in an interpreter of its own."""
    code = dedent(WORK).replace("PATH", repr(str(path)))
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("name", ["data.parquet", "data.csv"])
def test_files_are_read_without_pandas(tmp_path: Path, name: str) -> None:
    make = {"data.parquet": lambda: parquet(tmp_path, COLUMNS), "data.csv": lambda: csv(tmp_path, TEXT)}
    assert loaded(make[name]()) == "[]"


TEXT = "n,f,t,b\n1,0.5,a,true\n2,,,\n,1.0,b,false\n"


def test_arrow_files_are_read_without_pandas(tmp_path: Path) -> None:
    import pyarrow as pa

    path = tmp_path / "data.arrow"
    table = pa.table(COLUMNS)
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    assert loaded(path) == "[]"


def test_polars_and_arrow_tables_are_taken_without_pandas() -> None:
    code = """
    import sys
    from pathlib import Path
    import polars as pl
    from lockgate.evidence.resolve import open_source
    source = open_source(pl.DataFrame({"x": [1, 2], "t": ["a", None]}), base=Path(), role="validation")
    source.distribution("x")
    source.counts(("x", "t"))
    source.verify()
    print("pandas" in sys.modules)
    """
    done = subprocess.run([sys.executable, "-c", dedent(code)], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("False", "")
