"""Charts of what failed: from the `details` of measurements to Vega-Lite specifications to SVG, without a browser."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lockgate.reports.specs import KINDS, VERSION, Spec, specs
from lockgate.reports.summary import Summary, measurements
from lockgate.reports.svg import clean
from lockgate.reports.text import where_words
from lockgate.types import At, Finding, Measurement, Record

MOST = 12  # charts of a report


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A drawing for a page: its caption and its SVG, cleaned."""

    caption: str
    svg: str


def charts(record: Record, summary: Summary) -> Mapping[str, Sequence[Chart]]:
    """At most `MOST` charts of what failed or warns, by gate.

    A finding is drawn from its own measurement. Where that brings nothing to draw (an F1), what its gate measured on
    all rows is drawn instead (confusion matrix, ROC and calibration curve).
    """
    drawn: dict[str, list[Chart]] = {}
    seen: set[tuple[str, At, str]] = set()
    for gate, measured in _wanted(record, (*summary.stopping, *summary.warned)):
        for name, spec in specs(measured.details):
            if len(seen) >= MOST or (gate, measured.at, name) in seen:
                continue
            seen.add((gate, measured.at, name))
            about = where_words(measured.at)
            caption = f"{name}: {about}" if about else name
            svg = drawn_svg(spec, f"c{len(seen)}-", caption)
            if svg is not None:
                drawn.setdefault(gate, []).append(Chart(caption=caption, svg=svg))
    return drawn


def _wanted(record: Record, findings: Iterable[Finding]) -> Iterable[tuple[str, Measurement]]:
    by_id, later = measurements(record), []
    for finding in findings:
        own = by_id.get(finding.id)
        if own is not None and not KINDS.isdisjoint(own.details):
            yield finding.gate, own
        elif own is not None:
            later.append(finding.gate)
    for gate in dict.fromkeys(later):
        whole = (m for run in record.content.gates if run.id == gate for m in run.measurements if m.at == At())
        yield from ((gate, measured) for measured in whole)


def drawn_svg(spec: Spec, prefix: str, caption: str) -> str | None:
    """A specification as a fragment for an HTML page; None where it cannot be drawn.

    Args:
        spec: of Vega-Lite.
        prefix: goes before all its ids.
        caption: what the drawing shows, in words.
    """
    import vl_convert

    try:
        drawing = vl_convert.vegalite_to_svg(spec, vl_version=VERSION, allowed_base_urls=[])
    except ValueError:  # what details hold is the gates' business: a chart that cannot be drawn hides no verdict
        return None
    return clean(drawing, prefix, caption)
