"""The catalogue of false passes through the real engine: exit code, place in the policy, and message."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from lockgate.errors import PolicyError
from lockgate.run import execute
from lockgate.types import ExitCode, Finding, Status

MODEL = "{task: binary, candidate: {predictions: {prediction: yhat, score: p}}, champion: none}"
COLUMNS: Mapping[str, Sequence[object]] = {
    "y": [0, 0, 0, 1, 1, 1, 0, 1],
    "yhat": [0, 0, 1, 1, 1, 1, 0, 0],
    "p": [0.1, 0.2, 0.6, 0.7, 0.8, 0.9, 0.3, 0.4],
    "sex": [*"ffffmmmm"],
}


def judged(
    folder: Path,
    gate: str,
    condition: str,
    *,
    model: str = MODEL,
    roles: str = "",
    columns: Mapping[str, Sequence[object]] | None = None,
) -> tuple[ExitCode, Finding]:
    """The exit code of a policy with one condition, on line 6, and its worst finding."""
    policy = folder / "lockgate.yaml"
    policy.write_text(
        f"lockgate: 1\nmodel: {model}\ndata: {{label: y, min_rows: 4{roles}}}\ngates:\n  {gate}:\n    {condition}\n"
    )
    content = execute(policy, tables={"validation": pa.table({**COLUMNS, **(columns or {})})}).record.content
    return content.verdict.exit_code, max(content.findings, key=lambda finding: finding.status.severity)


def not_judged(exit_code: ExitCode, finding: Finding, why: str) -> None:
    assert exit_code == ExitCode.NOT_JUDGED
    assert finding.status is Status.ERROR
    assert (Path(finding.place.file).name, finding.place.line) == ("lockgate.yaml", 6)
    assert why in finding.message


BINARY = ", positive: 1"


def test_catalogue_08_a_value_just_under_its_limit_is_not_rounded_up_to_it(tmp_path: Path) -> None:
    many: dict[str, Sequence[object]] = {name: [values[0]] * 2500 for name, values in COLUMNS.items()}
    many["y"] = [1] * 501 + [0] * 1999
    exit_code, finding = judged(tmp_path, "performance", "metrics: {accuracy: {min: 0.8}}", roles=BINARY, columns=many)
    assert (exit_code, finding.value) == (ExitCode.BLOCKED, 1999 / 2500)
    assert "0.7996" in finding.message or "79.96" in finding.message


def test_catalogue_13_auc_with_one_class(tmp_path: Path) -> None:
    found = judged(tmp_path, "performance", "metrics: {roc_auc: {min: 0.5}}", roles=BINARY, columns={"y": [1] * 8})
    not_judged(*found, "no row is labelled negative")


def test_catalogue_14_kappa_of_constant_labels(tmp_path: Path) -> None:
    found = judged(tmp_path, "performance", "metrics: {cohen_kappa: {min: 0}}", roles=BINARY, columns={"y": [1] * 8})
    not_judged(*found, "the labels hold one class only")


def test_catalogue_14_r2_of_constant_labels(tmp_path: Path) -> None:
    model = "{task: regression, candidate: {predictions: {prediction: p}}, champion: none}"
    found = judged(tmp_path, "performance", "metrics: {r2: {min: 0}}", model=model, columns={"y": [0.5] * 8})
    not_judged(*found, "all labels are equal")


@pytest.mark.parametrize("condition", ["precision: {min: 1%}", "false_discovery_rate: {max: 99%}"])
def test_catalogue_15_nothing_is_predicted_positive(tmp_path: Path, condition: str) -> None:
    found = judged(tmp_path, "performance", f"metrics: {{{condition}}}", roles=BINARY, columns={"yhat": [0] * 8})
    not_judged(*found, "no row is predicted positive")


def test_catalogue_15_a_group_without_favourable_labels(tmp_path: Path) -> None:
    found = judged(
        tmp_path,
        "fairness",
        "metrics: {equalized_odds_difference: {max: 0.99}}",
        roles=f"{BINARY}, sensitive: [sex]",
        columns={"y": [0, 0, 0, 0, 1, 1, 0, 1]},
    )
    not_judged(*found, "two groups must be there to be compared")


def test_catalogue_22_fewer_rows_than_min_rows(tmp_path: Path) -> None:
    few = {name: values[:3] for name, values in COLUMNS.items()}
    found = judged(tmp_path, "performance", "metrics: {accuracy: {min: 0.01}}", roles=BINARY, columns=few)
    not_judged(*found, "3 rows, and data.min_rows is 4")


def test_catalogue_24_a_small_slice_that_the_policy_names_is_an_error(tmp_path: Path) -> None:
    roles = f'{BINARY}, slices: [{{name: sure, where: "p > 0.75"}}]'
    found = judged(tmp_path, "performance", "slices: {recall: {min: 0.01}}", roles=roles)
    not_judged(*found, "2 rows, and data.min_rows is 4")


def test_catalogue_24_a_small_value_of_a_sliced_column_is_listed_and_the_others_judged(tmp_path: Path) -> None:
    exit_code, finding = judged(
        tmp_path,
        "performance",
        "slices: {accuracy: {min: 0.01}}",
        roles=f"{BINARY}, slices: [sex]",
        columns={"sex": [*"fffffffm"]},
    )
    assert (exit_code, finding.at.slice) == (ExitCode.PASSED, "sex=f")


def test_catalogue_26_one_group_only(tmp_path: Path) -> None:
    found = judged(
        tmp_path,
        "fairness",
        "metrics: {selection_rate_ratio: {min: 0.01}}",
        roles=f"{BINARY}, sensitive: [sex]",
        columns={"sex": ["f"] * 8},
    )
    not_judged(*found, "there is only 'f' with enough rows")


@pytest.mark.parametrize("gate", ["performance", "fairness"])
def test_a_metric_of_another_task_is_a_mistake_in_the_policy(tmp_path: Path, gate: str) -> None:
    with pytest.raises(PolicyError) as caught:
        judged(tmp_path, gate, "metrics: {mae: {max: 1}}", roles=f"{BINARY}, sensitive: [sex]")
    assert caught.value.exit_code == ExitCode.USAGE
    assert "mae is a metric of regression, and the model's task is binary" in str(caught.value)


def test_a_metric_of_scores_without_scores_is_an_error(tmp_path: Path) -> None:
    model = "{task: binary, candidate: {predictions: {prediction: yhat}}, champion: none}"
    found = judged(tmp_path, "performance", "metrics: {log_loss: {max: 9}}", model=model, roles=BINARY)
    not_judged(*found, "the model gives no scores")
