"""The gate `business`: values of decisions by amounts, SQL and functions, through the real engine."""

from pathlib import Path
from textwrap import dedent, indent

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from tests.gates.frames import measure

from lockgate.cli.main import main
from lockgate.errors import PolicyError
from lockgate.policy.load import load_policy
from lockgate.run import execute
from lockgate.types import ExitCode, GateRun, Measurement

MODEL = "{task: binary, candidate: {predictions: {score: p}}, champion: {predictions: {score: q}}}"
VALUE = "value: {true_positive: 120, false_positive: -40, false_negative: -300, true_negative: 0}"
SQL = "sql: \"CASE WHEN prediction = 'bad' THEN -5 WHEN label = 'bad' THEN -amount ELSE 0.02 * amount END\""


def table(rows: int = 400, **more: object) -> pa.Table:
    rng = np.random.default_rng(1)
    p = rng.random(rows)
    held = {
        "y": np.where(rng.random(rows) < p, "bad", "good"),
        "p": p,
        "q": np.clip(p + rng.normal(size=rows) * 0.2, 0, 1),
        "amount": rng.integers(10, 500, rows),
        "weight": rng.random(rows) + 0.5,
        "customer": np.arange(rows) // 4,
        "region": np.where(np.arange(rows) % 3, "north", "south"),
    }
    return pa.table({**held, **more})


def run(
    folder: Path, block: str, data: pa.Table | None = None, *, model: str = MODEL, roles: str = ""
) -> tuple[GateRun, str]:
    """What the gate measured, and how it ended."""
    policy = folder / "lockgate.yaml"
    data_block = f"{{label: y, positive: bad, slices: [region]{roles}}}"
    said = f"lockgate: 1\nmodel: {model}\ndata: {data_block}\ngates:\n  business:\n"
    policy.write_text(said + indent(dedent(block), "    ") + "\n")
    record = execute(policy, tables={"validation": table() if data is None else data}).record
    assert record.content.outcomes[0].gate == "business"
    return record.content.gates[0], str(record.content.outcomes[0].status)


def written(folder: Path, setting: str) -> Path:
    """A policy whose data are not there, with a setting of the gate in line 6."""
    policy = folder / "lockgate.yaml"
    policy.write_text(
        f"lockgate: 1\nmodel: {MODEL}\ndata: {{validation: v.csv, label: y, positive: bad}}\n"
        f"gates:\n  business:\n    {setting}\n    value_per_row: {{min: 0}}\n"
    )
    return policy


def value(found: GateRun, metric: str, place: str = "") -> Measurement:
    (held,) = [m for m in found.measurements if m.metric == metric and str(m.at) == place]
    return held


def amounts(data: pa.Table, score: str = "p") -> NDArray[np.float64]:
    bad, said = np.array(data["y"]) == "bad", np.array(data[score]) >= 0.5
    return np.select([bad & said, ~bad & said, bad & ~said], [120.0, -40.0, -300.0], 0.0)


def test_amounts_give_the_mean_and_the_sum_of_both_models(tmp_path: Path) -> None:
    data = table()
    found, _ = run(tmp_path, f"{VALUE}\nmetrics: {{value_per_row: {{min: 0, max_drop: 0}}, value_total: {{min: 0}}}}")
    held = value(found, "value_per_row")
    assert held.value == pytest.approx(amounts(data).mean())
    assert held.champion == pytest.approx(amounts(data, "q").mean())
    assert held.uncertainty is not None
    assert held.difference is not None
    assert held.difference.value == pytest.approx((amounts(data) - amounts(data, "q")).mean())
    assert value(found, "value_total").value == pytest.approx(amounts(data).sum())
    north = np.array(data["region"]) == "north"
    assert value(found, "value_per_row", "slice=region=north").value == pytest.approx(amounts(data)[north].mean())


def test_weights_weigh_and_clusters_widen(tmp_path: Path) -> None:
    data, block = table(), f"{VALUE}\nmetrics: {{value_per_row: {{min: 0}}, value_total: {{min: 0}}}}"
    found, _ = run(tmp_path, block, data, roles=", weight: weight, cluster: customer")
    weight = np.array(data["weight"])
    assert value(found, "value_per_row").value == pytest.approx(np.average(amounts(data), weights=weight))
    assert value(found, "value_total").value == pytest.approx((amounts(data) * weight).sum())
    known = value(found, "value_per_row").uncertainty
    assert known is not None
    assert known.rows <= 100  # customers, not rows


def test_sql_and_a_function_say_the_same_as_amounts(tmp_path: Path) -> None:
    """Text classes, a column beside them, and a name that only the model has."""
    (tmp_path / "value.py").write_text(
        "import numpy as np\n\n\ndef worth(prediction, label, amount):\n"
        "    no = np.where(label == 'bad', -amount, 0.02 * amount)\n"
        "    return np.where(prediction == 'bad', -5, no)\n"
    )
    metrics = "metrics: {value_per_row: {min: -1000}, threshold_cost: {max: 1000}, best_threshold: {min: 0.001}}"
    by_sql, _ = run(tmp_path, f"{SQL}\n{metrics}")
    by_function, _ = run(tmp_path, f'function: "value.py:worth"\n{metrics}')
    for metric in ("value_per_row", "value_total", "best_threshold", "threshold_cost"):
        assert value(by_sql, metric).value == pytest.approx(value(by_function, metric).value), metric
    data = table()
    bad, said, amount = np.array(data["y"]) == "bad", np.array(data["p"]) >= 0.5, np.array(data["amount"])
    expected = np.where(said, -5, np.where(bad, -amount, 0.02 * amount)).mean()
    assert value(by_sql, "value_per_row").value == pytest.approx(expected)


def test_the_functions_bytes_are_kept_with_their_digest(tmp_path: Path) -> None:
    import hashlib

    code = "def worth(score):\n    return 2 * score\n"
    (tmp_path / "value.py").write_text(code)
    policy = tmp_path / "lockgate.yaml"
    policy.write_text(
        f"lockgate: 1\nmodel: {MODEL}\ndata: {{label: y, positive: bad}}\n"
        'gates: {business: {function: "value.py:worth", metrics: {value_per_row: {min: 0}}}}\n'
    )
    record = execute(policy, tables={"validation": table()}).record
    assert value(record.content.gates[0], "value_per_row").value == pytest.approx(2 * np.array(table()["p"]).mean())
    assert record.attachments["business-value.py"].digest == f"sha256:{hashlib.sha256(code.encode()).hexdigest()}"


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ('sql: "CASE WHEN amount > 490 THEN NULL ELSE 1 END"', "of 400 rows"),
        ('sql: "amount / 0"', "400 of 400 rows"),
        ('sql: "amuont * 2"', "amount"),
        ('sql: "region"', "not a number"),
        ('function: "short.py:worth"', "shape (1,) for 400 rows"),
        ('function: "short.py:broken"', "ZeroDivisionError"),
        ('function: "short.py:unknown"', "nothing_of_the_kind"),
        ('function: "short.py:empty"', "400 of 400 rows"),
    ],
)
def test_what_cannot_be_valued_is_an_error_that_says_why(tmp_path: Path, block: str, said: str) -> None:
    (tmp_path / "short.py").write_text(
        "import numpy as np\n\n\ndef worth(label):\n    return label[:1] == 'bad'\n\n\n"
        "def broken(label):\n    return 1 / 0\n\n\ndef unknown(nothing_of_the_kind):\n    return 1\n\n\n"
        "def empty(label):\n    return np.full(len(label), np.nan)\n"
    )
    found, status = run(tmp_path, f"{block}\nmetrics: {{value_per_row: {{min: 0}}}}")
    assert status == "error"
    assert found.error is not None
    assert said in found.error


def test_a_regression_is_valued_by_sql(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    data = pa.table({"y": rng.normal(size=60), "yhat": rng.normal(size=60)})
    policy = tmp_path / "lockgate.yaml"
    policy.write_text(
        "lockgate: 1\nmodel: {task: regression, candidate: {predictions: {prediction: yhat}}}\ndata: {label: y}\n"
        'gates: {business: {sql: "-abs(prediction - label)", metrics: {value_per_row: {min: -5}}}}\n'
    )
    found = execute(policy, tables={"validation": data}).record.content.gates[0]
    expected = -np.abs(np.array(data["y"]) - np.array(data["yhat"])).mean()
    assert value(found, "value_per_row").value == pytest.approx(expected)


def test_the_best_threshold_is_where_a_right_score_breaks_even(tmp_path: Path) -> None:
    """With a gain of 420 and a cost of 40, from 40 / 460 on."""
    data = table(4_000)
    metrics = "metrics: {best_threshold: {max: 0.2}, threshold_cost: {max: 1}}"
    found, status = run(tmp_path, f"{VALUE}\n{metrics}", data)
    best, cost = value(found, "best_threshold"), value(found, "threshold_cost")
    assert best.value == pytest.approx(40 / 460, abs=0.06)
    assert best.uncertainty is not None
    assert best.uncertainty.law.quantiles[5] <= 40 / 460 <= best.uncertainty.law.quantiles[13]
    assert status == "fail"  # the threshold of 0.5 gives away more than 1 a row
    true_cost = 460 * (0.5**2 - (40 / 460) ** 2) / 2 - 40 * (0.5 - 40 / 460)
    assert cost.value == pytest.approx(true_cost, rel=0.15)
    assert cost.uncertainty is not None
    assert cost.uncertainty.law.quantiles[5] <= true_cost <= cost.uncertainty.law.quantiles[13]


def test_without_scores_there_is_no_threshold(tmp_path: Path) -> None:
    data = table().append_column("yhat", pa.array(["bad"] * 200 + ["good"] * 200))
    model = "{task: binary, candidate: {predictions: {prediction: yhat}}}"
    found, status = run(tmp_path, f"{VALUE}\nmetrics: {{threshold_cost: {{max: 1}}}}", data, model=model)
    assert status == "error"
    assert "no scores" in {missing.reason for missing in found.missing}.pop()


def test_exactly_one_way_to_say_it(tmp_path: Path) -> None:
    for block, says in (
        ("metrics: {value_per_row: {min: 0}}", "one of `value`, `sql` and `function`"),
        (f"{VALUE}\n{SQL}\nmetrics: {{value_per_row: {{min: 0}}}}", "`value` and `sql` stand here.*keep one"),
    ):
        with pytest.raises(PolicyError, match=says):
            run(tmp_path, block)


def test_no_frame_is_told() -> None:
    from lockgate.errors import LockgateError

    with pytest.raises((LockgateError, ValueError)):
        measure("business", None)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        ("value.py:worth", "No such file"),
        ("../value.py:worth", "below the policy's folder"),
        ("short.py:wrth", "did you mean 'worth'"),
        ("short.py", "names no function"),
        ("folder:worth", "this is none"),
        ("broken.py:worth", "line 2"),
    ],
)
def test_a_function_that_cannot_be_is_a_mistake_of_the_policy(tmp_path: Path, function: str, said: str) -> None:
    """Found when the policy is loaded, at its line, and without running the file."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "short.py").write_text("raise SystemExit('it was run')\n\n\ndef worth(label):\n    return label\n")
    (tmp_path / "broken.py").write_text("x = 1\ndef worth(:\n")
    policy = written(tmp_path, f'function: "{function}"')
    with pytest.raises(PolicyError) as caught:
        load_policy(policy)
    assert said in str(caught.value)
    assert caught.value.mistakes[0].place.line == 6
    assert caught.value.exit_code is ExitCode.USAGE


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("CASE WHEN prediction = 1 THEN", "syntax error"),
        ("1) FROM data; SELECT (2", "more than one expression"),
        ("rondu(amount)", "there is no function 'rondu'"),
        ("sum(amount)", "OVER ()"),
        ("amount - avg(amount)", "(SELECT avg(…) FROM data)"),
        ("random()", "another answer each time"),
        ("(SELECT count(*) FROM read_csv('/etc/passwd'))", "reads more than the rows"),
        ("(SELECT count(*) FROM customers)", "there is no table 'customers'"),
    ],
)
def test_sql_that_no_data_could_mend_is_a_mistake_of_the_policy(tmp_path: Path, sql: str, said: str) -> None:
    policy = written(tmp_path, f'sql: "{sql}"')
    with pytest.raises(PolicyError) as caught:
        load_policy(policy)
    assert said in str(caught.value)
    assert [mistake.place.line for mistake in caught.value.mistakes] == [6]
    assert main(["policy", "lint", str(policy)]) == ExitCode.USAGE


@pytest.mark.parametrize(
    "sql",
    [
        "CASE WHEN prediction LIKE 'b%' THEN -amount ELSE coalesce(abs(amount), 0.02) ** 2 % 7 END",
        "amount - (SELECT avg(amount) FROM Data)",
        "amount - avg(amount) OVER (PARTITION BY region)",
        "(WITH most AS (SELECT max(amount) AS m FROM data) SELECT m FROM most) - amount",
        "if(region ILIKE 'n%', amount, list_value(1, 2)[1]) + date_diff('day', DATE '2026-01-01', DATE '2026-01-02')",
    ],
)
def test_sql_that_data_can_hold_is_no_mistake(tmp_path: Path, sql: str) -> None:
    found, status = run(tmp_path, f'sql: "{sql}"\nmetrics: {{value_per_row: {{min: -1000000}}}}')
    assert (found.error, status) == (None, "pass")


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("value: {true_positives: 1, false_positive: 1, false_negative: 1, true_negative: 1}", "'true_positive'"),
        ("value: {true_positive: 1, false_positive: 1, false_negative: 1}", "true_negative: this key is missing"),
        ("value: {true_positive: a, false_positive: 1, false_negative: 1, true_negative: 1}", "a number"),
    ],
)
def test_outcomes_have_their_names(tmp_path: Path, block: str, said: str) -> None:
    with pytest.raises(PolicyError, match=said):
        load_policy(written(tmp_path, block))


def test_amounts_are_about_a_binary_task(tmp_path: Path) -> None:
    policy = written(tmp_path, VALUE)
    policy.write_text(policy.read_text().replace("binary", "regression").replace(", positive: bad", ""))
    with pytest.raises(PolicyError, match="the model's task is regression") as caught:
        load_policy(policy)
    assert caught.value.mistakes[0].place.key == "gates.business.value"
    assert "`sql` or `function`" in caught.value.mistakes[0].fix
