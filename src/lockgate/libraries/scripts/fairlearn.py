"""Fairlearn: its fairness metrics, and its MetricFrame around any metric of Fairlearn or scikit-learn."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lockgate.libraries.scripts._main import Job

OF_SAID = ("selection_rate", "demographic_parity", "mean_prediction")
"""Metrics of predictions alone, whatever the labels are."""


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
            metric = job.named([fairlearn.metrics, sklearn.metrics], entry["name"], "metric")
            parts = {"label": label[kept], "said": said[kept], "group": groups[kept]}
            report += _measured(job, entry, metric, parts=parts, kept=kept, column=column)
    table = pd.DataFrame(report, columns=["column", "metric", "group", "value"])
    job.keep("fairlearn.json", "application/json", table.to_json(orient="records", indent=1))


def _lack_small(job: "Job", metric: str, column: str, sizes: Any) -> None:
    """Groups that are too small are listed by their size and not compared."""
    for group, size in sizes[sizes < job.facts["min_rows"]].items():
        reason = f"{size} rows, and data.min_rows is {job.facts['min_rows']}"
        job.lack(metric, reason, rows=size, listed=True, column=column, group=str(group))


def _measured(job: "Job", entry: Any, metric: Any, *, parts: Any, kept: Any, column: str) -> Any:
    """Measure what one metric gives of one sensitive column, with how well it is known; the lines of the report."""
    from functools import partial

    values = partial(_values, job, entry, metric)
    found = values(**parts)
    known = {}
    if job.bounded(*(name for name, _ in found)):
        known = job.redrawn(kept, parts, _filled(job, entry), values)
    lacking = [group for (_, group), value in found.items() if group and value != value]  # noqa: PLR0124 (NaN)
    for (name, group), value in found.items():
        # Fairlearn leaves a group without a value out of the comparison; it must not leave it.
        if lacking and not group and not name.endswith("_overall"):
            job.lack(name, f"a group has no value: {', '.join(lacking)}", column=column)
            continue
        of_group = {"group": group} if group else {}
        size = (parts["group"] == group).sum() if group else kept.sum()
        job.measure(name, value, rows=size, known=known.get((name, group)), column=column, **of_group)
    return [(column, name, group, value) for (name, group), value in found.items()]


def _values(job: "Job", entry: Any, metric: Any, *, label: Any, said: Any, group: Any, weights: Any = None) -> Any:
    """`(name, group) → value`: of a metric between groups one, of any other what a MetricFrame makes of it.

    Nothing where rows have weights, and the metric takes none.
    """
    import inspect
    from functools import partial

    from fairlearn.metrics import MetricFrame

    takes = inspect.signature(metric).parameters
    if weights is not None and not takes.keys() & {"sample_weight", "other_params"}:
        return {}
    weighed = {} if weights is None else {"sample_weight": weights}
    if "sensitive_features" in takes:
        return {(entry["id"], ""): job.call(metric, entry, label, said, sensitive_features=group, **weighed)}

    def of_rows(truth: Any, said: Any, **weighed: Any) -> Any:
        return job.call(partial(metric, truth, said), entry, **weighed)

    frame = MetricFrame(metrics=of_rows, y_true=label, y_pred=said, sensitive_features=group, sample_params=weighed)
    whole = {
        "overall": frame.overall,
        "difference": frame.difference(),
        "ratio": frame.ratio(),
        "lowest": frame.group_min(),
        "highest": frame.group_max(),
    }
    return {
        **{(entry["id"], str(name)): value for name, value in frame.by_group.items()},
        **{(f"{entry['id']}_{name}", ""): value for name, value in whole.items()},
    }


def _filled(job: "Job", entry: Any) -> list[str]:
    """The columns of which every combination must hold some rows for draws to tell how a metric varies."""
    alone = job.facts["task"] == "regression" or any(word in entry["name"] for word in OF_SAID)
    return ["group"] if alone else ["group", "label"]


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
