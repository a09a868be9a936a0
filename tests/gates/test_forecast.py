"""The gate `forecast`: real series, a naive forecast against Holt and Winters', through the real engine."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import statsmodels.api as sm

from lockgate.run import execute
from lockgate.types import GateRun, Measurement

HORIZON, SEASON = 3, 12
MODEL = "{task: regression, candidate: {predictions: {prediction: hw}}, champion: {predictions: {prediction: naive}}}"
COLUMNS = "series: name, origin: origin, season: 12"


def holt_winters(values: np.ndarray, ahead: int) -> np.ndarray:
    """Additive Holt–Winters (Winters 1960) with fixed weights."""
    level, trend = values[:SEASON].mean(), (values[SEASON : 2 * SEASON] - values[:SEASON]).mean() / SEASON
    season = list(values[:SEASON] - level)
    for time in range(SEASON, len(values)):
        before = level
        level = 0.4 * (values[time] - season[-SEASON]) + 0.6 * (level + trend)
        trend = 0.05 * (level - before) + 0.95 * trend
        season.append(0.3 * (values[time] - level) + 0.7 * season[-SEASON])
    return np.array([level + h * trend + season[-SEASON + h - 1] for h in range(1, ahead + 1)])


@pytest.fixture(scope="module")
def tables() -> dict[str, pa.Table]:
    """CO2 at Mauna Loa and the sea's temperature off Peru: 36 origins of 3 months, and the history before them."""
    co2 = sm.datasets.co2.load_pandas().data["co2"].resample("MS").mean().interpolate().to_numpy()
    sea = sm.datasets.elnino.load_pandas().data.drop(columns="YEAR").to_numpy().ravel()
    rows, history = [], []
    for name, values in (("co2", co2[-400:]), ("sea", sea[-400:])):
        first = 400 - 36 - HORIZON + 1
        history += [{"name": name, "month": month, "y": values[month]} for month in range(first)]
        for origin in range(first, first + 36):
            said = holt_winters(values[:origin], HORIZON)
            for ahead in range(HORIZON):
                month = origin + ahead
                naive = values[month - SEASON]
                held = {"name": name, "origin": origin, "month": month, "y": values[month], "naive": naive}
                spread = 1.5 if name == "sea" else 0.8
                rows.append({**held, "hw": said[ahead], "low": said[ahead] - spread, "high": said[ahead] + spread})
    order = np.random.default_rng(1).permutation(len(rows))
    return {
        "validation": pa.Table.from_pandas(pd.DataFrame(rows).iloc[order], preserve_index=False),
        "training": pa.Table.from_pandas(pd.DataFrame(history), preserve_index=False),
    }


def run(folder: Path, block: str, tables: dict[str, pa.Table], *, model: str = MODEL) -> tuple[GateRun, str]:
    policy = folder / "lockgate.yaml"
    data = "{label: y, time: month, slices: [name]}"
    policy.write_text(f"lockgate: 1\nmodel: {model}\ndata: {data}\ngates: {{forecast: {{{block}}}}}\n")
    content = execute(policy, tables=tables).record.content
    return content.gates[0], str(content.outcomes[0].status)


def value(found: GateRun, metric: str, place: str = "") -> Measurement:
    (held,) = [m for m in found.measurements if m.metric == metric and str(m.at) == place]
    return held


def test_its_numbers_are_utilsforecasts_for_both_models(tmp_path: Path, tables: dict[str, pa.Table]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its docstrings hold escapes that Python warns of
        from utilsforecast import losses

    block = "metrics: {mase: {max: 2, max_drop: 0}, rmsse: {max: 2}, smape: {max: 1}, wape: {max: 1}, bias: {max: 9}}"
    found, _ = run(tmp_path, f"{COLUMNS}, {block}", tables)
    rows, history = (tables[role].to_pandas() for role in ("validation", "training"))
    rows = rows.rename(columns={"name": "series"})
    # Each forecast is a series of its own to them, with the history of its series.
    rows["unique_id"] = rows["series"] + rows["origin"].astype(str)
    ids = rows[["unique_id", "series"]].drop_duplicates()
    past = ids.merge(history, left_on="series", right_on="name")[["unique_id", "month", "y"]]
    past = past.rename(columns={"month": "ds"})
    for model, held in (("hw", "value"), ("naive", "champion")):
        for metric, theirs in (
            ("mase", losses.mase(rows, [model], SEASON, past)),
            ("rmsse", losses.rmsse(rows, [model], SEASON, past)),
            ("bias", losses.bias(rows, [model])),
        ):
            assert getattr(value(found, metric), held) == pytest.approx(theirs[model].mean()), metric
        assert getattr(value(found, "smape"), held) == pytest.approx(2 * losses.smape(rows, [model])[model].mean())
        wape = (rows["y"] - rows[model]).abs().sum() / rows["y"].abs().sum()
        assert getattr(value(found, "wape"), held) == pytest.approx(wape)
        assert value(found, "mase").note == "36 origins"


def test_holt_winters_beats_the_naive_forecast_of_co2(tmp_path: Path, tables: dict[str, pa.Table]) -> None:
    found, status = run(tmp_path, f"{COLUMNS}, metrics: {{mase: {{min_gain: 0.1}}}}", tables)
    assert status == "pass"
    held = value(found, "mase", "slice=name=co2")
    assert held.difference is not None
    assert held.difference.null is not None
    assert held.difference.null.method == "cosine-t"
    assert held.difference.null.below < 0.01
    turned = MODEL.replace("hw", "x").replace("naive", "hw").replace("x", "naive")
    _, status = run(tmp_path, f"{COLUMNS}, metrics: {{mase: {{max_drop: 0.1}}}}", tables, model=turned)
    assert status == "fail"


def test_intervals_are_counted_by_hand(tmp_path: Path, tables: dict[str, pa.Table]) -> None:
    asked = "interval_coverage: {min: 0.1}, interval_width: {max: 9}, interval_score: {max: 99}, pinball_loss: {max: 9}"
    block = f"quantiles: {{low: 0.1, high: 0.9}}, metrics: {{{asked}, quantile_share: {{max: 0.99}}}}"
    found, _ = run(tmp_path, f"{COLUMNS}, {block}", tables)
    rows = tables["validation"].to_pandas()
    inside = ((rows["low"] <= rows["y"]) & (rows["y"] <= rows["high"])).mean()
    held = value(found, "interval_coverage", "case=0.8")
    assert held.value == pytest.approx(inside)
    assert held.champion is None
    assert value(found, "interval_width", "case=0.8").value == pytest.approx((rows["high"] - rows["low"]).mean())
    assert value(found, "quantile_share", "case=0.9").value == pytest.approx((rows["y"] <= rows["high"]).mean())
    score, loss = value(found, "interval_score", "case=0.8").value, value(found, "pinball_loss").value
    assert score == pytest.approx(2 / 0.2 * 2 * loss)


def test_few_origins_say_so_and_series_can_be_the_unit(tmp_path: Path, tables: dict[str, pa.Table]) -> None:
    rows = tables["validation"].to_pandas()
    few = {**tables, "validation": pa.Table.from_pandas(rows[rows["origin"] < rows["origin"].min() + 11])}
    found, status = run(tmp_path, f"{COLUMNS}, metrics: {{mase: {{max_drop: 0}}}}", few)
    held = value(found, "mase")
    assert held.uncertainty is None
    assert held.note == "11 origins; of fewer than 12 there is no interval"
    assert status != "fail"
    found, _ = run(tmp_path, f"{COLUMNS}, unit: series, metrics: {{mase: {{max: 9}}}}", tables)
    assert value(found, "mase").note == "2 series"


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("origin: origin, season: 12, metrics: {smape: {max: 1}}", "again from the same origin"),
        ("series: nmae, metrics: {smape: {max: 1}}", "there is no column 'nmae'"),
        (f"{COLUMNS}, quantiles: {{p10: 0.1}}, metrics: {{pinball_loss: {{max: 1}}}}", "there is no column 'p10'"),
        ("series: name, origin: origin, season: 400, metrics: {mase: {max: 1}}", "2 series have no history"),
        (f"{COLUMNS}, metrics: {{interval_width: {{max: 1}}}}", "given no `quantiles`"),
        (f"{COLUMNS}, quantiles: {{low: 0.1, high: 0.8}}, metrics: {{interval_width: {{max: 1}}}}", "make an interval"),
    ],
)
def test_what_cannot_be_measured_says_why(tmp_path: Path, tables: dict[str, pa.Table], block: str, said: str) -> None:
    found, status = run(tmp_path, block, tables)
    assert status == "error"
    assert said in " ".join([found.error or "", *(missing.reason for missing in found.missing)])


def test_a_forecast_of_what_had_come_is_none(tmp_path: Path, tables: dict[str, pa.Table]) -> None:
    rows = tables["validation"]
    late = rows.set_column(rows.column_names.index("origin"), "origin", pc.add(rows["origin"], 2))
    found, status = run(tmp_path, f"{COLUMNS}, metrics: {{mase: {{max: 2}}}}", {**tables, "validation": late})
    assert status == "error"
    assert "after the time that they forecast" in (found.error or "")


def test_an_interval_that_is_turned_round_has_no_width(tmp_path: Path, tables: dict[str, pa.Table]) -> None:
    found, status = run(tmp_path, f"{COLUMNS}, quantiles: {{high: 0.1, low: 0.9}}, interval_width: {{max: 9}}", tables)
    assert status == "error", found.measurements


def test_without_a_history_there_is_no_scale(tmp_path: Path, tables: dict[str, pa.Table]) -> None:
    found, status = run(tmp_path, f"{COLUMNS}, metrics: {{mase: {{max: 1}}}}", {"validation": tables["validation"]})
    assert status == "error"
    assert "name data.training" in found.missing[0].reason


def test_a_column_may_hold_the_scale(tmp_path: Path, tables: dict[str, pa.Table]) -> None:
    data = tables["validation"].append_column("mae", pa.array(np.full(tables["validation"].num_rows, 2.0)))
    found, _ = run(tmp_path, f"{COLUMNS}, scale: mae, metrics: {{mase: {{max: 9}}}}", {"validation": data})
    rows = data.to_pandas()
    assert value(found, "mase").value == pytest.approx((rows["y"] - rows["hw"]).abs().mean() / 2)
