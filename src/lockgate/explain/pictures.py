"""A page with pictures of attributions: shares, a beeswarm, and three single rows.

No value of a row stands on it. A dot of the beeswarm is a row's attribution to a column, as one of 60 steps, and its
shade the fifth of the column in which the row's value lies. Of a single row each column's attribution is a share of the
row's, in whole per cent. Rows at the ends are not shown: who stands out is known.
"""

import html
from collections.abc import Sequence

import numpy as np

from lockgate.evidence.view import Codes, Evidence, Floats
from lockgate.explain.ask import Attributions
from lockgate.explain.leaning import Leaning
from lockgate.explain.proxies import numbers_of
from lockgate.reports.charts import drawn_svg
from lockgate.reports.specs import INK, LINE, NOW, SOFT, WAS, Spec, framed
from lockgate.reports.text import plain

MOST_COLUMNS = 15
_DOTS = 200
_STEPS = 60
_WIDTH = 460
_FIFTHS = ("lowest fifth", "second fifth", "middle fifth", "fourth fifth", "highest fifth", "no number")
_SHADES = ("#0f6a8c", "#7fa9bd", "#a9b4bf", "#d99a7c", "#b3402a", "#55616d")
_ROWS = {"a low output": 0.1, "a middling output": 0.5, "a high output": 0.9}

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Attributions</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; color: {ink}; max-width: 760px; margin: 32px auto; padding: 0 16px; }}
p, figcaption {{ color: {soft}; }} figure {{ margin: 24px 0; border-top: 1px solid {line}; padding-top: 12px; }}
svg {{ max-width: 100%; height: auto; }}
</style>
<h1>What the candidate leans on</h1>
<p>{words}</p>
{figures}
</html>
"""


def page(evidence: Evidence, found: Attributions, models: Sequence[Leaning]) -> bytes:
    """The pictures as an HTML page of its own.

    Args:
        evidence: of the gate.
        found: the candidate's attributions.
        models: what the candidate leans on, and the champion if it was explained.
    """
    order = [at for at in np.argsort(-models[0].shares, kind="stable") if models[0].columns[at] in found.columns]
    top = [models[0].columns[at] for at in order[:MOST_COLUMNS]]
    fifths = {name: _fifths(evidence, name, found.rows) for name in top}
    pictures = [
        ("Share of the attribution by column, with its 95 % interval", _bars(models, top)),
        ("Each row's attribution by column, shaded by where in the column its value lies", _swarm(found, top, fifths)),
        *((f"A row with {what}", _row(found, top, fifths, level)) for what, level in _ROWS.items()),
    ]
    figures = []
    for number, (caption, spec) in enumerate(pictures):
        drawing = drawn_svg(framed(spec), f"e{number}-", caption)
        if drawing is not None:
            figures.append(f"<figure>{drawing}<figcaption>{html.escape(caption)}</figcaption></figure>")
    words = html.escape(f"{found.words[:1].upper()}{found.words[1:]}; shap {found.library}. {found.why}")
    text = _PAGE.format(ink=INK, soft=SOFT, line=LINE, words=words, figures="\n".join(figures))
    return text.encode("utf-8")


def _bars(models: Sequence[Leaning], top: Sequence[str]) -> Spec:
    values = []
    for who, model in zip(("candidate", "champion"), models, strict=False):
        drawn = model.drawn_shares
        for place, name in enumerate(top):
            at = model.columns.index(name)
            ends = (0.0, 0.0) if drawn is None else np.quantile(drawn[:, at], (0.025, 0.975))
            held = {"share": float(model.shares[at]), "low": float(ends[0]), "high": float(ends[1])}
            values.append({"name": _label(place, name), "who": who, **held})
    scale = {"domain": ["champion", "candidate"], "range": [WAS, NOW]}
    colour = {"field": "who", "type": "nominal", "scale": scale, "sort": ["candidate", "champion"]}
    y = {"field": "name", "type": "nominal", "axis": _axis(), "scale": {"paddingInner": 0.3}}
    beside = {"y": y, "yOffset": {"field": "who", "sort": ["candidate", "champion"]}}
    x = {"field": "share", "type": "quantitative", "title": "share of the attribution", "axis": {"grid": True}}
    return {
        "width": _WIDTH - 120,
        "height": {"step": 14},
        "data": {"values": values},
        "layer": [
            {"mark": {"type": "bar"}, "encoding": {**beside, "x": x, "color": colour}},
            {
                "mark": {"type": "rule", "color": INK},
                "encoding": {**beside, "x": {"field": "low", "type": "quantitative"}, "x2": {"field": "high"}},
            },
        ],
    }


def _swarm(found: Attributions, top: Sequence[str], fifths: dict[str, Codes]) -> Spec:
    """Dots in steps along the axis; those of one step stand beside each other, by their fifth."""
    values = _signed(found)[:_DOTS]
    places = [found.columns.index(name) for name in top]
    edge = float(np.abs(values[:, places]).max()) or 1.0
    steps = np.rint(values / edge * _STEPS / 2).astype(np.int64)
    dots = []
    for place, name in enumerate(top):
        held, shade = steps[:, places[place]], fifths[name][: len(values)]
        most = np.bincount(held - held.min()).max()
        for step in np.unique(held):
            group = np.sort(shade[held == step])
            for at, fifth in enumerate(group):
                off = (at - (len(group) - 1) / 2) / max(most, 12)
                x = float(f"{step * edge * 2 / _STEPS:.3g}")
                dots.append({"name": _label(place, name), "x": x, "off": round(off, 3), "at": _FIFTHS[fifth]})
    colour = {
        "field": "at",
        "type": "nominal",
        "scale": {"domain": list(_FIFTHS), "range": list(_SHADES)},
        "legend": {"columns": 3},
    }
    return {
        "width": _WIDTH - 120,
        "height": {"step": 30},
        "data": {"values": dots},
        "mark": {"type": "circle", "size": 11, "opacity": 0.85},
        "encoding": {
            "y": {"field": "name", "type": "nominal", "axis": _axis()},
            "yOffset": {"field": "off", "type": "quantitative", "scale": {"domain": [-0.55, 0.55]}},
            "x": {"field": "x", "type": "quantitative", "title": f"SHAP value, {found.scale}", "axis": {"grid": True}},
            "color": colour,
        },
    }


def _row(found: Attributions, top: Sequence[str], fifths: dict[str, Codes], level: float) -> Spec:
    """The row whose output lies at a quantile: each column's share of its attribution, up or down."""
    said = found.said[:, -1]
    row = int(np.argsort(said, kind="stable")[int(level * (len(said) - 1))])
    values = _signed(found)[row]
    total = float(np.abs(values).sum()) or 1.0
    bars = []
    for place, name in enumerate(top):
        share = round(float(values[found.columns.index(name)]) / total, 2)
        where = int(fifths[name][row])
        label = f"{name} ({_FIFTHS[where]})" if where < 5 else name
        bars.append({"name": _label(place, label), "share": share, "way": "up" if share >= 0 else "down"})
    colour = {"field": "way", "type": "nominal", "scale": {"domain": ["down", "up"], "range": [NOW, "#b3402a"]}}
    x = {"field": "share", "type": "quantitative", "title": "share of the row's attribution", "axis": {"grid": True}}
    return {
        "width": _WIDTH - 160,
        "height": {"step": 17},
        "data": {"values": bars},
        "mark": {"type": "bar", "height": {"band": 0.65}},
        "encoding": {"y": {"field": "name", "type": "nominal", "axis": _axis()}, "x": x, "color": colour},
    }


def _signed(found: Attributions) -> Floats:
    """Attributions (rows, columns) of the last number that the model says: of two classes the only one."""
    return found.values[:, :, -1]


def _fifths(evidence: Evidence, name: str, rows: Codes) -> Codes:
    """In which fifth of a column's numbers each row lies, 0 to 4; 5 where it is no number."""
    values = numbers_of(evidence, name, rows)
    none = np.full(len(rows), 5, dtype=np.int64)
    known = np.zeros(0) if values is None else values[np.isfinite(values)]
    if values is None or len(known) < 10:
        return none
    edges = np.quantile(known, (0.2, 0.4, 0.6, 0.8))
    return np.where(np.isfinite(values), np.searchsorted(edges, values, side="left"), none)


def _label(place: int, name: str) -> str:
    return f"{place:02d} {plain(name, 34)}"


def _axis() -> Spec:
    return {"labelExpr": "slice(datum.value, 3)", "title": None}
