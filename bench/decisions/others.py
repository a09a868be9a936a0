"""The peers on the same scenarios: each in one process of its own environment, reading files and writing JSON lines."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import peers
from decisions import export, plan
from decisions.data import load
from decisions.lines import read
from decisions.table import blocked, inconclusive, share, show

START = """\
import runpy, sys
sys.path.append(sys.argv.pop(1))  # last: no module here stands before one of the peer's
runpy.run_module(f"decisions.peers.with_{sys.argv.pop(1)}", run_name="__main__", alter_sys=True)
"""
NOTE = """\
Small drift: shift of 0.1 sd, 5 points missing, a new category of 5 %. Large: shift of 1 sd, 50 points missing, a new
category of 20 %, unit × 100, columns swapped. Faults of the model (label noise, a tenth of the rows, a group flipped,
labels shuffled, constant) by what they truly lose of what the policy compares: more than its margin, or less, which
need not be blocked. A crash counts as neither and stands apart: an exception, of Lockgate where it leaves no Record; a
Record that says what cannot be judged is a block.
"""
DECIDED = {"block", "pass"}
BENCH = Path(__file__).parents[1]
Line = Mapping[str, Any]


def work(
    sets: Sequence[str],
    kinds: Sequence[str],
    amount: plan.Amount,
    *,
    where: Path,
    folder: Path,
    cache: Path,
    quick: bool,
) -> dict[str, str]:
    """Write each peer's scenarios and run every peer that is there, all at once; returns why the others are not."""
    loaded = [load(name, where) for name in sets]
    absent, running = {}, {}
    for name, (clean, fault) in export.RUNS.items():
        why = peers.missing(name)
        if why is not None:
            absent[name] = why
            continue
        picked = export.chosen(plan.runs(loaded, kinds, amount), *((1, 1) if quick else (clean, fault)))
        index = folder / "scenarios" / f"{name}.jsonl"
        export.write(picked, index, folder=where, policies=folder / "policies", cache=cache)
        print(f"{name}: {len(picked)} scenarios", file=sys.stderr, flush=True)
        command = [str(peers.python(name)), "-c", START, str(BENCH), name, str(index), str(_out(folder, name))]
        environment = {**peers.environ(), "LOKY_MAX_CPU_COUNT": "1"}
        running[name] = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
    for name, process in running.items():
        _, said = process.communicate()
        if process.returncode:
            absent[name] = (said.strip().splitlines() or [f"exit status {process.returncode}"])[-1]
    return absent


def _out(folder: Path, name: str) -> Path:
    return (folder / f"peer-{name}.jsonl").absolute()


def report(folder: Path, absent: Mapping[str, str]) -> None:
    """Print what every reading of every tool decided on the peers' scenarios, Lockgate on the very same ones."""
    judged = {name: read(_out(folder, name)) for name in export.RUNS}
    ids = {line["id"] for lines in judged.values() for line in lines}
    print("### Beside the others, on the same scenarios: % blocked [95 % Wilson]\n")
    print(NOTE)
    for name, why in absent.items():
        print(f"absent: {name}: {why}")
    ours = [line for path in sorted(folder.glob("lockgate-*.jsonl")) for line in read(path) if line["id"] in ids]
    lost = {line["id"]: line.get("effect") for line in ours}
    rows = [_row("Lockgate, blocked", [{**line, "said": _said(line)} for line in ours])] if ours else []
    if ours:
        rows.append(_row("Lockgate, blocked or undecided", [{**line, "said": _told(line)} for line in ours]))
    for held in judged.values():
        lines = [{**line, "effect": lost.get(line["id"])} for line in held]
        readings = dict.fromkeys(name for line in lines for name, said in line["said"].items() if said in DECIDED)
        rows += [_row(name, [{**line, "said": line["said"].get(name, "crash")} for line in lines]) for name in readings]
    heads = ["tool and reading", "clean", *(f"n = {n:,}" for n in plan.SIZES)]
    faults = ["small drift", "large drift", "model within its margin", "model beyond its margin"]
    show([*heads, *faults, "NaN scores", "crashes"], rows)
    for name, lines in judged.items():
        if lines:
            print(f"\n{name}: {len(lines)} scenarios, {sum(line['seconds'] for line in lines) / len(lines):.1f} s each")


def _said(line: Line) -> str:
    if line["verdict"] == "no record":
        return f"crash: {line['why'][0]}"
    return "block" if blocked(line) else "pass"


def _told(line: Line) -> str:
    """The same, where to say that one cannot tell counts as a block."""
    return "block" if inconclusive(line) else _said(line)


def _row(name: str, lines: Sequence[Line]) -> list[str]:
    told = [line for line in lines if not str(line["said"]).startswith("crash")]
    clean = [line for line in told if line["kind"].startswith("clean")]
    faults = [line for line in told if line["kind"] != "scores NaN, %"]
    drift = [line for line in faults if line["family"] == "drift"]
    model = [line for line in faults if line["family"] == "model" and line.get("effect") is not None]
    groups = [
        *([line for line in drift if line["large"] is large] for large in (False, True)),
        *([line for line in model if (line["effect"] > 1) is beyond] for beyond in (False, True)),
    ]
    missing = [line for line in lines if line["kind"] == "scores NaN, %"]
    of_size = ([line for line in clean if line["n"] == n] for n in plan.SIZES)
    return [
        name,
        share(clean, _blocks),
        *(share(part, _blocks) for part in of_size),
        *(share(part, _blocks) for part in groups),
        _kinds(missing),
        str(len(lines) - len(told)),
    ]


def _kinds(lines: Sequence[Line]) -> str:
    said = [str(line["said"]).split(":")[0] for line in lines]
    return ", ".join(f"{word} {said.count(word)}" for word in sorted(set(said))) or "–"


def _blocks(line: Line) -> bool:
    return bool(line["said"] == "block")
