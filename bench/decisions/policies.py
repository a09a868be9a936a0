"""The policies: `lockgate init`'s own, from calibration rows of each data set and number of rows. Nothing is tuned.

The text that `init` writes is kept, its `decide.false_block_rate` too. Two things are added, none of which touches a
limit: both models' predictions stand in columns of the data, and the features are named (a column of predictions names
none).
"""

import re
from dataclasses import dataclass
from pathlib import Path

from decisions.lines import whole
from decisions.models import SEEDS
from decisions.plan import Cell
from decisions.pools import Pool, Split, seed_of, split_of

from lockgate.errors import LockgateError
from lockgate.init import write_policy
from lockgate.init.write import flow
from lockgate.policy.load import load_policy

FALSE_BLOCK_RATE = 0.01
"""What `init` writes, and the rate that the benchmark is about."""

_PREDICTED = "{{predictions: {{prediction: {0}_class, score: {0}_score}}}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A policy, the rows that it was written from, its champion and what a candidate may lose by it."""

    path: Path
    split: Split
    champion: str
    margins: dict[str, float]


def prepared(
    cell: Cell, pool: Pool, folder: Path, *, time: str | None = None, split: Split | None = None
) -> Prepared | str:
    """The policy of a cell, written by `lockgate init` when it is first asked for; a text says why there is none.

    Args:
        cell: what it is for.
        pool: the data set and its models.
        folder: where policies are kept.
        time: the column that orders the rows.
        split: the rows that `init` sees; None: drawn by the cell's own seed.
    """
    if split is None:
        split = split_of(len(pool.rows), cell.n, seed_of("split", cell.data, cell.model, cell.n, cell.policy))
    champion = SEEDS[cell.policy % len(SEEDS)]
    path = folder / f"{cell.data}-{cell.model}-{cell.n}-{cell.policy}.yaml"
    failed = path.with_suffix(".failed")
    if not path.exists() and not failed.exists():
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with whole(path) as part:
                part.write_text(_served(_written(pool, split, champion, path), pool, time), encoding="utf-8")
        except LockgateError as error:
            failed.write_text(str(error), encoding="utf-8")
    if failed.exists():
        return failed.read_text(encoding="utf-8")
    return Prepared(path=path, split=split, champion=champion, margins=_margins(path))


def _written(pool: Pool, split: Split, champion: str, path: Path) -> str:
    """What `lockgate init` writes for the champion, the calibration rows and the reference."""
    from skops.io import dump

    scratch = path.parent / f"{path.stem}-init"
    scratch.mkdir(exist_ok=True)
    model, data, reference, out = (scratch / name for name in ("model.skops", "data.parquet", "ref.parquet", "p.yaml"))
    dump(pool.model(champion), model)
    pool.rows.iloc[split.calibration].to_parquet(data, index=False)
    pool.rows.iloc[split.reference].to_parquet(reference, index=False)
    write_policy(
        model=str(model),
        data=str(data),
        reference=str(reference),
        label=pool.data.label,
        name="model",
        out=out,
        force=True,
    )
    text = out.read_text(encoding="utf-8")
    for file in (model, data, reference, out):
        file.unlink()
    scratch.rmdir()
    return text


def _served(text: str, pool: Pool, time: str | None) -> str:
    """The policy with predictions in columns and named features; no gate looks at a file.

    Raises:
        ValueError: `lockgate init` wrote something else than the benchmark is about.
    """
    if not re.search(rf"(?m)^decide:.*\bfalse_block_rate: {re.escape(str(FALSE_BLOCK_RATE))}(?![\d.])", text):
        raise ValueError(f"the policy's false-block rate is not {FALSE_BLOCK_RATE}, as the goals are:\n{text}")
    text = re.sub(r"(?m)^(?:  # .*\n)*  security:\n(?:    .*\n)+\n?", "", text)
    for who in ("candidate", "champion"):
        text, found = re.subn(rf"(?m)^  {who}: .*$", f"  {who}: {_PREDICTED.format(who)}", text, count=1)
        if not found:
            raise ValueError(f"the policy names no {who}:\n{text}")
    added = "" if re.search(r"(?m)^  features:", text) else f"  features: {flow(pool.data.features)}\n"
    added += f"  time: {time}\n" if time is not None else ""
    return re.sub(r"(?m)^(  label: .*\n)", lambda match: match.group(1) + added, text, count=1)


def _margins(path: Path) -> dict[str, float]:
    """`max_drop` of every metric that is compared with the champion."""
    gates = load_policy(path).rules.gates
    clauses = [
        clause for gate in gates if gate.uses == "champion" for clause in gate.clauses if clause.scope == "whole"
    ]
    return {c.metric: c.condition.max_drop for c in clauses if c.condition.max_drop is not None}
