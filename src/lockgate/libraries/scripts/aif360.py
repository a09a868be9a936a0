"""AI Fairness 360: metrics of a data set and of a classification, by name."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lockgate.libraries.scripts._main import Job


def run(job: "Job") -> None:
    """Measure each asked metric by each sensitive column that has privileged groups."""
    import logging

    logging.disable(logging.CRITICAL)
    import numpy as np
    import pandas as pd
    from aif360.datasets import BinaryLabelDataset
    from aif360.metrics import BinaryLabelDatasetMetric, ClassificationMetric

    job.used("aif360", "scikit-learn", "pandas", "numpy")
    codes = pd.read_parquet(job.folder / "groups.parquet")
    privileged = dict(job.settings["privileged"])
    known = {held["column"] for held in job.facts["groupings"]}
    unknown = sorted(set(privileged) - known)
    if unknown or not privileged:
        job.stop(f"`privileged` names {unknown or 'no column'}; the sensitive columns are {sorted(known)}")
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

        def of(role: str, inside: Any = inside) -> Any:
            frame = pd.DataFrame({"outcome": (table[job.columns[role]] == wanted).astype(float), "privileged": inside})
            made = BinaryLabelDataset(
                df=frame.astype(float), label_names=["outcome"], protected_attribute_names=["privileged"]
            )
            score = _score(job, table)
            if role == "prediction" and score is not None:
                made.scores = score.reshape(-1, 1)
            return made

        sides = {"privileged_groups": [{"privileged": 1}], "unprivileged_groups": [{"privileged": 0}]}
        holders = {
            "labels": BinaryLabelDatasetMetric(of("label"), **sides),
            "predictions": ClassificationMetric(of("label"), of("prediction"), **sides),
        }
        for entry in job.asked:
            metric = job.named([holders[entry["of"]]], entry["name"], f"metric of {entry['of']}")
            value = job.call(metric, entry)
            job.measure(entry["id"], value, rows=len(inside), column=column)
            report.append({"column": column, "metric": entry["id"], "value": value})
    job.keep("aif360.json", "application/json", pd.DataFrame(report).to_json(orient="records", indent=1))


def _score(job: "Job", table: Any) -> Any:
    """The score of the favourable outcome, where the candidate gives one."""
    facts = job.facts
    if len(job.scores) == 1:
        score = table[job.scores[0]].to_numpy()
        return score if facts["favourable"] == facts["positive"] else 1 - score
    return table[job.scores[facts["classes"].index(facts["favourable"])]].to_numpy() if job.scores else None
