"""Tables of several classes: the drawn swap against the enumerated one, one class against all; joined bounds."""

import numpy as np
import pytest
from numpy.typing import NDArray

from lockgate.law import deviation, quantile
from lockgate.stats.chance.laws import SCORES, normal_law
from lockgate.stats.metrics import confusion
from lockgate.stats.metrics.multiclass import METRICS, MulticlassSample, multiclass_sample
from lockgate.stats.paired.binary import share_null
from lockgate.stats.paired.classes import DRAWN, ClassJoint, class_joint, classes_compared
from lockgate.stats.paired.compare import compare
from lockgate.stats.paired.mover import apart, joined_law
from lockgate.stats.paired.sample import Pairs
from lockgate.stats.paired.shares import discordance_of
from lockgate.stats.paired.swap import grid, swapped
from lockgate.stats.undefined import Undefined
from lockgate.types import Difference

Codes = NDArray[np.int64]


def three(rng: np.random.Generator, rows: int, classes: int, right: float = 0.7) -> tuple[Codes, Codes, Codes]:
    """Labels and two models' predictions that err together."""
    label = rng.choice(classes, rows, p=np.arange(classes, 0, -1) / np.arange(1, classes + 1).sum())
    wrong = rng.integers(0, classes, rows)
    hard = rng.random(rows)
    said = [np.where(hard + rng.normal(0, 0.15, rows) < right, label, wrong) for _ in range(2)]
    return label, said[0], said[1]


def pairs_of(label: Codes, new: Codes, old: Codes, classes: int) -> Pairs:
    one, other = (multiclass_sample(label, said, classes) for said in (new, old))
    return Pairs(candidate=one, champion=other, match=None, seed=7)


def difference(name: str, pairs: Pairs) -> Difference:
    assert isinstance(pairs.candidate, MulticlassSample)
    assert isinstance(pairs.champion, MulticlassSample)
    return compare(name, pairs, METRICS[name](pairs.candidate), METRICS[name](pairs.champion)).difference


@pytest.mark.parametrize("name", sorted(DRAWN))
def test_many_tables_have_the_metrics_of_each(name: str) -> None:
    tables = np.random.default_rng(3).integers(0, 6, (80, 4, 4)).astype(np.float64)
    tables[:10, 2] = 0
    tables[5:15, :, 2] = 0
    tables[15:18, 1:] = 0
    expected = []
    for table in tables:
        try:
            expected.append(confusion.MULTICLASS[name](table))
        except Undefined:
            expected.append(np.nan)
    with np.errstate(all="ignore"):
        assert DRAWN[name](tables) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("classes", [4, 101])
def test_the_joint_counts_are_those_of_the_rows(classes: int) -> None:
    label, new, old = three(np.random.default_rng(1), 500, classes)
    joint = class_joint(label, new, old, classes=classes, seed=7)
    whole = np.zeros((classes,) * 3)
    np.add.at(whole, (label, new, old), 1)
    assert whole[joint.label, joint.candidate, joint.champion].tolist() == joint.counts.tolist()
    assert joint.rows == 500
    own = joint.against_rest(1).counts
    assert own[1, 1, 0] == np.count_nonzero((label == 1) & (new == 1) & (old != 1))


def test_with_two_classes_the_drawn_swap_is_the_exact_one() -> None:
    label, new, old = three(np.random.default_rng(2), 400, 2)
    joint = class_joint(label, new, old, classes=2, seed=7)
    tables = [confusion.confusion(label, said, 2) for said in (new, old)]
    value = confusion.mcc(tables[0]) - confusion.mcc(tables[1])
    _, drawn = classes_compared("mcc", joint, Difference(scale="difference", value=value))
    exact = swapped("mcc", grid(joint.against_rest(1).counts), value, log_ratio=False)
    assert drawn is not None
    assert exact is not None
    assert drawn.above == pytest.approx(exact.above, abs=0.03)
    assert deviation(drawn.law) == pytest.approx(deviation(exact.law), rel=0.06)


def test_swaps_of_rows_are_swaps_of_counts() -> None:
    """The law of the drawn tables against models swapped row by row."""
    rng = np.random.default_rng(4)
    label, new, old = three(rng, 300, 4)
    found = difference("f1_macro", pairs_of(label, new, old, 4))
    drawn = []
    for _ in range(2_000):
        turn = rng.random(300) < 0.5
        tables = (confusion.confusion(label, np.where(turn, *said), 4) for said in ((new, old), (old, new)))
        one, other = (confusion.MULTICLASS["f1_macro"](table) for table in tables)
        drawn.append(one - other)
    assert found.null is not None
    assert deviation(found.null.law) == pytest.approx(np.std(drawn), rel=0.08)
    assert found.null.below == pytest.approx(np.mean(np.array(drawn) <= found.value), abs=0.05)


def test_right_rows_are_compared_exactly() -> None:
    label, new, old = three(np.random.default_rng(5), 300, 5)
    pairs = pairs_of(label, new, old, 5)
    exact = share_null(discordance_of(new == label, old == label))
    for name in ("accuracy", "f1_micro", "recall_weighted"):
        null = difference(name, pairs).null
        assert null is not None
        assert (null.below, null.above) == (exact.below, exact.above)


def test_one_class_against_the_rest_is_binary() -> None:
    label, new, old = three(np.random.default_rng(6), 300, 3)
    pairs = pairs_of(label, new, old, 3)
    exact = share_null(discordance_of((new == 1)[label == 1], (old == 1)[label == 1]))
    recalls = [float(np.mean(said[label == 1] == 1)) for said in (new, old)]
    found = compare("class_recall", pairs, recalls[0], recalls[1], code=1).difference
    assert found.null is not None
    assert found.null.above == pytest.approx(exact.above)


def test_models_that_never_disagreed_may_still_differ() -> None:
    label, new, _ = three(np.random.default_rng(7), 400, 3)
    for name in sorted(DRAWN):
        found = difference(name, pairs_of(label, new, new, 3))
        assert found.null is not None
        assert found.uncertainty is not None
        assert (found.null.below, found.null.above) == (1, 1)
        assert quantile(found.uncertainty.law, 0.05) < 0 < quantile(found.uncertainty.law, 0.95), name


def test_the_bound_of_macro_f1_holds_when_nothing_changed() -> None:
    rng = np.random.default_rng(8)
    held = found = 0
    for _ in range(100):
        said = difference("f1_macro", pairs_of(*three(rng, 250, 4), 4))
        assert said.uncertainty is not None
        assert said.null is not None
        held += quantile(said.uncertainty.law, 0.05) <= 0
        found += said.null.below <= 0.05
    assert held / 100 >= 0.88
    assert found / 100 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 100)


def test_many_classes_cost_little() -> None:
    joint: ClassJoint = class_joint(*three(np.random.default_rng(9), 20_000, 60), classes=60, seed=7)
    known, null = classes_compared("f1_macro", joint, Difference(scale="difference", value=0.001))
    assert known is not None
    assert null is not None
    assert 0 < null.above < 1


# --- joined bounds ----------------------------------------------------------------------------------------------------


def test_bounds_of_normal_laws_are_joined_to_the_normal_law_of_the_difference() -> None:
    one, other = normal_law(0.8, 0.03), normal_law(0.7, 0.04)
    distances = [apart(np.array(law.quantiles), middle) for law, middle in ((one, 0.8), (other, 0.7))]
    joined = joined_law(0.1, distances[0], distances[1], 0.5)
    spread = np.sqrt(0.03**2 + 0.04**2 - 2 * 0.5 * 0.03 * 0.04)
    assert joined.quantiles == pytest.approx(normal_law(0.1, float(spread)).quantiles)


def test_joined_bounds_are_newcombes_where_the_laws_are_wilsons() -> None:
    """Newcombe (1998), Statistics in Medicine 17, 873–890, method 10 for two samples: 56/70 - 48/80."""

    def wilson(share: float, rows: int) -> NDArray[np.float64]:
        spread = np.sqrt(share * (1 - share) / rows + SCORES**2 / (4 * rows**2))
        found: NDArray[np.float64] = (share + SCORES**2 / (2 * rows) + SCORES * spread) / (1 + SCORES**2 / rows)
        return found

    laws = [apart(wilson(share, rows), share) for share, rows in ((0.8, 70), (0.6, 80))]
    law = joined_law(0.2, laws[0], laws[1], 0.0)
    assert (quantile(law, 0.025), quantile(law, 0.975)) == pytest.approx((0.0524, 0.3339), abs=1e-4)
