"""Vega-Lite specifications of what measurements hold in their `details`.

What a chart is drawn from (all else in `details` is left alone; what does not have this form is not drawn):

- `histogram`: `edges` (inner ones; the outermost bins are open), `reference` and `data` (a share for each bin)
- `categories`: `names`, `reference` and `data` (a share for each name)
- `missing`: `reference` and `data`, each one share
- `roc`: points [false positive rate, true positive rate]
- `bins`: for a calibration curve, objects with `expected`, `observed` and `rows`
- `confusion`: rows of counts by label (downwards) and prediction, with `labels`
- `groups`: the value of `rate` by group
- `columns`: a share by column
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, TypeAlias

from lockgate.reports.text import plain

Spec: TypeAlias = dict[str, Any]

VERSION = "v5.20"
_SCHEMA = f"https://vega.github.io/schema/vega-lite/{VERSION}.json"
# The page's style sheet gives these colours their counterparts in the dark.
INK, SOFT, LINE, WAS, NOW = "#17212b", "#55616d", "#dfe3e7", "#a9b4bf", "#0f6a8c"
_WIDTH, _HEIGHT = 380, 170
_WHO = {"reference": WAS, "now": NOW}
_CONFIG: Spec = {
    "aria": False,
    "background": None,
    "padding": {"left": 14, "top": 2, "right": 12, "bottom": 2},
    "font": "sans-serif",
    "numberFormat": "~g",
    "view": {"stroke": None},
    "axis": {
        "labelColor": SOFT,
        "titleColor": SOFT,
        "titleFontWeight": "normal",
        "titleFontSize": 11,
        "labelFontSize": 11,
        "gridColor": LINE,
        "domainColor": SOFT,
        "tickColor": LINE,
        "labelLimit": 0,  # Vega would cut surrogate pairs in two; `_texts` cuts instead
        "tickCount": 5,
    },
    "axisX": {"grid": False, "labelOverlap": "greedy", "labelSeparation": 6, "labelFlush": False},
    "axisY": {"domain": False, "ticks": False, "labelPadding": 6},
    "legend": {"orient": "top", "title": None, "labelColor": INK, "labelFontSize": 12, "symbolType": "square"},
    "text": {"fontSize": 11, "color": INK},
}


def specs(details: Mapping[str, Any]) -> Iterator[tuple[str, Spec]]:
    """The name and the specification of each chart that `details` can be drawn as."""
    for kind, (name, draw) in _DRAWN.items():
        spec = draw(details) if kind in details else None
        if spec is not None:
            of_what = f"{_rate(details)} by group" if kind == "groups" else name
            yield of_what, framed(spec)


def framed(spec: Spec) -> Spec:
    """A specification with the look of all charts."""
    return {"$schema": _SCHEMA, "config": _CONFIG, **spec}


# --- specifications ---------------------------------------------------------------------------------------------------


def _histogram(details: Mapping[str, Any]) -> Spec | None:
    held = details["histogram"]
    if not isinstance(held, Mapping):
        return None
    edges, was, now = (_numbers(held.get(name)) for name in ("edges", "reference", "data"))
    if not edges or was is None or now is None or not len(was) == len(now) == len(edges) + 1:
        return None
    width = (edges[-1] - edges[0]) / (len(edges) - 1) if len(edges) > 1 else abs(edges[0]) or 1.0
    ends = [edges[0] - width, *edges, edges[-1] + width]
    bins = zip(pairwise(ends), was, strict=True)
    before = [{"from": a, "to": b, "share": share, "who": "reference"} for (a, b), share in bins]
    after = [{"from": a, "share": s, "who": "now"} for a, s in zip(ends, [*now, now[-1]], strict=True)]
    x = {"field": "from", "type": "quantitative", "title": None, "scale": {"zero": False, "nice": False}}
    y = {"field": "share", "type": "quantitative", "title": "share of rows"}
    return _sized() | {
        "layer": [
            {
                "data": {"values": before},
                "mark": {"type": "rect"},
                "encoding": {
                    "x": x,
                    "x2": {"field": "to"},
                    "y": y,
                    "y2": {"datum": 0},
                    "color": _by_who(),
                },
            },
            {
                "data": {"values": after},
                "mark": {"type": "line", "interpolate": "step-after", "strokeWidth": 2},
                "encoding": {"x": x, "y": y, "color": _by_who()},
            },
        ],
    }


def _categories(details: Mapping[str, Any]) -> Spec | None:
    held = details["categories"]
    if not isinstance(held, Mapping):
        return None
    names, was, now = _texts(held.get("names")), _numbers(held.get("reference")), _numbers(held.get("data"))
    if not names or was is None or now is None or not len(names) == len(was) == len(now):
        return None
    return _bars(names[:12], {"reference": was[:12], "now": now[:12]}, "share of rows")


def _missing(details: Mapping[str, Any]) -> Spec | None:
    held = details["missing"]
    if not isinstance(held, Mapping):
        return None
    values = _numbers([held.get("reference"), held.get("data")])
    return None if values is None else _bars(["missing"], {"reference": values[:1], "now": values[1:]}, "share of rows")


def _bars(names: Sequence[str], shares: Mapping[str, Sequence[float]], title: str) -> Spec:
    # Equal names (cut short, say) stay bars of their own: the axis counts, and shows the names as labels.
    values = [
        {"name": f"{at:02d} {name}", "share": share, "who": who}
        for who, held in shares.items()
        for at, (name, share) in enumerate(zip(names, held, strict=True))
    ]
    axis = {"labelExpr": "slice(datum.value, 3)", "title": None}
    return {
        "width": _WIDTH - 100,
        "height": {"step": 13},
        "data": {"values": values},
        "mark": {"type": "bar"},
        "encoding": {
            "y": {"field": "name", "type": "nominal", "axis": axis, "scale": {"paddingInner": 0.35}},
            "yOffset": {"field": "who", "sort": [*_WHO]},
            "x": {"field": "share", "type": "quantitative", "title": title, "axis": {"grid": True}},
            "color": _by_who(),
        },
    }


def _roc(details: Mapping[str, Any]) -> Spec | None:
    points = _points(details["roc"])
    if points is None:
        return None
    curve = [{"x": x, "y": y, "at": at} for at, (x, y) in enumerate(points)]
    return _square(
        {
            "data": {"values": curve},
            "mark": {"type": "line", "color": NOW, "strokeWidth": 2},
            "encoding": {**_unit("false positive rate", "true positive rate"), "order": {"field": "at"}},
        }
    )


def _calibration(details: Mapping[str, Any]) -> Spec | None:
    held = details["bins"]
    if not isinstance(held, Sequence) or not all(isinstance(entry, Mapping) for entry in held):
        return None
    points = _points([[entry.get("expected"), entry.get("observed")] for entry in held])
    rows = _numbers([entry.get("rows") for entry in held])
    if points is None or rows is None:
        return None
    values = [{"x": x, "y": y, "rows": n} for (x, y), n in zip(points, rows, strict=True)]
    place = _unit("stated probability", "share that happened")
    size = {"field": "rows", "type": "quantitative", "legend": None, "scale": {"range": [20, 260], "zero": True}}
    return _square(
        {
            "data": {"values": values},
            "mark": {"type": "line", "color": NOW, "strokeWidth": 1.5, "opacity": 0.6},
            "encoding": place,
        },
        {
            "data": {"values": values},
            "mark": {"type": "circle", "color": NOW, "opacity": 0.9},
            "encoding": {**place, "size": size},
        },
    )


def _confusion(details: Mapping[str, Any]) -> Spec | None:
    table, labels = details["confusion"], _texts(details.get("labels"), 14)
    if not isinstance(table, Sequence) or not labels or len(table) != len(labels):
        return None
    counts = [_numbers(row) for row in table]
    cells = []
    for at, row in enumerate(counts):
        if row is None or len(row) != len(labels):
            return None
        total = sum(row) or 1.0
        cells += [
            {"label": f"{at:02d} {labels[at]}", "said": f"{to:02d} {labels[to]}", "rows": n, "share": n / total}
            for to, n in enumerate(row)
        ]
    axis = {"labelExpr": "slice(datum.value, 3)", "domain": False, "ticks": False, "labelAngle": 0}
    place = {
        "x": {"field": "said", "type": "nominal", "title": "predicted", "axis": {**axis, "orient": "top"}},
        "y": {"field": "label", "type": "nominal", "title": "label", "axis": axis},
    }
    opacity = {
        "field": "share",
        "type": "quantitative",
        "legend": None,
        "scale": {"domain": [0, 1], "range": [0.04, 0.6]},
    }
    shown = len(labels) <= 8
    text = {"mark": {"type": "text"}, "encoding": {**place, "text": {"field": "rows", "format": ",.0f"}}}
    size = 64 if len(labels) <= 4 else 36 if shown else 18
    return {
        "width": {"step": size * 1.4},
        "height": {"step": size},
        "data": {"values": cells},
        "layer": [
            {
                "mark": {"type": "rect", "color": NOW, "stroke": LINE},
                "encoding": {**place, "fillOpacity": opacity},
            },
            *([text] if shown else []),
        ],
    }


def _groups(details: Mapping[str, Any]) -> Spec | None:
    return _by_name(details["groups"])


def _columns(details: Mapping[str, Any]) -> Spec | None:
    return _by_name(details["columns"])


def _by_name(held: object) -> Spec | None:
    if not isinstance(held, Mapping) or not held:
        return None
    names, values = _texts(list(held), 34), _numbers(list(held.values()))
    if names is None or values is None:
        return None
    pairs = enumerate(zip(names, values, strict=True))
    rows = [{"name": f"{at:02d} {name}", "value": value} for at, (name, value) in pairs]
    shares = all(0 <= value <= 1 for value in values)  # on one scale, so that charts beside each other compare
    x = {"field": "value", "type": "quantitative", "title": None, "axis": {"grid": True}}
    place = {
        "y": {"field": "name", "type": "nominal", "axis": {"labelExpr": "slice(datum.value, 3)", "title": None}},
        "x": x | ({"scale": {"domain": [0, 1]}} if shares else {}),
    }
    number = {"text": {"field": "value", "format": ".3~g"}}
    text = {"mark": {"type": "text", "align": "left", "dx": 4}, "encoding": {**place, **number}}
    return {
        "width": _WIDTH - 120,
        "height": {"step": 20},
        "data": {"values": rows},
        "layer": [{"mark": {"type": "bar", "color": NOW, "height": {"band": 0.65}}, "encoding": place}, text],
    }


def _rate(details: Mapping[str, Any]) -> str:
    """The rate that `groups` are about, as the beginning of a caption."""
    rate = details.get("rate")
    words = plain(rate, 40).replace("_", " ") if isinstance(rate, str) and rate else "value"
    return words[:1].upper() + words[1:]


def _sized() -> Spec:
    return {"width": _WIDTH, "height": _HEIGHT}


def _by_who() -> Spec:
    return {"field": "who", "type": "nominal", "scale": {"domain": [*_WHO], "range": [*_WHO.values()]}}


def _unit(x: str, y: str) -> Spec:
    scale = {"domain": [0, 1]}
    return {
        "x": {"field": "x", "type": "quantitative", "title": x, "scale": scale},
        "y": {"field": "y", "type": "quantitative", "title": y, "scale": scale},
    }


def _square(*layers: Spec) -> Spec:
    """Layers over the diagonal of the unit square."""
    diagonal = {
        "data": {"values": [{"x": 0, "y": 0}, {"x": 1, "y": 1}]},
        "mark": {"type": "line", "color": WAS, "strokeDash": [4, 4]},
        "encoding": {"x": {"field": "x", "type": "quantitative"}, "y": {"field": "y", "type": "quantitative"}},
    }
    return {"width": 210, "height": 190, "layer": [diagonal, *layers]}


# --- what details hold ------------------------------------------------------------------------------------------------


def _numbers(held: object) -> list[float] | None:
    if not isinstance(held, Sequence) or isinstance(held, str):
        return None
    fit = (isinstance(n, int | float) and not isinstance(n, bool) and math.isfinite(n) for n in held)
    return [float(n) for n in held] if len(held) <= 1_000 and all(fit) else None


def _texts(held: object, limit: int = 24) -> list[str] | None:
    if not isinstance(held, Sequence) or isinstance(held, str) or not all(isinstance(entry, str) for entry in held):
        return None
    return [plain(entry, limit) for entry in held]


def _points(held: object) -> list[tuple[float, float]] | None:
    if not isinstance(held, Sequence) or isinstance(held, str) or not held:
        return None
    pairs = [pair for pair in map(_numbers, held) if pair is not None and len(pair) == 2]
    return [(pair[0], pair[1]) for pair in pairs] if len(pairs) == len(held) else None


_DRAWN: Mapping[str, tuple[str, Callable[[Mapping[str, Any]], Spec | None]]] = {
    "histogram": ("Values, reference and now", _histogram),
    "categories": ("Categories, reference and now", _categories),
    "missing": ("Missing values, reference and now", _missing),
    "groups": ("By group", _groups),
    "columns": ("Share of the attribution", _columns),
    "confusion": ("Confusion matrix, in rows", _confusion),
    "roc": ("ROC curve", _roc),
    "bins": ("Calibration", _calibration),
}
KINDS = frozenset(_DRAWN)
"""What in `details` can be drawn."""
