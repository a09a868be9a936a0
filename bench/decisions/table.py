"""The tables: what was decided, with 95 % Wilson intervals, and which goals are met."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from decisions.lines import read
from decisions.plan import SIZES

Line = Mapping[str, Any]
CLEAN = ("clean", "clean, same model")


def report(folder: Path, absent: Mapping[str, str]) -> None:
    """Print all tables of Lockgate's results in a folder."""
    lines = [line for path in sorted(folder.glob("lockgate-*.jsonl")) for line in read(path)]
    in_time = [line for path in sorted(folder.glob("adjacent-*.jsonl")) for line in read(path)]
    for name, why in absent.items():
        print(f"not used: {name}: {why}")
    if not lines:
        print("no results yet")
        return
    seconds = [line["seconds"] for line in lines if "seconds" in line]
    print(
        f"{len(lines):,} runs, {np.sum(seconds) / 60:.0f} minutes of CPU, median {np.median(seconds) * 1000:.0f} ms\n"
    )
    for print_part in (clean, blockers, by_data, faults, power, slipped, goals):
        print_part(lines)
        print()
    if in_time:
        adjacent(in_time)
        print()


# --- parts ------------------------------------------------------------------------------------------------------------


def clean(lines: Sequence[Line]) -> None:
    """Share of clean runs blocked, per number of rows."""
    print("### Clean runs blocked, % [95 % Wilson], by policy [95 % bootstrap]\n")
    print(
        "Wilson's interval takes runs as independent, but those of one policy share its limits, champion and reference:"
    )
    print("by policy, whole policies are drawn anew. Left out where all policies say the same.\n")
    heads = ["twins", "all", *(f"n = {n:,}" for n in SIZES)]
    rows = [
        [name, twofold(own, blocked), *(twofold(_at(own, n), blocked) for n in SIZES)]
        for name, own in (
            ("clean: true change at most a tenth of the margin", _of(lines, *CLEAN)),
            ("… the retrained among them", _of(lines, "clean")),
            ("… the very same model", _of(lines, "clean, same model")),
            ("apart: retrained with another seed, whatever it changed", _of(lines, "retrained", "retrained, moved")),
            ("… those that truly changed by more than a tenth", _of(lines, "retrained, moved")),
        )
    ]
    show(heads, rows)
    asked = _of(lines, *CLEAN)
    print(
        "\nclean runs undecided (INCONCLUSIVE, exit 0), %: "
        + ", ".join(f"{n:,}: {share(_at(asked, n), inconclusive)}" for n in SIZES)
    )


def blockers(lines: Sequence[Line]) -> None:
    """Which conditions block clean runs."""
    print("### What blocks clean runs\n")
    own = [line for line in _of(lines, *CLEAN) if blocked(line)]
    counts: Counter[tuple[str, int]] = Counter()
    for line in own:
        counts.update({(_condition(why), line["n"]) for why in line["why"]})
    totals = Counter({name: sum(count for (each, _), count in counts.items() if each == name) for name, _ in counts})
    show(
        ["condition", "runs", *(f"{n:,}" for n in SIZES)],
        [[name, str(total), *(str(counts[name, n]) for n in SIZES)] for name, total in totals.most_common(20)],
    )


def adjacent(lines: Sequence[Line]) -> None:
    """Adjacent blocks in time, where rows are not independent and the world itself may have changed."""
    print("### Apart: adjacent blocks in time, `data.time` set, a candidate as good as the champion; % blocked\n")
    names = list(dict.fromkeys(line["data"] for line in lines))
    parts = {name: [line for line in lines if line["data"] == name] for name in names}
    rows = [[name, share(own, blocked), *(share(_at(own, n), blocked) for n in SIZES)] for name, own in parts.items()]
    show(["data", "all", *(f"n = {n:,}" for n in SIZES)], rows)
    counts = Counter(name for line in lines if blocked(line) for name in {_condition(why) for why in line["why"]})
    print("\nblocked by: " + ", ".join(f"{name} {count}" for name, count in counts.most_common(8)))


def by_data(lines: Sequence[Line]) -> None:
    """Clean runs blocked, by data set and model."""
    print("### Clean runs blocked by data set, %\n")
    own = _of(lines, *CLEAN)
    pairs = sorted({(line["data"], line["model"]) for line in own})
    rows = []
    for data, model in pairs:
        part = [line for line in own if (line["data"], line["model"]) == (data, model)]
        rows.append([f"{data}, {model}", share(part, blocked), *(share(_at(part, n), blocked) for n in SIZES)])
    show(["data", "all", *(f"n = {n:,}" for n in SIZES)], rows)


def faults(lines: Sequence[Line]) -> None:
    """What became of every kind and size of fault."""
    print("### Faults: % caught [95 % Wilson] / undecided / passed; effect: median true effect in margins\n")
    for family in ("drift", "model"):
        own = [line for line in lines if line["family"] == family and line["kind"] != "lost margins"]
        names = list(dict.fromkeys((line["kind"], line["size"]) for line in own))
        rows = []
        for kind, size in sorted(names, key=lambda name: (_order(name[0]), name[1])):
            part = [line for line in own if (line["kind"], line["size"]) == (kind, size)]
            label = f"{kind} {size:g}" if size else kind
            effects = [line["effect"] for line in part if line.get("effect") is not None]
            middle = f"{np.median(effects):.1f}" if effects else "–"
            rows.append([label, middle, three(part), *(short(_at(part, n)) for n in SIZES)])
        show([f"{family} fault", "effect", "all n", *(f"n = {n:,}" for n in SIZES)], rows)
        print()


def power(lines: Sequence[Line]) -> None:
    """The power curve of graded losses."""
    print("### Power: true loss in margins of the worst compared metric; % caught [95 % Wilson] / undecided / passed\n")
    own = _of(lines, "lost margins")
    sizes = sorted({line["size"] for line in own})
    rows = []
    for size in sizes:
        part = [line for line in own if line["size"] == size]
        rows.append(
            [
                f"{size:g}",
                three(part),
                three([line for line in part if enough(line)]),
                *(three(_at(part, n)) for n in SIZES),
            ]
        )
    show(["margins", "all n", "where plan says enough", *(f"n = {n:,}" for n in SIZES)], rows)


def slipped(lines: Sequence[Line]) -> None:
    """Large faults that passed plainly."""
    print("### Large faults that passed plainly\n")
    own = [line for line in lines if is_large(line) and passed(line)]
    counts = Counter(
        (f"{line['kind']} {line['size']:g}", line["data"], ", ".join(line["columns"]), line["n"]) for line in own
    )
    show(
        ["fault", "data", "columns", "n", "runs"],
        [[*map(str, key), str(count)] for key, count in counts.most_common(25)],
    )


def goals(lines: Sequence[Line]) -> None:
    """Whether each goal is met."""
    print("### Goals\n")
    own = _of(lines, *CLEAN)
    twice = [line for line in _of(lines, "lost margins") if line["size"] == 2.0 and enough(line)]
    drift = [line for line in lines if line["family"] == "drift" and is_large(line) and line["n"] >= 300]
    large = [line for line in lines if is_large(line)]
    rows = []
    for n in SIZES:
        part = _at(own, n)
        rate = ratio(part, blocked)
        rows.append(
            [f"clean runs blocked at n = {n:,}: at most 1 %", share(part, blocked), verdict(rate, rate <= 0.01)]
        )
    rate = ratio(twice, blocked)
    rows.append(
        [
            "twice the margin caught where plan says enough: at least 98 %",
            share(twice, blocked),
            verdict(rate, rate >= 0.98),
        ]
    )
    rate = ratio(drift, blocked)
    rows.append(["large drift caught from n = 300: at least 99 %", share(drift, blocked), verdict(rate, rate >= 0.99)])
    rate = ratio(large, passed)
    rows.append(["large faults that pass plainly: none", share(large, passed), verdict(rate, rate == 0)])
    show(["goal", "found", ""], rows)


# --- counting ---------------------------------------------------------------------------------------------------------


def blocked(line: Line) -> bool:
    """Whether the pipeline stopped: blocked, evidence that cannot be judged, or no verdict at all."""
    return line["verdict"] in {"fail", "error", "no policy", "no record"} or line.get("exit", 0) != 0


def is_large(line: Line) -> bool:
    """Whether a fault that was planted large truly is: it loses, or moves, at least two margins.

    Three in ten labels flipped hardly touch some models: what a policy allows is no fault.
    """
    effect = line.get("effect")
    return bool(line["large"]) and (effect is None or effect >= 2)


def inconclusive(line: Line) -> bool:
    """Whether Lockgate said that it cannot tell, and let the pipeline go on."""
    return not blocked(line) and bool(line.get("undecided"))


def passed(line: Line) -> bool:
    """Whether it was a plain pass."""
    return not blocked(line) and not inconclusive(line)


def enough(line: Line) -> bool:
    """Whether the rows are as many as `lockgate plan` asks for, for the metric that truly loses most margins."""
    needs, lost, margins = (line.get(key) or {} for key in ("needs", "truth", "margins"))
    known = [metric for metric in margins if metric in needs and metric in lost]
    if not known:
        return False
    worst = max(known, key=lambda metric: lost[metric] / margins[metric])
    return bool(line["n"] >= needs[worst])


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927)."""
    z, p = 1.959964, hits / of
    middle, half = p + z * z / (2 * of), z * np.sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    low, high = (middle - half) / (1 + z * z / of), (middle + half) / (1 + z * z / of)
    return max(0.0, float(low)), min(1.0, float(high))


def ratio(lines: Sequence[Line], what: Callable[[Line], bool]) -> float:
    """The share of some lines; NaN where there are none."""
    return sum(map(what, lines)) / len(lines) if lines else float("nan")


def share(lines: Sequence[Line], what: Callable[[Line], bool]) -> str:
    """A share in per cent with its interval and the number of runs."""
    if not lines:
        return "–"
    hits = sum(map(what, lines))
    low, high = wilson(hits, len(lines))
    return f"{100 * hits / len(lines):.1f} [{100 * low:.1f}, {100 * high:.1f}] of {len(lines)}"


def by_policy(lines: Sequence[Line], what: Callable[[Line], bool]) -> tuple[float, float]:
    """The 95 % interval of a share by a bootstrap that draws whole policies: percentiles of 2,000 draws."""
    held: dict[tuple[str, str, int, int], list[bool]] = {}
    for line in lines:
        held.setdefault((line["data"], line["model"], line["n"], line["policy"]), []).append(what(line))
    hits, runs = (np.array([size(each) for each in held.values()]) for size in (sum, len))
    drawn = np.random.default_rng(0).multinomial(len(held), np.full(len(held), 1 / len(held)), size=2000)
    low, high = np.quantile(drawn @ hits / (drawn @ runs), (0.025, 0.975))
    return float(low), float(high)


def twofold(lines: Sequence[Line], what: Callable[[Line], bool]) -> str:
    """A share with both intervals; by policy only where policies differ, as drawing like from like shows no spread."""
    low, high = by_policy(lines, what) if lines else (0.0, 0.0)
    return share(lines, what) + (f", by policy [{100 * low:.1f}, {100 * high:.1f}]" if low < high else "")


def three(lines: Sequence[Line]) -> str:
    """Caught, undecided, passed."""
    if not lines:
        return "–"
    low, high = wilson(sum(map(blocked, lines)), len(lines))
    rest = f"{_whole(lines, inconclusive)} / {_whole(lines, passed)}"
    return f"{_whole(lines, blocked)} [{100 * low:.0f}, {100 * high:.0f}] / {rest}"


def short(lines: Sequence[Line]) -> str:
    """Caught, undecided, passed, without an interval."""
    return " / ".join(_whole(lines, what) for what in (blocked, inconclusive, passed)) if lines else "–"


def verdict(rate: float, met: bool) -> str:
    """How a goal reads."""
    return "no runs" if np.isnan(rate) else "met" if met else "NOT MET"


def _whole(lines: Sequence[Line], what: Callable[[Line], bool]) -> str:
    return f"{100 * ratio(lines, what):.0f}"


def _of(lines: Iterable[Line], *kinds: str) -> list[Line]:
    return [line for line in lines if line["kind"] in kinds]


def _at(lines: Iterable[Line], n: int) -> list[Line]:
    return [line for line in lines if line["n"] == n]


def _condition(why: str) -> str:
    """`fail drift/psi[column=age] max` as `drift/psi max`."""
    return why.replace("[", " [").split(" [")[0].removeprefix("fail ") + (
        " " + why.rsplit("] ", 1)[1] if "] " in why else ""
    )


def _order(kind: str) -> int:
    from decisions.faults import ALL

    kinds = list(dict.fromkeys(fault.kind for fault in ALL))
    return kinds.index(kind) if kind in kinds else len(kinds)


def show(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A Markdown table."""
    print("| " + " | ".join(heads) + " |")
    print("|" + "---|" * len(heads))
    for row in rows:
        print("| " + " | ".join(row) + " |")
