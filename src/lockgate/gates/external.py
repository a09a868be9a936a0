"""The gate `external`: what another tool found, read from its result file."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Literal, Self, TypeAlias

import numpy as np
from pydantic import Field, field_validator, model_validator

from lockgate.errors import EvidenceError, UsageError
from lockgate.evidence.view import Evidence
from lockgate.external.cases import Case, Results
from lockgate.external.command import Walls, run
from lockgate.external.paths import search, searcher
from lockgate.external.read import Format, read
from lockgate.gates.base import API, Example, Needs, Params, WrongSetting
from lockgate.stats.paired.cases import against, by_case, own
from lockgate.types import Measurement, Metric, Missing, Status

Better: TypeAlias = Literal["higher", "lower"]

_OF_CASES: Mapping[str, Metric] = {
    "pass_rate": Metric(
        direction="higher",
        meaning="Share of cases that pass; repeats of a case are averaged first.",
        low=0.0,
        high=1.0,
        unit="share",
        compared=True,
    ),
    "mean_score": Metric(direction="higher", meaning="Mean score over cases.", compared=True),
    "case_count": Metric(direction="higher", meaning="How many different cases were run.", low=0.0),
    "failed_cases": Metric(direction="lower", meaning="How often a case failed or broke.", low=0.0),
    "error_cases": Metric(direction="lower", meaning="How often a case broke, which is a failure too.", low=0.0),
    "skipped_cases": Metric(direction="lower", meaning="How often a case was skipped, which is no pass.", low=0.0),
}
_OF_SARIF: Mapping[str, Metric] = {
    "results": Metric(direction="lower", meaning="Results of a scanner that are not suppressed (SARIF).", low=0.0),
    "errors": Metric(direction="lower", meaning="Those at the level `error`.", low=0.0),
    "warnings": Metric(direction="lower", meaning="Those at the level `warning`.", low=0.0),
    "notes": Metric(direction="lower", meaning="Those at the level `note`.", low=0.0),
}
_FIXED: Mapping[str, Metric] = {**_OF_CASES, **_OF_SARIF}
_CASES = [{"name": f"case {number}", "success": number % 10 > 0} for number in range(40)]
_KEYS = frozenset({"id", "passed", "score"})


class Settings(Params):
    """Where the results are, and how they are read."""

    file: str = Field("results.json", description="the result file, relative to the policy")
    champion_file: str | None = Field(None, description="the champion's run of the same cases")
    format: Format = Field("auto", description="json, junit, sarif or csv; auto: found from the content")
    cases: str | None = Field(None, description="JMESPath of the list of cases (JSON); CSV: every row is one")
    case: Mapping[str, str] = Field({}, description="JMESPath within a case: `id`, `passed`, `score`")
    values: Mapping[str, str] = Field({}, description="further metrics: name → JMESPath of a number")
    better: Mapping[str, Better] = Field({}, description="which way a further metric is better; left out: higher")
    candidate: str | None = Field(None, description="JMESPath of the candidate's sha256 in the file, which must match")
    command: tuple[str, ...] = Field((), description="program and arguments that write the file anew, without a shell")
    network: bool = Field(default=False, description="whether `command` may reach the network out of its sandbox")
    read: tuple[str, ...] = Field(
        (), description="files and folders that `command` may read beside the policy's folder, hidden ones too"
    )

    @field_validator("cases", "case", "values", "candidate")
    @classmethod
    def _are_paths(cls, said: str | Mapping[str, str] | None) -> str | Mapping[str, str] | None:
        for path in said.values() if isinstance(said, Mapping) else (said,):
            try:
                if path is not None:
                    searcher(path, "")
            except UsageError as error:
                raise WrongSetting(error.what, error.fix) from error
            except EvidenceError:
                return said  # the library is not installed here; whoever runs the gate is told
        return said

    @field_validator("case")
    @classmethod
    def _known_keys(cls, case: Mapping[str, str]) -> Mapping[str, str]:
        strange = sorted(set(case) - _KEYS)
        if strange:
            # `{name: id}` is the most usual mistake: what Lockgate calls it comes first.
            swapped = {path: key for key, path in case.items() if path in _KEYS}
            if swapped and not {"passed", "score"} & {*swapped, *case}:
                swapped["passed"] = "…"
            kept = {key: path for key, path in case.items() if key in _KEYS}
            meant = ", ".join(f"{key}: {path}" for key, path in {**swapped, **kept}.items())
            fix = f"write {{{meant}}}" if swapped else "write as in {id: name, passed: success}"
            raise WrongSetting(f"{strange[0]!r} is none of {', '.join(sorted(_KEYS))}", fix)
        if case and not {"passed", "score"} & set(case):
            raise ValueError("say at least `passed` or `score`")
        return case

    @field_validator("values")
    @classmethod
    def _free_names(cls, values: Mapping[str, str]) -> Mapping[str, str]:
        taken = sorted(set(values) & set(_FIXED))
        if taken:
            raise ValueError(f"{taken[0]!r} is a metric of the gate itself: take another name")
        return values

    @model_validator(mode="after")
    def _of_values(self) -> Self:
        strange = sorted(set(self.better) - set(self.values))
        if strange:
            raise ValueError(f"`better` is about the metrics of `values`, and {strange[0]!r} is none")
        return self


def metrics(params: Settings) -> Mapping[str, Metric]:
    """The gate's own metrics, and those that `values` names."""
    named = {
        name: Metric(
            direction=params.better.get(name, "higher"), meaning=f"`{path}` of the result file.", compared=True
        )
        for name, path in params.values.items()
    }
    return {**_FIXED, **named}


class External:
    """What another tool found: evaluations of language models, load tests, scanners, test runs.

    What it checks
    --------------
    `file` is the result of any tool: JSON or JSON lines, JUnit, SARIF, CSV. Of JSON and CSV, `cases` and `case` say by
    JMESPath where its cases are and how each ended, and `values` names further numbers; JUnit's test cases and SARIF's
    levels are known. `pass_rate` and `mean_score` have intervals over cases: repeats of one case, by its `id`, are
    averaged first. With `champion_file`, the champion's run of the same cases, they are compared case by case:
    McNemar's exact test and Tango's limits where cases pass or fail, sign flips and Student's law otherwise. A case
    that broke or was skipped is no pass. `command` runs the tool, which must write the file anew, in place and in time.
    It gets none of the pipeline's secrets and, as the policy's `sandbox` asks, may write that file and a home folder
    that is thrown away, read programs and the policy's folder save its hidden entries (`.git`, `.env`), and start
    programs of its own; what else it must read stands under `read`, and the network is closed but for `network: true`.
    How it was confined stands in the report. `candidate` finds the digest of the model in the file, and a result of
    another model is an error.

    Why it matters
    --------------
    What a team already measures elsewhere belongs into the same verdict, with the same care: 18 of 20 prompts that pass
    may be a model that passes seven in ten, and a pass rate that fell by 2 points may be chance.

    How to mend a failure
    ---------------------
    Look at the cases that failed in the tool's own report. If too few cases were run to tell, add cases rather than
    repeats. If the tool broke, run the command as the policy writes it.
    """

    api: ClassVar[int] = API
    dimension: ClassVar[str] = "performance"
    params = Settings
    needs: ClassVar[Needs] = Needs(data=None, artifact="if_there", apart=True)
    metrics = staticmethod(metrics)
    libraries: ClassVar[Sequence[str]] = ("lockgate", "jmespath")
    examples: ClassVar[Sequence[Example]] = (
        Example(
            name="nearly all cases of an evaluation pass",
            policy="{file: evals.json, cases: results, case: {id: name, passed: success}, pass_rate: {min: 0.8}}",
            status=Status.PASS,
            data={},
            files={"evals.json": json.dumps({"results": _CASES})},
        ),
        Example(
            name="a test run with a failure",
            policy="{file: junit.xml, failed_cases: {max: 0}}",
            status=Status.FAIL,
            data={},
            files={"junit.xml": "<testsuite><testcase name='a'/><testcase name='b'><failure/></testcase></testsuite>"},
        ),
        Example(
            name="the tool did not run",
            policy="{file: missing.json, values: {accuracy: summary.accuracy}, accuracy: {min: 0.9}}",
            status=Status.ERROR,
            data={},
        ),
    )

    def measure(self, params: Settings, evidence: Evidence) -> Iterator[Measurement | Missing]:
        """Run the command where there is one, read the file and the champion's, and measure."""
        folder = evidence.policy.absolute().parent
        path = folder / params.file
        if params.command:
            evidence.step(f"running {params.command[0]}")
            walls = Walls(
                asked=evidence.sandbox, network=params.network, read=tuple(folder / name for name in params.read)
            )
            run(
                params.command,
                path,
                folder=folder,
                seconds=evidence.seconds,
                walls=walls,
                confined=evidence.confined,
            )
        results, digest, document = _read(path, params)
        _check_candidate(params, document, evidence, path)
        champion = None if params.champion_file is None else _read(folder / params.champion_file, params)[0]
        details = {"file": digest}
        if results.cases:
            yield from _of_cases(results.cases, champion, evidence.seed, details)
        unsaid = {} if document is None else _unsaid(params)
        yield from (Missing(metric=name, reason=why) for name, why in unsaid.items() if evidence.asks(name))
        for name, value in results.values.items():
            if isinstance(value, str):
                yield Missing(metric=name, reason=value)
                continue
            other = None if champion is None else champion.values.get(name)
            yield Measurement(
                metric=name, value=value, champion=other if isinstance(other, float) else None, details=details
            )


def _read(path: Path, params: Settings) -> tuple[Results, str, object]:
    return read(path, params.format, cases=params.cases, case=params.case, values=params.values)


def _unsaid(params: Settings) -> Mapping[str, str]:
    """Why a metric of cases cannot be measured: the policy does not say how cases of JSON or CSV are read."""
    found: dict[str, str] = {}
    for name in _OF_CASES:
        key = "score" if name == "mean_score" else "passed"
        listed = params.cases is not None or bool(params.case)
        if key in params.case or (listed and name == "case_count"):
            continue
        lacking = "" if listed else "`cases` and "
        found[name] = f"the policy does not say where it stands: name {lacking}`case: {{{key}: …}}`"
    return found


def _check_candidate(params: Settings, document: object, evidence: Evidence, path: Path) -> None:
    """See that the results are those of the candidate.

    Raises:
        EvidenceError: they are of another model, or do not say of which.
    """
    if params.candidate is None:
        return
    held = evidence.artifacts.get("candidate")
    if held is None:
        raise EvidenceError("the candidate has no bytes here to compare", where="candidate", fix="name its file")
    found = None if document is None else search(params.candidate, document, str(path))
    if str(found).removeprefix("sha256:").lower() != held.digest.removeprefix("sha256:"):
        what = "the results are of another model" if found else f"{params.candidate!r} finds no digest"
        raise EvidenceError(what, where=str(path), fix="run the tool on this candidate")


def _of_cases(
    cases: Sequence[Case], champion: Results | None, seed: int, details: Mapping[str, str]
) -> Iterator[Measurement | Missing]:
    ids = len({case.id for case in cases})
    yield Measurement(metric="case_count", value=float(ids), rows=ids, details=dict(details))
    if all(case.outcome is not None for case in cases):
        count = Counter(case.outcome for case in cases)
        if count["skipped"] < len(cases):
            yield Measurement(metric="failed_cases", value=float(count["failed"] + count["error"]), rows=ids)
            yield Measurement(metric="error_cases", value=float(count["error"]), rows=ids)
        else:
            for metric in ("failed_cases", "error_cases"):
                yield Missing(metric=metric, reason="every case was skipped", rows=ids)
        yield Measurement(metric="skipped_cases", value=float(count["skipped"]), rows=ids)
        yield _compared("pass_rate", cases, champion, seed, details)
    if all(case.score is not None for case in cases):
        yield _compared("mean_score", cases, champion, seed, details)


def _compared(
    metric: str, cases: Sequence[Case], champion: Results | None, seed: int, details: Mapping[str, str]
) -> Measurement | Missing:
    """The mean over cases, and against the champion's run of the same cases."""
    means = _means(metric, cases)
    values = np.array(list(means.values()))
    measured = Measurement(
        metric=metric,
        value=float(values.mean()),
        uncertainty=own(values, share=metric == "pass_rate"),
        rows=len(values),
        details=dict(details),
    )
    if champion is None:
        return measured
    others = _means(metric, champion.cases)
    if set(others) != set(means):
        lone = len(set(others) ^ set(means))
        return Missing(metric=metric, reason=f"the champion's run has other cases: {lone} stand in one file only")
    theirs = np.array([others[name] for name in means])
    return Measurement(
        metric=metric,
        value=measured.value,
        uncertainty=measured.uncertainty,
        champion=float(theirs.mean()),
        difference=against(values, theirs, seed),
        rows=len(values),
        details=dict(details),
    )


def _means(metric: str, cases: Sequence[Case]) -> Mapping[str, float]:
    of_pass = metric == "pass_rate"
    values = [float(case.outcome == "passed") if of_pass else case.score for case in cases]
    held = [np.nan if value is None else value for value in values]
    return by_case([case.id for case in cases], np.array(held))
