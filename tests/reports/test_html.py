"""The page for a browser: complete, self-contained, small, readable by everybody."""

import base64
import hashlib
import re
from dataclasses import replace
from functools import cache
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from lxml import html
from tests.reports.making import record
from tests.reports.records import RECORDS, blocked, many, not_judged

from lockgate.cli._show import write_reports
from lockgate.reports.html import CARDS, notebook, render
from lockgate.run import execute
from lockgate.types import Attachment, ExitCode, Record, Status


@cache
def page_of(name: str) -> str:
    return render(RECORDS[name]())


def parsed(made: str | Record) -> Any:
    """The page of a Record, or of the one that has this name."""
    return html.document_fromstring(page_of(made) if isinstance(made, str) else render(made))


def words(element: Any) -> str:
    return " ".join(element.text_content().split())


@pytest.mark.parametrize("name", RECORDS)
def test_a_page_holds_no_script_and_loads_nothing(name: str) -> None:
    page = page_of(name)
    tree = html.document_fromstring(page)
    for element in tree.iter():
        assert element.tag not in {
            "script",
            "iframe",
            "object",
            "embed",
            "img",
            "image",
            "form",
            "base",
            "foreignobject",
        }
        for attribute, value in element.attrib.items():
            assert not str(attribute).startswith("on")
            assert attribute not in {"src", "srcset", "style", "action", "formaction", "background", "xlink:href"}
            if attribute == "href":
                attached = {f"./{held}" for held in RECORDS[name]().attachments}
                assert value.startswith("#") or value == "data:," or value in attached
    assert not re.search(r"url\((?!\"data:image/svg)|@import|https?://(?!www\.w3\.org/2000/svg)", page)


@pytest.mark.parametrize("name", RECORDS)
def test_a_page_is_under_1_mb(name: str) -> None:
    assert len(page_of(name).encode()) < 1_000_000


def test_a_page_of_very_many_long_conditions_is_under_1_mb_and_says_what_it_left_out() -> None:
    page = render(many(4_000))
    assert len(page.encode()) < 1_000_000
    assert "further conditions are left out here for size" in page


def test_the_policy_of_the_page_allows_its_own_style_sheet_alone() -> None:
    tree = parsed("blocked")
    policy = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    (style,) = tree.xpath("//style")
    digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:")


def test_the_verdict_stands_on_top_with_its_exit_code() -> None:
    tree = parsed("blocked")
    (section,) = tree.xpath("//section[contains(@class, 'verdict')]")
    assert words(section.xpath(".//h1")[0]) == "Blocked"
    assert "10 of 18 conditions fail" in words(section)
    assert "10 failed 3 warnings, not enforced 5 passed 2 listed, not judged" in words(section)
    assert words(section.xpath(".//dl/div[1]")[0]) == "Exit code1"
    assert words(section.xpath(".//dl/div[4]")[0]) == "Finished2026-11-23 10:15:04 UTC"
    assert tree.xpath("string(//title)") == "Blocked: income · Lockgate"


@pytest.mark.parametrize(("code", "word"), [(ExitCode.PASSED, "Passed"), (ExitCode.NOT_JUDGED, "Not judged")])
def test_each_verdict_has_its_word(code: ExitCode, word: str) -> None:
    assert words(parsed("passed" if code is ExitCode.PASSED else "not_judged").xpath("//h1")[0]) == word


def test_a_partial_verdict_says_that_it_releases_nothing() -> None:
    tree = parsed("partial")
    assert words(tree.xpath("//h1")[0]) == "Passed (partial)"
    assert "releases nothing" in words(tree.xpath("//section[contains(@class, 'verdict')]")[0])


def test_what_failed_says_by_how_much_and_where_and_what_would_pass() -> None:
    tree = parsed("blocked")
    cards = [words(card) for card in tree.xpath("//section[@id='failed']//article")]
    assert len(cards) == 10
    recall = next(card for card in cards if card.startswith("recall"))
    for said in (
        "slice education=Bachelors",
        "0.2143",
        "at least 0.3",
        "0.0857 higher",
        "1203 rows",
        "lockgate.yaml:24:7",
    ):
        assert said in recall


def test_warnings_stand_apart() -> None:
    tree = parsed("blocked")
    (section,) = tree.xpath("//section[@id='warnings']")
    assert "shown, not enforced" in words(section)
    assert len(section.xpath(".//article")) == 3
    assert "0.9084 should be at least 0.92" in words(section)


@pytest.mark.parametrize("name", RECORDS)
def test_every_condition_stands_in_the_tables_with_value_limit_and_axis(name: str) -> None:
    made = RECORDS[name]()
    rows = parsed(name).xpath("//table[@class='all']/tbody/tr")
    assert len(rows) == len(made.content.findings)
    for row in rows:
        cells = row.xpath("./td")
        if len(cells) == 6:
            assert cells[5].xpath(".//*[name()='svg']")
        else:
            assert cells[3].get("colspan") == "3"
            assert words(cells[3])


def test_an_axis_shows_limit_value_interval_champion_and_warning_limit() -> None:
    tree = parsed("blocked")
    f1, roc_auc = (
        tree.xpath("//article[.//h4[contains(., 'f1')]]")[0],
        tree.xpath("//article[.//h4[contains(., 'roc_auc')]]")[0],
    )
    marks = [path.get("class").split()[0] for path in f1.xpath(".//*[contains(@class, 'strip')]/*")]
    assert marks == ["ax", "ok", "iv", "li", "ch", "va"]
    assert "wa" in [path.get("class") for path in roc_auc.xpath(".//*[contains(@class, 'strip')]/*")]


def test_charts_are_drawn_of_what_failed() -> None:
    captions = [words(caption) for caption in parsed("blocked").xpath("//figcaption")]
    assert captions == [
        "Calibration",
        "ROC curve",
        "Confusion matrix, in rows",
        "Values, reference and now: column age",
        "Categories, reference and now: column workclass",
        "Missing values, reference and now: column workclass",
        "True positive rate by group: column sex",
        "Selection rate by group: column sex × race",
    ]


def test_charts_of_warnings_alone_are_drawn_too() -> None:
    made = blocked()
    warnings = [finding for finding in made.content.findings if finding.status is Status.WARN]
    details = {m.metric: m.details for run in made.content.gates for m in run.measurements}
    lone = record(warnings, details={finding.id: details[finding.metric] for finding in warnings})
    assert [words(c) for c in parsed(lone).xpath("//section[@id='warnings']//figcaption")] == [
        "Selection rate by group: column sex × race",
        "ROC curve",
    ]


def test_evidence_shows_all_digests() -> None:
    made = blocked()
    shown = words(parsed("blocked").xpath("//section[@id='evidence']")[0])
    content = made.content
    digests = [made.digest, content.policy.digest, content.policy.rules_digest]
    digests += [model.digest or "" for model in content.models.values()] + [
        data.digest for data in content.data.values()
    ]
    for digest in digests:
        assert digest.removeprefix("sha256:") in shown


def test_the_policy_s_lines_and_the_command_stand_at_the_end() -> None:
    (section,) = parsed("blocked").xpath("//section[@id='policy']")
    rows = [[words(cell) for cell in row.xpath("./td")] for row in section.xpath(".//tr")]
    assert ["lockgate.yaml:21:7", "performance", "roc_auc", "everything", "min 0.9, warn 0.92", "block"] in rows
    assert "lockgate check lockgate.yaml --candidate 'models/new one.skops' --only performance" in words(section)


def test_listed_parts_are_counted_and_named() -> None:
    shown = words(parsed("blocked").xpath("//section[@id='conditions']")[0])
    assert "Listed, not judged 2 parts of the data" in shown
    assert "slice education=Preschool" in shown


def test_the_first_failures_are_shown_in_full_the_others_counted() -> None:
    tree = parsed("many")
    assert len(tree.xpath("//section[@id='failed']//article")) == CARDS
    assert "160 more stand in the tables" in words(tree.xpath("//section[@id='failed']")[0])
    assert len(tree.xpath("//figure")) == 4, "forty of the failing columns have the same chart, four of them fail"


def test_headings_and_tables_can_be_read_aloud() -> None:
    tree = parsed("blocked")
    levels = [int(element.tag[1]) for element in tree.iter() if element.tag in {"h1", "h2", "h3", "h4"}]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 or (before, after) == (2, 4) for before, after in pairwise(levels))
    for table in tree.xpath("//table"):
        assert table.xpath("./thead//th[@scope='col']")
    for drawing in tree.xpath("//*[name()='svg']"):
        assert drawing.get("aria-hidden") == "true" or (drawing.get("role") == "img" and drawing.get("aria-label"))
    for status in tree.xpath("//table[@class='all']/tbody/tr/td[1]"):
        assert words(status) in {"passed", "failed", "warning", "undecided", "not judged"}


# --- colours ----------------------------------------------------------------------------------------------------------


def colours(style: str, scheme: str) -> dict[str, str]:
    blocks = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    light = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", blocks[0]))
    return light if scheme == "light" else light | dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", blocks[1]))


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_the_contrast_that_wcag_asks_for(scheme: str) -> None:
    (style,) = parsed("passed").xpath("//style/text()")
    held = colours(style, scheme)
    statuses = [status.value for status in Status]
    pairs = [*product(["ink", "soft", "accent", *statuses], ["page", "panel"])]
    pairs += [(text, f"{status}-tint") for status in statuses for text in (status, "ink", "soft")]
    for text, ground in pairs:
        high, low = sorted([luminance(held[text]), luminance(held[ground])], reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5, (text, ground)


# --- notebook ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RECORDS)
def test_a_notebook_shows_a_fragment_that_styles_nothing_else(name: str) -> None:
    made = RECORDS[name]()
    fragment = notebook(made)
    (root,) = html.fragments_fromstring(fragment)
    assert root.tag == "div"
    assert not root.xpath("//style | //script | //link | //@class | //@id")
    assert len(fragment) < 40_000
    assert made._repr_html_() == fragment


def test_a_notebook_shows_verdict_failures_and_scorecard() -> None:
    (root,) = html.fragments_fromstring(notebook(blocked()))
    shown = words(root)
    for said in ("Blocked", "exit code 1", "recall", "0.2143", "at least 0.3", "overall", "10 failed"):
        assert said in shown


def test_a_record_without_findings_is_shown() -> None:
    made = not_judged()
    empty = replace(made, content=replace(made.content, findings=(), outcomes=(), gates=()))
    assert "Not judged" in render(empty)
    assert "Not judged" in notebook(empty)


def test_attachments_are_linked_beside_the_page_with_their_digest(tmp_path: Path) -> None:
    """As a run writes them: every link of the opened report leads to the bytes whose digest stands beside it."""
    (tmp_path / "value.py").write_text("def worth(label):\n    return label + 1.0\n")
    policy = tmp_path / "lockgate.yaml"
    policy.write_text(
        "lockgate: 1\nmodel: {task: binary, candidate: {predictions: {prediction: p}}}\n"
        "data: {label: y, positive: 1}\n"
        'gates: {business: {function: "value.py:worth", value_per_row: {min: 0}}}\n'
    )
    result = execute(policy, tables={"validation": pa.table({"y": [0, 1] * 20, "p": [0, 1] * 20})})
    folder = tmp_path / "reports"
    write_reports(folder, result.record, result.attachments)
    tree = html.document_fromstring((folder / "report.html").read_text())
    (link,) = tree.xpath("//section[@id='evidence']//a")
    assert link.attrib == {"href": "./business-value.py", "target": "_blank", "rel": "noopener noreferrer"}
    linked = (folder / link.get("href")).read_bytes()
    assert linked == (tmp_path / "value.py").read_bytes()
    assert words(link.xpath("ancestor::tr//code")[0]) == hashlib.sha256(linked).hexdigest()


@pytest.mark.parametrize(
    "name",
    [
        *("javascript:alert(1)", "//evil.example/x", "https://evil.example", "../../etc/passwd", "/etc/passwd"),
        *(
            "a b",
            'a"onclick=alert(1)',
            "<script>alert(1)</script>",
            ".hidden",
            "a\\b",
            "a/b",
            "%2e%2e%2fx",
            "a?b#c",
            "",
        ),
        *("a\n", "\u202etxt.exe", "data:text/html,x", "x" * 300),
    ],
)
def test_an_attachment_with_another_name_than_a_files_is_not_linked(name: str) -> None:
    made = replace(RECORDS["passed"](), attachments={name: Attachment(digest="sha256:0", media_type='x"><script>')})
    tree = parsed(made)
    (row,) = tree.xpath("//tr[th='attachment']")
    assert row.xpath(".//a") == []
    assert tree.xpath("//script") == []
