"""One condition of a policy, held against what the gate says about the metric.

A limit that can never hold, can never fail, or points the wrong way is a mistake, not a strict or a lax rule.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lockgate.errors import Mistake
from lockgate.policy.model import ConditionBlock
from lockgate.policy.nodes import Node, kind
from lockgate.policy.units import UNITS, NotANumber, number
from lockgate.policy.validate import validate
from lockgate.types import COMPARATIVE_BOUNDS, Condition, Level, Metric

BOUNDS = ("min", "max", *COMPARATIVE_BOUNDS, "warn")


@dataclass(frozen=True, slots=True)
class _Wrong:
    """What is wrong with one key of a condition."""

    key: str
    what: str
    fix: str = ""


def read_condition(
    name: str, metric: Metric, node: Node, level: Level, mistakes: list[Mistake], *, turned_by: str = ""
) -> Condition | None:
    """The condition on a metric, or None after adding what is wrong with it to `mistakes`.

    Args:
        name: the metric's name.
        metric: what the gate says about it.
        node: the policy's `{min: …, level: …}`.
        level: the gate's level, which holds where the condition gives none.
        mistakes: collects what is wrong.
        turned_by: the setting that says which way the metric is better; empty: the gate itself does.
    """
    if not isinstance(node.value, Mapping):
        fix = f"write {_example(metric, node)}"
        mistakes.append(Mistake(place=node.place, what=f"expected a condition, not {kind(node)}", fix=fix))
        return None
    before = len(mistakes)
    block = validate(ConditionBlock, node, mistakes)
    limits: dict[str, float] = {}
    for key in BOUNDS:
        entry = node.entries.get(key)
        if entry is None:
            continue
        wrong = _wrong_comparison(name, metric, key) or _wrong_direction(name, metric, key, turned_by)
        if wrong is not None:
            mistakes.append(Mistake(place=entry.place, what=wrong.what, fix=wrong.fix))
            continue
        try:
            limits[key] = _limit(entry, key, name, metric)
        except NotANumber as error:
            mistakes.append(Mistake(place=entry.place, what=error.what, fix=error.fix))
    if not any(key in node.entries for key in BOUNDS):
        mistakes.append(Mistake(place=node.at, what="the condition sets no limit", fix=f"write {_example(metric)}"))
    mistakes += [
        Mistake(place=node.entries[wrong.key].place, what=wrong.what, fix=wrong.fix)
        for wrong in _wrongs(name, metric, limits)
    ]
    if block is None or len(mistakes) > before:
        return None
    return Condition(**limits, level=block.level if "level" in node.entries else level)


def _limit(node: Node, key: str, name: str, metric: Metric) -> float:
    if isinstance(node.value, Mapping | tuple):
        raise NotANumber(f"expected a number, not {kind(node)}", "write a number")
    return number(node.value, unit=metric.unit, key=key, metric=name)


def _wrongs(name: str, metric: Metric, limits: Mapping[str, float]) -> Iterator[_Wrong]:
    """All that is wrong with the limits taken together, at most one for each."""
    refused: set[str] = set()
    for key, value in limits.items():
        wrong = _outside(name, metric, key, value, limits)
        if wrong is not None:
            refused.add(key)
            yield wrong
    limits = {key: value for key, value in limits.items() if key not in refused}
    for low, high in (("min", "max"), ("min_ratio", "max_ratio")):
        if low in limits and high in limits and limits[low] > limits[high]:
            what = f"{low} {limits[low]:g} is above {high} {limits[high]:g}: nothing can hold both"
            yield _Wrong(high, what, "swap them, or widen the range")
    if "warn" in limits:
        wrong = _wrong_warning(name, metric, limits)
        if wrong is not None:
            yield wrong


def _wrong_direction(name: str, metric: Metric, key: str, turned_by: str) -> _Wrong | None:
    if metric.direction == "neither":
        if key in ("max_drop", "min_gain"):
            return _Wrong(key, f"{name} has no better side, so it can neither drop nor gain", "use min and max")
        return None
    wrong, right = ("max", "min") if metric.direction == "higher" else ("min", "max")
    if key not in (wrong, f"{wrong}_ratio"):
        return None
    fix = f"use {key.replace(wrong, right)}"
    if turned_by:
        other = "lower" if metric.direction == "higher" else "higher"
        fix += f", or say `{turned_by}: {{{name}: {other}}}`"
    return _Wrong(key, f"the wrong direction: of {name} {metric.direction} is better", fix)


def _wrong_comparison(name: str, metric: Metric, key: str) -> _Wrong | None:
    if key not in COMPARATIVE_BOUNDS:
        return None
    if not metric.compared:
        what = f"{name} is not compared with the champion here"
        use = {"higher": "use min", "lower": "use max", "neither": "use min or max"}[metric.direction]
        fix = f"the gate `champion` compares: write it there, or {use}" if _champion_has(name) else use
        return _Wrong(key, what, fix)
    if key in ("min_ratio", "max_ratio") and (metric.low is None or metric.low < 0):
        return _Wrong(key, f"{name} can be negative, where a ratio says nothing", "use max_drop or min_gain")
    return None


def _champion_has(name: str) -> bool:
    """Whether the gate `champion` measures a metric of this name."""
    from lockgate.gates.champion import METRICS  # numerical libraries: only where a mistake is told

    return name in METRICS


def _outside(name: str, metric: Metric, key: str, value: float, limits: Mapping[str, float]) -> _Wrong | None:
    """A limit that can never hold, or never fail."""
    low, high = metric.low, metric.high
    side = _side(metric, limits) if key == "warn" else key
    if side in ("min", "max"):
        if (low is not None and value < low) or (high is not None and value > high):
            never = (side == "min") == (high is not None and value > high)
            says = "can never hold" if never else "can never fail"
            return _Wrong(key, f"{says}: {name} lies {_domain(metric)}", _fraction_hint(metric, value))
        if (side == "min" and value == low) or (side == "max" and value == high):
            return _Wrong(
                key, f"can never fail: {name} lies {_domain(metric)}", "set a limit that means something, or remove it"
            )
        if side == "min" and metric.direction == "higher" and low == 0 and high == 100 and 0 < value <= 1:
            return _Wrong(key, f"{name} lies {_domain(metric)}, in per cent", f"did you mean {value * 100:g}?")
        return None
    span = high - low if high is not None and low is not None else None
    if key in ("max_drop", "min_gain"):
        if value < 0:
            other = "min_gain" if key == "max_drop" else "max_drop"
            return _Wrong(key, "a difference is written without a sign", f"write {other}: {-value:g}")
        if span is not None and value >= span:
            says = "can never fail" if key == "max_drop" else "can hardly ever hold"
            return _Wrong(key, f"{says}: {name} lies {_domain(metric)}", _fraction_hint(metric, value))
        return None
    if value <= 0:
        return _Wrong(
            key, "can never fail" if key == "min_ratio" else "can hardly ever hold", "1 means as the champion"
        )
    return None


def _side(metric: Metric, limits: Mapping[str, float]) -> str | None:
    """Whether `warn` is a lower limit ("min") or an upper one ("max"); None where nobody can say."""
    bounded = [key for key in ("min", "max") if key in limits]
    if len(bounded) == 1:
        return bounded[0]
    if bounded or metric.direction == "neither":
        return None
    return "min" if metric.direction == "higher" else "max"


def _wrong_warning(name: str, metric: Metric, limits: Mapping[str, float]) -> _Wrong | None:
    side, warn = _side(metric, limits), limits["warn"]
    if side is None:
        why = "between min and max it has two sides" if "min" in limits else f"{name} has no better side"
        return _Wrong("warn", f"nobody can say on which side of it to warn: {why}", "remove it")
    if side not in limits:
        if len(limits) > 1:
            return _Wrong("warn", f"warn is about the value of {name}, so it needs {side} beside it", f"add {side}")
        return None
    limit = limits[side]
    if (warn <= limit) if side == "min" else (warn >= limit):
        where = "above min" if side == "min" else "below max"
        return _Wrong("warn", f"never warns: {warn:g} is not {where}, {limit:g}", f"set it {where}")
    return None


def _domain(metric: Metric) -> str:
    if metric.low is None:
        return f"at or below {metric.high:g}"
    return f"at or above {metric.low:g}" if metric.high is None else f"between {metric.low:g} and {metric.high:g}"


def _fraction_hint(metric: Metric, value: float) -> str:
    if metric.high == 1 and 2 <= value <= 100:
        return f"did you mean {value / 100:g}?"
    return ""


def _example(metric: Metric, node: Node | None = None) -> str:
    """A condition as it could stand there, with the number that does."""
    key = "max" if metric.direction == "lower" else "min"
    given: Any = node.value if node is not None and isinstance(node.value, str | int | float) else None
    if isinstance(given, bool) or given is None:
        given = {"share": "5%"}.get(metric.unit or "", "…") if metric.unit not in UNITS else "…"
    return f"{{{key}: {given}}}"
