"""Drift of 50 columns against the reference's data, and against its saved profile.

    python bench/saved_profile.py [ROWS]

Prints the CPU seconds (user and system) and the peak memory of whole `lockgate check` processes, of making the
profile, the ratio, and how far the profile moved a value and said that it may have.
"""

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from measure import Cost, cost_of
from tables import write_tables

POLICY = """\
lockgate: 1
model: {task: other}
data: {validation: data.parquet, reference: REFERENCE, label: label, features: [FEATURES]}
gates: {drift: {columns: {"*": {psi: {max: 10}}}}}
"""
VERB = "import sys; sys.stdout = open('out.json', 'w'); from lockgate.cli.main import main; sys.exit(main({!r}))"
MAKE = ["profile", "reference.parquet", "-o", "train.profile"]
REFERENCES = {"exact": "reference.parquet", "profile": '"profile:train.profile"'}
ROUNDS = 3


def main(rows: int) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        features = write_tables(folder, rows)
        report("lockgate profile", cost_of(VERB.format(MAKE), folder))
        costs: dict[str, Cost] = {}
        for what, reference in REFERENCES.items():
            policy = POLICY.replace("FEATURES", ", ".join(features)).replace("REFERENCE", reference)
            (folder / f"{what}.yaml").write_text(policy)
            check = ["check", f"{what}.yaml", "--out", what, "--format", "json"]
            runs = [cost_of(VERB.format(check), folder) for _ in range(ROUNDS)]
            costs[what] = sorted(runs, key=lambda cost: cost.cpu)[ROUNDS // 2]
            report(what, costs[what])
        print(f"ratio of CPU at {rows:,} rows: {costs['exact'].cpu / costs['profile'].cpu:.2f}")
        compare(*(values_of(folder / what / "record.json") for what in REFERENCES))


def values_of(record: Path) -> dict[tuple[str, str], tuple[float, float]]:
    """Value and error of each measurement of a Record's drift gate, by metric and column."""
    gate = json.loads(record.read_text())["content"]["gates"][0]
    held = (m for m in gate["measurements"] if "column" in m.get("at", {}))
    return {(m["metric"], m["at"]["column"]): (m["value"], m.get("error", 0.0)) for m in held}


def compare(
    exact: dict[tuple[str, str], tuple[float, float]], profile: dict[tuple[str, str], tuple[float, float]]
) -> None:
    print(f"{'metric':20} {'moved at most':>14} {'bound at most':>14} {'outside':>8}")
    for metric in sorted({metric for metric, _ in exact}):
        both = [(exact[key][0], *profile[key]) for key in exact if key[0] == metric]
        moved = max(abs(value - true) for true, value, _ in both)
        outside = sum(abs(value - true) > error for true, value, error in both)
        print(f"{metric:20} {moved:14.2e} {max(error for *_, error in both):14.2e} {outside:8}")


def report(name: str, cost: Cost) -> None:
    print(f"{name:16} {cost.cpu:7.2f} s CPU {cost.memory / 2**30:6.2f} GiB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
