"""AI Fairness 360: metrics of a data set and of a classification, by name."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lockgate.libraries.scripts._main import Job

ROLES = ("label", "prediction")
OF_SAID = ("disparate_impact", "statistical_parity_difference", "mean_difference", "selection_rate")
"""Metrics of predictions alone, whatever the labels are."""


def run(job: "Job") -> None:
    """Measure each asked metric by each sensitive column that has privileged groups."""
    import logging

    logging.disable(logging.CRITICAL)
    import numpy as np
    import pandas as pd

    job.used("aif360", "scikit-learn", "pandas", "numpy")
    codes = pd.read_parquet(job.folder / "groups.parquet")
    privileged = dict(job.settings["privileged"])
    there = {held["column"] for held in job.facts["groupings"]}
    unknown = sorted(set(privileged) - there)
    if unknown or not privileged:
        job.stop(f"`privileged` names {unknown or 'no column'}; the sensitive columns are {sorted(there)}")
    table, wanted = job.table("data"), job.facts["favourable"]
    if wanted is None:
        job.stop("neither data.favourable nor data.positive says which outcome people want")
    report = []
    for number, grouping in enumerate(job.facts["groupings"]):
        column, groups = grouping["column"], grouping["groups"]
        if column not in privileged:
            continue
        strange = sorted(set(privileged[column]) - set(groups))
        if strange:
            job.stop(f"`privileged` names the groups {strange} of {column}; there are {groups}")
        of_group = np.array([group in privileged[column] for group in groups])
        inside = of_group[codes[f"{number}"].to_numpy()]
        smaller = int(min(inside.sum(), (~inside).sum()))
        if smaller < job.facts["min_rows"]:
            for entry in job.asked:
                reason = f"{smaller} rows on one side, and data.min_rows is {job.facts['min_rows']}"
                job.lack(entry["id"], reason, rows=smaller, column=column)
            continue
        score = _score(job, table)
        parts = {role: (table[job.columns[role]] == wanted).astype(float).to_numpy() for role in ROLES}
        parts["privileged"] = inside.astype(float)
        found = _values(job, asked=job.asked, score=score, **parts)
        known = _known(job, parts)
        for entry in job.asked:
            value = found[entry["id"]]
            job.measure(entry["id"], value, rows=len(inside), known=known.get(entry["id"]), column=column)
            report.append({"column": column, "metric": entry["id"], "value": value})
    job.keep("aif360.json", "application/json", pd.DataFrame(report).to_json(orient="records", indent=1))


def _values(job: "Job", *, asked: Any, score: Any = None, weights: Any = None, **parts: Any) -> Any:
    """Each asked metric's value by its id.

    Args:
        job: the job.
        asked: the metrics.
        score: of the favourable outcome.
        weights: of the rows.
        parts: `label` and `prediction`, 1 for the favourable outcome, and `privileged`.
    """
    import pandas as pd
    from aif360.datasets import BinaryLabelDataset
    from aif360.metrics import BinaryLabelDatasetMetric, ClassificationMetric

    def of(outcome: Any) -> Any:
        frame = pd.DataFrame({"outcome": outcome, "privileged": parts["privileged"]})
        made = BinaryLabelDataset(df=frame, label_names=["outcome"], protected_attribute_names=["privileged"])
        if weights is not None:
            made.instance_weights = weights
        return made

    sides = {"privileged_groups": [{"privileged": 1}], "unprivileged_groups": [{"privileged": 0}]}
    said = of(parts["prediction"])
    if score is not None:
        said.scores = score.reshape(-1, 1)
    holders = {
        "labels": BinaryLabelDatasetMetric(of(parts["label"]), **sides),
        "predictions": ClassificationMetric(of(parts["label"]), said, **sides),
    }
    return {
        entry["id"]: job.call(job.named([holders[entry["of"]]], entry["name"], f"metric of {entry['of']}"), entry)
        for entry in asked
    }


def _known(job: "Job", parts: Any) -> dict[str, Any]:
    """How well each number that the policy bounds is known; those of the score, or that weigh no rows, are not."""
    from functools import partial

    import numpy as np

    rows = np.ones(len(parts["label"]), dtype=bool)
    asked = [entry for entry in job.asked if job.bounded(entry["id"])]
    of_rate = [entry for entry in asked if entry["of"] == "labels" or entry["name"] in OF_SAID]
    others = [entry for entry in asked if entry not in of_rate]
    known: dict[str, Any] = {}
    for filled, entries in ((["privileged"], of_rate), (["privileged", "label"], others)):
        if entries:
            known |= job.redrawn(rows, parts, filled, partial(_values, job, asked=entries))
    return known


def _score(job: "Job", table: Any) -> Any:
    """The score of the favourable outcome, where the candidate gives one."""
    facts = job.facts
    if len(job.scores) == 1:
        score = table[job.scores[0]].to_numpy()
        return score if facts["favourable"] == facts["positive"] else 1 - score
    return table[job.scores[facts["classes"].index(facts["favourable"])]].to_numpy() if job.scores else None
