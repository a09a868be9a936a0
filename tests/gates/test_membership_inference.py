"""The gate `membership_inference`: its numbers against scikit-learn, its intervals against simulation."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import roc_auc_score
from tests.gates.frames import binary

from lockgate.evidence.resolve import open_source
from lockgate.evidence.view import Evidence, Frame, Predictions
from lockgate.gates.membership_inference import MembershipInference, Settings
from lockgate.stats.membership import advantage, losses
from lockgate.types import LEVELS, Measurement, Missing


def said(frame: Frame, training: Frame | None) -> dict[str, Measurement | Missing]:
    """What the gate says, by metric."""
    data, other = (open_source(pa.table({"x": [number]}), base=Path(), role="validation") for number in (1, 2))
    seen = Evidence(
        task=frame.task, data=data, frame=frame, training=None if training is None else other, training_frame=training
    )
    return {entry.metric: entry for entry in MembershipInference().measure(Settings(), seen)}


def model(rows: int, sure: float, seed: int) -> Frame:
    """A binary model whose probability of the right class is about `sure`."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, rows)
    right = rng.beta(10 * sure, 10 * (1 - sure), rows)
    score = np.where(label == 1, right, 1 - right)
    return binary(label.tolist(), (score > 0.5).astype(int).tolist(), score.tolist())


def test_the_area_is_scikit_learns_and_the_advantage_that_of_a_loop() -> None:
    others, members = model(600, 0.7, 1), model(400, 0.85, 2)
    found = said(others, members)
    held = []
    for frame in (members, others):
        assert frame.candidate is not None
        assert frame.candidate.score is not None
        held.append(-np.log(np.where(frame.label == 1, frame.candidate.score, 1 - frame.candidate.score)))
    area, gained = found["membership_auc"], found["membership_advantage"]
    assert isinstance(area, Measurement)
    assert isinstance(gained, Measurement)
    assert area.value == pytest.approx(roc_auc_score([1] * 400 + [0] * 600, -np.concatenate(held)))
    threshold = held[0].mean()
    assert gained.value == pytest.approx((held[0] <= threshold).mean() - (held[1] <= threshold).mean())
    assert area.value > 0.6
    assert gained.value > 0.2
    for each in (area, gained):
        assert each.uncertainty is not None
        low, high = (each.uncertainty.law.quantiles[LEVELS.index(level)] for level in (0.025, 0.975))
        assert low < each.value < high


@pytest.mark.parametrize(("members", "others"), [(2, 400), (400, 3)])
def test_a_few_rows_of_either_kind_tell_nothing(members: int, others: int) -> None:
    for entry in said(model(others, 0.7, 1), model(members, 0.7, 2)).values():
        assert isinstance(entry, Missing)
        assert "data.min_rows is 30" in entry.reason


@pytest.mark.parametrize(("members", "others"), [(60, 60), (400, 150)])
def test_the_interval_of_the_advantage_holds_the_truth(members: int, others: int) -> None:
    """Losses are exponential, of mean 1 for the one and 1.5 for the others, so that the truth at the mean is known."""
    rng = np.random.default_rng(8)
    low, high = LEVELS.index(0.025), LEVELS.index(0.975)
    truth = (1 - np.exp(-1)) - (1 - np.exp(-1 / 1.5))
    held = 0
    for _ in range(400):
        found = advantage(rng.exponential(1, members), rng.exponential(1.5, others))
        held += found.quantiles[low] <= truth <= found.quantiles[high]
    assert held / 400 > 0.925


def test_a_model_that_tells_nothing_gives_no_advantage() -> None:
    found = said(model(3_000, 0.8, 3), model(3_000, 0.8, 4))
    area, gained = found["membership_auc"], found["membership_advantage"]
    assert isinstance(area, Measurement)
    assert isinstance(gained, Measurement)
    assert abs(area.value - 0.5) < 0.03
    assert abs(gained.value) < 0.05


def test_losses_of_every_task() -> None:
    label, prediction = np.array([0.0, 1.0]), np.array([0.5, 3.0])
    assert losses(label, prediction, None, positive=None, numbers=True).tolist() == [0.25, 4.0]
    assert losses(label, np.array([0.0, 0.0]), None, positive=1, numbers=False).tolist() == [0.0, 1.0]
    score = np.array([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]])
    assert losses(label, label, score, positive=None, numbers=False) == pytest.approx(-np.log([0.5, 0.8]))


def test_without_training_data_there_is_a_reason() -> None:
    found = said(model(50, 0.8, 1), None)["membership_auc"]
    assert isinstance(found, Missing)
    assert "data.training" in found.reason


def test_rows_that_belong_together_have_no_interval() -> None:
    frame = model(50, 0.8, 1)
    clustered = Frame(
        task="binary",
        label=frame.label,
        classes=(0, 1),
        positive=1,
        candidate=Predictions(prediction=np.zeros(50, np.int64)),
        cluster=np.arange(50) // 2,
    )
    found = said(clustered, frame)["membership_advantage"]
    assert isinstance(found, Measurement)
    assert found.uncertainty is None
