"""A condition that another one speaks in the stead of asks nothing; limits that nearly everything holds are told."""

import pytest
from tests.policy.conftest import Load, Refused
from tests.policy.texts import POLICY, with_condition, with_gate

from lockgate.policy.lint import lint
from lockgate.policy.loaded import Policy


def advice_on(policy: Policy) -> list[str]:
    """What lint says about the gates of a policy."""
    return [advice.what for advice in lint(policy) if advice.place.key.startswith("gates.")]


@pytest.mark.parametrize(
    "star",
    ["'*': {psi: {max: 0.2, level: info}}", "'*': {psi: {warn: 0.1}}", "'**': {psi: {max: 0.1, level: warn}}"],
)
def test_catalogue_44_a_weaker_condition_on_every_column_disarms_none(refused: Refused, star: str) -> None:
    (mistake,) = refused(with_gate(f"psi: {{max: 0.2}}\ncolumns: {{{star}}}", "Moved"))
    assert str(mistake.place) == "lockgate.yaml:8:5"
    assert "(lockgate.yaml:9:" in mistake.what
    assert "speaks of every column in its stead" in mistake.what


def test_catalogue_44_what_is_disarmed_cannot_block(refused: Refused) -> None:
    text = with_gate("psi: {max: 0.2}\ncolumns: {'*': {psi: {max: 0.2, level: info}}}", "Moved")
    mistakes = refused(text.replace('  other: {uses: "gates/own.py:Always"}\n', ""))
    assert any("no condition of the policy can block" in mistake.what for mistake in mistakes)


@pytest.mark.parametrize("columns", ["age: {psi: {max: 0.2, level: info}}", "'a*': {psi: {max: 0.2, level: info}}"])
def test_a_weaker_condition_on_some_columns_may_be_meant(load: Load, columns: str) -> None:
    assert advice_on(load(with_gate(f"psi: {{max: 0.2}}\ncolumns: {{{columns}}}", "Moved"))) == []


def test_a_condition_with_nothing_left_to_speak_of_is_told(load: Load) -> None:
    (advice,) = advice_on(load(with_gate("psi: {max: 0.2}\ncolumns: {'*': {psi: {max: 0.9}}}", "Moved")))
    assert "no column is left for it" in advice


@pytest.mark.parametrize(
    ("condition", "fix"),
    [
        ("accuracy: {min: 0.999%}", "did you mean 0.999, or 99.9%?"),
        ("f1: {min: 0.007}", "did you mean 0.7, or 70%?"),
        ("f1: {min: 1e-300}", "set a limit that means something"),
    ],
)
def test_a_limit_that_nearly_everything_holds_is_told(load: Load, condition: str, fix: str) -> None:
    found = [advice for advice in lint(load(with_condition(condition))) if "nearly every" in advice.what]
    assert [advice.fix for advice in found] == [fix]
    assert str(found[0].place) == "lockgate.yaml:11:7"


def test_a_largest_share_of_nearly_all_is_told(load: Load) -> None:
    assert advice_on(load(with_gate("nulls: {max: 99.9%}", "Contract"))) == [
        "max 0.999: nearly every nulls between 0 and 1 holds it"
    ]


def test_predictions_on_training_data_are_told(load: Load) -> None:
    text = POLICY.replace("v.parquet", "v.parquet, training: t.parquet").replace(
        "metrics:", "data: training\n    metrics:"
    )
    (advice,) = lint(load(text))
    assert "predictions on the training data" in advice.what


@pytest.mark.parametrize("role", ["training", "reference"])
def test_data_that_are_the_validation_data_are_told_however_written(load: Load, role: str) -> None:
    (advice,) = lint(load(POLICY.replace("v.parquet", f"v.parquet, {role}: ./d/../v.parquet")))
    assert f"the {role} data are the validation data" in advice.what
