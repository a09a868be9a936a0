"""The gate `great_expectations`: a suite of Great Expectations, or expectations by name, held against the data."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from pydantic import Field

from lockgate.errors import EvidenceError, GateError
from lockgate.evidence.view import Evidence
from lockgate.gates.base import API, Example, Needs, Params, RuleFile
from lockgate.libraries.asked import Asked, Name
from lockgate.libraries.measured import measured
from lockgate.types import Measurement, Metric, Missing, Status

_LONGEST = 16 << 20
_AGES = "{name: ExpectColumnValuesToBeBetween, settings: {column: age, min_value: 0, max_value: 120}}"


class Settings(Params):
    """What is expected of the data."""

    suite: RuleFile | None = Field(
        None, min_length=1, description="JSON file of a suite, as Great Expectations saves it; relative to the policy"
    )
    expectations: tuple[Name | Asked, ...] = Field(
        (), description="names of expectations, each alone or as {name, settings, id}, beside those of the suite"
    )
    report: bool = Field(default=True, description="whether the validation's result is kept as great_expectations.json")


_METRICS: Mapping[str, Metric] = {
    "expectations_unmet": Metric(direction="lower", meaning="number of expectations that are not met", low=0.0),
    "expectations_unmet_share": Metric(
        direction="lower", meaning="share of the expectations that are not met", low=0.0, high=1.0, unit="share"
    ),
    "expectation_unmet": Metric(
        direction="lower", meaning="whether one expectation is not met: 1 or 0", low=0.0, high=1.0
    ),
    "unexpected_share": Metric(
        direction="lower",
        meaning="share of the rows that one expectation does not hold for",
        low=0.0,
        high=1.0,
        unit="share",
    ),
    "observed_value": Metric(direction="neither", meaning="the number that one expectation looks at"),
}


class GreatExpectations:
    """A suite of Great Expectations, or single expectations by name, held against the data.

    What it checks
    --------------
    The expectations of the file `suite` and those under `expectations` (by class name, with their settings) are
    validated on all columns of the data in an ephemeral context. `expectations_unmet` and `expectations_unmet_share`
    sum up; for each expectation stand `expectation_unmet`, the share of rows that break it (`unexpected_share`: of all
    rows, also those that are missing) and the number that it looks at (`observed_value`), under `case` its name and
    column, or its `id`. An expectation that cannot be held against the data, because a column is gone, is an error and
    not an unmet one. What is counted is a fact about these rows and certain. Great Expectations runs in an interpreter
    of its own (`environment`); its version and the suite's digest stand in the Record. The result that is kept names no
    values of the data. A `row_condition` compares columns with values: one that calls code is refused, and one that
    holds for no row is an error.

    Why it matters
    --------------
    Suites that guard a warehouse already say what its owners expect. The same file guards the data that a model is
    judged on, so that the two never part.

    How to mend a failure
    ---------------------
    See which expectation is unmet and by how many rows, in `great_expectations.json` beside the Record, and whether the
    data or the expectation is wrong. Whoever makes the data mends them; a limit that the world has outgrown is changed
    in the suite, in sight.
    """

    api: ClassVar[int] = API
    dimension: ClassVar[str] = "data"
    params = Settings
    needs: ClassVar[Needs] = Needs(apart=True, library="great_expectations")
    metrics: ClassVar[Mapping[str, Metric]] = _METRICS
    libraries: ClassVar[Sequence[str]] = ("lockgate",)
    examples: ClassVar[Sequence[Example]] = (
        Example(
            name="all ages are possible",
            policy=f"expectations: [{_AGES}]\nmetrics: {{expectations_unmet: {{max: 0}}}}",
            status=Status.PASS,
            data={"age": [30, 40, 50]},
        ),
        Example(
            name="a third of the ages is impossible",
            policy=f"expectations: [{_AGES}]\nmetrics: {{unexpected_share: {{max: 1%}}}}",
            status=Status.FAIL,
            data={"age": [30, 40, 999]},
        ),
        Example(
            name="the column is gone",
            policy=f"expectations: [{_AGES}]\nmetrics: {{expectations_unmet: {{max: 0}}}}",
            status=Status.ERROR,
            data={"years": [30, 40, 50]},
        ),
    )

    def measure(self, params: Settings, evidence: Evidence) -> Iterator[Measurement | Missing]:
        """Validate the data and measure each expectation."""
        asked = [Asked(name=item) if isinstance(item, str) else item for item in params.expectations]
        entries = [{**item.model_dump(mode="json"), "id": item.id or ""} for item in asked]
        if params.suite is not None:
            entries = [*_suite(params.suite, evidence), *entries]
        if not entries:
            raise GateError("nothing is expected", fix="name a `suite`, or `expectations`")
        yield from measured(
            evidence, "great_expectations", asked=entries, metrics=_METRICS, whole=True, report=params.report
        )


def _suite(name: str, evidence: Evidence) -> list[dict[str, Any]]:
    """The expectations of a suite's file; its digest goes into the Record.

    Raises:
        EvidenceError: it cannot be read, or is no suite.
    """
    path, fix = evidence.policy.parent / name, "give the JSON file that Great Expectations keeps the suite in"
    try:
        if path.stat().st_size > _LONGEST:
            raise EvidenceError("the file is too long for a suite", where=name, fix=fix)
        content = path.read_bytes()
        held = json.loads(content)["expectations"]
        entries = [
            {"name": item.get("type") or item["expectation_type"], "settings": _settings(item), "id": ""}
            for item in held
        ]
    except OSError as error:
        raise EvidenceError(f"the suite cannot be read: {error.strerror or error}", where=name, fix=fix) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise EvidenceError(f"the file is no suite: {type(error).__name__}: {error}", where=name, fix=fix) from error
    evidence.used({f"suite {name}": f"sha256:{hashlib.sha256(content).hexdigest()}"})
    return entries


def _settings(item: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: item[key] for key in ("severity",) if item.get(key) is not None}
    return {**{key: value for key, value in item["kwargs"].items() if key != "batch_id"}, **kept}
