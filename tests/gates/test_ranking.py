"""The gate `ranking`: lists of `data.group`, through the real engine, against scikit-learn."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import ndcg_score

from lockgate.errors import PolicyError
from lockgate.run import execute
from lockgate.types import GateRun, Measurement

REGRESSION = "{task: regression, candidate: {predictions: {prediction: p}}, champion: {predictions: {prediction: q}}}"
LISTS, ROWS = 60, 8


def table(**more: object) -> pa.Table:
    """Lists whose rows come in any order; the last five hold no relevant row."""
    rng = np.random.default_rng(1)
    grade = rng.integers(0, 4, (LISTS, ROWS))
    grade[-5:] = 0
    held = {
        "query": np.repeat([f"q{i}" for i in range(LISTS)], ROWS),
        "y": grade.ravel(),
        "p": grade.ravel() + rng.normal(size=grade.size) * 1.5,
        "q": grade.ravel() + rng.normal(size=grade.size) * 3,
        "user": np.repeat(np.arange(LISTS) // 2, ROWS),
    }
    order = rng.permutation(grade.size)
    return pa.table({**{name: column[order] for name, column in held.items()}, **more})


def run(folder: Path, block: str, *, roles: str = "group: query", model: str = REGRESSION, **more: object) -> GateRun:
    policy = folder / "lockgate.yaml"
    policy.write_text(f"lockgate: 1\nmodel: {model}\ndata: {{label: y, {roles}}}\ngates: {{ranking: {{{block}}}}}\n")
    return execute(policy, tables={"validation": table(**more)}).record.content.gates[0]


def value(found: GateRun, metric: str) -> Measurement:
    (held,) = [m for m in found.measurements if m.metric == metric]
    return held


def ndcgs(score: str, k: int | None) -> np.ndarray:
    data, found = table().to_pandas(), []
    for _, rows in data.groupby("query"):
        found.append(ndcg_score([rows["y"]], [rows[score]], k=k))
    return np.array(found)


def test_ndcg_is_scikit_learns_for_both_models(tmp_path: Path) -> None:
    found = run(tmp_path, "k: [3, 5], without_relevant: zero, metrics: {ndcg_at_3: {min: 0.1, max_drop: 0}}")
    for metric, k in (("ndcg", None), ("ndcg_at_3", 3), ("ndcg_at_5", 5)):
        held = value(found, metric)
        assert held.value == pytest.approx(ndcgs("p", k).mean())
        assert held.champion == pytest.approx(ndcgs("q", k).mean())
        assert held.difference is not None
        assert held.difference.null is not None
        assert held.difference.uncertainty is not None
        assert held.uncertainty is not None
        assert held.uncertainty.rows == LISTS
        assert held.note == "60 lists, 5 of them without a relevant row as 0"


def test_lists_without_a_relevant_row_are_left_out_and_counted(tmp_path: Path) -> None:
    held = value(run(tmp_path, "metrics: {ndcg: {min: 0.1}}"), "ndcg")
    scores = ndcgs("p", None)
    assert held.value == pytest.approx(scores[scores > 0].mean())
    assert held.note == "55 lists; 5 without a relevant row are left out"


def test_lists_of_one_cluster_count_as_one(tmp_path: Path) -> None:
    known = value(
        run(tmp_path, "metrics: {mrr: {min: 0.1}}, without_relevant: zero", roles="group: query, cluster: user"), "mrr"
    ).uncertainty
    assert known is not None
    assert known.rows == LISTS / 2


def test_a_weight_is_a_lists_and_not_a_rows(tmp_path: Path) -> None:
    roles, block = "group: query, weight: w", "metrics: {map: {min: 0.1}}"
    user = np.array(table()["user"]) + 1.0
    assert value(run(tmp_path, block, roles=roles, w=user), "map").value > 0
    found = run(tmp_path, block, roles=roles, w=np.arange(LISTS * ROWS) + 1.0)
    assert {missing.reason for missing in found.missing} == {"the weight differs between rows of one list"}


def test_the_query_is_no_feature_and_has_one_role(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="cannot be both `cluster` and `group`"):
        run(tmp_path, "metrics: {mrr: {min: 0.1}}", roles="group: query, cluster: query")
    with pytest.raises(PolicyError, match="cannot be a feature"):
        run(tmp_path, "metrics: {mrr: {min: 0.1}}", roles="group: query, features: [query]")


@pytest.mark.parametrize(
    ("block", "fix"),
    [
        ("ndcg_at_5: {min: 0.1}", "add k: 5"),
        ("metrics: {ndcg_at_5: {min: 0.1}}", "add k: 5"),
        ("k: [10, 20], ndcg_at_5: {min: 0.1}", "add 5 to `k`"),
        ("ndgc_at_10: {min: 0.1}", "did you mean 'ndcg_at_10'?"),
    ],
)
def test_a_depth_that_is_not_looked_at_is_asked_for(tmp_path: Path, block: str, fix: str) -> None:
    with pytest.raises(PolicyError) as refused:
        run(tmp_path, block)
    assert [mistake.fix for mistake in refused.value.mistakes] == [fix]


def test_without_a_group_there_are_no_lists(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"needs data.group[^\0]*add data.group"):
        run(tmp_path, "metrics: {mrr: {min: 0.1}}", roles="min_rows: 30")


def test_a_binary_label_is_ranked_by_its_score(tmp_path: Path) -> None:
    model = "{task: binary, candidate: {predictions: {score: s}}}"
    truth = np.array(table()["y"]) >= 2
    data = {
        "s": np.clip(truth * 0.4 + np.random.default_rng(2).random(LISTS * ROWS) * 0.6, 0, 1),
        "y": truth.astype(int),
    }
    policy = tmp_path / "lockgate.yaml"
    policy.write_text(
        f"lockgate: 1\nmodel: {model}\ndata: {{label: y, group: query}}\n"
        "gates: {ranking: {metrics: {hit_rate_at_10: {min: 0.5}, recall_at_10: {min: 0.9}}}}\n"
    )
    frame = table().drop_columns(["y"]).append_column("y", pa.array(data["y"])).append_column("s", pa.array(data["s"]))
    found = execute(policy, tables={"validation": frame}).record.content.gates[0]
    assert value(found, "hit_rate_at_10").value == 1  # lists are shorter than 10
    assert value(found, "recall_at_10").value == 1


@pytest.mark.parametrize("k", ["0", "[5, 5]", "[]"])
def test_k_is_one_or_several_numbers(tmp_path: Path, k: str) -> None:
    with pytest.raises(PolicyError, match="several different ones"):
        run(tmp_path, f"k: {k}, metrics: {{mrr: {{min: 0.1}}}}")


@pytest.mark.parametrize(
    "more",
    [{"query": np.arange(LISTS * ROWS)}, {"y": np.ones(LISTS * ROWS)}],
)
def test_lists_without_a_choice_are_no_proof_of_a_good_order(tmp_path: Path, more: dict[str, object]) -> None:
    """Lists of one row, or of rows of one grade, are in the best order whatever the model says."""
    held = table().to_pydict() | more
    policy = tmp_path / "lockgate.yaml"
    roles = "{label: y, group: query}"
    policy.write_text(f"lockgate: 1\nmodel: {REGRESSION}\ndata: {roles}\ngates: {{ranking: {{ndcg: {{min: 0.9}}}}}}\n")
    found = execute(policy, tables={"validation": pa.table(held)}).record.content
    assert found.outcomes[0].status == "error"
    assert "as good as another" in found.gates[0].missing[0].reason
