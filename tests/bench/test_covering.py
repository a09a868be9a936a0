"""A short form of `make bench-coverage`: intervals hold the truth as often as they say, and wrong ones are seen."""

from collections.abc import Callable

import covering
import numpy as np
import pytest
from covering import Tally, study, truth_of, verdict
from populations import POPULATIONS

from lockgate.stats.chance.laws import normal_law, uncertainty
from lockgate.types import Uncertainty

SAMPLES = 150
POOL = 200_000


@pytest.mark.parametrize(
    ("title", "rows", "names"),
    [
        ("even, too sure", 300, {"recall", "f2", "mcc", "roc_auc", "log_loss", "expected_calibration_error"}),
        (
            "10 %, good",
            400,
            {"precision", "balanced_accuracy", "average_precision", "brier_score", "calibration_slope"},
        ),
        ("2 %, good", 1500, {"f1", "cohen_kappa", "roc_auc", "lift_at_10", "brier_skill_score"}),
        ("20 %, weighted", 400, {"recall", "f1", "mcc", "roc_auc", "calibration_bias"}),
        ("20 %, clusters of 10", 600, {"recall", "f1", "mcc", "roc_auc", "log_loss"}),
        ("5 uneven classes", 300, {"f1_macro", "balanced_accuracy", "mcc", "class_f1", "roc_auc_ovr"}),
        ("numbers, heavy errors", 200, {"mae", "rmse", "r2", "pearson", "median_absolute_error"}),
    ],
)
def test_intervals_hold_the_truth(title: str, rows: int, names: set[str]) -> None:
    truth = truth_of(POPULATIONS[title], names, POOL)
    found = study(POPULATIONS[title], truth, rows, SAMPLES, names=names)
    assert {shown.split()[0] for shown in found} == names
    for shown, tally in found.items():
        assert tally.intervals == tally.values, shown
        assert verdict(tally) != "too low", (shown, tally)
        assert tally.held >= 0.9 * tally.intervals, (shown, tally)


@pytest.mark.parametrize(
    ("width", "shift", "said"), [(1.0, 0.0, ""), (0.8, 0.0, "too low"), (1.0, 1.0, "too low"), (1.6, 0.0, "wide")]
)
def test_laws_that_are_too_narrow_shifted_or_wide_are_seen(
    width: float, shift: float, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(covering, "uncertainty_of", normal_laws(width, shift))
    names = {"mean_error"}
    truth = truth_of(POPULATIONS["numbers, normal errors"], names, POOL)
    tally = study(POPULATIONS["numbers, normal errors"], truth, 200, 1200, names=names)["mean_error"]
    assert verdict(tally) == said


def normal_laws(width: float, shift: float) -> Callable[..., Uncertainty]:
    """Laws of a mean of 200 errors of deviation 1/2, wrong by some deviations."""
    deviation = 0.5 / np.sqrt(200)

    def law(name: str, units: object, value: float, *, code: int | None) -> Uncertainty:
        return uncertainty("wrong", 200, normal_law(value + shift * deviation, width * deviation))

    return law


def test_a_tally_counts_only_samples_with_an_interval() -> None:
    assert Tally(values=10, intervals=8, under=1, over=2).held == 5


def test_a_law_that_few_samples_have_is_no_promise_broken_or_kept() -> None:
    assert verdict(Tally(values=2000, intervals=99, under=60)) == "seldom given"
    assert verdict(Tally(values=2000, intervals=100, under=60)) == "too low"
