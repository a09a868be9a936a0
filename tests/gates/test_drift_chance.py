"""The drift gate in the face of chance: small samples of one source do not drift, and what did change is caught."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.gates.sources import Measured, evidence

from lockgate.evidence.view import Evidence, Frame, Predictions
from lockgate.gates.drift import METRICS, Drift, DriftParams
from lockgate.run import execute
from lockgate.types import Measurement, Status

POLICY = """\
lockgate: 1
model: {{task: other}}
data: {{validation: unused, reference: unused, label: y}}
decide: {{false_block_rate: 0.05}}
gates: {{drift: {{columns: {{"*": {conditions}}}}}}}
"""


def columns(rows: int, seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    missing = rng.random(rows) < 0.1
    return {
        "normal": rng.normal(size=rows),
        "heavy": rng.standard_cauchy(rows),
        "age": rng.integers(18, 90, rows),
        "flag": rng.random(rows) < 0.2,
        "town": rng.choice([f"town {i}" for i in range(60)], rows),
        "gaps": [None if gone else float(x) for gone, x in zip(missing, rng.normal(size=rows), strict=True)],
    }


def measured(seen: Evidence, **settings: Any) -> Measured:
    return Measured(Drift(), DriftParams(**settings), seen)


def judged(tmp_path: Path, data: dict[str, Any], reference: dict[str, Any], conditions: str) -> Any:
    policy = tmp_path / "lockgate.yaml"
    policy.write_text(POLICY.format(conditions=conditions))
    tables = {name: pa.table({**held, "y": [0] * len(held["age"])}) for name, held in (("d", data), ("r", reference))}
    return execute(policy, tables={"validation": tables["d"], "reference": tables["r"]}).record


def test_every_distance_says_what_chance_shows_and_where_the_truth_is() -> None:
    frames = [
        Frame(
            task="binary",
            label=rng.integers(0, 2, 90),
            classes=(False, True),
            positive=1,
            candidate=Predictions(prediction=rng.integers(0, 2, 90), score=rng.random(90)),
        )
        for rng in (np.random.default_rng(1), np.random.default_rng(2))
    ]
    labels = [{"y": np.random.default_rng(seed).integers(0, 2, 90)} for seed in (3, 4)]
    data, reference = ({**columns(90, seed), **label} for seed, label in enumerate(labels))
    seen = evidence(data, reference, label="y", task="binary", frames=(frames[0], frames[1]))
    entries = [entry for entry in measured(seen).entries if isinstance(entry, Measurement)]
    assert {entry.metric for entry in entries} >= METRICS.keys() - {
        *(f"{what}_{name}" for what in ("label", "prediction") for name in ("ks", "wasserstein_normed"))
    }
    for entry in entries:
        if entry.metric == "drifted_share":
            assert entry.null is None
            continue
        assert entry.null is not None, entry.metric
        assert entry.uncertainty is not None, entry.metric
        assert 0 <= entry.null.above <= 1
        assert 0 <= entry.null.below <= 1
        assert entry.null.above + entry.null.below >= 1 - 1e-6
        high = METRICS[entry.metric].high
        for law in (entry.null.law, entry.uncertainty.law):
            assert list(law.quantiles) == sorted(law.quantiles), entry.metric
            assert law.quantiles[0] >= 0
            assert high is None or law.quantiles[-1] <= high


def test_only_the_laws_that_the_policy_asks_for_are_reckoned() -> None:
    seen = replace(evidence(columns(80, 1), columns(80, 2)), asked=frozenset({"wasserstein_normed"}))
    found = {(e.metric, e.at.column): e for e in measured(seen).entries if isinstance(e, Measurement)}
    assert found["wasserstein_normed", "normal"].null is not None
    assert found["ks", "normal"].null is None
    assert found["psi", "normal"].null is not None, "the share of drifted columns hangs on it"
    every = measured(evidence(columns(80, 1), columns(80, 2)))
    assert found["wasserstein_normed", "normal"] == every.entry("wasserstein_normed", "normal")


def test_the_same_data_give_the_same_laws_whatever_the_order_of_the_columns() -> None:
    data, reference = columns(70, 1), columns(90, 2)
    one = {(e.metric, e.at): e for e in measured(evidence(data, reference)).entries}
    turned = {name: data[name] for name in reversed(data)}
    other = {(e.metric, e.at): e for e in measured(evidence(turned, reference)).entries}
    assert {key: e for key, e in one.items() if key[1].column} == {key: e for key, e in other.items() if key[1].column}


@pytest.mark.parametrize("rows", [60, 150, 600])
def test_a_small_sample_of_the_same_source_is_no_drift(rows: int, tmp_path: Path) -> None:
    """By the plain index half of these columns drift at 60 rows."""
    data, reference = columns(rows, 3), columns(rows, 4)
    conditions = "{psi: {max: 0.2}, missing_change: {max: 5%}, jensen_shannon: {max: 0.1}}"
    record = judged(tmp_path, data, reference, conditions)
    assert not [finding.id for finding in record.content.findings if finding.status is Status.FAIL]
    if rows == 60:
        assert sum(m.metric == "psi" and m.value > 0.2 for m in record.content.gates[0].measurements) >= 3


def test_chance_adds_no_column_to_the_drifted_ones() -> None:
    data, reference = columns(150, 3), columns(150, 4)
    assert measured(evidence(data, reference), missing_limit=0.5).value("drifted_share") == 0
    data["normal"] = data["normal"] + 3
    entry = measured(evidence(data, reference), missing_limit=0.5).entry("drifted_share")
    assert isinstance(entry, Measurement)
    assert entry.details["drifted"] == ["normal"]


@pytest.mark.parametrize("rows", [150, 2_000])
def test_what_did_change_is_caught(rows: int, tmp_path: Path) -> None:
    data, reference = columns(rows, 5), columns(rows, 6)
    data["normal"] = data["normal"] + 1
    data["age"] = data["age"] * 12
    data["flag"] = ~data["flag"]
    data["gaps"] = [None if i % 2 else x for i, x in enumerate(data["gaps"])]
    data["town"] = ["elsewhere" if i % 4 == 0 else town for i, town in enumerate(data["town"])]
    record = judged(tmp_path, data, reference, "{psi: {max: 0.2}, missing_change: {max: 5%}}")
    failed = {finding.id for finding in record.content.findings if finding.status is Status.FAIL}
    assert failed == {
        "drift/psi[column=normal]",
        "drift/psi[column=age]",
        "drift/psi[column=flag]",
        "drift/psi[column=town]",
        "drift/missing_change[column=gaps]",
    }


def test_two_thousand_rare_categories_are_no_drift() -> None:
    """A test that takes the reference as exact calls them drifted, and so does the plain index."""
    rng = np.random.default_rng(1)
    data, reference = ({"c": [f"c{i}" for i in rng.integers(0, 2_000, 1_500)]} for _ in range(2))
    found = measured(evidence(data, reference))
    for metric in ("psi", "jensen_shannon", "chi_squared", "cramers_v", "new_category_share"):
        entry = found.entry(metric, "c")
        assert isinstance(entry, Measurement)
        assert entry.null is not None
        assert entry.null.above > 0.01, metric
    assert found.value("psi", "c") > 2
    assert found.value("drifted_share") == 0
