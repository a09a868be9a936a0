"""No text of the data or of the policy becomes anything but text in a report, whatever is in it.

Each chunk of naughty strings is rendered in a Record that holds them everywhere, and compared with the same Record
that holds harmless words: the structure must be the same.
"""

import re
from collections.abc import Sequence
from functools import cache

import pytest
from lxml import etree, html
from markdown_it import MarkdownIt
from markdown_it.token import Token
from tests.reports.hostile import record_of
from tests.reports.naughty import chunks, naughty

from lockgate.reports import find_format, terminal
from lockgate.reports import html as html_report

FEW, SOME, MANY = chunks(5), chunks(10), chunks(20)  # few where a format shows few findings


@cache
def harmless(form: str, count: int) -> str:
    """The report on a Record of the same shape that holds harmless words."""
    made = record_of(tuple(f"benign{number}" for number in range(count)))
    return html_report.notebook(made) if form == "notebook" else find_format(form).render(made)


def test_there_are_at_least_500_different_strings() -> None:
    assert len(naughty()) >= 500
    assert not [text for text in naughty() if not text.isprintable() and not text]


# --- HTML -------------------------------------------------------------------------------------------------------------


def structure(page: str) -> list[tuple[str, tuple[str, ...]]]:
    """The page's elements with the names of their attributes, in order."""
    tree = html.document_fromstring(page)
    return [(str(element.tag), tuple(sorted(element.attrib))) for element in tree.iter()]


@pytest.mark.parametrize("texts", MANY, ids=range(len(MANY)))
def test_html_has_no_new_element_or_attribute(texts: tuple[str, ...]) -> None:
    page = html_report.render(record_of(texts))
    assert structure(page) == structure(harmless("html", len(texts)))
    assert [c for c in set(page) if not c.isprintable() and c not in "\n\u202f"] == []


@pytest.mark.parametrize("texts", MANY, ids=range(len(MANY)))
def test_a_notebook_fragment_has_no_new_element_or_attribute(texts: tuple[str, ...]) -> None:
    fragment = html_report.notebook(record_of(texts))
    assert structure(fragment) == structure(harmless("notebook", len(texts)))


# --- Markdown ---------------------------------------------------------------------------------------------------------


def structure_of(parsed: Sequence[Token]) -> list[tuple[str, str, str]]:
    """All that Markdown makes of a page but its text: blocks, code, HTML. `…` and <code>…</code> are the same."""
    found: list[tuple[str, str, str]] = []
    for token in parsed:
        found.append((token.type, token.tag, token.content if token.type == "html_block" else ""))
        for child in token.children or ():
            if child.type == "code_inline" or child.content == "<code>":
                found.append(("code", "", ""))
            elif child.type != "text" and child.content != "</code>":
                found.append((child.type, child.tag, child.content if child.type == "html_inline" else ""))
    return found


def outside_code(parsed: Sequence[Token]) -> str:
    """The page's text that does not stand in code, as a site would show it."""
    shown = []
    for token in parsed:
        inside = False
        for child in token.children or ():
            if child.type == "html_inline" and "code" in child.content:
                inside = child.content == "<code>"
            elif child.type != "code_inline" and not inside:
                shown.append(child.content)
    return "\n".join(shown)


def parse(page: str) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(page)


@pytest.mark.parametrize("texts", SOME, ids=range(len(SOME)))
def test_markdown_has_no_new_structure_and_nothing_live(texts: tuple[str, ...]) -> None:
    page = find_format("markdown").render(record_of(texts))
    parsed = parse(page)
    assert len(page) <= 65_536
    if "left out here" not in page:
        assert structure_of(parsed) == structure_of(parse(harmless("markdown", len(texts))))
    live = re.compile(r"@\w|#\d|://|www\.|\bgh-\d|:[\w+-]+:|\$\w", re.IGNORECASE)
    assert live.findall(outside_code(parsed)) == []
    assert [c for c in set(page) if not c.isprintable() and c != "\n"] == []


# --- JUnit ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("texts", MANY, ids=range(len(MANY)))
def test_junit_is_valid_xml_with_the_same_elements(texts: tuple[str, ...]) -> None:
    def elements(document: str) -> list[tuple[str, tuple[str, ...]]]:
        strict = etree.XMLParser(resolve_entities=False, no_network=True)
        tree = etree.fromstring(document.encode(), strict)
        return [(str(element.tag), tuple(sorted(map(str, element.attrib)))) for element in tree.iter()]

    made = find_format("junit").render(record_of(texts))
    assert elements(made) == elements(harmless("junit", len(texts)))


# --- GitHub -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("texts", FEW, ids=range(len(FEW)))
def test_github_gets_exactly_the_commands_that_we_write(texts: tuple[str, ...]) -> None:
    lines = find_format("github").render(record_of(texts)).splitlines()
    errors, warnings = min(10, 3 * len(texts)), min(10, 2 * len(texts))  # what is undecided only warns here
    assert [line.split(" ")[0] for line in lines] == ["::error"] * errors + ["::warning"] * warnings + ["::notice"]
    for line in lines:
        head, text = line.removeprefix("::").split("::", 1)
        names = [entry.partition("=")[0] for entry in head.partition(" ")[2].split(",")]
        assert set(names) <= {"file", "line", "col", "title"}
        assert len(names) == len(set(names))
        assert "::" not in text
        assert "##" not in line
        assert line.isprintable()


# --- terminal ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("texts", FEW, ids=range(len(FEW)))
def test_a_terminal_gets_printable_characters_alone(texts: tuple[str, ...]) -> None:
    shown = terminal.render(record_of(texts), width=60, report=texts[0])
    assert [c for c in set(shown) if not c.isprintable() and c != "\n"] == []
    for line in shown.splitlines():
        assert not line.lstrip().startswith("::")
        assert "##" not in line


@pytest.mark.parametrize("texts", MANY, ids=range(len(MANY)))
def test_a_coloured_terminal_gets_colours_and_no_other_control(texts: tuple[str, ...]) -> None:
    shown = terminal.render(record_of(texts), colour=True)
    rest = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert rest != shown
    assert [c for c in set(rest) if not c.isprintable() and c != "\n"] == []


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "shift_jis", "no-such-encoding"])
def test_a_terminal_without_unicode_is_written_to_without_error(encoding: str) -> None:
    for texts in FEW[::12]:
        shown = terminal.render(record_of(texts), encoding=encoding)
        assert shown.encode("ascii" if encoding == "no-such-encoding" else encoding)
