"""Columns are measured side by side: NumPy and Arrow let other threads run while they work."""

import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

WORTH_A_THREAD = 200_000
"""Rows of a column under which a second thread mostly waits for the interpreter: of 100,000 rows 50 columns take as
long with two threads as with one, and an eighth more of the processor's time."""

AHEAD = 4
"""Results per thread that may wait for an earlier one."""


def cores() -> int:
    """How many processor cores this process may use."""
    if sys.version_info >= (3, 13):
        return os.process_cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def mapped(function: Callable[[T], R], items: Sequence[T], rows: int) -> Iterator[R]:
    """`function(item)` of each item, in the order of the items, worked out by as many threads as there are cores.

    As many items as threads are in memory at a time, and few results wait. The function must depend on its item alone:
    then the results are the same whatever the number of threads.

    Args:
        function: what is worked out of an item.
        items: for example columns.
        rows: how many each item has; of few, one thread works them out.

    Raises:
        Exception: what the function raised, when its turn comes.
    """
    threads = min(cores(), len(items)) if rows >= WORTH_A_THREAD else 1
    if threads < 2:
        yield from map(function, items)
        return
    slots: list[Future[R]] = [Future() for _ in items]
    room = threading.Semaphore(threads * AHEAD)
    stopped = threading.Event()
    tasks = iter(zip(slots, items, strict=True))
    lock = threading.Lock()

    def work() -> None:
        while True:
            room.acquire()
            with lock:
                task = next(tasks, None)
            if task is None or stopped.is_set():
                room.release()  # for the next thread that waits
                return
            slot, item = task
            try:
                slot.set_result(function(item))
            except BaseException as error:  # noqa: BLE001 (raised where the result is taken)
                slot.set_exception(error)

    # Daemons, unlike those of an executor: a gate that takes too long does not keep the process alive.
    for number in range(threads):
        threading.Thread(target=work, daemon=True, name=f"column {number}").start()
    try:
        for slot in slots:
            yield slot.result()
            room.release()
    finally:
        stopped.set()
        room.release()
