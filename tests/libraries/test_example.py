"""`examples/libraries`: one check runs all nine libraries for real, and their numbers are held against Lockgate's own.

Compared is what is the same by definition. Not the same: PSI and Jensen–Shannon, whose bins each library chooses in its
own way (Evidently 30 of equal width and the natural logarithm, Lockgate the reference's deciles and base 2).
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lockgate.law import quantile
from lockgate.libraries.home import is_for_this_python
from lockgate.run import execute
from lockgate.types import At, Measurement, Record, Status, identity

EXAMPLE = Path(__file__).parents[2] / "examples" / "libraries"
NULLS = 20

FAIR = (
    ("fairlearn/demographic_parity_difference", "fairness/selection_rate_difference"),
    ("fairlearn/demographic_parity_ratio", "fairness/selection_rate_ratio"),
    ("fairlearn/equalized_odds_difference", "fairness/equalized_odds_difference"),
)
SAME = (
    ("evidently/age_moved[column=age]", "drift/wasserstein_normed[column=age]"),
    ("alibi_detect/ks_distance[column=age]", "drift/ks[column=age]"),
    ("nannyml/univariate_kolmogorov_smirnov[column=age]", "drift/ks[column=age]"),
    ("nannyml/univariate_wasserstein[column=age]", "drift/wasserstein[column=age]"),
    ("deepchecks/feature_drift[column=age]", "drift/ks[column=age]"),
    *((f"{theirs}[column={by}]", f"{ours}[column={by}]") for theirs, ours in FAIR for by in ("sex", "colour")),
    *(
        (f"shap/share[column={name}]", f"explainability/attribution[column={name}]")
        for name in ("age", "checks", "sex")
    ),
    ("aif360/disparate_impact[column=colour]", "fairness/selection_rate_ratio[column=colour]"),
    (
        "great_expectations/unexpected_share[column=year,case=ExpectColumnValuesToNotBeNull(year)]",
        "data_quality/nulls[column=year]",
    ),
    (
        "great_expectations/unexpected_share[column=age,case=ExpectColumnValuesToBeBetween(age)]",
        "data_quality/out_of_range[column=age]",
    ),
)
KEPT = {
    "evidently-evidently.html",
    "evidently-evidently.json",
    "alibi_detect-alibi_detect.json",
    "nannyml-nannyml-univariate.json",
    "nannyml-nannyml-cbpe.json",
    "deepchecks-deepchecks.html",
    "great_expectations-great_expectations.json",
    "fairlearn-fairlearn.json",
    "aif360-aif360.json",
}
VERSIONS = {
    "evidently": "evidently",
    "alibi_detect": "alibi-detect",
    "nannyml": "nannyml",
    "deepchecks": "deepchecks",
    "great_expectations": "great-expectations",
    "fairlearn": "fairlearn",
    "aif360": "aif360",
}
BESIDE_THE_MODEL = {"shap": "shap", "lime": "lime"}


@pytest.mark.library
def test_one_check_runs_all_libraries_and_they_agree_with_lockgate(tmp_path: Path) -> None:
    policy = trained(tmp_path)

    result = execute(policy)

    record = result.record
    values = measured(record)
    absent = {gate for gate in VERSIONS if not is_for_this_python(gate)}
    assert {run.id: run.error for run in record.content.gates if run.error is not None}.keys() == absent
    errors = [finding for finding in record.content.findings if finding.status is Status.ERROR]
    assert [finding.message for finding in errors if finding.gate not in absent] == []
    pairs = [pair for pair in SAME if pair[0].partition("/")[0] not in absent]
    assert {name for pair in pairs for name in pair} <= values.keys()
    assert {pair: (values[pair[0]], values[pair[1]]) for pair in pairs if not same(values, *pair)} == {}
    assert values["data_quality/nulls[column=year]"] > 0
    laws = {
        identity(run.id, entry.metric, entry.at): entry for run in record.content.gates for entry in run.measurements
    }
    of_ours = {theirs: ours for theirs, ours in pairs if ours.startswith("fairness/") and "colour" in theirs}
    assert {name: intervals_of(laws, *name) for name in of_ours.items() if not alike(*intervals_of(laws, *name))} == {}
    if "alibi_detect" not in absent:
        theirs, ours = laws["alibi_detect/ks_distance[column=age]"].null, laws["drift/ks[column=age]"].null
        assert theirs is not None
        assert ours is not None
        # The formula knows no ties, of which whole years have many: it finds the value less surprising.
        assert 0.9 * ours.above <= theirs.above <= 2.5 * ours.above
        assert theirs.mean == pytest.approx(ours.mean, rel=0.5)
        p_value = laws["alibi_detect/ks_p_value[column=age]"]
        assert p_value.null is not None
        assert p_value.null.below == p_value.value
    known = laws["nannyml/cbpe_roc_auc"].uncertainty
    assert known is not None
    assert (known.method, known.rows) == ("library-error", 2758)
    facts = laws["great_expectations/unexpected_share[column=age,case=ExpectColumnValuesToBeBetween(age)]"].uncertainty
    assert facts is not None
    assert facts.method == "exact"
    assert record.passed == (not absent), record.verdict.headline
    wanted = {name for name in KEPT if name.partition("-")[0] not in absent}
    assert {held.name for held in result.attachments} >= wanted
    used = {run.id: run.libraries for run in record.content.gates}
    named = {gate: name for gate, name in VERSIONS.items() if gate not in absent} | BESIDE_THE_MODEL
    assert all(used[gate].get(name) for gate, name in named.items()), used
    assert used["great_expectations"]["suite suites/arrests.json"].startswith("sha256:")


def trained(folder: Path) -> Path:
    """The example as its README makes it, with some years missing, so that there is something to count."""
    project = folder / "libraries"
    shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns("data", "models", ".lockgate"))
    subprocess.run([sys.executable, "-W", "ignore", "train.py"], cwd=project, check=True)
    path = project / "data" / "validation.parquet"
    table = pq.read_table(path)
    years = pa.array([None] * NULLS + table["year"].to_pylist()[NULLS:], pa.int64())
    pq.write_table(table.set_column(table.schema.get_field_index("year"), "year", years), path)
    return project / "lockgate.yaml"


def measured(record: Record) -> dict[str, float]:
    """Every value of a Record by its identity."""
    return {
        identity(run.id, entry.metric, entry.at or At()): entry.value
        for run in record.content.gates
        for entry in run.measurements
    }


def intervals_of(
    found: dict[str, Measurement], theirs: str, ours: str
) -> tuple[tuple[float, float], tuple[float, float]]:
    """The intervals at 95 % of the same number by a library and by Lockgate."""
    ends = []
    for name in (theirs, ours):
        known = found[name].uncertainty
        assert known is not None, name
        ends.append((quantile(known.law, 0.025), quantile(known.law, 0.975)))
    return ends[0], ends[1]


def alike(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether two intervals share most of what they hold, and one is at most half as wide again as the other."""
    shared = min(one[1], other[1]) - max(one[0], other[0])
    narrow, wide = sorted((one[1] - one[0], other[1] - other[0]))
    return shared >= 0.7 * narrow and wide <= 1.5 * narrow


def same(values: dict[str, float], theirs: str, ours: str) -> bool:
    """Whether two numbers are one; Alibi Detect's have single precision."""
    close = 1e-6 if theirs.startswith("alibi_detect/") else 1e-9
    return values[theirs] == pytest.approx(values[ours], rel=close, abs=1e-12)
