"""Power: against the closed formulas, against statsmodels, and by simulation: what is promised is what happens."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.power import NormalIndPower

from lockgate.stats.chance.laws import law_by, normal_law
from lockgate.stats.chance.special import chi_squared_quantile, normal_quantile
from lockgate.stats.planning.power import CAUGHT, Aim, Question, smallest

AIM = Aim(confidence=0.95)


def no_worse(margin: float, deviation: float, rows: float = 1000) -> Question:
    law = normal_law(0.0, deviation)
    return Question(kind="no worse", margin=margin, deviation=deviation, rows=rows, null=law, fault="discordant")


def psi(limit: float, rows: float = 1000, reference: float | None = None, bins: int = 10) -> Question:
    """The PSI over some bins: (1/n + 1/m) · χ² of one degree of freedom less than there are bins."""
    unit = 1 / rows + (1 / reference if reference is not None else 0)
    null = law_by(lambda level: unit * chi_squared_quantile(level, bins - 1))
    deviation = unit * math.sqrt(2 * (bins - 1))
    bias = unit * (bins - 1)
    question = Question(kind="no drift", margin=limit, deviation=deviation, rows=rows, null=null, bias=bias)
    return replace(question, reference=reference, square=True, fault="square")


def times(question: Question, share: float = 0.01, aim: Aim = AIM) -> float:
    found = smallest(lambda times: aim.met(question, times, share), 1e-4, 1e6, precision=1e-6)
    assert found is not None
    return found


# --- formulas ---------------------------------------------------------------------------------------------------------


@given(
    margin=st.floats(1e-3, 0.5),
    deviation=st.floats(1e-3, 0.5),
    power=st.floats(0.5, 0.95, exclude_min=True),
    confidence=st.floats(0.8, 0.99),
)
def test_rows_of_no_worse_are_those_of_the_formula(
    margin: float, deviation: float, power: float, confidence: float
) -> None:
    question = replace(no_worse(margin, deviation), null=None, fault="shifted")
    aim = Aim(confidence=confidence, power=power, caught=power)
    z = normal_quantile(confidence) + normal_quantile(power)
    expected = (deviation / margin) ** 2 * z**2
    if 1e-4 < expected < 1e6:
        assert times(question, aim=aim) == pytest.approx(expected, rel=1e-4)


def test_rows_of_no_worse_are_those_of_statsmodels() -> None:
    """A paired difference is one sample: infinitely many rows on the other side."""
    question = replace(no_worse(0.01, 0.3 / math.sqrt(1000)), null=None, fault="shifted")
    expected = NormalIndPower(ddof=0).solve_power(
        effect_size=0.01 / 0.3, alpha=0.05, power=0.8, ratio=0, alternative="larger"
    )
    assert 1000 * times(question, aim=Aim(confidence=0.95, caught=0.8)) == pytest.approx(expected, rel=1e-4)


def test_an_absolute_limit_is_cleared_by_a_two_sided_interval() -> None:
    question = Question(kind="absolute", margin=0.02, deviation=0.01, rows=1000)
    expected = (0.01 / 0.02) ** 2 * (normal_quantile(0.975) + normal_quantile(0.8)) ** 2
    assert times(question) == pytest.approx(expected, rel=1e-4)


def test_a_gain_of_twice_the_limit_is_proven_with_the_power() -> None:
    question = replace(no_worse(0.02, 0.01), kind="a gain")
    found = times(question)
    proof = max(0.02, normal_quantile(0.95) * 0.01 / math.sqrt(found))
    assert 1 - stats.norm.cdf(proof, 0.04, 0.01 / math.sqrt(found)) == pytest.approx(0.8, abs=1e-4)


def test_a_slice_of_a_twentieth_needs_twenty_times_as_many() -> None:
    whole, part = no_worse(0.02, 0.01), no_worse(0.02, 0.01 * math.sqrt(20), rows=50)
    assert part.rows * times(part) == pytest.approx(whole.rows * times(whole), rel=1e-4)
    assert times(part) == pytest.approx(20 * times(whole), rel=1e-4)


def test_the_smaller_the_share_of_the_budget_the_more_rows_a_fault_needs() -> None:
    found = [times(no_worse(0.02, 0.01), share) for share in (1.0, 0.01, 1e-3, 1e-4, 1e-5)]
    assert found == sorted(found)
    assert found[-1] > found[0]


@pytest.mark.parametrize("bins", [2, 5, 10, 20])
@pytest.mark.parametrize("rows", [200, 1000, 50_000])
def test_a_psi_needs_as_many_rows_wherever_it_was_measured(bins: int, rows: int) -> None:
    """The law is of the rows that it was measured on; what is carried over to others must not depend on them."""
    assert rows * times(psi(0.1, rows, bins=bins)) == pytest.approx(1000 * times(psi(0.1, bins=bins)), rel=1e-3)


def test_chance_of_a_psi_is_that_of_its_chi_squared() -> None:
    question = psi(0.02, 1000, 5000)
    for factor in (0.2, 1.0, 3.0):
        unit = 1 / (1000 * factor) + 1 / 5000
        expected = stats.chi2.sf(0.02 / unit + 9, 9)
        assert question.chance(factor) == pytest.approx(expected, rel=0.05, abs=1e-6)


def test_a_reference_that_is_too_small_is_never_made_up_for() -> None:
    small, large = psi(0.02, 1000, reference=300), psi(0.02, 1000, reference=10_000)
    assert smallest(lambda t: AIM.met(small, t, 0.01), 1e-4, 1e6) is None
    assert smallest(lambda t: AIM.met(large, t, 0.01), 1e-4, 1e6) is not None
    assert smallest(lambda t: AIM.met(replace(small, grows=True), t, 0.01), 1e-4, 1e6) is not None


@given(st.floats(1e-3, 1e3), st.floats(1e-2, 1e5))
def test_the_search_finds_where_it_begins_to_hold(low: float, edge: float) -> None:
    found = smallest(lambda number: number >= edge, low, 1e6)
    assert found is not None
    assert max(low, edge) <= found <= max(low, edge) * 1.0011
    assert smallest(lambda number: number >= 2e6, low, 1e6) is None


# --- simulations ------------------------------------------------------------------------------------------------------

DRAWS = 4_000
NOISE = 3 * math.sqrt(0.8 * 0.2 / DRAWS)


@pytest.mark.parametrize(("discordance", "margin", "share"), [(0.1, 0.02, 0.01), (0.04, 0.01, 1e-3), (0.3, 0.05, 1e-4)])
def test_at_the_rows_asked_for_unchanged_models_are_decided_and_faults_are_caught(
    discordance: float, margin: float, share: float
) -> None:
    """Two models' hits, drawn row by row as counts of McNemar's table, judged as the policy is."""
    rng = np.random.default_rng(7)
    question = no_worse(margin, math.sqrt(discordance / 1000))
    rows = math.ceil(1000 * times(question, share))

    def judged(drop: float) -> tuple[float, float]:
        more = max(discordance, drop)
        lost = rng.binomial(rows, (more + drop) / 2, DRAWS)
        won = rng.binomial(rows - lost, (more - drop) / 2 / (1 - (more + drop) / 2))
        difference = (lost - won) / rows
        deviation = np.sqrt(((lost + won) / rows - difference**2) / rows)
        passed = difference + stats.norm.ppf(0.95) * deviation <= margin
        p_value = stats.binom.sf(lost - 1, lost + won, 0.5)
        return float(passed.mean()), float(((difference > margin) & (p_value <= share)).mean())

    passed, blocked = judged(0.0)
    assert passed >= 0.8 - NOISE
    assert passed <= 0.95  # not many more rows than it takes
    assert blocked <= share + 3 * math.sqrt(share / DRAWS)
    assert judged(2 * margin)[1] >= CAUGHT - 0.01


def test_half_of_the_rows_decide_too_few() -> None:
    """The simulation above can fail."""
    rng = np.random.default_rng(7)
    rows = math.ceil(1000 * times(no_worse(0.02, math.sqrt(0.1 / 1000))) / 2)
    lost = rng.binomial(rows, 0.05, DRAWS)
    won = rng.binomial(rows - lost, 0.05 / 0.95)
    bound = (lost - won) / rows + stats.norm.ppf(0.95) * np.sqrt((lost + won) / rows**2)
    assert float((bound <= 0.02).mean()) < 0.6


@pytest.mark.parametrize(("limit", "share"), [(0.1, 0.01), (0.02, 1e-3)])
def test_at_the_rows_asked_for_clean_data_are_no_drift_and_twice_the_limit_is(limit: float, share: float) -> None:
    rng = np.random.default_rng(3)
    reference = 20_000
    question = psi(limit, 1000, reference)
    rows = math.ceil(1000 * times(question, share))
    was = np.full(10, 0.1)
    moved = was * np.exp(_tilt(2 * limit) * np.linspace(-1, 1, 10))
    moved /= moved.sum()
    assert float(((moved - was) * np.log(moved / was)).sum()) == pytest.approx(2 * limit, rel=1e-6)
    unit = 1 / rows + 1 / reference
    null = unit * stats.chi2.ppf(1 - share, 9)

    def beyond(shares: np.ndarray) -> tuple[float, float]:
        r, d = (rng.multinomial(n, of, DRAWS) / n for n, of in ((reference, was), (rows, shares)))
        r, d = np.maximum(r, 1e-4), np.maximum(d, 1e-4)
        value = ((d - r) * np.log(d / r)).sum(axis=1)
        over = value - 9 * unit > limit
        return float(over.mean()), float((over & (value >= null)).mean())

    undecided, _ = beyond(was)
    assert undecided <= 0.2 + NOISE
    assert beyond(moved)[1] >= CAUGHT - 0.015


def _tilt(wanted: float) -> float:
    """How far ten even bins must be tilted exponentially for a PSI."""
    low, high = 0.0, 5.0
    was = np.full(10, 0.1)
    for _ in range(80):
        middle = (low + high) / 2
        moved = was * np.exp(middle * np.linspace(-1, 1, 10))
        moved /= moved.sum()
        low, high = (middle, high) if ((moved - was) * np.log(moved / was)).sum() < wanted else (low, middle)
    return high
