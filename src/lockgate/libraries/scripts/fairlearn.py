"""Fairlearn: its fairness metrics, and its MetricFrame around any metric of Fairlearn or scikit-learn."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lockgate.libraries.scripts._main import Job


def run(job: "Job") -> None:
    """Measure each asked metric by each sensitive column."""
    import fairlearn.metrics
    import numpy as np
    import pandas as pd
    import sklearn.metrics

    job.used("fairlearn", "scikit-learn", "pandas", "numpy")
    label, prediction, score = _answers(job)
    codes = pd.read_parquet(job.folder / "groups.parquet")
    if not job.facts["groupings"]:
        job.stop("data.sensitive names no column")
    report = []
    for number, grouping in enumerate(job.facts["groupings"]):
        column = grouping["column"]
        groups = np.array(grouping["groups"], dtype=object)[codes[f"{number}"].to_numpy()]
        sizes = pd.Series(groups).value_counts()
        kept = np.isin(groups, sizes[sizes >= job.facts["min_rows"]].index)
        for entry in job.asked:
            _lack_small(job, entry["id"], column, sizes)
            if not kept.any():
                job.lack(entry["id"], "every group has fewer rows than data.min_rows", column=column)
                continue
            said = score if entry["of"] == "score" else prediction
            if said is None:
                job.stop("the candidate gives no score")
            parts = label[kept], said[kept], groups[kept]
            if "sensitive_features" in _parameters(fairlearn.metrics, entry["name"]):
                metric = getattr(fairlearn.metrics, entry["name"])
                value = job.call(metric, entry, *parts[:2], sensitive_features=parts[2])
                job.measure(entry["id"], value, rows=kept.sum(), column=column)
                report.append((column, entry["id"], "", value))
            else:
                metric = job.named([fairlearn.metrics, sklearn.metrics], entry["name"], "metric")
                report += _frame(job, entry, metric, parts, column)
    table = pd.DataFrame(report, columns=["column", "metric", "group", "value"])
    job.keep("fairlearn.json", "application/json", table.to_json(orient="records", indent=1))


def _parameters(module: Any, name: str) -> Any:
    import inspect

    found = getattr(module, name, None)
    return inspect.signature(found).parameters if inspect.isfunction(found) else ()


def _lack_small(job: "Job", metric: str, column: str, sizes: Any) -> None:
    """Groups that are too small are listed by their size and not compared."""
    for group, size in sizes[sizes < job.facts["min_rows"]].items():
        reason = f"{size} rows, and data.min_rows is {job.facts['min_rows']}"
        job.lack(metric, reason, rows=size, listed=True, column=column, group=str(group))


def _frame(job: "Job", entry: Any, metric: Any, parts: Any, column: str) -> Any:
    """A MetricFrame's values of the groups, and what it makes of them."""
    from functools import partial

    from fairlearn.metrics import MetricFrame

    def of_rows(truth: Any, said: Any) -> Any:
        return job.call(partial(metric, truth, said), entry)

    frame = MetricFrame(metrics=of_rows, y_true=parts[0], y_pred=parts[1], sensitive_features=parts[2])
    groups = frame.by_group
    for group, value in groups.items():
        size = int((parts[2] == group).sum())
        job.measure(entry["id"], value, rows=size, column=column, group=str(group))
    whole = {
        "overall": frame.overall,
        "difference": frame.difference(),
        "ratio": frame.ratio(),
        "lowest": frame.group_min(),
        "highest": frame.group_max(),
    }
    lacking = [str(group) for group, value in groups.items() if value != value]  # noqa: PLR0124 (NaN)
    for name, value in whole.items():
        full = f"{entry['id']}_{name}"
        # Fairlearn leaves a group without a value out of the comparison; it must not leave it.
        if lacking and name != "overall":
            job.lack(full, f"a group has no value: {', '.join(lacking)}", column=column)
        else:
            job.measure(full, value, rows=len(parts[0]), column=column)
    return [
        *((column, entry["id"], str(group), value) for group, value in groups.items()),
        *((column, f"{entry['id']}_{name}", "", value) for name, value in whole.items()),
    ]


def _answers(job: "Job") -> tuple[Any, Any, Any]:
    """Label, prediction, score: of a classification 1 for the favourable outcome, else the numbers themselves."""
    table, facts = job.table("data"), job.facts
    label, prediction = (table[job.columns[role]].to_numpy() for role in ("label", "prediction"))
    if facts["task"] == "regression":
        return label, prediction, None
    wanted = facts["favourable"]
    if wanted is None:
        job.stop("neither data.favourable nor data.positive says which outcome people want")
    score = None
    if len(job.scores) == 1:
        score = table[job.scores[0]].to_numpy()
        score = score if wanted == facts["positive"] else 1 - score
    elif job.scores:
        score = table[job.scores[facts["classes"].index(wanted)]].to_numpy()
    return (label == wanted).astype(int), (prediction == wanted).astype(int), score
