"""Charts: drawn from what gates leave in `details`, cleaned before they reach a page."""

from typing import Any
from xml.etree import ElementTree as ET

import pytest
from tests.reports.making import held, record
from tests.reports.records import DETAILS, blocked

from lockgate.reports.charts import MOST, charts
from lockgate.reports.html import render
from lockgate.reports.specs import KINDS, specs
from lockgate.reports.summary import summarise
from lockgate.reports.svg import clean
from lockgate.types import Finding, Record, Status

GOOD: dict[str, dict[str, Any]] = {
    "columns": {"columns": {"age": 0.6, "checks": 0.3, "employed": 0.1}},
    **{kind: dict(d) for d in DETAILS.values() for kind in KINDS & d.keys()},
}
BROKEN: tuple[dict[str, Any], ...] = (
    {"histogram": None},
    {"histogram": {"edges": [], "reference": [], "data": []}},
    {"histogram": {"edges": [1, 2], "reference": [0.5], "data": [0.5, 0.5, 0]}},
    {"histogram": {"edges": [1, "2"], "reference": [0, 0, 1], "data": [0, 0, 1]}},
    {"histogram": {"edges": [1, True], "reference": [0, 0, 1], "data": [0, 0, 1]}},
    {"categories": {"names": "abc", "reference": [0, 0, 1], "data": [0, 0, 1]}},
    {"categories": {"names": [1, 2], "reference": [0, 1], "data": [0, 1]}},
    {"categories": {"names": ["a"], "reference": [0, 1], "data": [0, 1]}},
    {"categories": []},
    {"missing": {"reference": None, "data": 0.5}},
    {"missing": 0.5},
    {"groups": {}},
    {"groups": {"a": "b"}},
    {"groups": ["a"]},
    {"confusion": [[1, 2]], "labels": ["a", "b"]},
    {"confusion": [[1], [2]], "labels": ["a", "b"]},
    {"confusion": [["a", "b"], ["c", "d"]], "labels": ["a", "b"]},
    {"confusion": [[1, 2], [3, 4]]},
    {"confusion": 4, "labels": ["a"]},
    {"roc": []},
    {"roc": [[0.5]]},
    {"roc": ["ab"]},
    {"roc": {"x": 1}},
    {"bins": [1, 2]},
    {"bins": [{"expected": 0.5}]},
    {"bins": "no"},
    {"roc": [[float("nan"), 0.0]]},
    {"groups": {"a": float("inf")}},
)


def drawn(made: Record) -> list[str]:
    return [chart.svg for own in charts(made, summarise(made)).values() for chart in own]


@pytest.mark.parametrize(("highest", "last"), [(0.3, "1"), (30, "30")])
def test_shares_of_groups_stand_on_one_scale(highest: float, last: str) -> None:
    failed = held("fairness", "selection_rate_ratio", 0.5, 0.8)
    details = {"rate": "selection_rate", "groups": {"a": highest / 2, "b": highest}}
    (svg,) = drawn(record([failed], details={failed.id: details}))
    ticks = [text.text for text in ET.fromstring(svg).iter("text") if text.get("text-anchor") == "middle"]
    assert (ticks[0], ticks[-1]) == ("0", last)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_kind_of_details_is_drawn(kind: str) -> None:
    failed = held("performance", "f1", 0.5, 0.6)
    (svg,) = drawn(record([failed], details={failed.id: GOOD[kind]}))
    root = ET.fromstring(svg)
    assert root.get("role") == "img"
    assert root.get("aria-label")
    assert root.findall(".//path")
    assert root.findall(".//text")


@pytest.mark.parametrize("details", BROKEN, ids=str)
def test_details_of_another_form_are_left_alone(details: dict[str, Any]) -> None:
    assert list(specs(details)) == []
    failed = held("performance", "f1", 0.5, 0.6)
    assert "<figure>" not in render(record([failed], details={failed.id: details}))


def test_the_number_of_charts_is_bounded() -> None:
    findings = [held("drift", "psi", 0.5, 0.2, "max", at={"column": f"c{n}"}) for n in range(40)]
    made = record(findings, details={finding.id: DETAILS["drift/psi[column=age]"] for finding in findings})
    assert len(drawn(made)) == MOST


def test_a_column_that_fails_twice_is_drawn_once() -> None:
    details = DETAILS["drift/psi[column=age]"]
    findings = [held("drift", "psi", 0.5, limit, "max", at={"column": "age"}) for limit in (0.1, 0.2)]
    assert len(drawn(record(findings, details={findings[0].id: details}))) == 1


def test_nothing_is_drawn_of_what_passed() -> None:
    good: Finding = held("drift", "psi", 0.1, 0.2, "max", at={"column": "age"})
    assert good.status is Status.PASS
    assert drawn(record([good], details={good.id: DETAILS["drift/psi[column=age]"]})) == []


def test_huge_and_tiny_numbers_are_drawn_or_left_out_but_break_nothing() -> None:
    failed = held("performance", "f1", 0.5, 0.6)
    for size in (1e300, 5e-324, -1e300):
        edges = {"histogram": {"edges": [0.0, size], "reference": [size, 0, 1], "data": [0, 1, size]}}
        assert "Blocked" in render(record([failed], details={failed.id: edges}))


# --- the cleaner ------------------------------------------------------------------------------------------------------


HOSTILE = """<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9"
 onload="alert(1)"><script>alert(1)</script><style>*{}</style><image href="https://evil.example/x.png"/>
 <a xlink:href="javascript:alert(1)"><text>x</text></a><foreignObject><b>x</b></foreignObject>
 <use href="https://evil.example/x.svg#x"/><animate onbegin="alert(1)"/>
 <defs><clipPath id="clip"><rect width="1.23456" height="2"/></clipPath></defs>
 <g clip-path="url(#clip)" style="fill:url(https://evil.example)" class="x" fill="url(https://evil.example)">
 <path d="M0.123456,1" onclick="alert(1)" stroke="red;}" fill="#fff"/>
 <text font-family="x">&lt;b&gt;</text></g></svg>"""


def test_a_drawing_keeps_only_what_draws() -> None:
    cleaned = clean(HOSTILE, "c1-", "what it shows")
    root = ET.fromstring(cleaned)
    assert {element.tag for element in root.iter()} == {"svg", "defs", "clipPath", "rect", "g", "path", "text"}
    assert "evil" not in cleaned
    assert "alert" not in cleaned
    assert 'clip-path="url(#c1-clip)"' in cleaned
    assert 'id="c1-clip"' in cleaned
    assert '<path d="M0.12,1" fill="#fff" />' in cleaned
    assert "<text>&lt;b&gt;</text>" in cleaned


def test_two_charts_of_a_page_share_no_id() -> None:
    ids = [element.get("id") for svg in drawn(blocked()) for element in ET.fromstring(svg).iter() if element.get("id")]
    assert len(ids) == len(set(ids))
