"""Texts that no file, number or line can be: a mistake with its place, before anything looks for them."""

from pathlib import Path

import pytest
from tests.policy.conftest import Refused
from tests.policy.texts import POLICY, with_condition, with_gate

from lockgate.errors import PolicyError
from lockgate.policy.load import load_policy
from lockgate.policy.loaded import Overrides, Policy
from lockgate.policy.paths import nameable


@pytest.mark.parametrize("line_break", ["\x85", "\u2028", "\u2029", "\r"])
@pytest.mark.parametrize("before", ["# strict", '  name: "a'])
def test_a_line_break_that_editors_do_not_show(refused: Refused, line_break: str, before: str) -> None:
    (mistake,) = refused(f"{POLICY}{before}{line_break}      accuracy: {{min: 0.1}}\n")
    assert f"U+{ord(line_break):04X} breaks the line here" in mistake.what
    assert (mistake.place.line, mistake.place.column) == (9, len(before) + 1)


def test_lines_of_windows_are_lines(folder: Path) -> None:
    (folder / "lockgate.yaml").write_bytes(POLICY.replace("\n", "\r\n").encode())
    assert isinstance(load_policy(Path("lockgate.yaml")), Policy)


LONG = "a" * 300
PATHS = [
    ("v.parquet", f"'[{'a' * 5000}'", "data.validation"),
    ("v.parquet", LONG, "data.validation"),
    ("v.parquet", "'file://%00'", "data.validation"),
    ("m.skops", LONG, "model.candidate"),
    ("m.skops", f"'python:{LONG}:f'", "model.candidate"),
    ("m.skops", f"m.skops, champion: {{uri: m.skops, artifact: {LONG}}}", "model.champion.artifact"),
    ("m.skops", f"m.skops, code: src/{LONG}", "model.code"),
    ("m.skops", f"m.skops, environment: {{python: {'a/' * 2500}}}", "model.environment.python"),
]


@pytest.mark.parametrize(("before", "after", "key"), PATHS)
def test_paths_that_nothing_can_be_called(refused: Refused, before: str, after: str, key: str) -> None:
    (mistake,) = refused(POLICY.replace(before, after))
    assert mistake.place.key == key
    assert "can be called so" in mistake.what


@pytest.mark.parametrize("text", [f"s3://bucket/{LONG}", "file:///tmp/" + "%C3%A4" * 100, "python:a.b:c", "ä" * 127])
def test_paths_that_something_can_be_called(text: str) -> None:
    assert nameable(text) == text


@pytest.mark.parametrize(
    ("overrides", "place"),
    [
        (Overrides(candidate=LONG), "--candidate"),
        (Overrides(champion="a\0b"), "--champion"),
        (Overrides(data={"validation": "file://%00"}), "--data validation"),
    ],
)
def test_the_command_line_names_none_of_them_either(refused: Refused, overrides: Overrides, place: str) -> None:
    (mistake,) = refused(POLICY, overrides=overrides)
    assert mistake.place.file == place


@pytest.mark.parametrize("name", [f"{'a' * 5000}/lockgate.yaml", "a" * 5000, "a\0b/lockgate.yaml", "a\0b"])
def test_a_policy_that_nothing_can_be_called(folder: Path, name: str) -> None:
    with pytest.raises(PolicyError, match="cannot be read"):
        load_policy(Path(name))


def test_globs_have_an_end(refused: Refused) -> None:
    (mistake,) = refused(with_gate(f"columns: {{'{'[a' * 505}': {{psi: {{max: 1}}}}}}", "Moved"))
    assert "1010 characters" in mistake.what


@pytest.mark.parametrize("uses", ["a" * 5000 + ".py:X", "a/" * 3000 + "g.py:X", ":X", "g.py:"])
def test_gates_that_no_file_can_hold(refused: Refused, uses: str) -> None:
    mistakes = refused(with_gate("f1: {min: 0.5}").replace("gates/own.py:Quality", f"'{uses}'"))
    assert {mistake.place.key for mistake in mistakes} == {"gates.g.uses"}


@pytest.mark.parametrize("uri", ["a" * 5000, "package:" + "a" * 5000 + "/x.yaml", "'package:x y/z'"])
def test_parents_that_nothing_can_be_called(refused: Refused, uri: str) -> None:
    assert refused(POLICY.replace("lockgate: 1", f"lockgate: 1\nextends: {uri}"))


@pytest.mark.parametrize("digits", ["1e99999999999999999999", "1e999999999", "1e-99999999999999999999", "1e-400"])
@pytest.mark.parametrize(("metric", "unit"), [("latency: {max: ", " ms"), ("accuracy: {min: ", "%")])
def test_numbers_that_no_number_can_be(refused: Refused, digits: str, metric: str, unit: str) -> None:
    (mistake,) = refused(with_condition(f"{metric}{digits}{unit}}}"))
    assert "exponent" in mistake.what or "too large" in mistake.what or "too small" in mistake.what
