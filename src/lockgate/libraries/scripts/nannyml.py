"""NannyML: calculators of drift, data quality and performance, and estimators of performance, by name."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lockgate.libraries.scripts._main import Job

CHUNKS = ("chunk_size", "chunk_number", "chunk_period", "chunker")
ONLY_NUMBERS = ("NumericalRangeCalculator", "SummaryStats")
ONLY_CATEGORIES = ("UnseenValuesCalculator",)
PROBLEMS = {"binary": "classification_binary", "multiclass": "classification_multiclass", "regression": "regression"}


def run(job: "Job") -> None:
    """Fit each calculator on the reference, and measure the data."""
    import nannyml

    job.used("nannyml", "pandas", "numpy", "scipy", "scikit-learn", "lightgbm")
    sets = {name: _coded(job, job.table(name)) for name in ("reference", "data")}
    alerts, chunks = 0, 0
    for entry in job.asked:
        kind = job.named([nannyml], entry["name"], "calculator or estimator")
        if not hasattr(kind, "fit"):
            job.stop(f"{entry['name']} is no calculator and no estimator")
        made = job.call(kind, {**entry, "settings": {**_filled(job, kind, entry), **entry["settings"]}})
        made.fit(sets["reference"])
        result = (made.calculate if hasattr(made, "calculate") else made.estimate)(sets["data"])
        held = result.filter(period="analysis").to_df(multilevel=True)
        chunked = any(key in entry["settings"] for key in CHUNKS)
        counted = _measure(job, entry, held, chunked=chunked)
        alerts, chunks = (alerts + counted[0], chunks + counted[1]) if chunked else (alerts, chunks)
        flat = result.to_df(multilevel=False)
        job.keep(f"nannyml-{entry['id']}.json", "application/json", flat.to_json(orient="records", indent=1))
    if chunks:
        job.measure("alerts", alerts, note=f"of {chunks}")
        job.measure("alerts_share", alerts / chunks, note=f"{alerts} of {chunks}")
    else:
        for name in ("alerts", "alerts_share"):
            job.lack(
                name, "NannyML's thresholds need chunks of the reference: set chunk_number, chunk_size or chunk_period"
            )


def _coded(job: "Job", table: Any) -> Any:
    """The rows; classes of a binary task as 1, the positive one, and 0, which is all that NannyML understands."""
    if job.facts["task"] == "binary":
        for name in (name for name in job.columns.values() if name in table):
            table[name] = (table[name] == job.facts["positive"]).astype(int)
    return table


def _filled(job: "Job", kind: Any, entry: Any) -> dict[str, Any]:
    """What the policy already says, under the names of the calculator's settings."""
    import inspect

    facts, columns = job.facts, job.columns
    features = facts["numbers"] + facts["categories"]
    if entry["name"].startswith(ONLY_NUMBERS):
        features = facts["numbers"]
    elif entry["name"].startswith(ONLY_CATEGORIES):
        features = facts["categories"]
    known = {
        "column_names": features,
        "feature_column_names": facts["numbers"] + facts["categories"],
        "treat_as_categorical": facts["categories"],
        "y_true": columns.get("label"),
        "y_pred": columns.get("prediction"),
        "y_pred_proba": _scores(job),
        "problem_type": PROBLEMS.get(facts["task"]),
        "timestamp_column_name": facts["time"] if "chunk_period" in entry["settings"] else None,
    }
    wanted = inspect.signature(kind.__init__).parameters
    lacking = [name for name in ("y_true", "y_pred") if name in wanted and known[name] is None]
    if lacking:
        job.stop(f"{entry['name']} needs the candidate's predictions and the label, also of the reference")
    filled = {name: value for name, value in known.items() if name in wanted and value is not None}
    if not any(key in entry["settings"] for key in CHUNKS):
        filled["chunk_number"] = 1
    return filled


def _scores(job: "Job") -> Any:
    if len(job.scores) > 1:
        return dict(zip(job.facts["classes"], job.scores, strict=True))
    return job.scores[0] if job.scores else None


def _measure(job: "Job", entry: Any, held: Any, *, chunked: bool) -> tuple[int, int]:
    """Measure each chunk's values; how many alerts there were, and of how many."""
    features = {*job.facts["features"]}
    alerts = total = 0
    for _, row in held.iterrows():
        at = {"case": str(row.iloc[0])} if chunked else {}
        for key in (key for key in held.columns if key[0] != "chunk" and key[-1] == "value"):
            *about, _ = key
            column = {"column": about[0]} if about[0] in features else {}
            words = about[1:] if column else about
            name = "_".join([entry["id"], *words]) if _many(entry) else entry["id"]
            known = _known(row, about)
            note = f"sampling error {known['error']:.3g}" if known else ""
            job.measure(name, row[key], note=note, known=known, **column, **at)
            alert = row.get((*about, "alert"))
            if chunked and alert is not None:
                job.measure(f"{name}_alert", bool(alert), **column, **at)
                alerts, total = alerts + bool(alert), total + 1
    return alerts, total


def _known(row: Any, about: Any) -> dict[str, float] | None:
    """NannyML's own sampling error, which it knows from the reference for as many rows as the chunk has."""
    error = row.get((*about, "sampling_error"))
    if error is None or error != error:  # noqa: PLR0124 (NaN)
        return None
    first, last = (row.get((*["chunk"] * len(about), key)) for key in ("start_index", "end_index"))
    return None if first is None or last is None else {"error": float(error), "rows": int(last) - int(first) + 1}


def _many(entry: Any) -> bool:
    """Whether one calculator gives several kinds of numbers, so that their names say which."""
    return entry["name"] in ("UnivariateDriftCalculator", "CBPE", "DLE", "PerformanceCalculator")
