"""`extends`: rules of another file hold too; a child may tighten them, never loosen them."""

import json
import math
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.policy.conftest import Load, Refused

from lockgate.errors import PolicyError
from lockgate.globs import Globs
from lockgate.policy.load import load_policy
from lockgate.policy.loaded import Policy
from lockgate.policy.model import ModelSpec
from lockgate.types import Condition

BASE = """\
lockgate: 1
data: {sensitive: [sex], slices: [job]}
decide: {inconclusive: by_estimate}
gates:
  quality:
    uses: gates/own.py:Quality
    metrics:
      f1: {min: 0.65, warn: 0.7}
      log_loss: {max: 0.4, warn: 0.3}
    slices: {f1: {min: 0.3}}
  moved:
    uses: gates/own.py:Moved
    columns: {"*": {psi: {max: 0.2}}, "cap_*": {psi: {max: 0.1}}, tolerate: 10%}
  rival: {uses: gates/own.py:Rival, f1: {max_drop: 0.01}}
  contract:
    uses: gates/own.py:Contract
    columns: {"*": {min: 0}}
"""

CHILD = """\
lockgate: 1
extends: base.yaml
model: {task: binary, candidate: m.skops, champion: none}
data: {validation: v.csv, reference: r.csv, label: income}
"""


@pytest.fixture(autouse=True)
def base(folder: Path) -> Path:
    (folder / "base.yaml").write_text(BASE)
    return folder / "base.yaml"


def test_what_the_parent_sets_holds(load: Load) -> None:
    policy = load(CHILD)
    assert [gate.id for gate in policy.rules.gates] == ["quality", "moved", "rival", "contract"]
    assert policy.rules.gates[0].clauses[0].condition == Condition(min=0.65, warn=0.7)
    assert str(policy.rules.gates[0].clauses[0].place) == "base.yaml:8:7"
    assert [item.column for item in policy.data.sensitive] == ["sex"]


def test_rules_that_come_from_a_parent_have_the_digest_of_rules_that_stand_here(load: Load) -> None:
    merged = CHILD.replace("extends: base.yaml\n", "").replace(
        "label: income", "label: income, sensitive: [sex], slices: [job]"
    )
    assert load(merged + BASE[BASE.index("gates:") :]).rules_digest == load(CHILD).rules_digest


TIGHTER = [
    ("quality: {f1: {min: 0.7, warn: 0.8}}", Condition(min=0.7, warn=0.8)),
    ("quality: {metrics: {f1: {min: 0.65}}}", Condition(min=0.65, warn=0.7)),
    ("quality: {f1: {warn: 0.75}}", Condition(min=0.65, warn=0.75)),
    ("quality: {accuracy: {min: 50%}}", Condition(min=0.65, warn=0.7)),
    ("quality: {slices: {f1: {min: 0.4}, accuracy: {min: 0.1}}}", Condition(min=0.65, warn=0.7)),
    ("more: {uses: gates/own.py:Quality, f1: {min: 0.1}}", Condition(min=0.65, warn=0.7)),
    ("moved: {columns: {age: {psi: {max: 0.1}}, tolerate: 5%}}", Condition(min=0.65, warn=0.7)),
    ("moved: {columns: {'*': {missing_change: {max: 5%}}}}", Condition(min=0.65, warn=0.7)),
    ("moved: {psi: {max: 0.9}}", Condition(min=0.65, warn=0.7)),
    ("contract: {columns: {age: {min: 0}}}", Condition(min=0.65, warn=0.7)),
    ("contract: {columns: {age: {type: integer}}}", Condition(min=0.65, warn=0.7)),
    ("quality: {timeout: 5 s}", Condition(min=0.65, warn=0.7)),
]


@pytest.mark.parametrize(("gate", "condition"), TIGHTER)
def test_a_child_may_tighten(load: Load, gate: str, condition: Condition) -> None:
    policy = load(f"{CHILD}gates:\n  {gate}\n")
    assert policy.rules.gates[0].clauses[0].condition == condition


LOOSER = [
    ("quality: {f1: {min: 0.6}}", "gates.quality.metrics.f1.min", "0.6 is looser than 0.65, which base.yaml:8 sets"),
    ("quality: {f1: {level: warn}}", "gates.quality.metrics.f1.level", "warn is looser than block"),
    ("quality: {f1: {warn: 0.66}}", "gates.quality.metrics.f1.warn", "0.66 is looser than 0.7"),
    ("quality: {log_loss: {warn: 0.35}}", "gates.quality.metrics.log_loss.warn", "0.35 is looser than 0.3"),
    ("quality: {log_loss: {max: 0.5}}", "gates.quality.metrics.log_loss.max", "0.5 is looser than 0.4"),
    ("quality: {slices: {f1: {min: 0.2}}}", "gates.quality.slices.f1.min", "0.2 is looser than 0.3"),
    ("moved: {columns: {age: {psi: {max: 0.9}}}}", "gates.moved.columns.age.psi.max", "0.9 is looser than 0.2"),
    ("moved: {columns: {age: {psi: {max: 0.2, level: warn}}}}", "gates.moved.columns.age.psi.level", "warn is looser"),
    ("moved: {columns: {cap_a: {psi: {max: 0.15}}}}", "gates.moved.columns.cap_a.psi.max", "0.15 is looser than 0.1"),
    ("moved: {columns: {'a?e': {psi: {max: 0.9}}}}", "gates.moved.columns.a?e.psi.max", "0.9 is looser than 0.2"),
    ("moved: {columns: {tolerate: 90%}}", "gates.moved.columns.tolerate", "0.9 is looser than 0.1"),
    ("rival: {when_no_champion: pass}", "gates.rival.when_no_champion", "pass is looser than block"),
    ("rival: {f1: {max_drop: 0.02}}", "gates.rival.metrics.f1.max_drop", "0.02 is looser than 0.01"),
    ("rival: {data: production}", "gates.rival.data", "[production] replaces [validation]"),
    (
        "quality: {uses: gates/own.py:Parity, ratio: {min: 0.1}}",
        "gates.quality.uses",
        "Parity replaces gates/own.py:Quality",
    ),
    ("contract: {encoding: latin-1}", "gates.contract.encoding", "latin-1 replaces utf-8"),
    ("contract: {columns: {age: {min: -5}}}", "gates.contract.columns.age.min", "-5 replaces 0,"),
    ("contract: {columns: {'*': {min: -5}}}", "gates.contract.columns.*.min", "-5 replaces 0,"),
    (
        "contract: {columns: {'*': {outside: {max: 1%}}}}",
        "gates.contract.columns.*.outside.max",
        "0.01 is looser than 0,",
    ),
]


@pytest.mark.parametrize(("gate", "key", "what"), LOOSER)
def test_catalogue_46_a_child_cannot_loosen(refused: Refused, gate: str, key: str, what: str) -> None:
    text = f"{CHILD}gates:\n  {gate}\n".replace("v.csv", "v.csv, production: p.csv")
    mistakes = [mistake for mistake in refused(text) if mistake.place.key == key]
    assert len(mistakes) == 1
    assert what in mistakes[0].what
    assert (mistakes[0].place.file, mistakes[0].place.line) == ("lockgate.yaml", 6)


def test_catalogue_46_a_gates_level_loosens_all_its_conditions(refused: Refused) -> None:
    mistakes = refused(f"{CHILD}gates:\n  quality: {{level: warn}}\n")
    assert [mistake.place.key for mistake in mistakes] == [
        *("gates.quality.metrics.f1.level", "gates.quality.metrics.log_loss.level", "gates.quality.slices.f1.level"),
    ]
    assert {mistake.place.column for mistake in mistakes} == {13}


@pytest.mark.parametrize(
    ("block", "key", "what"),
    [
        ("decide: {inconclusive: pass}", "decide.inconclusive", "pass is looser than by_estimate"),
        ("sandbox: none", "sandbox", "none is looser than best_effort, which base.yaml leaves at its default"),
        (
            "decide: {confidence: 0.9}",
            "decide.confidence",
            "0.9 is looser than 0.95, which base.yaml leaves at its default",
        ),
        ("decide: {seed: 8}", "decide.seed", "8 replaces 7"),
        (
            "decide: {false_block_rate: 0.01}",
            "decide.false_block_rate",
            "0.01 is looser than 0.05, which base.yaml leaves at its default",
        ),
    ],
)
def test_catalogue_46_deciding_cannot_be_loosened(refused: Refused, block: str, key: str, what: str) -> None:
    (mistake,) = refused(f"{CHILD}{block}\n")
    assert mistake.place.key == key
    assert what in mistake.what
    assert mistake.place.line == 5


def test_catalogue_46_more_rows_would_judge_fewer_groups(load: Load, refused: Refused) -> None:
    (mistake,) = refused(CHILD.replace("label: income", "label: income, min_rows: 1000"))
    assert mistake.what == "1000 is looser than 30, which base.yaml leaves at its default"
    assert load(CHILD.replace("label: income", "label: income, min_rows: 20")).data.min_rows == 20


def test_lists_that_may_grow_hold_both(load: Load) -> None:
    data = "label: income, sensitive: [race, sex], slices: [{name: rich, where: gain > 5}]"
    policy = load(CHILD.replace("label: income", data))
    assert [item.column for item in policy.data.sensitive] == ["sex", "race"]
    assert [item.title for item in policy.data.slices] == ["job", "rich"]


def test_lists_that_may_shrink_and_fixed_keys(base: Path, load: Load, refused: Refused) -> None:
    model = "model: {task: binary, threshold: 0.5, allow: [a.B, c.D], candidate: other.skops, champion: none}\n"
    base.write_text(BASE.replace("gates:\n", model + "gates:\n", 1))
    child = CHILD.replace("candidate: m.skops", "candidate: m.skops, allow: [a.B]")
    policy = load(child)
    assert policy.model.allow == ("a.B",)
    assert policy.model.candidate == ModelSpec(uri="m.skops")
    wider, changed = refused(child.replace("[a.B]", "[a.B, e.F], threshold: 0.9"))
    assert wider.what == "[a.B, e.F] is looser than [a.B, c.D], which base.yaml:4 sets"
    assert changed.what == "0.9 replaces 0.5, which base.yaml:4 sets"


def test_mistakes_of_the_parent_stand_in_the_parent_and_are_told_once(base: Path, refused: Refused) -> None:
    base.write_text(BASE.replace("min: 0.65", "minn: 0.65"))
    mistakes = refused(CHILD + "ledger: none\n")
    assert [str(mistake.place) for mistake in mistakes] == ["base.yaml:8:12", "lockgate.yaml:5:1"]


def test_a_parent_that_is_no_yaml(base: Path, refused: Refused) -> None:
    base.write_text("gates: {\n")
    mistakes = refused(CHILD + "ledger: none\n")
    assert "base.yaml" in str(mistakes[0].place)
    assert mistakes[-1].place.key == "ledger" or len(mistakes) >= 2


def test_grandparents_bind_too(folder: Path, load: Load, refused: Refused) -> None:
    middle = "lockgate: 1\nextends: base.yaml\ngates:\n  quality: {f1: {min: 0.7, warn: 0.8}}\n"
    (folder / "middle.yaml").write_text(middle)
    child = CHILD.replace("base.yaml", "middle.yaml")
    assert load(child).rules.gates[0].clauses[0].condition.min == 0.7
    mistakes = refused(f"{child}gates:\n  quality: {{f1: {{min: 0.68}}}}\n")
    assert mistakes[0].what == "0.68 is looser than 0.7, which middle.yaml:4 sets"


def test_bad_input_36_a_loop(folder: Path, refused: Refused) -> None:
    (folder / "a.yaml").write_text("lockgate: 1\nextends: b.yaml\n")
    (folder / "b.yaml").write_text("lockgate: 1\nextends: a.yaml\n")
    mistakes = refused(CHILD.replace("base.yaml", "a.yaml"))
    assert mistakes[0].what == "a loop: a.yaml → b.yaml → a.yaml"
    assert str(mistakes[0].place) == "b.yaml:2:10"
    mistakes = refused(CHILD.replace("base.yaml", "lockgate.yaml"))
    assert mistakes[0].what == "a loop: lockgate.yaml → lockgate.yaml"


@pytest.mark.parametrize(
    ("uri", "what"),
    [
        ("https://example.org/base.yaml", "a policy is never fetched from the net"),
        ("http://example.org/base.yaml", "a policy is never fetched from the net"),
        ("pack:credit", "pack: is no place that policies come from"),
        ("git+ssh://host/x.yaml", "git+ssh: is no place that policies come from"),
        ("file:///etc/passwd", "file: is no place that policies come from"),
        ("../outside.yaml", "the file stands outside of"),
        ("/etc/passwd", "the file stands outside of"),
        ("link.yaml", "the file stands outside of"),
        ("absent.yaml", "there is no such file"),
        ("package:no_such_package_here/base.yaml", "there is no package 'no_such_package_here'"),
        ("package:own_rules/../../x.yaml", "the file stands outside of"),
        ("package:own_rules.inner/x.yaml", "there is no package 'own_rules.inner'"),
        ("''", "expected a file or package:NAME/file"),
        ("[base.yaml]", "expected a file or package:NAME/file"),
    ],
)
def test_bad_input_36_parents_from_elsewhere(
    folder: Path, refused: Refused, monkeypatch: pytest.MonkeyPatch, uri: str, what: str
) -> None:
    (folder.parent / "outside.yaml").write_text(BASE)
    (folder / "link.yaml").symlink_to(folder.parent / "outside.yaml")
    (folder / "own_rules").mkdir()
    (folder / "own_rules" / "__init__.py").write_text("raise SystemExit('never imported')")
    monkeypatch.syspath_prepend(folder)
    text = CHILD.replace("base.yaml", uri) + "gates: {always: {uses: gates/own.py:Always}}\n"
    mistakes = refused(text)
    assert any(what in mistake.what for mistake in mistakes)


def test_a_package_may_hold_the_rules(folder: Path, load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    package = folder / "site" / "company_rules"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise SystemExit('never imported')")
    (package / "base.yaml").write_text("lockgate: 1\ngates:\n  performance: {f1: {min: 0.65}}\n")
    monkeypatch.syspath_prepend(folder / "site")
    policy = load(CHILD.replace("base.yaml", "package:company_rules/base.yaml"))
    assert policy.rules.gates[0].clauses[0].condition == Condition(min=0.65)
    assert policy.rules.gates[0].clauses[0].place.file == "package:company_rules/base.yaml"


def test_paths_of_a_parent_are_relative_to_its_own_folder(folder: Path) -> None:
    (folder / "models").mkdir()
    text = CHILD.replace("base.yaml", "../base.yaml").replace("reference: r.csv, ", "")
    (folder / "models" / "lockgate.yaml").write_text(text)
    base = BASE.replace("data: {", "data: {reference: data/r.csv, ")
    base += "model: {code: src, environment: {python: /usr/bin/python}, candidate: c.skops}\n"
    (folder / "base.yaml").write_text(base)
    policy = load_policy(Path("models/lockgate.yaml"))
    assert policy.data.reference == "../data/r.csv"
    assert policy.model.code == "../src"
    assert policy.model.candidate == ModelSpec(uri="m.skops")
    assert policy.data.validation == "v.csv"
    assert policy.gates[0].uses == "gates/own.py:Quality"
    assert str(policy.rules.gates[0].clauses[0].place) == "base.yaml:8:7"


def test_without_a_repository_a_parent_stands_below_the_policy(folder: Path, refused: Refused) -> None:
    (folder / ".git").rmdir()
    (folder / "sub").mkdir()
    mistakes = refused(CHILD.replace("base.yaml", "../base.yaml"), name="sub/lockgate.yaml")
    assert "stands outside of" in mistakes[0].what


# --- a property: whatever a child writes, what the parent asks of a column is asked of it still -----------------------

DRIFT = """\
lockgate: 1
gates:
  drift:
    columns: {"*": {psi: {max: 0.2}}, "cap_*": {psi: {max: 0.1}}}
"""
COLUMNS = ("age", "cap_a", "cap_gain", "job")
GLOBS = ("*", "age", "cap_*", "cap_a", "c*", "*a*", "j?b", "[aj]*")
PSI = st.fixed_dictionaries({}, optional={"max": st.sampled_from([0.05, 0.1, 0.15, 0.2, 0.3]), "warn": st.just(0.01)})
LEVELS = st.sampled_from(["", ", level: warn", ", level: block"])


def limit_of(policy: Policy, column: str) -> float:
    """What the policy allows of a column's PSI, as `judge` finds it; infinite where nothing blocks."""
    clauses = [clause for clause in policy.rules.gates[0].clauses if clause.metric == "psi"]
    glob = Globs(clause.column for clause in clauses if clause.column is not None).best(column)
    found = next((clause.condition for clause in clauses if clause.column == glob), None)
    if found is None or found.max is None or found.level != "block":
        return math.inf
    return found.max


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(GLOBS), st.tuples(PSI, LEVELS), max_size=3), st.booleans(), LEVELS)
def test_catalogue_46_no_child_that_loads_is_laxer_on_any_column(
    entries: dict[str, tuple[dict[str, float], str]], everywhere: bool, level: str
) -> None:
    columns = [
        f"{json.dumps(glob)}: {{psi: {{{', '.join(f'{k}: {v}' for k, v in psi.items())}{level if psi else ''}}}}}"
        for glob, (psi, level) in entries.items()
    ]
    block = [f"columns: {{{', '.join(columns)}}}"] if columns else []
    block += ["psi: {max: 9}"] if everywhere else []
    block += [level.removeprefix(", ")] if level else []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / ".git").mkdir()
        (folder / "base.yaml").write_text(DRIFT)
        (folder / "parent.yaml").write_text(CHILD)
        (folder / "lockgate.yaml").write_text(f"{CHILD}gates:\n  drift: {{{', '.join(block)}}}\n")
        parent = load_policy(folder / "parent.yaml")
        try:
            child = load_policy(folder / "lockgate.yaml")
        except PolicyError:
            return
    for column in COLUMNS:
        assert limit_of(child, column) <= limit_of(parent, column)
