"""Settings that no condition looks at, and conditions that nothing could be measured for."""

import pytest
from tests.policy.conftest import Load, Refused
from tests.policy.texts import POLICY


@pytest.mark.parametrize(
    ("gate", "metric", "limit"),
    [
        ("explainability: {forbid: [job], top_share: {max: 90%}}", "forbidden_share", 0),
        ("compliance: {controls: [eu-ai-act]}", "unanswered_controls", 0),
        ("explainability: {forbid: [job], forbidden_share: {max: 2%}}", "forbidden_share", 0.02),
    ],
)
def test_a_prohibition_is_judged_without_a_word_more(load: Load, gate: str, metric: str, limit: float) -> None:
    clauses = load(f"{POLICY}  {gate}\n").rules.gates[1].clauses
    assert [clause.condition.max for clause in clauses if clause.metric == metric] == [limit]


@pytest.mark.parametrize(
    ("gate", "key", "what", "fix"),
    [
        (
            "privacy: {quasi_identifiers: [sex, job], pii_cells: {max: 0}}",
            "quasi_identifiers",
            "`quasi_identifiers` judges nothing",
            "add k_anonymity: {min: 5}",
        ),
        ("privacy: {k_anonymity: {min: 5}}", "k_anonymity", "`quasi_identifiers` is not set", "add `quasi_ident"),
        ("privacy: {metrics: {rows_under_k: {max: 5%}}}", "rows_under_k", "is not set", "add `quasi_ident"),
        ("explainability: {forbidden_share: {max: 0}}", "forbidden_share", "`forbid` is not set", "add `forbid`: "),
        ("compliance: {control_answered: {min: 1}}", "control_answered", "`controls` is not set", "add `controls`: "),
        ("robustness: {invariance_flips: {max: 0}}", "invariance_flips", "`invariant` is not set", "add `invariant`: "),
        ("robustness: {monotonicity_violations: {max: 0}}", "monotonicity_violations", "`monotone` is", "add `mono"),
        (
            "ranking: {ndcg: {min: 0.5}}",
            "ranking",
            "needs data.group, and the policy names none",
            "add data.group: COLUMN",
        ),
        (
            "forecast: {mase: {max: 1}}",
            "forecast",
            "needs data.time or origin, and",
            "add data.time: COLUMN",
        ),
    ],
)
def test_what_no_run_could_measure_or_judge_is_a_mistake(
    refused: Refused, gate: str, key: str, what: str, fix: str
) -> None:
    found = refused(f"{POLICY}  {gate}\n")
    (mistake,) = [mistake for mistake in found if "is a metric of" not in mistake.what]  # of another task
    assert mistake.place.key.split(".")[-1] == key
    assert what in mistake.what
    assert mistake.fix.startswith(fix)
