"""What the columns mean decides what is measured: a child of `extends` does not say it in its parent's stead."""

from pathlib import Path

import pytest
from tests.policy.conftest import Load, Refused

PARENT = """\
lockgate: 1
model: {task: binary}
data: {label: income}
gates:
  quality: {uses: gates/own.py:Quality, f1: {min: 0.65}}
"""

CHILD = """\
lockgate: 1
extends: base.yaml
model: {task: binary, candidate: {uri: m.skops}, champion: {uri: old.skops}}
data: {validation: v.csv, label: income}
"""


def write(folder: Path, text: str, name: str = "base.yaml") -> None:
    (folder / name).write_text(text)


MEANINGS = [
    ("data.positive", "label: income", "label: income, positive: 0"),
    ("data.favourable", "label: income", "label: income, favourable: 0"),
    ("data.features", "label: income", "label: income, features: [sex]"),
    ("data.id", "label: income", "label: income, id: age"),
    ("data.weight", "label: income", "label: income, weight: w"),
    ("data.cluster", "label: income", "label: income, cluster: customer"),
    ("data.group", "label: income", "label: income, group: query"),
    ("data.time", "label: income", "label: income, time: day"),
    ("model.threshold", "task: binary,", "task: binary, threshold: 0.0,"),
    ("model.candidate.threshold", "m.skops", "m.skops, threshold: 0.0"),
    ("model.champion.threshold", "old.skops", "old.skops, threshold: 1"),
]


@pytest.mark.parametrize(("key", "before", "after"), MEANINGS)
def test_catalogue_46_a_parent_that_names_its_label_says_all_of_the_datas_meaning(
    folder: Path, load: Load, refused: Refused, key: str, before: str, after: str
) -> None:
    write(folder, PARENT)
    load(CHILD)
    (mistake,) = refused(CHILD.replace(before, after))
    assert mistake.place.key == key
    assert mistake.place.file == "lockgate.yaml"
    assert "what the gates of base.yaml measure" in mistake.what
    assert mistake.fix == f"write {key} in base.yaml, or leave data.label and data.features out there"


@pytest.mark.parametrize(("key", "before", "after"), MEANINGS)
@pytest.mark.parametrize("parent", [PARENT.replace("data: {label: income}\n", ""), PARENT[: PARENT.index("gates:")]])
def test_a_baseline_and_a_parent_without_gates_leave_it_to_the_child(
    folder: Path, load: Load, parent: str, key: str, before: str, after: str
) -> None:
    write(folder, parent)
    load(CHILD.replace(before, after) + "gates: {more: {uses: gates/own.py:Quality, f1: {min: 0.1}}}\n")


def test_the_task_belongs_to_it(folder: Path, refused: Refused) -> None:
    write(folder, PARENT.replace("model: {task: binary}\n", ""))
    (mistake,) = refused(CHILD)
    assert mistake.place.key == "model.task"


def test_a_parent_that_names_its_features_says_the_rest_too(folder: Path, refused: Refused) -> None:
    write(folder, PARENT.replace("label: income", "features: [age]"))
    mistakes = refused(CHILD.replace("label: income", "label: income, weight: age2"))
    assert [mistake.place.key for mistake in mistakes] == ["data.label", "data.weight"]


def test_a_child_of_a_baseline_binds_its_own_children(folder: Path, load: Load, refused: Refused) -> None:
    write(folder, PARENT.replace("data: {label: income}\n", ""), "organisation.yaml")
    write(folder, "lockgate: 1\nextends: organisation.yaml\ndata: {label: income, positive: 1}\n")
    load(CHILD)
    load(CHILD.replace("label: income", "positive: 1"))
    (mistake,) = refused(CHILD.replace("label: income", "id: age"))
    assert mistake.place.key == "data.id"
    (mistake,) = refused(CHILD.replace("label: income", "positive: 0"))
    assert mistake.what == "0 replaces 1, which base.yaml:3 sets"


THRESHOLDS = [
    ("{task: binary, threshold: 0.5}", "m.skops, threshold: 0.9", "0.9 replaces 0.5", "model.candidate.threshold"),
    ("{task: binary, threshold: 0.5}", "m.skops, threshold: 0.5", "", ""),
    (
        "{task: binary, candidate: {uri: a, threshold: 0.5}}",
        "m.skops",
        "nothing replaces 0.5",
        "model.candidate.threshold",
    ),
    ("{task: binary, candidate: {uri: a, threshold: 0.5}}", "m.skops, threshold: 0.5", "", ""),
    (
        "{task: binary, champion: {uri: a, threshold: 0.5}}",
        "m.skops",
        "nothing replaces 0.5",
        "model.champion.threshold",
    ),
]


@pytest.mark.parametrize("label", ["data: {label: income}\n", ""])
@pytest.mark.parametrize(("parent", "candidate", "what", "key"), THRESHOLDS)
def test_catalogue_46_a_models_own_threshold_does_not_replace_that_of_the_parent(
    folder: Path, load: Load, refused: Refused, label: str, parent: str, candidate: str, what: str, key: str
) -> None:
    write(folder, PARENT.replace("{task: binary}", parent).replace("data: {label: income}\n", label))
    child = CHILD.replace("m.skops", candidate)
    if not what:
        load(child)
        return
    (mistake,) = refused(child)
    assert what in mistake.what
    assert mistake.place.key == key


def test_a_threshold_that_is_changed_for_both_models_is_told_once(folder: Path, refused: Refused) -> None:
    write(folder, PARENT.replace("task: binary", "task: binary, threshold: 0.5"))
    (mistake,) = refused(CHILD.replace("task: binary", "task: binary, threshold: 0.9"))
    assert mistake.what == "0.9 replaces 0.5, which base.yaml:2 sets"


OPTIONAL = '''

class MaybeParams(Params):
    """A setting that is left out by default."""

    ignored: tuple[str, ...] | None = None


class Maybe(Always):
    """
    What it checks
    It.
    Why it matters
    So.
    How to mend a failure
    Thus.
    """

    params = MaybeParams
'''


def test_a_setting_that_the_parents_gate_leaves_out_stays_out(folder: Path, refused: Refused) -> None:
    own = folder / "gates" / "own.py"
    own.write_text(own.read_text() + OPTIONAL)
    write(folder, "lockgate: 1\ngates: {maybe: {uses: gates/own.py:Maybe}}\n")
    (mistake,) = refused(CHILD + "gates: {maybe: {ignored: [age]}}\n")
    assert mistake.what == "[age] changes what is measured, and base.yaml:2 leaves it out"
