"""Rows that belong together: the codes of `data.cluster`, the blocks of `data.time`, and what is wrong with them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from lockgate import check
from lockgate.errors import EvidenceError
from lockgate.evidence.frame import Answers, Labelling, build_frame
from lockgate.evidence.raw import RawPredictions
from lockgate.evidence.view import Codes, Frame

ROWS = 100


def frame(rows: int = ROWS, **columns: Any) -> Frame:
    """A frame of `rows` rows whose columns `cluster` and `time` are given."""
    table = pa.table({"y": np.arange(rows) % 2, **columns})
    roles = {role: role for role in columns}
    said = Answers(who="candidate", raw=RawPredictions(prediction=pa.array(np.arange(rows) % 2), score=None))
    return build_frame(table, "v.parquet", "binary", Labelling(label="y", **roles), candidate=said)


def cluster(**columns: Any) -> Codes:
    made = frame(len(next(iter(columns.values()))), **columns).cluster
    assert made is not None
    return made


def refused(**columns: Any) -> str:
    with pytest.raises(EvidenceError) as caught:
        cluster(**columns)
    assert caught.value.where == "v.parquet"
    assert caught.value.fix
    return caught.value.what


def together(codes: Codes) -> set[frozenset[int]]:
    """The sets of rows that share a code."""
    return {frozenset(np.flatnonzero(codes == code).tolist()) for code in np.unique(codes)}


def test_every_row_stands_alone_where_the_policy_says_nothing() -> None:
    assert frame().cluster is None


@pytest.mark.parametrize(
    "values",
    [
        ["ann", "bob", "ann", "cat"],
        [3, -1, 3, 7],
        [0.5, 1.5, 0.5, -0.5],
        pa.array(["a", "b", "a", "c"]).dictionary_encode(),
        [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2, 1, 3)],
    ],
)
def test_equal_values_of_a_cluster_belong_together(values: Any) -> None:
    codes = cluster(cluster=values)
    assert together(codes) == {frozenset({0, 2}), frozenset({1}), frozenset({3})}
    assert codes.min() == 0
    assert codes.dtype == np.int64


def test_the_order_of_the_rows_does_not_matter_to_clusters() -> None:
    values = np.repeat(np.arange(20), 5)
    shuffled = np.random.default_rng(1).permutation(ROWS)
    assert together(cluster(cluster=values[shuffled])) == {
        frozenset(np.flatnonzero(values[shuffled] == value).tolist()) for value in range(20)
    }


def test_a_cluster_comes_before_a_time() -> None:
    codes = cluster(cluster=["a", "b", "a", "b"], time=[1, 2, 3, 4])
    assert together(codes) == {frozenset({0, 2}), frozenset({1, 3})}


DAYS = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(ROWS)]


@pytest.mark.parametrize(
    "times",
    [
        pa.array(range(ROWS)),
        pa.array(np.linspace(-1, 1, ROWS)),
        pa.array(DAYS),
        pa.array([day.date() for day in DAYS]),
        pa.array([day.isoformat() for day in DAYS]),
        pa.array([day.isoformat() for day in DAYS]).dictionary_encode(),
    ],
    ids=lambda array: str(array.type),
)
def test_neighbours_in_time_are_a_block_of_the_root_of_their_number(times: pa.Array) -> None:
    shuffled = np.random.default_rng(2).permutation(ROWS)
    codes = cluster(time=times.take(pa.array(shuffled)))
    assert codes.tolist() == (shuffled // 10).tolist()


def test_in_several_chunks_too() -> None:
    text = pa.array([day.isoformat() for day in DAYS]).dictionary_encode()
    chunks = pa.chunked_array([text[50:], text[:50]])
    assert cluster(time=chunks).tolist() == [*(np.arange(50, 100) // 10), *(np.arange(50) // 10)]


def test_rows_of_the_same_time_stay_in_their_order() -> None:
    assert cluster(time=[5] * 9).tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]


def test_the_last_block_may_be_a_short_one() -> None:
    assert np.bincount(cluster(time=np.arange(11))).tolist() == [3, 3, 3, 2]


@pytest.mark.parametrize("role", ["cluster", "time"])
@pytest.mark.parametrize(
    "values", [["a", None], [1, None], [1.0, None], [0.5, float("nan")], [DAYS[0], None], pa.nulls(2)]
)
def test_a_row_without_one_is_an_error(role: str, values: Any) -> None:
    assert refused(**{role: values}) == f"{role} {role!r} is missing in some rows"


@pytest.mark.parametrize("role", ["cluster", "time"])
def test_nested_values_neither_belong_together_nor_have_an_order(role: str) -> None:
    said = refused(**{role: [[1], [2]]})
    assert said.startswith(f"{role} {role!r} is of type list")


@pytest.mark.parametrize("role", ["cluster", "time"])
def test_catalogue_21_a_column_that_is_not_there_is_an_error_with_the_nearest_name(role: str) -> None:
    with pytest.raises(EvidenceError, match="there is no column 'custmer'") as caught:
        build_frame(pa.table({"y": [0], "customer": [1]}), "v", "binary", Labelling(label="y", **{role: "custmer"}))
    assert caught.value.fix == "did you mean 'customer'?"


@pytest.mark.parametrize("role", ["cluster", "time"])
def test_such_a_column_is_never_a_feature(tmp_path: Path, role: str) -> None:
    half = {
        "age": np.arange(60),
        "mark": np.repeat(np.arange(12), 5),
        "y": np.arange(60) % 2,
        "yhat": np.arange(60) % 2,
    }
    (tmp_path / "lockgate.yaml").write_text(
        "lockgate: 1\n"
        "model: {task: binary, candidate: {predictions: {prediction: yhat}}, champion: none}\n"
        f"data: {{validation: v.csv, reference: r.csv, label: y, {role}: mark}}\n"
        "gates:\n"
        "  drift: {columns: {'*': {missing_change: {max: 5%}}}}\n"
        "  performance: {accuracy: {min: 0.5}}\n"
    )
    record = check(
        tmp_path / "lockgate.yaml",
        data={"validation": pa.table(half), "reference": pa.table(half | {"age": np.arange(1, 61)})},
    )
    runs = {run.id: run for run in record.content.gates}
    assert {entry.at.column for entry in runs["drift"].measurements} - {None} == {"age"}
    assert record.passed
