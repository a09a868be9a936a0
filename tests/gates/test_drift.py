"""The drift gate: each column against the reference, the label, the predictions and the scores."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2_contingency, ks_2samp, wasserstein_distance
from sklearn.datasets import load_breast_cancer
from sklego.datasets import load_arrests
from tests.gates.sources import Measured, evidence

from lockgate.evidence.view import Evidence, Frame, Predictions
from lockgate.gates.drift import METRICS, Drift, DriftParams
from lockgate.run import execute
from lockgate.testing import run_examples
from lockgate.types import At, ExitCode, Measurement, Missing, Status, identity

AGES = {"age": list(range(20, 60))}
NUMBERS = {"ks", "wasserstein", "wasserstein_normed", "psi", "jensen_shannon", "missing_change"}
CATEGORIES = {"psi", "jensen_shannon", "chi_squared", "cramers_v", "new_category_share", "missing_change"}


def drift(seen: Evidence, **settings: Any) -> Measured:
    return Measured(Drift(), DriftParams(**settings), seen)


def test_examples() -> None:
    run_examples("drift")


def test_it_agrees_with_scipy_on_real_numbers() -> None:
    table = load_breast_cancer(as_frame=True).data
    columns = {name: table[name].to_numpy() for name in table.columns[:10]}
    half = {name: values[:200] for name, values in columns.items()}
    rest = {name: values[200:] for name, values in columns.items()}
    measured = drift(evidence(rest, half))
    for name in columns:
        assert measured.metrics(name) == NUMBERS
        assert measured.value("ks", name) == pytest.approx(ks_2samp(half[name], rest[name]).statistic, abs=1e-9)
        distance = wasserstein_distance(half[name], rest[name])
        assert measured.value("wasserstein", name) == pytest.approx(distance, rel=1e-9)
        assert measured.value("wasserstein_normed", name) == pytest.approx(distance / np.std(half[name]), rel=1e-9)


def test_it_agrees_with_scipy_on_real_categories() -> None:
    arrests = load_arrests(as_frame=True)
    names = ["colour", "sex", "employed", "citizen"]
    old, new = (arrests.loc[rows, names] for rows in (arrests["year"] < 2000, arrests["year"] >= 2000))
    measured = drift(evidence(*({name: t[name].astype(str).to_numpy() for name in names} for t in (new, old))))
    for name in names:
        assert measured.metrics(name) == CATEGORIES
        keys = sorted(set(arrests[name]))
        table = np.array([[(t[name] == key).sum() for key in keys] for t in (old, new)])
        statistic = chi2_contingency(table, correction=False).statistic
        assert measured.value("chi_squared", name) == pytest.approx(statistic, rel=1e-9)
        assert measured.value("cramers_v", name) == pytest.approx(np.sqrt(statistic / len(arrests)), rel=1e-9)
        assert measured.value("jensen_shannon", name) == pytest.approx(jensenshannon(*table, base=2), abs=1e-9)
        assert measured.value("new_category_share", name) == 0


def test_the_same_data_do_not_drift() -> None:
    seen = evidence({**AGES, "sex": ["f", "m"] * 20}, {**AGES, "sex": ["m", "f"] * 20})
    measured = drift(seen)
    values = {e.value for e in measured.entries if isinstance(e, Measurement) and e.at.column is not None}
    assert values == {0.0}
    assert measured.value("drifted_share") == 0


def test_missing_values_are_a_drift_of_their_own() -> None:
    """The blind spot of tests that drop them: the ages that are left look just as before."""
    measured = drift(evidence({"age": [*range(20, 60), *[None] * 40]}, AGES))
    assert measured.value("psi", "age") == 0
    assert measured.value("missing_change", "age") == 0.5
    assert measured.value("drifted_share") == 1


def test_fewer_missing_values_are_a_change_too() -> None:
    measured = drift(evidence(AGES, {"age": [*range(20, 60), *[None] * 10]}))
    assert measured.value("missing_change", "age") == 0.2


def test_nan_counts_as_missing() -> None:
    measured = drift(evidence({"x": [1.0, float("nan"), 2.0, None]}, {"x": [1.0, 2.0]}))
    assert measured.value("missing_change", "x") == 0.5


def test_columns_count_as_drifted_from_the_limits_that_the_policy_sets() -> None:
    reference = {"a": ["x"] * 50 + ["y"] * 50, "b": ["x"] * 50 + ["y"] * 50}
    seen = evidence({"a": ["x"] * 50 + ["y"] * 50, "b": ["x"] * 70 + ["y"] * 30}, reference)
    measured = drift(seen).entry("psi", "b")
    assert isinstance(measured, Measurement)
    assert measured.uncertainty is not None
    psi = measured.value - measured.uncertainty.bias  # what of it is more than chance
    assert drift(seen).value("drifted_share") == 0
    assert drift(seen, psi_limit=psi + 1e-9).value("drifted_share") == 0
    assert drift(seen, psi_limit=psi).value("drifted_share") == 0.5
    entry = drift(seen, psi_limit=psi).entry("drifted_share")
    assert isinstance(entry, Measurement)
    assert entry.details == {"columns": 2, "drifted": ["b"]}


def test_times_drift_in_seconds() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    before = [start + timedelta(hours=i) for i in range(50)]
    measured = drift(evidence({"at": [t + timedelta(days=1) for t in before]}, {"at": before}))
    assert measured.metrics("at") == NUMBERS
    assert measured.value("wasserstein", "at") == pytest.approx(86400)


def test_booleans_are_two_categories() -> None:
    measured = drift(evidence({"b": [True] * 30 + [False] * 70}, {"b": [True] * 50 + [False] * 50}))
    assert measured.metrics("b") == CATEGORIES
    assert measured.value("jensen_shannon", "b") == pytest.approx(jensenshannon([0.3, 0.7], [0.5, 0.5], base=2))


def test_catalogue_25_a_new_category_is_measured_and_counted() -> None:
    measured = drift(evidence({"c": ["a"] * 95 + ["new"] * 5}, {"c": ["a"] * 100}))
    assert measured.value("new_category_share", "c") == 0.05
    assert measured.value("psi", "c") > 0.2


def test_catalogue_25_a_column_that_nobody_named_is_listed() -> None:
    seen = evidence({**AGES, "new": [1] * 40}, {**AGES, "gone": [1] * 40}, features=["age"])
    listed = [e for e in drift(seen).entries if isinstance(e, Missing) and e.listed]
    assert {(e.at.column, e.reason) for e in listed} == {
        ("new", "a new column: the reference does not hold it"),
        ("gone", "the data no longer hold this column"),
    }


def test_catalogue_23_a_column_that_went_away_is_no_pass(tmp_path: Path) -> None:
    policy = tmp_path / "lockgate.yaml"
    policy.write_text(
        'lockgate: 1\nmodel: {task: other}\ndata: {}\ngates: {drift: {columns: {"*": {psi: {max: 0.2}}}}}\n'
    )
    tables = {"validation": pa.table(AGES), "reference": pa.table({**AGES, "gone": [1] * 40})}
    record = execute(policy, tables=tables).record
    assert record.verdict.exit_code == ExitCode.NOT_JUDGED
    (finding,) = [found for found in record.content.findings if found.status is Status.ERROR]
    assert finding.id == "drift/psi[column=gone]"
    assert "the data (memory:) does not hold this column" in finding.message
    assert finding.place.line == 4


@pytest.mark.parametrize(
    ("data", "reference", "reason"),
    [
        ({"age": [1, 2]}, {"years": [1, 2]}, "the reference .* does not hold this column"),
        ({"years": [1, 2]}, {"age": [1, 2]}, "the data .* does not hold this column"),
        ({"age": ["1", "2"]}, {"age": [1, 2]}, "the column is category .string., and in the reference number"),
        ({"age": [[1], [2]]}, {"age": [[1], [2]]}, "no distance is defined for values of type list"),
    ],
)
def test_catalogue_23_a_column_without_a_counterpart_cannot_be_measured(
    data: dict[str, Any], reference: dict[str, Any], reason: str
) -> None:
    measured = drift(evidence(data, reference, features=["age"]))
    missing = [e for e in measured.entries if e.at == At(column="age")]
    assert {e.metric for e in missing} == NUMBERS | CATEGORIES
    for entry in missing:
        assert isinstance(entry, Missing)
        assert not entry.listed
        assert re.search(reason, entry.reason)
    assert "1 of 1 columns could not be measured: 'age'" in measured.why("drifted_share")


def test_catalogue_20_a_column_that_lost_all_values_cannot_be_compared() -> None:
    measured = drift(evidence({"age": pa.nulls(40, pa.int64())}, AGES))
    assert measured.why("psi", "age") == "the data holds no values"
    assert measured.value("missing_change", "age") == 1
    assert measured.value("drifted_share") == 1


def test_catalogue_14_a_constant_reference_has_no_spread_to_measure_by() -> None:
    measured = drift(evidence({"x": [1.0, 2.0]}, {"x": [1.0, 1.0]}))
    assert "all values of the reference are equal" in measured.why("wasserstein_normed", "x")
    assert measured.value("wasserstein", "x") == 0.5
    assert measured.value("ks", "x") == 0.5


@pytest.mark.parametrize("infinite", [float("inf"), float("-inf")])
def test_bad_input_56_infinite_values_lie_at_no_distance(infinite: float) -> None:
    for data, reference, whose in (
        ([1.0, infinite], [1.0, 2.0], "the data holds 1 infinite"),
        ([1.0, 2.0], [1.0, infinite], "the reference holds 1 infinite"),
    ):
        measured = drift(evidence({"x": data}, {"x": reference}))
        for metric in NUMBERS - {"missing_change"}:
            assert whose in measured.why(metric, "x")


def test_bad_input_57_whole_numbers_over_2_to_53_are_not_rounded() -> None:
    measured = drift(evidence({"x": [2**53 + 1, 1]}, {"x": [1, 2]}))
    assert "over 2^53" in measured.why("psi", "x")
    assert "'x'" in measured.why("drifted_share")


def test_no_features_are_no_pass() -> None:
    assert drift(evidence(AGES, AGES, features=[])).why("drifted_share") == "there are no feature columns"


def test_without_a_reference_nothing_is_measured() -> None:
    measured = drift(evidence(AGES))
    assert {e.metric for e in measured.entries} == set(METRICS)
    assert all(isinstance(entry, Missing) and not entry.listed for entry in measured.entries)


@pytest.mark.parametrize("name", ["two\nlines", "x[0]", "a,b=c", "tolerate", "*", "psi", "::error::"])
def test_odd_column_names_stay_apart(name: str) -> None:
    measured = drift(evidence({name: [1, 2, 3]}, {name: [1, 2, 3]}))
    assert measured.value("psi", name) == 0
    shown = identity("drift", "psi", At(column=name))
    assert shown.isprintable()
    assert shown.count("[") == 1


# --- details ----------------------------------------------------------------------------------------------------------


def test_details_hold_few_bins() -> None:
    rng = np.random.default_rng(0)
    measured = drift(evidence({"x": rng.normal(size=500)}, {"x": rng.normal(size=300)}))
    entry = measured.entry("ks", "x")
    assert isinstance(entry, Measurement)
    histogram: Any = entry.details["histogram"]
    assert len(histogram["edges"]) == 19
    for name in ("reference", "data"):
        assert len(histogram[name]) == 20
        assert sum(histogram[name]) == pytest.approx(1, abs=1e-4)


def test_details_name_no_rare_category() -> None:
    letters = [f"often{i}" for i in range(30) for _ in range(10)] + ["jane.doe@example.org"] * 9
    entry = drift(evidence({"c": letters}, {"c": letters})).entry("psi", "c")
    assert isinstance(entry, Measurement)
    categories: Any = entry.details["categories"]
    assert len(categories["names"]) == len(categories["reference"]) == len(categories["data"]) == 20
    assert "jane.doe@example.org" not in categories["names"]


# --- label, predictions, scores ---------------------------------------------------------------------------------------


def binary(codes: list[int], scores: list[float] | None = None, classes: tuple[str, ...] = ("no", "yes")) -> Frame:
    predictions = Predictions(prediction=np.array(codes), score=None if scores is None else np.array(scores))
    return Frame(task="binary", label=np.array(codes), classes=classes, positive=1, candidate=predictions)


def regression(values: list[float]) -> Frame:
    return Frame(task="regression", label=np.array(values), candidate=Predictions(prediction=np.array(values)))


def test_the_label_of_a_classification_drifts_in_its_classes() -> None:
    seen = evidence({"y": [1] * 30 + [0] * 70}, {"y": [1] * 50 + [0] * 50}, label="y", task="binary")
    measured = drift(seen)
    assert measured.value("label_jensen_shannon") == pytest.approx(jensenshannon([0.3, 0.7], [0.5, 0.5], base=2))
    assert measured.value("label_psi") == pytest.approx(2 * 0.2 * np.log(5 / 3) / 2 + 0.2 * np.log(7 / 5))
    assert "not where they are classes" in measured.why("label_ks")
    assert measured.metrics("y") == set()


def test_the_label_of_a_regression_drifts_in_its_values() -> None:
    was, now = [1.0, 2.0, 3.0], [2.0, 3.0, 5.0]
    measured = drift(evidence({"y": now}, {"y": was}, label="y", task="regression"))
    assert measured.value("label_ks") == pytest.approx(ks_2samp(was, now).statistic)
    assert measured.value("label_wasserstein_normed") == pytest.approx(wasserstein_distance(was, now) / np.std(was))


def test_predicted_classes_are_compared_by_name_and_not_by_code() -> None:
    frames = (binary([0, 0, 0, 1], classes=("yes", "no")), binary([1, 1, 1, 0], classes=("no", "yes")))
    measured = drift(evidence(AGES, AGES, frames=frames, task="binary"))
    assert measured.value("prediction_psi") == 0
    assert "classes" in measured.why("prediction_ks")


def test_scores_of_a_binary_model_drift_in_their_values() -> None:
    was, now = [0.1, 0.2, 0.9], [0.1, 0.8, 0.95, 0.9]
    measured = drift(evidence(AGES, AGES, frames=(binary([0, 1, 1, 1], now), binary([0, 0, 1], was)), task="binary"))
    assert measured.value("score_ks") == pytest.approx(ks_2samp(was, now).statistic)
    entry = measured.entry("score_psi")
    assert isinstance(entry, Measurement)
    assert entry.rows == 4


def test_predicted_values_of_a_regression_drift() -> None:
    was, now = [1.0, 2.0, 3.0], [2.0, 3.0, 5.0]
    measured = drift(evidence(AGES, AGES, frames=(regression(now), regression(was)), task="regression"))
    assert measured.value("prediction_ks") == pytest.approx(ks_2samp(was, now).statistic)
    assert measured.why("score_ks") == "only a binary model has one score"


@pytest.mark.parametrize("prefix", ["label", "prediction", "score"])
def test_what_is_not_there_cannot_be_measured(prefix: str) -> None:
    assert drift(evidence(AGES, AGES)).why(f"{prefix}_psi")


def test_a_label_that_changed_its_kind_cannot_be_measured() -> None:
    measured = drift(evidence({"y": ["0", "1"]}, {"y": [0, 1]}, label="y", task="binary"))
    assert "the column is category" in measured.why("label_psi")


def test_scores_that_a_model_does_not_give_cannot_be_measured() -> None:
    frames = (binary([0, 1]), binary([0, 1]))
    assert (
        drift(evidence(AGES, AGES, frames=frames, task="binary")).why("score_ks") == "the model gives no single score"
    )


def test_catalogue_01_a_score_that_is_nan_is_no_number() -> None:
    frames = (binary([0, 1], [0.1, float("nan")]), binary([0, 1], [0.1, 0.9]))
    assert "not finite" in drift(evidence(AGES, AGES, frames=frames, task="binary")).why("score_psi")
