"""Evidently 0.7: presets and metrics by name, with their tests."""

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lockgate.libraries.scripts._main import Job

OF_ROWS = (
    "RowCount",
    "MissingValueCount",
    "DatasetMissingValueCount",
    "DuplicatedRowCount",
    "EmptyRowsCount",
    "EmptyColumnsCount",
    "ConstantColumnsCount",
    "ColumnCount",
)
"""Facts about the rows at hand, as in the gate `data_quality`."""

MEANS = ("MeanError", "MAE", "MAPE")
"""Means of rows, which Evidently gives with the rows' spread."""

P_VALUES = (
    *("ks", "chisquare", "z", "t_test", "mannw", "g_test", "fisher_exact", "es", "cramer_von_mises"),
    *("K-S p_value", "chi-square p_value", "Z-test p_value"),
)
"""Methods of `ValueDrift` whose number is a p-value, by Evidently's two ways to call them."""

LEAST = 10
"""A value of the data is named only where so many rows hold it."""


def run(job: "Job") -> None:
    """Run one report of all that is asked; its numbers by name, its tests counted."""
    import evidently.metrics
    import evidently.presets
    import evidently.tests
    from evidently import Dataset, Report

    job.used("evidently", "pandas", "numpy", "scipy", "scikit-learn")
    holders = [evidently.presets, evidently.metrics]
    items, ids = [], {}
    for entry in job.asked:
        settings = dict(entry["settings"])
        if isinstance(settings.get("tests"), dict):
            settings["tests"] = [
                job.named([evidently.tests], name, "test")(limit) for name, limit in settings["tests"].items()
            ]
        made = job.call(job.named(holders, entry["name"], "preset or metric"), {**entry, "settings": settings})
        items.append(made)
        if hasattr(made, "metric_id"):
            ids[made.metric_id] = entry["id"]
    sets = [
        Dataset.from_pandas(job.table(name), _definition(job, predicted=predicted))
        for name, predicted in (("data", True), ("reference", job.facts["reference_predicted"]))
        if name == "data" or job.facts["reference"]
    ]
    snapshot = Report(items, include_tests=job.settings["tests"]).run(*sets)
    found = snapshot.dict()
    _measure_values(job, found["metrics"], ids)
    _measure_tests(job, found["tests"])
    job.keep("evidently.html", "text/html", snapshot.get_html_str(as_iframe=False))
    job.keep("evidently.json", "application/json", json.dumps(found, default=str, indent=1))


def _definition(job: "Job", *, predicted: bool) -> Any:
    """What the columns mean; the predictions only where the data hold them."""
    from evidently import BinaryClassification, DataDefinition, MulticlassClassification, Regression

    facts, columns = job.facts, job.columns
    more: dict[str, Any] = {}
    if predicted and "prediction" in columns:
        truth = {"target": columns["label"]}
        if facts["task"] == "regression":
            more["regression"] = [Regression(prediction=columns["prediction"], **truth)]
        elif facts["task"] == "binary":
            score = {"prediction_probas": job.scores[0]} if job.scores else {}
            labels = {"prediction_labels": columns["prediction"], "pos_label": facts["positive"]}
            more["classification"] = [BinaryClassification(**truth, **labels, **score)]
        else:
            more["classification"] = [MulticlassClassification(prediction_labels=columns["prediction"], **truth)]
    return DataDefinition(
        numerical_columns=facts["numbers"],
        categorical_columns=facts["categories"],
        datetime_columns=facts["times"],
        **more,
    )


def _measure_values(job: "Job", metrics: Any, ids: dict[str, str]) -> None:
    places = Counter(_place(job, metric, ids) for metric in metrics)
    for metric in metrics:
        name, column = place = _place(job, metric, ids)
        at = {"column": column} if column else {}
        if places[place] > 1:  # a preset's quantiles, or kinds of columns
            at["case"] = re.sub(r"ColumnType\.", "", metric["metric_name"])
        value, rows = metric["value"], job.facts["rows"]
        kind = metric["config"]["type"].rpartition(":")[2]
        fact = {"exact": True, "rows": rows} if kind in OF_ROWS and rows else None
        if not isinstance(value, dict):
            share = {"share": True, "rows": rows} if kind == "Accuracy" else None
            chance = job.of_p_value(value) if metric["config"].get("method") in P_VALUES else None
            job.measure(name, value, known=fact or share, chance=chance, **at)
        elif value.keys() == {"count", "share"}:
            job.measure(name, value["count"], known=fact, **at)
            job.measure(f"{name}_share", value["share"], known=fact, **at)
        elif value.keys() == {"mean", "std"}:
            error = {"error": value["std"] / rows**0.5, "rows": rows} if kind in MEANS and rows else None
            job.measure(name, value["mean"], known=error, **at)
            job.measure(f"{name}_std", value["std"], **at)
        elif value.keys() == {"counts", "shares"}:
            for label in (label for label, count in value["counts"].items() if count >= LEAST):
                job.measure(name, value["counts"][label], label=str(label), **at)
                job.measure(f"{name}_share", value["shares"][label], label=str(label), **at)
        else:
            for label, held in value.items():
                job.measure(name, held, label=str(label), **at)


def _place(job: "Job", metric: Any, ids: dict[str, str]) -> tuple[str, str]:
    """What a number is called, and the column that it is about."""
    config = metric["config"]
    kind = config["type"].rpartition(":")[2]
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", kind).lower()
    column = config.get("column")
    own = {*job.facts["features"], *job.columns.values(), *job.scores}
    return ids.get(metric["id"], words), column if column in own else ""


def _measure_tests(job: "Job", tests: Any) -> None:
    names = Counter(test["name"] for test in tests)
    failed, broken = 0, []
    for number, test in enumerate(tests):
        status = getattr(test["status"], "value", test["status"])
        case = test["name"] if names[test["name"]] == 1 else f"{test['name']} ({number + 1})"
        if status == "ERROR":
            broken.append(case)
            job.lack("test_failed", f"the test broke: {test['description']}", case=case)
            continue
        failed += status == "FAIL"
        job.measure("test_failed", status == "FAIL", case=case, note=test["description"][:200])
    if broken or not tests:
        why = f"{len(broken)} tests broke, the first: {broken[0]}" if broken else "no test was run"
        job.lack("tests_failed", why)
        job.lack("tests_failed_share", why)
        return
    job.measure("tests_failed", failed, note=f"of {len(tests)}")
    job.measure("tests_failed_share", failed / len(tests), note=f"{failed} of {len(tests)}")
