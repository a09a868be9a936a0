"""What the candidate must hold against the champion: margins that fit the rows, and ratios that fit the spread."""

import math
from decimal import Decimal

import numpy as np
import pytest

from lockgate.init.propose import allowed_drop, allowed_loss, champion_part


@pytest.mark.parametrize(
    ("rows", "drop"), [(50, "0.05"), (1_999, "0.05"), (2_000, "0.02"), (9_999, "0.02"), (10_000, "0.01")]
)
def test_a_drop_is_the_smaller_the_more_rows_there_are(rows: int, drop: str) -> None:
    assert allowed_drop(rows) == drop
    part = champion_part("binary", ("f1", "roc_auc", "log_loss"), rows)
    assert [(limit.metric, limit.bound, limit.limit) for limit in part.limits] == [
        ("f1", "max_drop", drop),
        ("roc_auc", "max_drop", drop),
    ]


@pytest.mark.parametrize(
    ("spread", "ratio"), [(0.0, "1.01"), (0.005, "1.01"), (0.008, "1.02"), (0.02, "1.05"), (0.1, "1.2")]
)
def test_an_error_may_grow_as_far_as_the_rows_cannot_tell(spread: float, ratio: str) -> None:
    part = champion_part("regression", ("mae", "rmse", "r2"), 10_000, {"mae": spread})
    assert [(limit.metric, limit.bound, limit.limit) for limit in part.limits] == [
        ("mae", "max_ratio", ratio),
        ("rmse", "max_ratio", "1.01"),
    ]


@pytest.mark.parametrize("rows", [150, 2_000])
def test_four_of_five_equally_good_models_are_decided_at_that_ratio(rows: int) -> None:
    """Pairs of models whose absolute errors are as little alike as is reckoned with."""
    rng = np.random.default_rng(1)
    common, *own = (rng.exponential(size=(2_000, rows)) for _ in range(3))
    one, other = (np.where(rng.random(common.shape) < math.sqrt(0.8), common, each) for each in own)
    assert np.corrcoef(one.ravel(), other.ravel())[0, 1] == pytest.approx(0.8, abs=0.01)
    spread = float(one.std(axis=1).mean()) / math.sqrt(rows)
    ratio = float(1 + allowed_loss(allowed_drop(rows), spread))
    means = one.mean(axis=1), other.mean(axis=1)
    deviation = np.sqrt(((one / means[0][:, None] - other / means[1][:, None]) ** 2).mean(axis=1) / rows)
    decided = np.log(means[1] / means[0]) + 1.645 * deviation <= math.log(ratio)
    assert decided.mean() >= 0.8


def test_a_margin_is_a_round_number() -> None:
    assert {allowed_loss("0.01", spread / 1000) for spread in range(1, 200)} == {
        Decimal(text) for text in ("0.01", "0.02", "0.05", "0.1", "0.2", "0.5")
    }
