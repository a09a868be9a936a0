"""Keeps of a drawing only what draws: known elements and attributes, numbers cut to two decimals, text as text.

What a chart library writes is not trusted: no script, no style, no link, no image, no event handler passes.
"""

import re
from xml.etree.ElementTree import Element, SubElement, fromstring, tostring

_NAMESPACE = "{http://www.w3.org/2000/svg}"
_ELEMENTS = frozenset({"svg", "g", "path", "line", "rect", "circle", "text", "tspan", "defs", "clipPath"})
# fmt: off
_ATTRIBUTES = frozenset({
    "clip-path", "cx", "cy", "d", "dx", "dy", "fill", "fill-opacity", "font-size", "font-style",
    "font-weight", "height", "id", "opacity", "r", "stroke", "stroke-dasharray", "stroke-linecap",
    "stroke-linejoin", "stroke-miterlimit", "stroke-opacity", "stroke-width", "text-anchor", "transform",
    "viewBox", "width", "x", "x1", "x2", "y", "y1", "y2",
})
# fmt: on
_VALUE = re.compile(r"[\w\s#.,()+-]*")
_LONG = re.compile(r"-?\d+\.\d{3,}(?:e-?\d+)?")


def clean(drawing: str, prefix: str, label: str) -> str:
    """An SVG document as a fragment for an HTML page.

    Args:
        drawing: the SVG document.
        prefix: goes before all its ids, so that two drawings on a page do not share them.
        label: what the drawing shows, in words.
    """
    root = fromstring(drawing)  # noqa: S314 (made by our own renderer from our own specification)
    box = root.get("viewBox") or f"0 0 {root.get('width', '0')} {root.get('height', '0')}"
    out = Element("svg", {"class": "chart", "viewBox": _short(box), "role": "img", "aria-label": label})
    for name in ("width", "height"):
        out.set(name, _short(root.get(name, "0")))
    _copy(root, out, prefix)
    return tostring(out, encoding="unicode", short_empty_elements=True)


def _copy(source: Element, target: Element, prefix: str) -> None:
    for child in source:
        name = str(child.tag).removeprefix(_NAMESPACE)
        if name not in _ELEMENTS or child.get("display") == "none" or (name == "path" and not child.get("d")):
            continue
        kept = SubElement(target, name)
        for attribute, value in child.attrib.items():
            if attribute in _ATTRIBUTES and _allowed(attribute, value):
                kept.set(attribute, _renamed(attribute, _short(value), prefix))
        if name in {"text", "tspan"}:
            kept.text, kept.tail = child.text, child.tail if name == "tspan" else None
        _copy(child, kept, prefix)
        if name == "g" and len(kept) == 0:
            target.remove(kept)


def _allowed(attribute: str, value: str) -> bool:
    return bool(_VALUE.fullmatch(value)) and ("url" not in value.lower() or attribute == "clip-path")


def _renamed(attribute: str, value: str, prefix: str) -> str:
    if attribute == "id":
        return prefix + value
    return re.sub(r"url\(#", f"url(#{prefix}", value) if attribute == "clip-path" else value


def _short(value: str) -> str:
    return _LONG.sub(lambda found: f"{float(found[0]):.2f}".rstrip("0").rstrip("."), value)
