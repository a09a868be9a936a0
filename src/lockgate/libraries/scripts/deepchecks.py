"""Deepchecks: suites and single checks of tables, by name."""

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lockgate.libraries.scripts._main import Job

SCORE = "Drift score"
NOT_HERE = ("NotSupported", "DatasetValidation", "ModelValidation", "NotEnoughSamples")
"""Why a check of a suite does not apply: it needs what there is none of."""


def run(job: "Job") -> None:
    """Run one suite of all that is asked; conditions counted, numbers by name."""
    import deepchecks.tabular.checks
    import deepchecks.tabular.suites
    from deepchecks.tabular import Suite

    job.used("deepchecks", "pandas", "numpy", "scipy", "scikit-learn")
    checks: list[Any] = []
    named: dict[str, Any] = {}
    for entry in job.asked:
        if hasattr(deepchecks.tabular.suites, entry["name"]) and entry["name"].islower():
            made = job.call(getattr(deepchecks.tabular.suites, entry["name"]), entry)
            checks += list(made.checks.values())
            continue
        made = job.call(job.named([deepchecks.tabular.checks], entry["name"], "check or suite"), entry)
        for condition, settings in entry["conditions"].items():
            add = job.named([made], f"add_condition_{condition}", "condition")
            job.call(add, {"name": condition, "settings": settings})
        named[_key(made)] = entry
        checks.append(made)
    result = Suite("lockgate", *checks).run(**_given(job))
    _measure(job, result, named)
    page = job.folder / "page.html"
    result.save_as_html(str(page), as_widget=False, requirejs=False)
    job.keep("deepchecks.html", "text/html", page.read_bytes())


def _key(check: Any) -> str:
    return f"{type(check).__name__} {sorted(map(str, check.params().items()))}"


def _given(job: "Job") -> dict[str, Any]:
    """Train and test, with what the candidate says of both where it is known."""
    import numpy as np
    from deepchecks.tabular import Dataset

    facts, columns = job.facts, job.columns
    given: dict[str, Any] = {}
    roles = (("train", "reference", facts["reference_predicted"]), ("test", "data", True))
    predicted = "prediction" in columns and all(there for _, _, there in roles)
    start = 0
    for role, name, there in roles:
        if name == "reference" and not facts["reference"]:
            continue
        table = job.table(name)
        table.index = range(start, start + len(table))  # the two share no index
        start += len(table)
        label = columns.get("label") if there else None
        kept = facts["numbers"] + facts["categories"]
        given[f"{role}_dataset"] = Dataset(
            table[[*kept, *([label] if label else [])]],
            label=label,
            features=kept,
            cat_features=facts["categories"],
            label_type=facts["task"] if label and facts["task"] != "other" else None,
        )
        if predicted:
            given[f"y_pred_{role}"] = table[columns["prediction"]].to_numpy()
            if job.scores:
                held = table[job.scores].to_numpy()
                one = facts["task"] == "binary" and held.shape[1] == 1
                of_first = 1 - held if one and facts["classes"].index(facts["positive"]) == 1 else None
                both = np.hstack([of_first, held]) if of_first is not None else held
                given[f"y_proba_{role}"] = np.hstack([held, 1 - held]) if one and of_first is None else both
    if "train_dataset" not in given:
        given = {key.replace("_test", "_train").replace("test_", "train_"): value for key, value in given.items()}
    if predicted and facts["task"] != "regression":
        given["model_classes"] = sorted(facts["classes"])
        order = [facts["classes"].index(value) for value in given["model_classes"]]
        given |= {key: value[:, order] for key, value in given.items() if key.startswith("y_proba_")}
    return given


def _measure(job: "Job", result: Any, named: dict[str, Any]) -> None:
    failed = total = 0
    broken: list[str] = []
    unfit: list[str] = []
    twice = Counter(_key(held.check) for held in result.results)
    for held in result.results:
        key = _key(held.check)
        entry = named.get(key)
        word = type(held.check).__name__
        part = held.header.rpartition(" - ")[2] if twice[key] > 1 else ""
        if type(held).__name__ == "CheckFailure":
            kind = type(held.exception).__name__
            excused = entry is None and any(why in kind for why in NOT_HERE)
            (unfit if excused else broken).append(f"{word}: {held.exception}")
            if entry is not None:
                job.lack(entry["id"], f"the check did not run: {held.exception}")
            continue
        for condition in held.conditions_results:
            status = condition.category.value
            case = " ".join(f"{word}{f' ({part})' if part else ''}: {condition.name}".split())
            if status == "ERROR":
                broken.append(case)
                continue
            failed, total = failed + (status == "FAIL"), total + 1
            job.measure("condition_failed", status == "FAIL", case=case)
        if entry is not None:
            _measure_value(job, entry, held.value, part)
    note = f"{len(unfit)} checks of the suites did not apply" if unfit else ""
    job.measure("checks_not_run", len(unfit) + len(broken), note=note)
    if broken or not total:
        why = f"{len(broken)} checks broke, the first: {broken[0]}" if broken else "no check had a condition"
        job.lack("conditions_failed", why)
        job.lack("conditions_failed_share", why)
        return
    job.measure("conditions_failed", failed, note=f"of {total}")
    job.measure("conditions_failed_share", failed / total, note=f"{failed} of {total}")


def _measure_value(job: "Job", entry: Any, value: Any, part: str) -> None:
    """The numbers in a check's value: its own, or one for each column or key."""
    features = {*job.facts["features"], *job.columns.values()}
    leaves = list(_leaves(value))
    wanted = entry["value"] or (SCORE if any(path[-1:] == (SCORE,) for path, _ in leaves) else None)
    if wanted is not None:
        leaves = [(path[:-1], number) for path, number in leaves if path[-1:] == (wanted,)]
    if not leaves:
        job.lack(entry["id"], f"its value holds no number{f' called {wanted!r}' if wanted else ''}")
    for path, number in leaves:
        column = {"column": path[0]} if path and path[0] in features else {}
        words = [*([part] if part else []), *(path[1:] if column else path)]
        at = {"case": "/".join(words)} if words else {}
        job.measure(entry["id"], number, **column, **at)


def _leaves(value: Any, path: tuple[str, ...] = ()) -> Any:
    """Numbers in nested mappings, lists of them and tables, each with the keys that lead to it."""
    import numbers

    import pandas as pd

    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, numbers.Real):
        yield path, float(value)
    elif isinstance(value, dict):
        for key, held in value.items():
            yield from _leaves(held, (*path, str(key)))
    elif isinstance(value, pd.Series):
        yield from _leaves(value.to_dict(), path)
    elif isinstance(value, pd.DataFrame):
        words = [name for name in ("Dataset", "Class", "Model", "Metric") if name in value.columns]
        if "Value" in value.columns and words:
            for _, row in value.iterrows():
                yield from _leaves(row["Value"], (*path, *(str(row[name]) for name in words)))
        else:
            one = value.shape[1] == 1
            for key, row in value.iterrows():
                yield from _leaves(row.iloc[0] if one else row.to_dict(), (*path, str(key)))
