"""What all formats of a plan say: numbers rounded as far as a plan can be trusted, sentences about the whole."""

from collections.abc import Sequence

from lockgate.numbers import rounded, short
from lockgate.plan.result import Plan, Planned, Point
from lockgate.reports.text import plain, plural, sentence
from lockgate.stats.planning.power import CAUGHT

HARDEST = "the hardest one, on so many rows"
"""Whose power curve it is."""


def count(rows: int | None) -> str:
    """A number of rows as a plan says it."""
    return "–" if rows is None else f"{rounded(rows):,}"


def limit(each: Planned) -> str:
    """`max_drop 0.01`, as the policy sets it."""
    return f"{each.bound} {short(each.limit, each.unit, 3)}"


def held(each: Planned) -> str:
    """The tightest limit that the rows which are there can hold."""
    return "–" if each.holds is None else short(each.holds, each.unit, 3)


def part(each: Planned) -> str:
    """`5 %`: how much of the rows a condition is about; empty where it is about all."""
    return "" if each.share >= 1 else per_cent(each.share)


def asked(plan: Plan) -> str:
    """What the rows must do."""
    power, caught = plan.assumptions.power, max(CAUGHT, plan.assumptions.power)
    return (
        f"rows at which {per_cent(power)} of unchanged candidates are decided and {per_cent(caught)} of faults of "
        f"twice the margin blocked, at a false-block rate of {per_cent(plan.false_block_rate)}; "
        f"intervals at {per_cent(plan.confidence)}"
    )


def per_cent(share: float) -> str:
    """A share in per cent, as far as a plan can be trusted."""
    return f"{short(share * 100, digits=2 if share < 0.9 else 3)} %"


def totals(plan: Plan) -> list[tuple[bool | None, str]]:
    """For each data set whether its rows do (None: they are not there), and a sentence about it."""
    said: list[tuple[bool | None, str]] = []
    for role, there in plan.rows.items():
        blocking = [each for each in plan.conditions if each.role == role and each.level == "block"]
        few = sum(each.enough is False and each.needed is not None for each in blocking)
        needed = plan.needed.get(role)
        if needed is None:
            continue
        if there is None:
            said.append((None, f"{role}: {count(needed)} rows are needed"))
        elif few:
            of = f"too few for {few} of {len(blocking)} blocking conditions"
            said.append((False, f"{role}: {count(needed)} rows are needed, {there:,} are there: {of}"))
        else:
            said.append((True, f"{role}: the {there:,} rows that are there do ({count(needed)} are needed)"))
    never = [each for each in undecidable(plan) if each.level == "block"]
    if never:
        said.append((False, f"{plural(len(never), 'blocking condition')} that no number of rows decides"))
    return said


def undecidable(plan: Plan) -> list[Planned]:
    """The conditions that no number of rows decides."""
    return [each for each in plan.conditions if each.needed is None]


def reasons(plan: Plan) -> list[str]:
    """Why no number of rows decides some conditions, a sentence for each reason."""
    held: dict[str, list[str]] = {}
    for each in undecidable(plan):
        held.setdefault(each.note, []).append(plain(each.id))
    return [f"{sentence(note)}: {_named(names)}" for note, names in held.items()]


def name(each: Planned) -> str:
    """A condition's gate and metric, safe to show."""
    return plain(f"{each.gate}/{each.metric}")


def curve(plan: Plan) -> tuple[Point, ...]:
    """The points of the power curve that a line of text has room for."""
    return plan.curve[:: max(1, len(plan.curve) // 6)]


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
