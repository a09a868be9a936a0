"""The exact swap of both models' predictions, held against enumeration row by row, and the draws of the truth."""

from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from lockgate.law import above, quantile
from lockgate.stats.metrics import confusion
from lockgate.stats.paired.binary import Joint, share_null, table_compared
from lockgate.stats.paired.joint import joint_draws, joint_law
from lockgate.stats.paired.rates import Cells, rates
from lockgate.stats.paired.shares import Discordance
from lockgate.stats.paired.swap import grid, swapped
from lockgate.stats.undefined import Undefined
from lockgate.types import LEVELS, Difference

Counts = NDArray[np.float64]
OTHERS = ("precision", "negative_predictive_value", "f1", "f2", "mcc", "cohen_kappa", "balanced_accuracy")


def counts(*cells: int) -> Counts:
    """Label × candidate × champion."""
    return np.array(cells, dtype=np.float64).reshape(2, 2, 2)


def value(name: str, table: Counts) -> float:
    try:
        return confusion.BINARY[name](table)
    except Undefined:
        return float("nan")


def difference(name: str, joint: Counts) -> Difference:
    return Difference(scale="difference", value=value(name, joint.sum(axis=2)) - value(name, joint.sum(axis=1)))


def by_rows(name: str, joint: Counts) -> NDArray[np.float64]:
    """The metric's difference for each of the 2^discordant ways of swapping the models row by row."""
    rows = [place for place in np.ndindex(2, 2, 2) for _ in range(int(joint[place]))]
    discordant = [i for i, (_, new, old) in enumerate(rows) if new != old]
    found = []
    for flips in product((False, True), repeat=len(discordant)):
        tables = np.zeros((2, 2, 2))
        turned = dict(zip(discordant, flips, strict=True))
        for i, (label, new, old) in enumerate(rows):
            said = (old, new) if turned.get(i, False) else (new, old)
            tables[0, label, said[0]] += 1
            tables[1, label, said[1]] += 1
        found.append(value(name, tables[0]) - value(name, tables[1]))
    return np.array(found)


@pytest.mark.parametrize("name", sorted(confusion.BINARY))
def test_rates_are_the_metrics_of_the_table(name: str) -> None:
    tables = np.random.default_rng(1).integers(0, 9, size=(60, 2, 2)).astype(np.float64)
    tables[:4, :, 1] = 0
    tables[4:8, 1] = 0
    cells = Cells(tn=tables[:, 0, 0], fp=tables[:, 0, 1], fn=tables[:, 1, 0], tp=tables[:, 1, 1])
    assert rates(name, cells) == pytest.approx([value(name, table) for table in tables], nan_ok=True)


@pytest.mark.parametrize("joint", [counts(5, 2, 1, 3, 4, 3, 2, 6), counts(9, 0, 4, 1, 1, 1, 3, 0)])
@pytest.mark.parametrize("name", sorted(confusion.BINARY))
def test_the_swap_is_the_enumeration_of_all_rows(name: str, joint: Counts) -> None:
    measured = difference(name, joint)
    null = table_compared(name, Joint(counts=joint, seed=7), measured)[1]
    assert null is not None
    values = by_rows(name, joint)
    assert null.above == pytest.approx(np.mean(values >= measured.value - 1e-12))
    assert null.below == pytest.approx(np.mean(values <= measured.value + 1e-12))
    assert null.mean == pytest.approx(values.mean(), abs=1e-12)
    law = [np.quantile(values, level, method="inverted_cdf") for level in LEVELS]
    assert null.law.quantiles == pytest.approx(law)


def test_a_swap_without_a_value_counts_as_extreme() -> None:
    joint = counts(8, 0, 2, 0, 3, 1, 2, 0)  # nobody is found by both: one model may be left without a positive
    values = by_rows("precision", joint)
    measured = difference("precision", joint)
    null = swapped("precision", grid(joint), measured.value, log_ratio=False)
    assert null is not None
    lost = np.mean(np.isnan(values))
    assert lost > 0
    assert null.above == pytest.approx(np.mean(values >= measured.value - 1e-12) + lost)


@pytest.mark.parametrize("name", OTHERS)
def test_blocks_of_swaps_are_as_good_as_all(name: str) -> None:
    joint = counts(20_000, 700, 640, 900, 400, 1_000, 1_080, 5_000)
    over = grid(joint)
    assert not over.exact
    measured = difference(name, joint)
    null = swapped(name, over, measured.value, log_ratio=False)
    assert null is not None
    assert null.method == "swap-lattice"
    rng = np.random.default_rng(3)
    new = rng.binomial([1_340, 2_080], 0.5, size=(400_000, 2)).astype(np.float64)
    drawn = _of(name, new) - _of(name, [1_340, 2_080] - new)
    for held, chance in (
        (null.above, np.mean(drawn >= measured.value)),
        (null.below, np.mean(drawn <= measured.value)),
    ):
        assert held == pytest.approx(chance, rel=0.01, abs=0.002)
    spread = drawn.std()
    for level in (0.01, 0.1, 0.75, 0.99):
        assert quantile(null.law, level) == pytest.approx(np.quantile(drawn, level), abs=0.03 * spread)


def _of(name: str, said: NDArray[np.float64]) -> NDArray[np.float64]:
    fp, tp = said[:, 0] + 900, said[:, 1] + 5_000
    return rates(name, Cells(tn=22_240 - fp, fp=fp, fn=7_480 - tp, tp=tp))


def test_blocks_hold_far_into_the_tail() -> None:
    """Recall depends on one axis alone: the blocks against McNemar's exact test."""
    joint = counts(9_000, 700, 700, 900, 400, 1_100, 1_300, 5_000)
    lattice = swapped("recall", grid(joint), 200 / 7_800, log_ratio=False)
    exact = share_null(Discordance(both=5_000, candidate=1_300, champion=1_100, neither=400))
    assert lattice is not None
    assert exact.above < 3e-5
    assert lattice.above == pytest.approx(exact.above, rel=0.05)
    assert lattice.below == pytest.approx(1 - exact.above, abs=1e-5)


def test_identical_models_differ_by_nothing_and_may_truly_differ_by_little() -> None:
    for name in sorted(confusion.BINARY):
        joint = Joint(counts=counts(600, 0, 0, 50, 50, 0, 0, 300), seed=7)
        known, null = table_compared(name, joint, Difference(scale="difference", value=0.0))
        assert known is not None
        assert null is not None
        assert (null.below, null.above, null.mean) == (1.0, 1.0, 0.0)
        assert set(null.law.quantiles) == {0.0}
        if name != "prevalence":
            assert quantile(known.law, 0.05) < 0 < quantile(known.law, 0.95)
    # No row is lost of 350 positives, and none is falsely accepted: the rule of three, carried to the precision.
    precision = joint_law("precision", joint_draws(joint.counts, 7), log_ratio=False)
    assert precision is not None
    assert quantile(precision, 0.05) < -0.9 * 3 * 300 / 350**2 / 1.2


@pytest.mark.parametrize("joint", [counts(0, 0, 0, 0, 2, 1, 1, 1), counts(3, 0, 0, 0, 0, 0, 0, 2)])
def test_five_rows_and_one_class_are_no_crash(joint: Counts) -> None:
    for name in sorted(confusion.BINARY):
        measured = difference(name, joint)
        if np.isnan(measured.value):
            continue
        known, null = table_compared(name, Joint(counts=joint, seed=7), measured)
        assert null is not None
        assert min(null.below, null.above) > 0
        assert known is None or np.isfinite(known.law.quantiles).all()


def test_all_rows_discordant() -> None:
    joint = counts(0, 0, 40, 0, 0, 0, 60, 0)  # the candidate always says "positive", the champion never
    known, null = table_compared("accuracy", Joint(counts=joint, seed=7), difference("accuracy", joint))
    assert known is not None
    assert null is not None
    assert null.above == pytest.approx(stats.binomtest(60, 100, alternative="greater").pvalue)
    assert quantile(known.law, 0.025) == pytest.approx(0.2, abs=0.2)


@pytest.mark.parametrize("name", ["f1", "mcc", "precision", "balanced_accuracy"])
def test_p_values_are_uniform_at_most_when_nothing_changed(name: str) -> None:
    rng = np.random.default_rng(11)
    shares = np.array([0.6, 0.04, 0.04, 0.04, 0.05, 0.05, 0.05, 0.13])  # exchangeable given the label
    found = []
    for _ in range(1_500):
        joint = rng.multinomial(150, shares).reshape(2, 2, 2).astype(np.float64)
        measured = difference(name, joint)
        null = None if np.isnan(measured.value) else swapped(name, grid(joint), measured.value, log_ratio=False)
        if null is not None:
            found.append((null.below, null.above))
    for level in (0.05, 0.01):
        noise = 3 * np.sqrt(level * (1 - level) / len(found))
        share = np.mean(np.array(found) <= level, axis=0)
        assert share.max() <= level + noise
        assert share.min() >= level / 4  # and the test is not empty


def test_the_bound_of_the_worsening_holds_at_the_margin() -> None:
    """The candidate is worse by a margin: in 95 of 100 samples the bound says that it may be."""
    rng = np.random.default_rng(5)
    shares = np.array([0.6, 0.03, 0.05, 0.02, 0.03, 0.06, 0.03, 0.18])
    names, samples = ("f1", "precision", "negative_predictive_value"), 250
    truth = np.array([difference(name, shares.reshape(2, 2, 2)).value for name in names])
    assert truth.max() < -0.02
    held = np.zeros((2, len(names)))
    for seed in range(samples):
        draws = joint_draws(rng.multinomial(300, shares).reshape(2, 2, 2).astype(np.float64), seed)
        laws = [joint_law(name, draws, log_ratio=False) for name in names]
        ends = np.array([[quantile(law, level) for law in laws if law is not None] for level in (0.05, 0.95)])
        held += [ends[0] <= truth, ends[1] >= truth]
    assert held.min() / samples >= 0.95 - 0.03
    assert held.max() / samples <= 0.99


def test_the_log_ratio_has_a_law_of_its_own() -> None:
    joint = counts(600, 30, 50, 20, 40, 60, 90, 200)
    new, old = value("f1", joint.sum(axis=2)), value("f1", joint.sum(axis=1))
    scale = Difference(scale="log_ratio", value=float(np.log(new / old)))
    known, null = table_compared("f1", Joint(counts=joint, seed=7), scale)
    assert known is not None
    assert null is not None
    assert quantile(known.law, 0.5) == pytest.approx(scale.value, abs=0.01)
    same = swapped("f1", grid(joint), new - old, log_ratio=False)
    assert same is not None
    assert null.above == pytest.approx(same.above, rel=0.05)
    assert above(null.law, scale.value) == pytest.approx(null.above, rel=0.1)
