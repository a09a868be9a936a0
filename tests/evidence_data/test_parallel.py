"""Columns that are measured side by side give what they give one after the other."""

import threading
import time

import pytest

from lockgate.evidence import parallel
from lockgate.evidence.parallel import AHEAD, WORTH_A_THREAD, mapped

MANY = WORTH_A_THREAD
THREADS = 3


@pytest.fixture(autouse=True)
def three_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "cores", lambda: THREADS)


@pytest.mark.parametrize("rows", [1, WORTH_A_THREAD - 1, MANY])
@pytest.mark.parametrize("items", [0, 1, 2, 50])
def test_results_come_in_the_order_of_the_items(rows: int, items: int) -> None:
    def late(number: int) -> int:
        time.sleep(0.001 * (number % 3))
        return number * number

    assert list(mapped(late, range(items), rows)) == [number * number for number in range(items)]


def test_columns_of_few_rows_are_worked_out_where_they_are_asked_for() -> None:
    here = threading.current_thread()
    assert set(mapped(lambda _: threading.current_thread(), range(9), WORTH_A_THREAD - 1)) == {here}
    assert here not in set(mapped(lambda _: threading.current_thread(), range(9), MANY))


@pytest.mark.parametrize("rows", [1, MANY])
def test_what_a_function_raises_is_raised_in_its_turn(rows: int) -> None:
    def broken(number: int) -> int:
        if number == 2:
            raise ValueError("the third")
        return number

    results = mapped(broken, range(50), rows)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(ValueError, match="the third"):
        next(results)


def test_few_results_wait_and_whoever_stops_listening_stops_the_work() -> None:
    begun: list[int] = []
    results = mapped(begun.append, range(1000), MANY)
    next(results)
    settled = _settled(begun)
    assert settled <= THREADS * AHEAD + 2
    results.close()  # type: ignore[attr-defined]
    assert _settled(begun) <= settled + 1


def _settled(begun: list[int]) -> int:
    """How many have begun once none begins any more."""
    before = -1
    while before != len(begun):
        before = len(begun)
        time.sleep(0.1)
    return before
