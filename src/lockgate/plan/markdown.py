"""A plan as Markdown, for a merge request or a wiki."""

from lockgate.plan import words
from lockgate.plan.result import Plan, Planned
from lockgate.reports.markdown import code, prose


def render(plan: Plan) -> str:
    """The plan as a page: what is needed, a table of all conditions, what it rests on."""
    lines = [f"## Plan of {code(plan.name)}", "", prose(words.asked(plan).capitalize() + "."), ""]
    lines += [f"- {_MARKS[enough]} {prose(text)}" for enough, text in words.totals(plan)]
    if plan.conditions:
        lines += ["", "| condition | limit | rows needed | part | holds now | spread |"]
        lines += ["| --- | --- | ---: | ---: | ---: | --- |", *map(_row, plan.conditions)]
        lines += _curve(plan)
        lines += ["", *(f"- {prose(reason)}" for reason in words.reasons(plan))]
    lines += ["", *(f"- {prose(remark)}" for remark in words.remarks(plan))]
    return "\n".join(lines).rstrip("\n") + "\n"


_MARKS: dict[bool | None, str] = {True: "✅", False: "❌", None: "▫️"}


def _row(each: Planned) -> str:
    cells = [
        f"{_MARKS[each.enough]} {code(each.id)}{'' if each.level == 'block' else f' ({each.level})'}",
        code(words.limit(each)),
        "none does" if each.needed is None else words.count(each.needed),
        words.part(each),
        words.held(each),
        each.source,
    ]
    return f"| {' | '.join(cells)} |"


def _curve(plan: Plan) -> list[str]:
    points = words.curve(plan)
    if not points:
        return []
    rows = [
        [words.HARDEST, *(words.count(point.rows) for point in points)],
        ["---", *("---:" for _ in points)],
        ["unchanged candidates decided", *(words.per_cent(point.decided) for point in points)],
        ["faults of twice the margin blocked", *(words.per_cent(point.caught) for point in points)],
    ]
    return ["", *(f"| {' | '.join(row)} |" for row in rows)]
