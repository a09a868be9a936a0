"""Lockgate on the scenarios: in this process, with tables in memory, by the policy that `lockgate init` wrote."""

import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from decisions.lines import appending, read
from decisions.plan import Run
from decisions.policies import Prepared, prepared
from decisions.pools import Pool, pool
from decisions.scenario import scenario

from lockgate.errors import LockgateError
from lockgate.law import deviation
from lockgate.run import execute
from lockgate.types import Content, ExitCode, Finding, Status

POWER = (1.645 + 0.84) ** 2
"""Of `lockgate plan`: rows for a margin at 5 % one-sided and a power of 80 %, n · (se / margin)² · this."""


def run_all(runs: Iterable[Run], *, folder: Path, results: Path, policies: Path, cache: Path) -> None:
    """Append one line of JSON per run that has none yet."""
    done = {line["id"] for line in read(results)}
    held: tuple[object, Pool, Prepared | str] | None = None
    with appending(results) as file:
        for run in runs:
            if run.id in done:
                continue
            if held is None or held[0] != run.cell:
                own = pool(run.cell.data, run.cell.model, folder, cache)
                held = (run.cell, own, prepared(run.cell, own, policies))
            _, own, policy = held
            line = outcome(run, own, policy)
            file.write(json.dumps(line) + "\n")
            file.flush()


def outcome(run: Run, pool: Pool, policy: Prepared | str) -> dict[str, Any]:
    """What Lockgate decides of one scenario."""
    cell = run.cell
    line: dict[str, Any] = {
        "id": run.id, "tool": "lockgate", "data": cell.data, "model": cell.model, "n": cell.n, "policy": cell.policy,
        "family": run.fault.family, "size": run.fault.size, "large": run.fault.large,
    }  # fmt: skip
    if isinstance(policy, str):
        return {**line, "kind": run.fault.kind, "verdict": "no policy", "why": [policy]}
    made = scenario(run, pool, policy)
    line |= {"kind": made.kind, "columns": made.columns, "effect": made.effect, "truth": made.truth}
    line |= {"margins": policy.margins}
    return {**line, **judged(policy, made.reference, made.validation, cell.n)}


def judged(policy: Prepared, reference: pd.DataFrame, validation: pd.DataFrame, n: int) -> dict[str, Any]:
    """The verdict of a policy on two tables, which conditions made it, and how many rows they would have needed.

    The verdict `error` is a Record's own: it says what could not be judged. `no record`: Lockgate raised.
    """
    tables = {"validation": _arrow(validation), "reference": _arrow(reference)}
    clock = time.process_time()
    try:
        content = execute(policy.path, tables=tables).record.content
    except Exception as error:  # noqa: BLE001 (whatever it is, nothing was decided: what counts as a crash of a peer)
        ended = error.exit_code if isinstance(error, LockgateError) else ExitCode.INTERNAL
        return {"verdict": "no record", "exit": int(ended), "why": [f"{type(error).__name__}: {error}"]}
    return {
        "verdict": content.verdict.status.value,
        "exit": int(content.verdict.exit_code),
        "seconds": round(time.process_time() - clock, 4),
        "why": [_named(f) for f in content.findings if f.status in {Status.FAIL, Status.ERROR}],
        "undecided": [_named(f) for f in content.findings if f.status is Status.INCONCLUSIVE],
        "needs": _rows_needed(content, policy.margins, n),
    }


def _arrow(frame: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(frame, preserve_index=False)


def _named(finding: Finding) -> str:
    return f"{finding.status.value} {finding.id} {finding.bound}"


def _rows_needed(content: Content, margins: dict[str, float], n: int) -> dict[str, float]:
    """Rows that the comparison with the champion asks for, by metric, from the spread that was measured."""
    needed = {}
    for gate in content.gates:
        for entry in gate.measurements if gate.uses == "champion" else ():
            if str(entry.at) or entry.metric not in margins or entry.difference is None:
                continue
            law = entry.difference.uncertainty
            if law is not None:
                needed[entry.metric] = round(n * (deviation(law.law) / margins[entry.metric]) ** 2 * POWER, 1)
    return needed
