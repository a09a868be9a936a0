"""Writes scenarios as files, for peers that run in environments of their own: the very tables that Lockgate judged."""

import json
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from decisions.lines import whole
from decisions.plan import Run
from decisions.policies import prepared
from decisions.pools import Pool, pool
from decisions.scenario import scenario

RUNS = {"evidently": (30, 4), "deepchecks": (10, 1), "bdp_model_gate": (6, 1)}
"""Runs of each peer per number of rows: clean ones, and of each fault; by what one costs, so that all take an hour."""

SHOWN = {
    "shift, sd 0.1", "missing, points 5", "new category, % 5",
    "shift, sd 1", "missing, points 50", "new category, % 20", "unit 100", "columns swapped",
    "label noise 0.1", "tenth of the rows", "group flipped, % 10",
    "label noise 0.3", "labels shuffled", "constant", "scores NaN, % 5",
}  # fmt: skip
"""The faults that peers see, small and large ones."""


def chosen(runs: Iterable[Run], clean: int, fault: int) -> list[Run]:
    """Some of the runs, as many of each number of rows and fault; which ones is settled by their names."""
    groups: dict[tuple[int, str], list[Run]] = {}
    for run in runs:
        if run.fault.kind == "clean" or run.fault.name in SHOWN:
            groups.setdefault((run.cell.n, run.fault.name), []).append(run)
    picked = []
    for (_, name), held in groups.items():
        held.sort(key=lambda run: zlib.crc32(run.id.encode()))
        picked += held[: clean if name == "clean" else fault]
    return sorted(picked, key=lambda run: (run.cell.data, run.cell.model, run.cell.n, run.cell.policy, run.id))


def write(runs: Sequence[Run], index: Path, *, folder: Path, policies: Path, cache: Path) -> None:
    """Write `reference.parquet` and `validation.parquet` of every run, and an index that says what they are."""
    out = index.parent
    out.mkdir(parents=True, exist_ok=True)
    lines = []
    held: tuple[object, Pool] | None = None
    for run in runs:
        key = (run.cell.data, run.cell.model)
        if held is None or held[0] != key:
            held = (key, pool(*key, folder, cache))
        own = held[1]
        policy = prepared(run.cell, own, policies)
        if isinstance(policy, str):
            continue
        place = out / f"{zlib.crc32(run.id.encode()):08x}"
        made = scenario(run, own, policy)
        if not (place / "validation.parquet").exists():
            place.mkdir(exist_ok=True)
            made.reference.to_parquet(place / "reference.parquet", index=False)
            with whole(place / "validation.parquet") as part:
                made.validation.to_parquet(part, index=False)
        lines.append(
            {
                "id": run.id, "folder": place.name, "data": run.cell.data, "model": run.cell.model, "n": run.cell.n,
                "family": run.fault.family, "kind": made.kind, "size": run.fault.size, "large": run.fault.large,
                "label": own.data.label, "features": own.data.features, "categories": own.data.categories,
                "group": own.data.group,
            }
        )  # fmt: skip
    lines.sort(
        key=lambda line: zlib.crc32(str(line["id"]).encode())
    )  # what a peer judged before it broke off is a sample
    index.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
