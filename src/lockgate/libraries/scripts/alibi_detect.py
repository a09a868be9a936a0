"""Alibi Detect: detectors of drift in tables, by name."""

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lockgate.libraries.scripts._main import Job

OF_NUMBERS = ("KSDrift", "CVMDrift")
OF_CATEGORIES = ("ChiSquareDrift",)
OF_COLUMNS = (*OF_NUMBERS, *OF_CATEGORIES, "TabularDrift", "FETDrift")
WITH_LAW = ("KSDrift", "ChiSquareDrift", "TabularDrift")
WITH_BACKEND = ("MMDDrift", "LSDDDrift", "LearnedKernelDrift", "ClassifierDrift", "ContextMMDDrift", "SpotTheDiffDrift")


def run(job: "Job") -> None:
    """Hold the data against the reference with each asked detector."""
    import alibi_detect.cd

    job.used("alibi-detect", "numpy", "scipy", "scikit-learn", "torch", "tensorflow")
    report = []
    for entry in job.asked:
        kind = job.named([alibi_detect.cd], entry["name"], "detector")
        if entry["name"].endswith("Online"):
            job.stop(f"{entry['name']} watches a stream; name a detector of two samples")
        if entry["name"] in OF_COLUMNS:
            columns, reference, data, more = _columns(job, entry["name"])
            laws = _laws(reference, data, more) if entry["name"] in WITH_LAW else []
        else:
            columns, (reference, data), more, laws = [], _matrices(job), _backend(job, entry), []
        settings = {**more, **entry["settings"]}
        try:
            detector = job.call(kind, {**entry, "settings": settings}, reference)
            found = detector.predict(data)["data"]
        except ImportError as error:
            job.stop(
                f"{entry['name']} needs PyTorch, which is not in its environment: name one that has it "
                f"(environment: {{python: .venv-alibi/bin/python}}; docs/libraries.md says how to make it). {error}"
            )
        permutations = getattr(getattr(detector, "_detector", detector), "n_permutations", 0)
        _measure(job, entry["id"], found, columns, draws=int(permutations), laws=laws)
        report.append(
            {"id": entry["id"], **{key: _plain(found[key]) for key in _KEPT if key in found}, "columns": columns}
        )
    job.keep("alibi_detect.json", "application/json", json.dumps(report, indent=1))


_KEPT = ("is_drift", "distance", "p_val", "threshold")


def _plain(value: Any) -> Any:
    import numpy as np

    return np.asarray(value, dtype=float).tolist()


def _measure(job: "Job", name: str, found: Any, columns: list[str], *, draws: int, laws: list[Any]) -> None:
    """The decision about all, and each number where it is about one column, with what chance would show of it."""
    import numpy as np

    job.measure(f"{name}_drift", found["is_drift"])
    p_values, distances = (np.asarray(found[key], dtype=float) for key in ("p_val", "distance"))
    if p_values.ndim == 0:
        job.measure(f"{name}_p_value", p_values, chance=job.of_p_value(p_values, draws))
        job.measure(f"{name}_distance", distances)
        return
    for place, (column, p_value, distance) in enumerate(zip(columns, p_values, distances, strict=True)):
        job.measure(f"{name}_p_value", p_value, chance=job.of_p_value(p_value), column=column)
        chance = None
        if laws and laws[place] is not None:
            law = laws[place]
            quantiles = [float(value) for value in law.ppf(job.facts["levels"])]
            known = {"above": float(p_value), "below": 1 - float(p_value), "mean": float(law.mean())}
            chance = {**known, "quantiles": quantiles}
        job.measure(f"{name}_distance", distance, chance=chance, column=column)


def _laws(reference: Any, data: Any, more: Any) -> list[Any]:
    """What chance makes of each column's statistic: Kolmogorov's law of numbers, the chi-squared one of categories."""
    import scipy.stats

    sizes = more.get("categories_per_feature", {})
    rows = round(len(reference) * len(data) / (len(reference) + len(data)))
    of_numbers = scipy.stats.kstwo(max(rows, 1))
    return [
        (scipy.stats.chi2(sizes[place] - 1) if sizes[place] > 2 else None) if place in sizes else of_numbers
        for place in range(reference.shape[1])
    ]


def _columns(job: "Job", detector: str) -> tuple[list[str], Any, Any, dict[str, Any]]:
    """Columns one by one: numbers as they are, categories by codes that both sets share."""
    import numpy as np
    import pandas as pd

    sets = {name: job.table(name) for name in ("reference", "data")}
    numbers = [] if detector in OF_CATEGORIES else job.facts["numbers"]
    categories = [] if detector in OF_NUMBERS else job.facts["categories"]
    if detector == "FETDrift":
        numbers = []
    names = [*numbers, *categories]
    if not names:
        job.stop(f"there is no column that {detector} could look at")
    parts: dict[str, list[Any]] = {name: [_filled(job, sets[name], column) for column in numbers] for name in sets}
    sizes = {}
    for place, column in enumerate(categories, len(numbers)):
        # A category that only the data hold has a code too: else nothing would look at it.
        both = pd.concat([sets["reference"][column], sets["data"][column]]).astype(object)
        codes, kinds = pd.factorize(both.where(both.notna(), "(missing)").astype(str), sort=True)
        parts["reference"].append(codes[: len(sets["reference"])].astype(float))
        parts["data"].append(codes[len(sets["reference"]) :].astype(float))
        sizes[place] = len(kinds)
    more = {"categories_per_feature": sizes} if detector in ("ChiSquareDrift", "TabularDrift") else {}
    return names, np.column_stack(parts["reference"]), np.column_stack(parts["data"]), more


def _filled(job: "Job", table: Any, column: str) -> Any:
    values = table[column].to_numpy(dtype=float, na_value=float("nan"))
    if (values != values).any():  # noqa: PLR0124 (NaN)
        job.stop(
            f"column {column!r} holds missing values, which Alibi Detect cannot look at: leave it out of `features`"
        )
    return values


def _matrices(job: "Job") -> tuple[Any, Any]:
    """All columns at once: numbers in standard deviations of the reference, categories one by one as 0 and 1."""
    import numpy as np
    import pandas as pd

    sets = {name: job.table(name) for name in ("reference", "data")}
    parts: dict[str, list[Any]] = {"reference": [], "data": []}
    for column in job.facts["numbers"]:
        values = {name: _filled(job, table, column) for name, table in sets.items()}
        mean, spread = values["reference"].mean(), values["reference"].std() or 1.0
        for name, held in parts.items():
            held.append((values[name] - mean) / spread)
    for column in job.facts["categories"]:
        texts = {
            name: table[column].astype(object).where(table[column].notna(), "(missing)").astype(str)
            for name, table in sets.items()
        }
        for kind in sorted(set(pd.concat(list(texts.values())))):
            for name, held in parts.items():
                held.append((texts[name] == kind).to_numpy(dtype=float))
    if not parts["data"]:
        job.stop("there is no column to look at")
    return np.column_stack(parts["reference"]).astype(np.float32), np.column_stack(parts["data"]).astype(np.float32)


def _backend(job: "Job", entry: Any) -> dict[str, Any]:
    """The backend that is there, and for a classifier of scikit-learn the model that a policy names."""
    import importlib.util

    if entry["name"] not in WITH_BACKEND:
        return {}
    there = [
        name
        for name, module in (("pytorch", "torch"), ("tensorflow", "tensorflow"))
        if importlib.util.find_spec(module)
    ]
    if entry["name"] != "ClassifierDrift":
        return {"backend": there[0] if there else "pytorch"}
    import sklearn.ensemble
    import sklearn.linear_model

    model = entry["settings"].pop("model", "RandomForestClassifier")
    kind = job.named([sklearn.ensemble, sklearn.linear_model], model, "classifier of scikit-learn")
    random = {"random_state": job.facts["seed"]} if "random_state" in kind().get_params() else {}
    return {"backend": "sklearn", "model": kind(**random), "seed": job.facts["seed"], "n_folds": 5, "train_size": None}
