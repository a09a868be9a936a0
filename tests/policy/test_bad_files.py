"""Bad inputs 1 to 23: files that are no policy at all. Each is refused at its place, with exit code 2."""

import os
import sys
from pathlib import Path

import pytest
from tests.policy.conftest import Load, Refused
from tests.policy.texts import POLICY

from lockgate.errors import PolicyError
from lockgate.policy.load import load_policy
from lockgate.policy.nodes import MAX_DEPTH
from lockgate.types import ExitCode

TAIL = POLICY.partition("\n")[2]


def refused_path(path: Path) -> str:
    with pytest.raises(PolicyError) as caught:
        load_policy(path)
    assert caught.value.exit_code is ExitCode.USAGE
    return str(caught.value)


def test_bad_input_01_missing_file(folder: Path) -> None:
    assert "lockgate.yaml: there is no such file" in refused_path(Path("lockgate.yaml"))


@pytest.mark.parametrize("text", ["", "   \n\n", "---\n", "null\n", "~"])
def test_bad_input_02_empty(refused: Refused, text: str) -> None:
    (mistake,) = refused(text)
    assert mistake.what == "the policy is empty"
    assert "lockgate init" in mistake.fix


def test_bad_input_03_only_comments(refused: Refused) -> None:
    assert refused("# lockgate: 1\n# gates: {}\n")[0].what == "the policy is empty"


def test_bad_input_04_directory_pipe_device(folder: Path) -> None:
    assert "this is a directory, not a file" in refused_path(folder)
    os.mkfifo(folder / "pipe")
    assert "this is a pipe, not a file" in refused_path(folder / "pipe")  # and nobody waits for a writer
    assert "this is a device, not a file" in refused_path(Path("/dev/zero"))


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_bad_input_05_unreadable(folder: Path) -> None:
    (folder / "locked.yaml").write_text(POLICY)
    (folder / "locked.yaml").chmod(0)
    # The superuser reads everything but this: memory that no process maps.
    path = folder / "locked.yaml" if os.geteuid() else Path("/proc/self/mem")
    assert "cannot be read" in refused_path(path)


def test_bad_input_05_links_in_a_circle(folder: Path) -> None:
    (folder / "a.yaml").symlink_to("b.yaml")
    (folder / "b.yaml").symlink_to("a.yaml")
    assert "cannot be read" in refused_path(Path("a.yaml"))


@pytest.mark.parametrize("content", [b"\x7fELF\x02\x01\x01", b"\x80\x04\x95", b"PK\x03\x04", b"\x89PNG\r\n\x1a\n"])
def test_bad_input_06_binary(refused: Refused, content: bytes) -> None:
    (mistake,) = refused(content)
    assert "UTF-8" in mistake.what or "control character" in mistake.what
    assert (mistake.place.line, mistake.place.column) == (1, content.index(b"\x03") + 1 if b"\x03" in content else 1)


def test_bad_input_07_not_utf_8(refused: Refused) -> None:
    (mistake,) = refused("lockgate: 1\nmodel: {name: Müller}\n".encode("latin-1"))
    assert mistake.what == "the file is not UTF-8 (byte 0xfc)"
    assert (mistake.place.line, mistake.place.column) == (2, 16)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_bad_input_08_utf_16(refused: Refused, encoding: str) -> None:
    (mistake,) = refused(POLICY.encode(encoding))
    assert mistake.fix == "save it as UTF-8"


def test_bad_input_09_a_byte_order_mark_is_accepted_and_pinned(load: Load) -> None:
    marked, plain = load(b"\xef\xbb\xbf" + POLICY.encode()), load(POLICY)
    assert marked.rules == plain.rules  # places included: the mark moves no column
    assert marked.rules_digest == plain.rules_digest
    assert marked.digest != plain.digest


def test_bad_input_10_nul_byte(refused: Refused) -> None:
    (mistake,) = refused(POLICY.replace("income", "in\0come"))
    assert mistake.what == "the file holds a NUL byte"
    assert mistake.place.line == 3


@pytest.mark.parametrize("hidden", ["\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u200f", "\u061c"])
def test_bad_input_11_invisible_characters_in_keys(refused: Refused, hidden: str) -> None:
    (mistake,) = refused(POLICY.replace("f1:", f"f{hidden}1:"))
    assert mistake.what == f"the key holds an invisible character, U+{ord(hidden):04X}"
    assert (mistake.place.line, mistake.place.column) == (8, 7)


@pytest.mark.parametrize("where", ["f1: {min: 0.6{}5}", "f{}1: {min: 0.65}", "f1: {min: 0.65}  # {}"])
def test_bad_input_11_characters_that_reorder_the_text_are_refused_everywhere(refused: Refused, where: str) -> None:
    (mistake,) = refused(POLICY.replace("f1: {min: 0.65}", where.replace("{}", "\u202e")))
    assert "U+202E (RIGHT-TO-LEFT OVERRIDE)" in mistake.what
    assert mistake.place.line == 8


def test_bad_input_12_tabs_as_indent(refused: Refused) -> None:
    (mistake,) = refused("lockgate: 1\nmodel:\n\ttask: binary\n")
    assert mistake.what == "a tab cannot indent YAML"
    assert (mistake.place.line, mistake.place.column) == (3, 1)


@pytest.mark.parametrize(
    ("text", "what", "line", "column"),
    [
        ("lockgate: 1\nmodel: 'income\ngates: {}\n", "the quote that opens here is never closed", 2, 8),
        ("lockgate: 1\ndata: {sensitive: [sex, race}\n", "the [ that opens here is not closed before line 2", 2, 19),
        ("lockgate: 1\ndata: {label: income\ngates: {}\n", "the { that opens here is not closed before line 3", 2, 7),
        ("lockgate: 1\nmodel: a: b\n", "a colon is not allowed here", 2, 9),
        ("lockgate: 1\nmodel\ngates: {}\n", "a key without a colon", 2, 1),
        ("lockgate: 1\nmodel: @income\n", "a word cannot begin like this", 2, 8),
        ("data:\n  label: y\n id: x\n", "this line is indented otherwise than those that it belongs to", 3, 2),
        ("lockgate: 1\n  model: 2\n", "a colon is not allowed here", 2, 8),
    ],
)
def test_bad_input_13_unclosed_quotes_and_brackets(
    refused: Refused, text: str, what: str, line: int, column: int
) -> None:
    (mistake,) = refused(text)
    assert what in mistake.what
    assert (mistake.place.line, mistake.place.column) == (line, column)


def test_bad_input_14_two_documents(refused: Refused) -> None:
    (mistake,) = refused(f"{POLICY}---\n{POLICY}")
    assert mistake.what == "a second document begins here"
    assert mistake.place.line == 9


def test_bad_input_14_one_document_may_say_where_it_begins(load: Load) -> None:
    assert load(f"---\n{POLICY}...\n").rules_digest == load(POLICY).rules_digest


@pytest.mark.parametrize("text", ["- lockgate: 1\n", "lockgate\n", "17\n", "'lockgate: 1'\n", "[]"])
def test_bad_input_15_the_top_is_no_mapping(refused: Refused, text: str) -> None:
    (mistake,) = refused(text)
    assert mistake.what.startswith("a policy is a mapping")
    assert mistake.place.line == 1


@pytest.mark.parametrize("again", ["f1: {min: 0.1}", '"f1": {min: 0.1}'])
def test_bad_input_16_duplicate_key(refused: Refused, again: str) -> None:
    (mistake,) = refused(f"{POLICY}      {again}\n")
    assert mistake.what == "the key stands twice, first in line 8"
    assert (mistake.place.line, mistake.place.column) == (9, 7)
    assert mistake.place.key == "gates.quality.metrics.f1"


def test_bad_input_17_anchors_and_aliases_are_told_together(refused: Refused) -> None:
    anchor, alias = refused(POLICY.replace("{min: 0.65}", "&limit {min: 0.65}") + "      accuracy: *limit\n")
    assert anchor.what == "the anchor &limit is not allowed"
    assert anchor.place.line == 8
    assert alias.what == "the alias *limit is not allowed"
    assert alias.place.line == 9


def test_bad_input_18_billion_laughs(refused: Refused) -> None:
    lines = ["a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"{n}: &{n} [{', '.join([f'*{p}'] * 9)}]" for p, n in zip("abcdefgh", "bcdefghi", strict=True)]
    mistakes = refused("\n".join(lines))
    assert mistakes[0].what == "the anchor &a is not allowed"
    assert len(mistakes) < 40


def test_bad_input_19_merge_key(refused: Refused) -> None:
    (mistake,) = refused(POLICY.replace("f1:", "<<: {f1: {min: 0.1}}\n      f1:"))
    assert mistake.what == "the merge key << is not allowed"
    assert mistake.place.line == 8


@pytest.mark.parametrize("tag", ["!!python/object:os.system", "!!str", "!own", "!!float", "!", "!<tag:x,2000:y>"])
def test_bad_input_20_tags(refused: Refused, tag: str) -> None:
    (mistake,) = refused(POLICY.replace("0.65", f"{tag} 0.65"))
    assert mistake.what.startswith("the tag !") or mistake.what.startswith("the tag tag:x")
    assert mistake.place.line == 8


def test_bad_input_20_directives(refused: Refused) -> None:
    (mistake,) = refused(f"%YAML 1.1\n---\n{POLICY}")
    assert "directive" in mistake.what


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 600, 20_000])
@pytest.mark.parametrize("form", ["flow list", "flow mapping", "block"])
def test_bad_input_21_depth(refused: Refused, depth: int, form: str) -> None:
    if form == "block":
        depth = min(depth, 600)
        text = "".join(f"{' ' * level}a:\n" for level in range(depth))
    else:
        opening, closing = ("[", "]") if form == "flow list" else ("{a: ", "}")
        text = f"a: {opening * depth}{closing * depth}"
    (mistake,) = refused(text)
    assert mistake.what == "the policy is nested deeper than 20 levels"
    assert mistake.place.line > 0


def test_bad_input_22_one_megabyte(refused: Refused) -> None:
    (mistake,) = refused(f"{POLICY}# {'x' * 1_000_000}")
    assert mistake.what == "the file is larger than 256 KiB"


def test_bad_input_23_a_hundred_thousand_keys(refused: Refused) -> None:
    (mistake,) = refused("".join(f"k{index}:\n" for index in range(100_000)))
    assert mistake.what == "the file is larger than 256 KiB"
    (mistake,) = refused("a: [" + "1," * 12_000 + "1]")
    assert mistake.what == "the policy holds more than 10000 values"


@pytest.mark.parametrize("text", ['label: "\\ud83d"', '"x\\ud83d": 1, label: y'])
def test_half_a_character_is_no_text(refused: Refused, text: str) -> None:
    (mistake,) = refused(POLICY.replace("label: income", text))
    assert "half a character" in mistake.what or "U+D83D" in mistake.what


def test_pairs_of_escapes_are_one_character_as_in_json(load: Load) -> None:
    assert load(POLICY.replace("label: income", 'label: "\\ud83d\\ude00"')).data.label == "😀"


@pytest.mark.parametrize("text", ["? [a, b]\n: 1\n", "{[a]: 1}", "? {a: 1}\n: 2\n"])
def test_keys_are_texts(refused: Refused, text: str) -> None:
    (mistake,) = refused(text)
    assert mistake.what == "a key must be a text"


@pytest.mark.parametrize("key", ["1", "true", "~", "0.5", ".nan"])
def test_a_key_that_is_no_text_wants_quotes(refused: Refused, key: str) -> None:
    mistakes = refused(POLICY + f"      {key}: {{min: 0.1}}\n")
    assert mistakes[0].fix == f'quote it: "{key}"'
    assert mistakes[0].place.line == 9


def test_line_ends_of_windows_move_no_line(load: Load) -> None:
    assert load(POLICY.replace("\n", "\r\n")).rules == load(POLICY).rules
