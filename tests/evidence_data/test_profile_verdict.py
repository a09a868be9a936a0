"""A run against a saved profile decides as one against the data, on real data with faults planted in them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklego.datasets import load_arrests
from tests.evidence_data.profiling import profiled

from lockgate import check
from lockgate.evidence.profile.make import join_profiles
from lockgate.evidence.profile.write import dump
from lockgate.record import dump as record_bytes
from lockgate.types import Finding, Measurement, Record, Status

POLICY = """\
lockgate: 1
model: {task: other}
data: {validation: data.parquet, reference: REFERENCE, label: label}
gates:
  drift:
    metrics: {drifted_share: {max: 30%}, label_psi: {max: 0.2}}
    columns:
      "*": {psi: {max: 0.2}, missing_change: {max: 5%}}
NUMBERS
"""


def arrests() -> tuple[pd.DataFrame, pd.DataFrame]:
    table = load_arrests(as_frame=True).rename(columns={"released": "label"}).sample(frac=1, random_state=1)
    return table.iloc[:3_500], table.iloc[3_500:]


def cancer() -> tuple[pd.DataFrame, pd.DataFrame]:
    table = load_breast_cancer(as_frame=True).frame.rename(columns={"target": "label"}).sample(frac=1, random_state=1)
    table = table.iloc[:, [0, 1, 3, 7, 20, -1]]
    return table.iloc[:400], table.iloc[400:]


def diabetes() -> tuple[pd.DataFrame, pd.DataFrame]:
    table = load_diabetes(as_frame=True).frame.rename(columns={"target": "label"}).sample(frac=1, random_state=1)
    return table.iloc[:300], table.iloc[300:]


def first_number(table: pd.DataFrame) -> str:
    return str(next(c for c in table if table[c].dtype.kind in "if" and c != "label"))


def clean(table: pd.DataFrame) -> pd.DataFrame:
    return table


def scaled(table: pd.DataFrame) -> pd.DataFrame:
    name = first_number(table)
    return table.assign(**{name: table[name] * 1.5})


def moved(table: pd.DataFrame) -> pd.DataFrame:
    name = first_number(table)
    return table.assign(**{name: table[name] + table[name].std()})


def missing(table: pd.DataFrame) -> pd.DataFrame:
    name = first_number(table)
    gone = np.random.default_rng(2).random(len(table)) < 0.3
    return table.assign(**{name: table[name].astype(float).mask(gone)})


def one_class(table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_values("label").iloc[: len(table) // 2]


def findings(record: Record) -> dict[tuple[str, str], Finding]:
    return {(finding.id, finding.bound): finding for finding in record.content.findings}


def measured(record: Record) -> dict[tuple[str, str | None], Measurement]:
    return {(m.metric, m.at.column): m for gate in record.content.gates for m in gate.measurements}


def policy(folder: Path, reference: str, numbers: list[str]) -> Path:
    moves = "\n".join(f'      "{name}": {{wasserstein_normed: {{max: 0.3}}, ks: {{max: 0.2}}}}' for name in numbers)
    path = folder / f"{reference.partition(':')[0]}.yaml"
    path.write_text(POLICY.replace("REFERENCE", f'"{reference}"').replace("NUMBERS", moves), "utf-8")
    return path


@pytest.mark.parametrize("fault", [clean, scaled, moved, missing, one_class])
@pytest.mark.parametrize(
    ("load", "joined"),
    [(arrests, False), (arrests, True), (cancer, False), (cancer, True), (diabetes, False)],
    ids=["arrests", "arrests-joined", "cancer", "cancer-joined", "diabetes"],
)
def test_the_verdict_is_that_of_the_data(
    load: Callable[[], tuple[pd.DataFrame, pd.DataFrame]],
    fault: Callable[[pd.DataFrame], pd.DataFrame],
    joined: bool,
    tmp_path: Path,
) -> None:
    reference, data = load()
    reference.to_parquet(tmp_path / "reference.parquet", index=False)
    fault(data).to_parquet(tmp_path / "data.parquet", index=False)
    halves = reference.iloc[::2], reference.iloc[1::2]
    profile = join_profiles([(str(i), profiled(half)) for i, half in enumerate(halves)]) if joined else None
    (tmp_path / "r.profile").write_bytes(dump(profile or profiled(reference)))
    numbers = [str(c) for c in reference if reference[c].dtype.kind in "if" and c != "label"]

    exact, summarised = (check(policy(tmp_path, uri, numbers)) for uri in ("reference.parquet", "profile:r.profile"))

    true, found = measured(exact), measured(summarised)
    missed = [(key, true[key].value, m.value, m.error) for key, m in found.items() if not _within(true[key], m)]
    assert missed == []
    for key, finding in findings(exact).items():
        place = (finding.metric, finding.at.column)
        if place in true and place not in found:  # nothing bounds it, so it is missing: never a pass
            assert not summarised.passed
            continue
        other = findings(summarised)[key]
        near = (
            finding.limit is not None
            and place in found
            and abs(found[place].value - finding.limit) <= found[place].error
        )
        assert other.status == finding.status or near or _by_a_hair(finding, other), (
            key,
            finding.message,
            other.message,
        )


def _by_a_hair(one: Finding, other: Finding) -> bool:
    """Whether both are beyond the limit, and chance was ruled out in one of them alone: p is near its share."""
    shares = [f.p_value / f.share for f in (one, other) if f.p_value and f.share]
    return not {one.status, other.status} & {Status.PASS} and any(0.5 < share < 2 for share in shares)


def _within(true: Measurement, found: Measurement) -> bool:
    return abs(true.value - found.value) <= found.error + 1e-12 * abs(true.value)


def test_a_value_that_its_bound_does_not_part_from_the_limit_is_undecided(tmp_path: Path) -> None:
    reference, data = cancer()
    data.to_parquet(tmp_path / "data.parquet", index=False)
    (tmp_path / "r.profile").write_bytes(dump(profiled(reference)))
    name = str(reference.columns[0])
    path = policy(tmp_path, "profile:r.profile", [name])
    found = measured(check(path))["ks", name]
    assert found.error > 0
    text = path.read_text("utf-8")
    for times, status in ((0.5, Status.INCONCLUSIVE), (2, Status.PASS)):
        path.write_text(text.replace("ks: {max: 0.2}", f"ks: {{max: {found.value + times * found.error}}}"), "utf-8")
        assert findings(check(path))[f"drift/ks[column={name}]", "max"].status is status


def test_the_same_profile_gives_the_same_record(tmp_path: Path) -> None:
    reference, data = arrests()
    data.to_parquet(tmp_path / "data.parquet", index=False)
    (tmp_path / "r.profile").write_bytes(dump(profiled(reference)))
    path = policy(tmp_path, "profile:r.profile", ["age"])
    one, other = check(path), check(path)
    assert one.digest == other.digest
    assert record_bytes(one).count(b'"error"') > 0
