"""Evidently 0.7: the drift preset (half of the columns, as by default; any column), and classification's own tests.

Classification compares the candidate now with the champion on the reference: what the model in use was worth.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from decisions.peers.common import Scenario, plain, run
from evidently import BinaryClassification, DataDefinition, Dataset, Report
from evidently.presets import ClassificationPreset, DataDriftPreset

STOPS = {"FAIL", "ERROR"}
"""Statuses of a test that does not pass; one that cannot be made is none that passed."""


def drift(reference: pd.DataFrame, validation: pd.DataFrame, given: Scenario) -> Mapping[str, bool]:
    """The drift preset with its tests: the dataset's own, at half of the columns, and those of single columns."""
    numbers = [name for name in given["features"] if name not in given["categories"]]
    definition = DataDefinition(numerical_columns=numbers, categorical_columns=given["categories"])
    sets = [Dataset.from_pandas(plain(frame[given["features"]]), definition) for frame in (validation, reference)]
    tests = _tests(Report([DataDriftPreset()], include_tests=True).run(*sets))
    whole = [test for test in tests if "Share of Drifted" in test["name"] or "drifted columns" in test["name"].lower()]
    return {
        "evidently drift, half of the columns": any(test["status"] in STOPS for test in whole),
        "evidently drift, any column": any(test["status"] in STOPS for test in tests),
    }


def classification(reference: pd.DataFrame, validation: pd.DataFrame, given: Scenario) -> Mapping[str, bool]:
    """The classification preset with the tests that it makes of the reference."""
    said = BinaryClassification(
        target=given["label"], prediction_labels="candidate_class", prediction_probas="candidate_score", pos_label=1
    )
    columns = [given["label"], "candidate_class", "candidate_score"]
    definition = DataDefinition(classification=[said], categorical_columns=columns[:2], numerical_columns=columns[2:])
    before = reference.assign(candidate_class=reference["champion_class"], candidate_score=reference["champion_score"])
    sets = [Dataset.from_pandas(frame[columns], definition) for frame in (validation, before)]
    tests = _tests(Report([ClassificationPreset()], include_tests=True).run(*sets))
    return {"evidently classification tests": any(test["status"] in STOPS for test in tests)}


def _tests(snapshot: Any) -> list[dict[str, str]]:
    found = snapshot.dict()["tests"]
    if not found:
        raise ValueError("the report holds no tests")
    return [{"name": test["name"], "status": str(test["status"]).rsplit(".", 1)[-1].upper()} for test in found]


if __name__ == "__main__":
    run({"evidently drift": drift, "evidently classification tests": classification})
