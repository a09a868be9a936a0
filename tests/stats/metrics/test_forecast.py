"""Losses of forecasts, on real series against Nixtla's utilsforecast, and against published formulas."""

import warnings

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from lockgate.stats.metrics.forecast import interval_score, naive_scales, pinball, root_of_windows, symmetric_errors

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its docstrings hold escapes that Python warns of
    from utilsforecast import losses

HORIZON = 12


def monthly() -> dict[str, np.ndarray]:
    """CO2 at Mauna Loa and the sea's temperature off Peru, by month."""
    co2 = sm.datasets.co2.load_pandas().data["co2"].resample("MS").mean().interpolate().to_numpy()
    sea = sm.datasets.elnino.load_pandas().data.drop(columns="YEAR").to_numpy().ravel()
    return {"co2": co2, "sea": sea}


@pytest.fixture(scope="module")
def frames() -> tuple[pd.DataFrame, pd.DataFrame]:
    """The history of both series, and their last year with last year's values and a flat forecast."""
    history, future = [], []
    for name, values in monthly().items():
        time = np.arange(len(values))
        history.append(pd.DataFrame({"unique_id": name, "ds": time, "y": values})[:-HORIZON])
        last, flat = values[-2 * HORIZON : -HORIZON], np.repeat(values[-HORIZON - 1], HORIZON)
        held = {"unique_id": name, "ds": time[-HORIZON:], "y": values[-HORIZON:], "naive": last, "flat": flat}
        future.append(pd.DataFrame({**held, "low": last - 1, "high": last + 1}))
    return pd.concat(history), pd.concat(future)


@pytest.mark.parametrize("season", [1, 12])
@pytest.mark.parametrize("model", ["naive", "flat"])
def test_scaled_errors_are_utilsforecasts(frames: tuple[pd.DataFrame, pd.DataFrame], season: int, model: str) -> None:
    history, future = frames
    code = (history["unique_id"] == "sea").to_numpy().astype(np.int64)
    shuffled = np.random.default_rng(1).permutation(len(history))
    mean, square = naive_scales(
        code[shuffled], history["ds"].to_numpy()[shuffled], history["y"].to_numpy()[shuffled], season
    )
    of = (future["unique_id"] == "sea").to_numpy().astype(np.int64)
    error = (future["y"] - future[model]).to_numpy()
    mase = np.bincount(of, np.abs(error) / mean[of]) / HORIZON
    theirs = losses.mase(future, [model], season, history).sort_values("unique_id")[model]
    np.testing.assert_allclose(mase, theirs, rtol=1e-12)
    theirs = losses.rmsse(future, [model], season, history).sort_values("unique_id")[model]
    np.testing.assert_allclose(root_of_windows(np.square(error) / square[of], of), theirs, rtol=1e-12)


def test_percentage_errors_and_quantiles_are_utilsforecasts(frames: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    _, future = frames
    co2 = future[future["unique_id"] == "co2"]
    actual, said = co2["y"].to_numpy(), co2["naive"].to_numpy()
    assert losses.smape(co2, ["naive"])["naive"].item() * 2 == pytest.approx(symmetric_errors(actual, said).mean())
    for level in (0.1, 0.5, 0.9):
        theirs = losses.quantile_loss(co2, {"low": "low"}, q=level)["low"].item()
        assert theirs == pytest.approx(pinball(actual, co2["low"].to_numpy(), level).mean())


def test_the_interval_score_is_made_of_the_two_pinball_losses() -> None:
    """Gneiting and Raftery 2007, section 6.2: S = 2 / (1 - share) times the sum of the losses of both ends."""
    rng = np.random.default_rng(2)
    actual, low = rng.normal(size=50), rng.normal(-1, 1, 50)
    high = low + rng.random(50)
    both = pinball(actual, low, 0.1) + pinball(actual, high, 0.9)
    np.testing.assert_allclose(interval_score(actual, low, high, 0.8), 2 / 0.2 * both)


def test_two_zeros_are_no_error_and_a_short_history_has_no_scale() -> None:
    assert symmetric_errors(np.array([0.0, 0.0]), np.array([0.0, 1.0])).tolist() == [0, 2]
    mean, _ = naive_scales(np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([1.0, 4.0, 9.0]), 1)
    assert mean[0] == 3
    assert np.isnan(mean[1])
