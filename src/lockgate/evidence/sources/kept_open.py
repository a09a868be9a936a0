"""Files of a data set that stay open between columns: none is opened anew for each of thousands of them."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from lockgate.evidence.files import PinnedFile

MOST = 32
"""Files that are open and idle at once."""

T = TypeVar("T")


class KeptOpen(Generic[T]):
    """The open files of a data set. Several threads may ask at once, and each file is one thread's alone meanwhile.

    Args:
        open_: opens a file.
        close: closes what `open_` gave.
    """

    def __init__(self, open_: Callable[[PinnedFile], T], close: Callable[[T], object]) -> None:
        self._open = open_
        self._close = close
        self._idle: deque[tuple[PinnedFile, T]] = deque()
        self._lock = threading.Lock()

    @contextmanager
    def opened(self, part: PinnedFile) -> Iterator[T]:
        """A file that was opened before and is idle, or opened now; it has to be the one that was pinned still.

        Raises:
            EvidenceError: it changed, is gone, or what it holds cannot be read.
        """
        with part.unchanged():
            with self._lock:
                found = next((entry for entry in self._idle if entry[0] is part), None)
                if found is not None:
                    self._idle.remove(found)
            file = found[1] if found is not None else self._open(part)
            try:
                yield file
            finally:
                with self._lock:
                    self._idle.append((part, file))
                    oldest = self._idle.popleft()[1] if len(self._idle) > MOST else None
                if oldest is not None:
                    self._close(oldest)
