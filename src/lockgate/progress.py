"""Progress of a run on standard error: a bar where a person looks, plain lines in CI, nothing where a program reads."""

import os
import sys
import time
from typing import TYPE_CHECKING, Protocol, TextIO

if TYPE_CHECKING:
    from rich.progress import TaskID


class Progress(Protocol):
    """What the engine tells about its way."""

    def step(self, what: str, done: int = 0, total: int | None = None) -> None:
        """Say what is being done now, and how much of how many of it is done where that is known."""
        ...

    def close(self) -> None:
        """End the display; to be called once, also when the run broke off."""
        ...


def printable(text: str) -> str:
    """`text` that neither a terminal nor a CI log obeys: control characters escaped, markers of commands broken.

    GitHub reads a line that begins with `::`, and Azure one that holds `##[` or `##vso[`, as an order.
    """
    kept = "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)
    lines = (f". {line}" if line.lstrip().startswith("::") else line for line in kept.split("\n"))
    return "\n".join(lines).replace("##[", "# #[").replace("##vso[", "# #vso[")


def silent() -> Progress:
    """No display at all."""
    return _Silent()


def lines(stream: TextIO | None = None) -> Progress:
    """A plain line per step, with the seconds since the start: for logs."""
    return _Lines(stream if stream is not None else sys.stderr)


def bar() -> Progress:
    """A bar that moves, on a terminal; gone when the run ends."""
    return _Bar()


def fitting(*, quiet: bool) -> Progress:
    """The display that fits where standard error goes; none where `quiet`."""
    if quiet or sys.stderr is None:
        return silent()
    watched = sys.stderr.isatty() and not os.environ.get("CI") and os.environ.get("TERM") != "dumb"
    return bar() if watched else lines()


class _Silent:
    def step(self, what: str, done: int = 0, total: int | None = None) -> None:
        pass

    def close(self) -> None:
        pass


class _Lines:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._started = time.monotonic()
        self._last = ""

    def step(self, what: str, done: int = 0, total: int | None = None) -> None:
        if what == self._last and done != total:
            return  # one line when a step begins and one when it is through: a log is no place for percentages
        self._last = what
        count = f" ({done}/{total})" if total is not None else ""
        seconds = time.monotonic() - self._started
        self._stream.write(printable(f"lockgate {seconds:6.1f} s  {what}{count}\n"))
        self._stream.flush()

    def close(self) -> None:
        pass


class _Bar:
    def __init__(self) -> None:
        from rich.console import Console
        from rich.markup import escape
        from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichProgress

        self._escape = escape
        self._bar = RichProgress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task: TaskID | None = None

    def step(self, what: str, done: int = 0, total: int | None = None) -> None:
        text = self._escape(printable(what))
        if self._task is None:
            self._bar.start()
            self._task = self._bar.add_task(text, total=total)
        self._bar.update(self._task, description=text, completed=done, total=total)

    def close(self) -> None:
        self._bar.stop()
