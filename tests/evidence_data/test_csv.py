"""CSV files: what they may hold, and what is refused with its place. Numbers are those of the trust catalogue."""

import bz2
import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evidence_data.opening import csv, opened, refused, types

from lockgate.errors import EvidenceError
from lockgate.evidence.resolve import open_source
from lockgate.evidence.sources import kinds, limits
from lockgate.evidence.sources.arrow import ArrowSource
from lockgate.evidence.sources.csv import BLOCK
from lockgate.types import ExitCode


def column(source: ArrowSource, name: str) -> list[object]:
    values: list[object] = source.column(name).to_pylist()
    return values


def only(folder: Path, *cells: str) -> ArrowSource:
    """A data set of one column `x` with these cells, beside a column of row numbers."""
    return opened(csv(folder, "row,x\n" + "".join(f"{n},{cell}\n" for n, cell in enumerate(cells))))


# --- what columns are -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "type_", "values"),
    [
        (["1", "", "-3"], "int64", [1, None, -3]),
        (["0", "-0", "10"], "int64", [0, 0, 10]),
        (["1.5", "", "2e3", ".5"], "double", [1.5, None, 2000.0, 0.5]),
        (["true", "", "false"], "bool", [True, None, False]),
        (["True", "False"], "bool", [True, False]),
        (["a", "", "a"], "string", ["a", None, "a"]),
        (["", ""], "null", [None, None]),
        (["18446744073709551615"], "uint64", [2**64 - 1]),
        (['"a,b"', '"say ""hi"""'], "string", ["a,b", 'say "hi"']),
        (['""', "b"], "string", [None, "b"]),
    ],
)
def test_a_column_is_what_all_of_its_cells_are(
    tmp_path: Path, cells: list[str], type_: str, values: list[object]
) -> None:
    source = only(tmp_path, *cells)
    assert types(source)["x"] == type_
    assert column(source, "x") == values


def test_columns_that_must_stay_text_do(tmp_path: Path) -> None:
    path = csv(tmp_path, "id,x\n1,2\n3,4\n")
    source = open_source(path, base=tmp_path, role="validation", text_columns=frozenset({"id"}))
    assert types(source) == {"id": "string", "x": "int64"}
    assert column(source, "id") == ["1", "3"]


def test_types_come_from_all_parts_together(tmp_path: Path) -> None:
    csv(tmp_path, "x,y\n1,\n", "a.csv")
    csv(tmp_path, "x,y\n2.5,7\n", "b.csv")
    source = opened("*.csv", tmp_path)
    assert types(source) == {"x": "double", "y": "int64"}
    assert column(source, "y") == [None, 7]


def test_a_column_of_its_own_keeps_its_empty_lines_as_missing(tmp_path: Path) -> None:
    assert column(opened(csv(tmp_path, "x\n1\n\n3\n")), "x") == [1, None, 3]


def test_line_ends_of_windows_and_a_last_line_without_one(tmp_path: Path) -> None:
    assert column(opened(csv(tmp_path, "x,y\r\n1,2\r\n3,4")), "y") == [2, 4]


@given(st.lists(st.tuples(st.text('ab,"\n\r é', max_size=4), st.integers(-9, 9)), min_size=1, max_size=20))
def test_whatever_the_standard_library_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, int]]
) -> None:
    import csv as standard

    path = tmp_path_factory.mktemp("csv") / "data.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = standard.writer(file)
        writer.writerow(["text", "number"])
        writer.writerows(rows)
    source = open_source(path, base=path.parent, role="validation", text_columns=frozenset({"text"}))
    assert column(source, "text") == [text or None for text, _ in rows]
    assert column(source, "number") == [number for _, number in rows]


# --- bad inputs 37 to 62 ----------------------------------------------------------------------------------------------


def test_bad_input_37_missing_file(tmp_path: Path) -> None:
    csv(tmp_path, "x\n1\n", "there.csv")
    said = refused("gone.csv", tmp_path)
    assert "gone.csv: the file is missing" in said
    assert "there.csv" in said


def test_bad_input_38_zero_bytes(tmp_path: Path) -> None:
    assert "the file is empty" in refused(csv(tmp_path, ""))


def test_bad_input_39_header_only(tmp_path: Path) -> None:
    assert "there are no rows" in refused(csv(tmp_path, "age,sex\n"))
    assert "there are no rows" in refused(csv(tmp_path, "age,sex"))


def test_catalogue_19_empty_dataset_is_not_judged_and_names_role_and_file(tmp_path: Path) -> None:
    assert refused(csv(tmp_path, "age,sex\n", "empty.csv")).startswith(f"validation data {tmp_path / 'empty.csv'}: ")


def test_bad_input_40_no_header(tmp_path: Path) -> None:
    assert "no header: the first line holds numbers only" in refused(csv(tmp_path, "1,2.5,3\n4,5,6\n"))


def test_bad_input_41_duplicate_columns(tmp_path: Path) -> None:
    assert "two columns are called 'a' (columns 1 and 3)" in refused(csv(tmp_path, "a,b,a\n1,2,3\n"))


@pytest.mark.parametrize("header", ["a,", "a, ", ",b"])
def test_bad_input_42_blank_column_name(tmp_path: Path, header: str) -> None:
    assert "has no name" in refused(csv(tmp_path, f"{header}\n1,2\n"))


@pytest.mark.parametrize("twin", ["Age", " age", "аge", "a\u200bge", "ＡGE"])
def test_bad_input_43_names_that_can_hardly_be_told_apart(tmp_path: Path, twin: str) -> None:
    said = refused(csv(tmp_path, f"age,{twin}\n1,2\n"))
    assert "can hardly be told apart" in said
    assert repr(twin) in said


def test_bad_input_44_ragged_long_row(tmp_path: Path) -> None:
    assert "row 3 has 3 cells, the header has 2" in refused(csv(tmp_path, "a,b\n1,2\n3,4,5\n"))


def test_bad_input_45_ragged_short_row(tmp_path: Path) -> None:
    said = refused(csv(tmp_path, "a,b\n" + "1,2\n" * 100_000 + "3\n"))
    assert "row 100002 has 1 cells, the header has 2" in said


def test_bad_input_46_all_rows_one_longer(tmp_path: Path) -> None:
    assert "row 2 has 3 cells, the header has 2" in refused(csv(tmp_path, "a,b\n1,2,3\n4,5,6\n"))


def test_catalogue_33_a_ragged_file_never_shifts_its_columns(tmp_path: Path) -> None:
    assert "row 2 has 3 cells" in refused(csv(tmp_path, "label,score\nid1,1,0.5\nid2,0,0.7\n"))


@pytest.mark.parametrize(("separator", "called"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")])
def test_bad_input_47_wrong_delimiter(tmp_path: Path, separator: str, called: str) -> None:
    assert f"separated by {called}" in refused(csv(tmp_path, f"a{separator}b\n1{separator}2\n"))


def test_bad_input_48_unterminated_quote(tmp_path: Path) -> None:
    assert "the quote that opens in line 3 never closes" in refused(csv(tmp_path, 'a,b\n1,x\n2,"y\n3,z\n'))


@pytest.mark.parametrize("row", ['1,x"y', '1,"x"y', '1,"x""y" z', '"1" ,x'])
def test_bad_input_48_quote_in_the_middle_of_a_cell(tmp_path: Path, row: str) -> None:
    assert "line 3 has a quote in the middle of a cell" in refused(csv(tmp_path, f"a,b\n0,ok\n{row}\n"))


def test_bad_input_48_quotes_that_pair_up_wrongly_across_rows(tmp_path: Path) -> None:
    # A lenient reader takes both quotes as one pair, and the row between them as text.
    assert "quote in the middle" in refused(csv(tmp_path, 'a,b\n1,"x\n2,y"z\n'))


def blocks_with_quotes_at_their_ends(after: str) -> str:
    """Three blocks: one ends with a closing quote, one begins with `after` and has no quote, one begins in a cell."""
    first = "a,b\n" + "x,1\n" * (BLOCK // 4 - 3) + '"' + "z" * 6 + '"'
    second = after + ",1\n" + "x,1\n" * (BLOCK // 4 - 2)
    second += "x" * (BLOCK - len(second))
    return first + second + 'x,2\n"q",3\n'


def test_cells_may_end_where_blocks_do(tmp_path: Path) -> None:
    source = opened(csv(tmp_path, blocks_with_quotes_at_their_ends("")))
    text = column(source, "a")
    assert (len(text), text[BLOCK // 4 - 3], text[-1]) == (source.rows, "zzzzzz", "q")


def test_bad_input_48_a_quote_in_the_middle_of_a_cell_where_a_block_ends(tmp_path: Path) -> None:
    line = BLOCK // 4 - 1
    said = refused(csv(tmp_path, blocks_with_quotes_at_their_ends("oops")))
    assert f"line {line} has a quote in the middle of a cell" in said


def test_bad_input_48_a_byte_order_mark_inside_a_long_header_is_no_start_of_a_cell(tmp_path: Path) -> None:
    names = ",".join(f"{n:0999}" for n in range(BLOCK // 1000))
    header = names + "," + "x" * (BLOCK - len(names) - 1) + '\ufeff"q"'
    row = ",".join("1" for _ in header.split(","))
    assert "line 1 has a quote in the middle of a cell" in refused(csv(tmp_path, f"{header}\n{row}\n"))


def test_bad_input_49_embedded_newline_is_part_of_its_cell(tmp_path: Path) -> None:
    source = opened(csv(tmp_path, 'a,b\n1,"x\ny"\n2,z\n'))
    assert source.rows == 2
    assert column(source, "b") == ["x\ny", "z"]


def test_bad_input_50_other_encodings(tmp_path: Path) -> None:
    assert "line 3 is not UTF-8 (byte 0xE9)" in refused(csv(tmp_path, "a,b\n1,x\n2,é\n".encode("latin-1")))
    assert "UTF-16" in refused(csv(tmp_path, "a,b\n1,2\n".encode("utf-16")))
    assert "is not UTF-8" in refused(csv(tmp_path, b"a,b\n1,x" + b"\xc3"))


def test_bad_input_50_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    assert list(opened(csv(tmp_path, "\ufeffa,b\n1,2\n")).schema) == ["a", "b"]
    assert list(opened(csv(tmp_path, '\ufeff"a","b"\n1,2\n')).schema) == ["a", "b"]


def test_bad_input_51_nul_byte(tmp_path: Path) -> None:
    assert "line 2 holds a NUL byte" in refused(csv(tmp_path, b"a,b\n1,x\0y\n"))
    assert "line 1 holds a NUL byte" in refused(csv(tmp_path, "a,b\n1,2\n".encode("utf-16-le")))


def test_bad_input_52_decimal_comma_stays_text_and_says_so_where_a_number_is_needed(tmp_path: Path) -> None:
    source = only(tmp_path, '"1,5"', '"2,5"')
    assert source.schema["x"].kind == "category"
    with pytest.raises(EvidenceError, match="'x' is text, and numbers are needed") as caught:
        source.distribution("x")
    assert "decimal point instead of a decimal comma" in caught.value.fix
    assert "'9,9', each digit shown as 9" in caught.value.fix


@pytest.mark.parametrize("cell", ['"1,234,567"', '"1.234.567"', "1 234", "1'234.50"])
def test_bad_input_53_thousands_separator(tmp_path: Path, cell: str) -> None:
    source = only(tmp_path, cell, "7")
    with pytest.raises(EvidenceError) as caught:
        source.numbers("x")
    assert "thousands" in caught.value.fix


def test_bad_input_54_mixed_types_become_text(tmp_path: Path) -> None:
    source = only(tmp_path, "1", "two", "2020-01-01", "true")
    assert column(source, "x") == ["1", "two", "2020-01-01", "true"]


@pytest.mark.parametrize("cell", ["NA", "None", "null", "NaN", "n/a", "nan", "<NA>", "NULL", "-"])
def test_bad_input_55_text_that_looks_missing_stays_text(tmp_path: Path, cell: str) -> None:
    assert column(only(tmp_path, "yes", cell, ""), "x") == ["yes", cell, None]


@pytest.mark.parametrize("cell", ["NA", "None", "null"])
def test_catalogue_34_na_like_labels_are_no_missing_labels(tmp_path: Path, cell: str) -> None:
    source = only(tmp_path, cell, "yes", "")
    assert source.counts(("x",)).keys == tuple((key,) for key in (*sorted((cell, "yes")), None))


def test_catalogue_34_an_na_among_numbers_keeps_the_column_text_and_says_why(tmp_path: Path) -> None:
    source = only(tmp_path, "1", "NA", "3")
    with pytest.raises(EvidenceError) as caught:
        source.distribution("x")
    assert caught.value.fix == "leave the cell of a missing value empty ('NA' is no number)"


def test_bad_input_56_infinite_and_nan_among_numbers(tmp_path: Path) -> None:
    found = only(tmp_path, "1.5", "inf", "-Infinity", "nan", "", "1e400").distribution("x")
    assert found.values.tolist() == [1.5]
    assert (found.nulls, found.infinite) == (2, 3)


def test_bad_input_57_integers_over_2_to_the_53_are_exact_or_an_error(tmp_path: Path) -> None:
    source = only(tmp_path, str(2**53 + 1), "1")
    assert column(source, "x") == [2**53 + 1, 1]
    assert (2**53 + 1,) in source.counts(("x",)).keys
    with pytest.raises(EvidenceError, match="over 2\\^53"):
        source.distribution("x")


@pytest.mark.parametrize("beside", ["1.5", str(-1), str(2**63)])
def test_catalogue_12_long_integers_never_lose_digits(tmp_path: Path, beside: str) -> None:
    source = only(tmp_path, str(2**64 + 1), beside)
    assert column(source, "x") == [str(2**64 + 1), beside]


def test_catalogue_12_long_integers_that_float64_holds_are_numbers(tmp_path: Path) -> None:
    assert only(tmp_path, str(2**60), "3").distribution("x").values.tolist() == [3.0, float(2**60)]


@pytest.mark.parametrize("cell", ["007", "-01", "0x1F", "00.5", "+07"])
def test_bad_input_58_leading_zeros_keep_a_column_text(tmp_path: Path, cell: str) -> None:
    assert column(only(tmp_path, cell, "12"), "x") == [cell, "12"]


@pytest.mark.parametrize("cells", [("yes", "no"), ("T", "F"), ("true", "FALSE"), ("true", "1"), ("Y", "N")])
def test_bad_input_59_other_spellings_of_booleans_stay_text(tmp_path: Path, cells: tuple[str, str]) -> None:
    assert column(only(tmp_path, *cells), "x") == list(cells)


@pytest.mark.parametrize(
    ("cells", "type_"),
    [
        (["2020-01-31", "2020-02-29"], "date32[day]"),
        (["2020-01-31 10:00", "2020-01-31T10:00:00.5"], "timestamp[us]"),
        (["2020-01-31T10:00:00Z", "2020-01-31T10:00:00+02:00"], "timestamp[us, tz=UTC]"),
        (["2020-01-31", "2020-02-30"], "string"),
        (["2020-01-31", "31/01/2020"], "string"),
        (["2020-01-31", "2020-01-31 10:00"], "string"),
        (["2020-01-31T10:00:00Z", "2020-01-31T10:00:00"], "string"),
        (["01/02/2020", "02/01/2020"], "string"),
        (["0001-01-01 00:00", "9999-12-31 23:59"], "timestamp[us]"),
        (["2020-01-01 00:00:00.123456789"], "string"),
    ],
)
def test_bad_input_60_only_iso_dates_of_one_form_are_times(tmp_path: Path, cells: list[str], type_: str) -> None:
    assert types(only(tmp_path, *cells))["x"] == type_


def test_bad_input_61_a_million_columns(tmp_path: Path) -> None:
    names = ",".join(f"c{n}" for n in range(kinds.MAX_COLUMNS + 1))
    assert "20,001 columns, at most 20,000 are read" in refused(csv(tmp_path, f"{names}\n1\n"))


def test_bad_input_62_a_huge_cell(tmp_path: Path) -> None:
    cell = b"x" * (2 * limits.MAX_ROW_BYTES)
    assert "a row is longer than 16 MiB" in refused(csv(tmp_path, b"a,b\n1," + cell + b"\n"))
    assert "the header" in refused(csv(tmp_path, b"a," + cell + b"\n1,2\n"))


def test_bad_input_62_gzip_is_refused(tmp_path: Path) -> None:
    bomb = gzip.compress(b"a\n" + b"0\n" * 5_000_000)
    for name in ("bomb.csv.gz", "bomb.csv"):
        assert "compressed with gzip, which is not read" in refused(csv(tmp_path, bomb, name))


@pytest.mark.parametrize("content", ["<!DOCTYPE html><html></html>\n<p>x</p>\n", '{"a": 1}\n{"a": 2}\n', "[1]\n[2]\n"])
def test_an_error_page_or_json_called_csv_is_refused(tmp_path: Path, content: str) -> None:
    assert "HTML, XML or JSON" in refused(csv(tmp_path, content))


@pytest.mark.parametrize("name", ["FEA1", "PARENT_ID", "PAR1", "BZh9", "PAR1_and_more_than_sixteen_letters"])
def test_a_header_may_begin_with_the_letters_that_other_formats_begin_with(tmp_path: Path, name: str) -> None:
    assert types(opened(csv(tmp_path, f"{name},age\n1,2\n"))) == {name: "int64", "age": "int64"}
    assert types(opened(csv(tmp_path, f"{name}\n1\n"))) == {name: "int64"}
    assert types(opened(csv(tmp_path, f"{name}\r\n1\r\n"))) == {name: "int64"}


def test_other_formats_that_begin_with_letters_are_named_under_the_name_of_csv(tmp_path: Path) -> None:
    for content, said in (
        (b"FEA1" + bytes(20), "is Feather version 1"),
        (b"PARE\x10\0\0\0" + bytes(100) + b"PARE", "is Parquet with an encrypted footer"),
        (bz2.compress(b"a,b\n1,2\n"), "is compressed with bzip2"),
        (bz2.compress(b""), "is compressed with bzip2"),
    ):
        assert said in refused(csv(tmp_path, content))


def test_parts_need_the_same_header(tmp_path: Path) -> None:
    csv(tmp_path, "a,b\n1,2\n", "1.csv")
    csv(tmp_path, "b,a\n1,2\n", "2.csv")
    said = refused("*.csv", tmp_path)
    assert "(2.csv): the header is not that of 1.csv" in said


def test_text_takes_the_memory_of_its_different_values(tmp_path: Path) -> None:
    text = "a long text that stands in every row"
    source = only(tmp_path, *[text] * 5_000)
    assert source.counts(("x",)).counts.tolist() == [5_000]
    assert np.array_equal(source.numbers("row"), np.arange(5_000))


def test_bad_input_a_folder_or_a_pipe_is_no_file(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "pipe.csv")
    assert "is no regular file" in refused("pipe.csv", tmp_path)
    assert "is a folder" in refused(tmp_path)


@pytest.mark.parametrize("uri", ["", " ", "http://x.org/data.csv", "duckdb://x"])
def test_addresses_that_are_none_are_a_usage_error(tmp_path: Path, uri: str) -> None:
    refused(uri, tmp_path, ExitCode.USAGE)
