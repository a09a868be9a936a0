"""The job that times calls, on a clock of the test's own."""

import gc
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from lockgate.evidence.models.contract import Opened
from lockgate.evidence.worker.jobs.latency import batches, timed_call, times


def test_each_call_is_timed_alone_and_its_input_is_not() -> None:
    now = [0]

    def inputs() -> Any:
        for number in range(3):
            now[0] += 1_000  # to make the input takes long
            yield number

    def call(number: int) -> None:
        now[0] += 10 + number

    assert times(call, inputs(), clock=lambda: now[0]).tolist() == [10, 11, 12]


def test_the_collector_rests_while_calls_are_timed_and_works_again_after_a_failure() -> None:
    seen: list[bool] = []
    times(lambda _: seen.append(gc.isenabled()), [1, 2], clock=lambda: 0)

    def fails(_: object) -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        times(fails, [1], clock=lambda: 0)
    assert seen == [False, False]
    assert gc.isenabled()


def test_rows_come_round_again() -> None:
    table = pa.table({"x": np.arange(5)})

    assert [held.column("x").to_pylist() for held in batches(table, 2, 4, 1)] == [[1, 2], [3, 4], [0, 1], [2, 3]]
    assert [held.num_rows for held in batches(table, 12, 2, 0)] == [12, 12]
    assert next(iter(batches(table, 7, 1, 3))).column("x").to_pylist() == [3, 4, 0, 1, 2, 3, 4]


def test_the_librarys_own_call_is_timed_where_there_is_one() -> None:
    class Estimator:
        def predict(self, rows: Any) -> str:
            return f"predict {rows}"

        def predict_proba(self, rows: Any) -> str:
            return f"proba {rows}"

    opened = Opened(format="x", predict=lambda _: None, native=Estimator(), rows=lambda table: f"rows of {table}")  # type: ignore[arg-type,return-value]
    what, call, prepare = timed_call(opened, "binary")
    assert (what, call(prepare("t"))) == ("predict_proba", "proba rows of t")
    assert timed_call(opened, "regression")[0] == "predict"
    assert timed_call(Opened(format="x", predict=opened.predict), "binary")[0] == "table to answer"
