"""A plan as Markdown, for a merge request or a wiki."""

from lockgate.plan import words
from lockgate.plan.result import Plan, Planned
from lockgate.reports.markdown import code, prose


def render(plan: Plan) -> str:
    """The plan as a page: what is needed, a table of all conditions, what it rests on."""
    lines = [f"## Plan of {code(plan.name)}", "", prose(words.asked(plan).capitalize() + "."), ""]
    lines += [f"- {_MARKS[enough]} {prose(text)}" for enough, text in words.totals(plan)]
    if plan.conditions:
        lines += ["", "| condition | limit | rows needed | of these | there | these rows hold | spread |"]
        lines += ["| --- | --- | ---: | ---: | ---: | --- | --- |", *map(_row, plan.conditions)]
        lines += ["", *(f"- {code(each.id)}: {prose(each.note)}" for each in words.undecidable(plan))]
    lines += ["", *(f"- {prose(remark)}" for remark in words.remarks(plan))]
    return "\n".join(lines).rstrip("\n") + "\n"


_MARKS: dict[bool | None, str] = {True: "✅", False: "❌", None: "▫️"}


def _row(each: Planned) -> str:
    cells = [
        f"{_MARKS[each.enough]} {code(each.id)}{'' if each.level == 'block' else f' ({each.level})'}",
        prose(words.limit(each.bound, each.limit, each.unit)),
        "none does" if each.needed is None else words.count(each.needed),
        words.count(each.needed_here) if each.share < 1 else "",
        "–" if each.rows is None else f"{each.rows:,}",
        prose(words.limit(each.bound, each.holds, each.unit)),
        words.FROM[each.source],
    ]
    return f"| {' | '.join(cells)} |"
