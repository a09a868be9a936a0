"""A page for a terminal: text that is written as it is, broken at its width, in colours or in none."""

from io import StringIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def page(width: int, *, colour: bool) -> "Console":
    """An empty page; nothing that a text holds is markup, and nothing of the environment changes it."""
    from rich.console import Console

    return Console(
        file=StringIO(),
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
        _environ={},
    )


def text_of(console: "Console") -> str:
    """What was written on a page, without spaces at the ends of lines and empty lines at the end of it."""
    console.file.seek(0)
    return "\n".join(line.rstrip() for line in console.file.read().split("\n")).rstrip("\n") + "\n"
