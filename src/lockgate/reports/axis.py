"""One axis per finding: the metric's domain, the side that passes, the limit, the value, its interval, the champion.

The drawing is made of numbers and of words of this file alone; no text of the data enters it.
"""

from dataclasses import dataclass

from lockgate.compare import ABSOLUTE
from lockgate.reports.text import is_upward, limit_of
from lockgate.types import Finding, Metric, Status

WIDTH, HEIGHT = 200.0, 18.0
_PAD = 2.0
_CROWDED = 0.03  # value and limit nearer to each other than this share of the domain are looked at more closely
_ANCHORED = 8.0  # an end of the domain is shown if it is not further away than so many times the stretch of the marks

MARKS = {
    Status.PASS: "m-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0",
    Status.WARN: "m0-4.6 5 8.6h-10z",
    Status.INCONCLUSIVE: "m0-5 5 5-5 5-5-5z",
    Status.ERROR: "m-2.5-4.4h5l2.5 4.4-2.5 4.4h-5l-2.5-4.4z",
    Status.FAIL: "m-4-2.6 1.4-1.4 2.6 2.6 2.6-2.6 1.4 1.4-2.6 2.6 2.6 2.6-1.4 1.4-2.6-2.6-2.6 2.6-1.4-1.4 2.6-2.6z",
}
"""The mark of a value, drawn from its middle; the page defines each once, as `m-STATUS` at (0, `HEIGHT` / 2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """The stretch of a metric's domain that is drawn. `ends` says on which sides it ends where the domain ends."""

    low: float
    high: float
    ends: tuple[bool, bool]

    def x(self, value: float) -> float:
        """Where a value stands, in the drawing's units."""
        share = (value - self.low) / (self.high - self.low)
        return _PAD + max(0.0, min(1.0, share)) * (WIDTH - 2 * _PAD)


def axis_of(finding: Finding, metric: Metric | None) -> Axis | None:
    """The axis on which a finding is shown; None where it compares nothing."""
    if finding.value is None or finding.limit is None:
        return None
    marks = [mark for mark in (finding.value, *_limits(finding), finding.low, finding.high) if mark is not None]
    absolute = finding.bound in ABSOLUTE
    if absolute and finding.champion is not None:
        marks.append(finding.champion)
    if not absolute:
        marks.append(1.0 if finding.bound in {"min_ratio", "max_ratio"} else 0.0)  # no change
    least, most = min(marks), max(marks)
    bounds = (metric.low, metric.high) if absolute and metric is not None else (None, None)
    room = most - least or 0.05 * abs(most) or 1.0
    low, high = least - 0.3 * room, most + 0.3 * room
    floor, ceiling = bounds
    if floor is not None and ceiling is not None and _clear(finding, _CROWDED * (ceiling - floor)):
        low, high = floor, ceiling
    if floor is not None and least - floor <= _ANCHORED * room:
        low = floor
    if ceiling is not None and high > ceiling:
        high = ceiling
    if not low < high:
        return None
    return Axis(low=low, high=high, ends=(low == floor, high == ceiling))


def strip(finding: Finding, metric: Metric | None, axis: Axis) -> str:
    """The axis with its marks as the inside of an SVG of `WIDTH` × `HEIGHT` units, in the colour of its status."""
    middle, start, end = HEIGHT / 2, _PAD, WIDTH - _PAD
    limit = limit_of(finding)
    assert limit is not None and finding.value is not None  # noqa: PT018, S101 (axis_of made sure of both)
    at = axis.x(limit)
    first, last = (at, end) if is_upward(finding, metric) else (start, at)
    parts = [f'<path class="ax" d="M{_n(start)} {_n(middle)}H{_n(end)}{_caps(axis)}"/>']
    if last - first > 0.05:
        parts.append(f'<path class="ok" d="M{_n(first)} {_n(middle)}H{_n(last)}"/>')
    if finding.low is not None and finding.high is not None:
        low, high = axis.x(finding.low), axis.x(finding.high)
        parts.append(f'<path class="iv" d="M{_n(low)} {_n(middle)}H{_n(high)}"/>')
    parts += [
        f'<path class="{"li" if mark == finding.limit else "wa"}" d="M{_n(axis.x(mark))} 1v{_n(HEIGHT - 2)}"/>'
        for mark in _limits(finding)
    ]
    if finding.champion is not None and finding.bound in ABSOLUTE:
        parts.append(f'<path class="ch" d="M{_n(axis.x(finding.champion))} {_n(middle + 4)}l3.2 4.6h-6.4z"/>')
    parts.append(f'<use class="va" href="#m-{finding.status.value}" x="{_n(axis.x(finding.value))}"/>')
    return "".join(parts)


def _clear(finding: Finding, distance: float) -> bool:
    """Whether value and limit stand apart on the whole domain (or upon each other, where nearness shows nothing)."""
    assert finding.value is not None and finding.limit is not None  # noqa: PT018, S101 (as above)
    gap = abs(finding.value - finding.limit)
    return gap == 0 or gap >= distance


def _limits(finding: Finding) -> tuple[float, ...]:
    """The limit, and the warning limit where there is one beside it."""
    warn = finding.condition.warn if finding.bound in {"min", "max"} else None
    return tuple(dict.fromkeys(mark for mark in (finding.limit, warn) if mark is not None))


def _caps(axis: Axis) -> str:
    caps = [f"M{_n(x)} 6v6" for x, ends in zip((_PAD, WIDTH - _PAD), axis.ends, strict=True) if ends]
    return "".join(caps)


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
