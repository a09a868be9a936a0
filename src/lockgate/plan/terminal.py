"""A plan in a terminal: what is needed, what is there, and which limits the rows can hold."""

from typing import TYPE_CHECKING

from lockgate.plan import words
from lockgate.plan.result import Plan, Planned
from lockgate.reports.console import page, text_of
from lockgate.reports.text import plain, where_words

if TYPE_CHECKING:
    from rich.console import Console

SHOWN = 30
"""Conditions that are shown; `--format json` has all."""

WIDEST = 120


def render(plan: Plan, *, width: int = 100, colour: bool = False) -> str:
    """The plan as text.

    Args:
        plan: what to show.
        width: columns of the terminal.
        colour: whether to write ANSI colours.
    """
    from rich.padding import Padding
    from rich.text import Text

    console = page(max(40, min(width, WIDEST)), colour=colour)
    console.print(Text(f"Plan of {plain(plan.name)}", style="bold"))
    console.print(Padding(Text(words.asked(plan), style="dim"), (0, 0, 0, 2)))
    console.print()
    for enough, text in words.totals(plan):
        sign, style = _LOOKS[enough]
        console.print(Text(f"{sign} {text}", style=f"bold {style}"))
    if not plan.conditions:
        console.print(Text("Nothing that this policy asks is a matter of chance that rows could settle."))
    else:
        _table(console, plan)
        _curve(console, plan)
    remarks = words.remarks(plan)
    if remarks:
        console.print()
    for remark in remarks:
        console.print(Padding(Text(remark, style="dim"), (0, 0, 0, 2)))
    return text_of(console)


_LOOKS: dict[bool | None, tuple[str, str]] = {True: ("✓", "green"), False: ("✗", "red"), None: ("·", "cyan")}


def _table(console: "Console", plan: Plan) -> None:
    from rich.table import Table
    from rich.text import Text

    there = any(count is not None for count in plan.rows.values())
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    table.add_column("condition", overflow="fold")
    for name in ("limit", "rows needed", "part", *(("holds now",) if there else ()), "spread"):
        table.add_column(name, justify="left" if name in {"limit", "spread"} else "right", no_wrap=True)
    for each in plan.conditions[:SHOWN]:
        sign, style = _LOOKS[each.enough]
        level = "" if each.level == "block" else f" ({each.level})"
        table.add_row(
            Text.assemble((f"{sign} ", style), words.name(each), (level, "dim"), (_place(each), "dim")),
            Text(words.limit(each)),
            Text("none does" if each.needed is None else words.count(each.needed)),
            Text(words.part(each)),
            *((Text(words.held(each)),) if there else ()),
            Text(each.source, style="dim"),
        )
    console.print()
    console.print(table)
    more = len(plan.conditions) - SHOWN
    if more > 0:
        console.print(Text(f"… and {more} more that need no more rows; --format json has all", style="dim"))
    for reason in words.reasons(plan):
        console.print(Text(reason, style="dim"))


def _place(each: Planned) -> str:
    place = where_words(each.at)
    return f" · {place}" if place else ""


def _curve(console: "Console", plan: Plan) -> None:
    from rich.table import Table
    from rich.text import Text

    points = words.curve(plan)
    if not points:
        return
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, show_header=False)
    table.add_row(Text(words.HARDEST, style="dim"), *(words.count(point.rows) for point in points))
    table.add_row("unchanged candidates decided", *(words.per_cent(point.decided) for point in points))
    table.add_row("faults of twice the margin blocked", *(words.per_cent(point.caught) for point in points))
    console.print()
    console.print(table)
