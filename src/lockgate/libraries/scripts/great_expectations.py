"""Great Expectations: a suite, or expectations by name, held against the data in an ephemeral context."""

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lockgate.libraries.scripts._main import Job

UNIT = ("expectations_unmet", "expectations_unmet_share")
HARMLESS = frozenset(
    [
        "isnull",
        "notnull",
        "isna",
        "notna",
        "isin",
        "between",
        "startswith",
        "endswith",
        "contains",
        "lower",
        "upper",
        "strip",
        "len",
        "abs",
    ]
)
"""What a `row_condition` may call: pandas evaluates it, and would run whatever a suite's file calls."""


def run(job: "Job") -> None:
    """Validate, and measure each expectation and their sum."""
    import logging

    import great_expectations as gx
    import great_expectations.expectations as gxe

    logging.disable(logging.CRITICAL)
    job.used("great-expectations", "pandas", "numpy")
    context = gx.get_context(mode="ephemeral")
    source = context.data_sources.add_pandas("data")
    batch = source.add_dataframe_asset("rows").add_batch_definition_whole_dataframe("all")
    suite = context.suites.add(gx.ExpectationSuite(name="lockgate"))
    names: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for number, entry in enumerate(job.asked):
        kind = job.named([gxe], _class_name(entry["name"]), "expectation")
        case = entry["id"] or _case(kind.__name__, entry["settings"])
        counts[case] += 1
        names[f"{number}"] = case if counts[case] == 1 else f"{case} ({counts[case]})"
        _check(job, case, entry["settings"])
        meta = {**(entry["settings"].get("meta") or {}), "lockgate": f"{number}"}
        suite.add_expectation(job.call(kind, {**entry, "settings": {**entry["settings"], "meta": meta}}))
    # No value of the data stands in what is kept.
    form = {"result_format": "BASIC", "partial_unexpected_count": 0}
    found = batch.get_batch(batch_parameters={"dataframe": job.table("data")}).validate(suite, result_format=form)
    plain = found.to_json_dict()
    seen = [_measure(job, names, held) for held in plain["results"]]
    lost = [names[number] for number in names if number not in {case for case, _ in seen}]
    broken = [names[number] for number, met in seen if met is None] + lost
    if broken:
        reasons = (held["reason"] for held in job.missing if held["at"].get("case") == broken[0])
        why = f"{broken[0]}: {next(reasons, 'it stands there twice')}"
        for metric in UNIT:
            job.lack(metric, f"{len(broken)} expectations could not be held against the data, the first: {why}")
    else:
        unmet, fact = sum(not met for _, met in seen), _fact(job)
        job.measure("expectations_unmet", unmet, note=f"of {len(seen)}", known=fact)
        job.measure("expectations_unmet_share", unmet / len(seen), note=f"{unmet} of {len(seen)}", known=fact)
    job.keep("great_expectations.json", "application/json", json.dumps(_without_values(plain), default=str, indent=1))


def _check(job: "Job", case: str, settings: dict[str, Any]) -> None:
    """See that an expectation's condition on rows runs no code, and that its notes are notes."""
    if not isinstance(settings.get("meta") or {}, dict):
        job.stop(f"{case}: `meta` is no mapping")
    condition = settings.get("row_condition")
    if isinstance(condition, str):
        # `(a.to_csv)('x')` is a call too: a bracket may follow an operator, another opening one, or a harmless name.
        called = set(re.findall(r"""(\w+|[)\]}'"`])\s*\(""", condition)) - HARMLESS - {"and", "or", "not", "in", "col"}
        strange = called | {mark for mark in ("@", "__", "#", "\\") if mark in condition}
        if strange:
            job.stop(f"{case}: its row_condition may not use {min(strange)!r}: compare columns with values")


def _without_values(held: Any) -> Any:
    """A result without what it observed, unless that is a number: an observed text is a value of the data."""
    if isinstance(held, dict):
        return {
            key: _without_values(value)
            for key, value in held.items()
            if not (
                key in {"details", "value_counts"}
                or key.startswith(("partial_", "unexpected_list", "unexpected_index"))
            )
            and (key != "observed_value" or value is None or isinstance(value, int | float))
        }
    return [_without_values(value) for value in held] if isinstance(held, list) else held


def _fact(job: "Job") -> dict[str, Any] | None:
    """Whether a contract is kept is a fact about these rows, as in the gate `data_quality`."""
    return {"exact": True, "rows": job.facts["rows"]} if job.facts["rows"] else None


def _class_name(name: str) -> str:
    """`expect_column_to_exist`, as suites write it, and `ExpectColumnToExist` are the same."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def _case(name: str, settings: dict[str, Any]) -> str:
    about = [
        settings[key] for key in ("column", "column_A", "column_B", "column_list", "column_set") if key in settings
    ]
    return f"{name}({', '.join(map(str, about))})"


def _measure(job: "Job", names: dict[str, str], held: Any) -> tuple[str, bool | None]:
    """Measure one expectation; its number, and whether it is met, None where it broke."""
    config = held["expectation_config"]
    number = config["meta"]["lockgate"]
    at = {"case": names[number]}
    column = config["kwargs"].get("column")
    known = {*job.facts["features"], *job.facts["all"]}
    if column in known:
        at["column"] = column
    said = _raised(held.get("exception_info"))
    if said is not None:
        job.lack("expectation_unmet", said, **at)
        return number, None
    result = held.get("result") or {}
    if result.get("element_count") == 0:
        job.lack("expectation_unmet", "it was held against no row: its row_condition holds for none", **at)
        return number, None
    job.measure("expectation_unmet", not held["success"], known=_fact(job), **at)
    if result.get("unexpected_percent") is not None:
        share, rows = result["unexpected_percent"] / 100, result.get("element_count")
        job.measure("unexpected_share", share, rows=rows, known=_fact(job), **at)
    observed = result.get("observed_value")
    if isinstance(observed, int | float) and not isinstance(observed, bool):
        job.measure("observed_value", observed, **at)
    return number, bool(held["success"])


def _raised(info: Any) -> str | None:
    """What an expectation raised; None where it was held against the data."""
    if not isinstance(info, dict):
        return None
    parts = [info] if "raised_exception" in info else [part for part in info.values() if isinstance(part, dict)]
    for part in parts:
        if part.get("raised_exception"):
            return str(part.get("exception_message") or "it raised")
    return None
