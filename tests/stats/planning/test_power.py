"""Power: against the closed formulas, against statsmodels, and by simulation: what is promised is what happens."""

import math
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.power import NormalIndPower

from lockgate.stats.chance.laws import law_by, normal_law
from lockgate.stats.chance.special import chi_squared_quantile, normal_quantile
from lockgate.stats.planning.power import CAUGHT, Aim, Question, smallest

Floats = NDArray[np.float64]
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
    """Two models' hits, drawn row by row as counts of McNemar's table, judged as the policy is.

    A fault is that more rows go wrong, beside those on which the models differ anyway.
    """
    rng = np.random.default_rng(7)
    question = no_worse(margin, math.sqrt(discordance / 1000))
    rows = math.ceil(1000 * times(question, share))

    def judged(drop: float) -> tuple[float, float]:
        lost = rng.binomial(rows, discordance / 2 + drop, DRAWS)
        won = rng.binomial(rows - lost, discordance / 2 / (1 - discordance / 2 - drop))
        difference = (lost - won) / rows
        deviation = np.sqrt(((lost + won) / rows - difference**2) / rows)
        passed = difference + stats.norm.ppf(0.95) * deviation <= margin
        p_value = stats.binom.sf(lost - 1, lost + won, 0.5)
        return float(passed.mean()), float(((difference > margin) & (p_value <= share)).mean())

    passed, blocked = judged(0.0)
    caught = judged(2 * margin)[1]
    assert passed >= 0.8 - NOISE
    assert blocked <= share + 3 * math.sqrt(share / DRAWS)
    assert caught >= CAUGHT - 0.01
    assert passed <= 0.8 + NOISE or caught <= CAUGHT + 0.01  # no more rows than it takes


def test_half_of_the_rows_decide_too_few() -> None:
    """The simulation above can fail."""
    rng = np.random.default_rng(7)
    rows = math.ceil(1000 * times(no_worse(0.02, math.sqrt(0.1 / 1000))) / 2)
    lost = rng.binomial(rows, 0.05, DRAWS)
    won = rng.binomial(rows - lost, 0.05 / 0.95)
    bound = (lost - won) / rows + stats.norm.ppf(0.95) * np.sqrt((lost + won) / rows**2)
    assert float((bound <= 0.02).mean()) < 0.6


@pytest.mark.parametrize("moved", [0, 1])
@pytest.mark.parametrize(
    ("fault", "base", "limit", "smallest"),
    [
        ("gap", 0.05, 0.1, 0.3),
        ("gap", 0.97, 0.05, 0.2),
        ("gap", 0.5, 0.1, 0.5),
        ("ratio", 0.1, 0.2, 0.3),
        ("ratio", 0.6, 0.2, 0.1),
        ("ratio", 0.3, 0.2, 0.3),
    ],
)
def test_at_the_rows_asked_for_groups_that_are_treated_otherwise_are_caught(
    fault: Literal["gap", "ratio"], base: float, limit: float, smallest: float, moved: int
) -> None:
    """Two groups' shares, one of which moves, judged by the law of the pooled share."""
    share, parts = 0.01, np.array([smallest, 1 - smallest])
    noise = 1 / parts.prod()

    def varies(pooled: float | Floats) -> Any:
        return (pooled * (1 - pooled) if fault == "gap" else (1 - pooled) / pooled) * noise

    null = law_by(lambda level: math.sqrt(varies(base) / 1000) * normal_quantile((1 + level) / 2))
    deviation = math.sqrt(varies(base) / 1000)
    question = Question(kind="no drift", margin=limit, deviation=deviation, rows=1000, null=null, fault=fault)
    question = replace(question, base=base, smallest=smallest)
    counts = np.rint(1000 * times(question, share) * parts)
    rng = np.random.default_rng(5)

    def judged(rates: list[float]) -> tuple[float, float]:
        hits = rng.binomial(counts.astype(int), rates, (DRAWS, 2))
        rates_seen = hits / counts
        apart = np.ptp(rates_seen, axis=1)
        value = apart if fault == "gap" else apart / rates_seen.max(axis=1)
        explained = stats.norm.isf(share / 2) * np.sqrt(varies(hits.sum(axis=1) / counts.sum()) / counts.sum())
        return float((value > limit).mean()), float(((value > limit) & (value >= explained)).mean())

    at_fault = base * (1 - 2 * limit) if fault == "ratio" else base + 2 * limit * (1 if base < 0.5 else -1)
    assert judged([base, base])[0] <= 0.2 + NOISE
    assert judged([at_fault if place == moved else base for place in range(2)])[1] >= CAUGHT - 0.02


@pytest.mark.parametrize(("base", "limit", "reference"), [(0.05, 0.05, 4_000), (0.4, 0.05, 2_000), (0.01, 0.03, 500)])
def test_at_the_rows_asked_for_a_share_that_moves_from_the_references_is_caught(
    base: float, limit: float, reference: int
) -> None:
    share, unit = 0.01, 1 / 1000 + 1 / reference
    deviation = math.sqrt(base * (1 - base) * unit)
    null = law_by(lambda level: deviation * normal_quantile((1 + level) / 2))
    question = Question(kind="no drift", margin=limit, deviation=deviation, rows=1000, null=null, fault="gap")
    question = replace(question, base=base, reference=float(reference))
    rows = math.ceil(1000 * times(question, share))
    rng = np.random.default_rng(5)

    def caught(rate: float) -> tuple[float, float]:
        hits = rng.binomial([rows, reference], [rate, base], (DRAWS, 2))
        value, pooled = np.abs(hits[:, 0] / rows - hits[:, 1] / reference), hits.sum(axis=1) / (rows + reference)
        explained = stats.norm.isf(share / 2) * np.sqrt(pooled * (1 - pooled) * (1 / rows + 1 / reference))
        return float((value > limit).mean()), float(((value > limit) & (value >= explained)).mean())

    assert caught(base)[0] <= 0.2 + NOISE
    assert caught(base + 2 * limit)[1] >= CAUGHT - 0.015
    assert caught(base + 2 * limit)[1] <= CAUGHT + 0.012  # no more rows than it takes


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
