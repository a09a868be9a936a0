"""What all formats of a plan say: numbers rounded as far as a plan can be trusted, sentences about the whole."""

from collections.abc import Sequence

from lockgate.numbers import short
from lockgate.plan.result import Plan, Planned
from lockgate.reports.text import plain, sentence
from lockgate.stats.power import CAUGHT
from lockgate.types import Bound

FROM = {
    "measured": "measured",
    "retrained": "a retrained twin",
    "supposed": "supposed",
}
"""Where a spread comes from."""


def rounded(rows: int) -> int:
    """Two significant digits, rounded up: more would promise what a plan cannot hold."""
    unit = int(10 ** max(0, len(str(rows)) - 2))
    return -(-rows // unit) * unit


def count(rows: int | None) -> str:
    """A number of rows as a plan says it."""
    return "–" if rows is None else f"{rounded(rows):,}"


def limit(bound: Bound, value: float | None, unit: str | None) -> str:
    """`max_drop 0.01`, as the policy sets it."""
    return "–" if value is None else f"{bound} {short(value, unit, 3)}"


def asked(plan: Plan) -> str:
    """What the rows must do."""
    power, caught = plan.assumptions.power, max(CAUGHT, plan.assumptions.power)
    return (
        f"rows at which {_per_cent(power)} of unchanged candidates are decided and {_per_cent(caught)} of faults of "
        f"twice the margin blocked, by a run that blocks {_per_cent(plan.false_block_rate)} of the unchanged ones; "
        f"intervals at {_per_cent(plan.confidence)}"
    )


def _per_cent(share: float) -> str:
    return f"{short(share * 100, digits=3)} %"


def totals(plan: Plan) -> list[tuple[bool | None, str]]:
    """For each data set whether its rows do (None: they are not there), and a sentence about it."""
    said: list[tuple[bool | None, str]] = []
    for role, there in plan.rows.items():
        blocking = [each for each in plan.conditions if each.role == role and each.level == "block"]
        needed = plan.needed.get(role)
        if not blocking or needed is None:
            continue
        few = sum(each.enough is False for each in blocking)
        if there is None:
            said.append((None, f"{role}: {count(needed)} rows are needed"))
        elif few:
            of = f"too few for {few} of {len(blocking)} blocking conditions"
            said.append((False, f"{role}: {count(needed)} rows are needed, {there:,} are there: {of}"))
        else:
            said.append((True, f"{role}: the {there:,} rows that are there do ({count(needed)} are needed)"))
    return said


def undecidable(plan: Plan) -> list[Planned]:
    """The conditions that no number of rows decides."""
    return [each for each in plan.conditions if each.needed is None]


def about(each: Planned) -> str:
    """A condition's name, safe to show."""
    return plain(each.id)


def remarks(plan: Plan) -> list[str]:
    """What the plan rests on and what else there is to know, a sentence each."""
    left = [f"{each.gate}: {_named(each.metrics)}: {sentence(each.why)}" for each in plan.unplanned]
    return [
        *(f"Supposed: {sentence(text)}." for text in plan.supposed),
        *(f"Note: {sentence(text)}." for text in plan.notes),
        *(f"Not planned: {text}." for text in left),
    ]


_MOST_NAMED = 6


def _named(metrics: Sequence[str]) -> str:
    return ", ".join(map(plain, metrics[:_MOST_NAMED])) + (" …" if len(metrics) > _MOST_NAMED else "")
