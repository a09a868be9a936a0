"""McNemar's exact test and Tango's limits."""

import numpy as np
import pytest
from scipy import stats

from lockgate.law import quantile
from lockgate.stats.paired.binary import share_null
from lockgate.stats.paired.shares import Discordance, discordance_of, even_binomial, tango_law
from lockgate.types import LEVELS


def pairs(won: int, lost: int, rows: int) -> Discordance:
    return Discordance(both=rows - won - lost, candidate=won, champion=lost, neither=0)


@pytest.mark.parametrize("trials", [0, 1, 2, 7, 100, 1001, 10**6])
def test_the_even_binomial_is_scipys(trials: int) -> None:
    values, chances = even_binomial(trials)
    assert chances == pytest.approx(stats.binom.pmf(values, trials, 0.5), rel=1e-9)
    assert np.array_equal(values, trials - values[::-1])


@pytest.mark.parametrize(("won", "lost"), [(0, 0), (1, 0), (0, 1), (5, 12), (12, 5), (30, 30), (25, 6), (400, 510)])
def test_the_null_is_mcnemars_exact_test(won: int, lost: int) -> None:
    null = share_null(pairs(won, lost, 2_000))
    below, above = (
        stats.binomtest(won, won + lost, alternative=side).pvalue if won + lost else 1.0 for side in ("less", "greater")
    )
    assert (null.below, null.above) == pytest.approx((below, above), rel=1e-9)
    law = [(2 * stats.binom.ppf(level, won + lost, 0.5) - won - lost) / 2_000 for level in LEVELS]
    assert null.law.quantiles[1:-1] == pytest.approx(law[1:-1])
    farther = law[-1] + 2 / 2_000  # one row, where the outermost levels are one value and more than 0.00005 lies beyond
    assert any(null.law.quantiles[-1] == pytest.approx(end) for end in (law[-1], farther))
    assert null.law.quantiles[-1] == -null.law.quantiles[0]


def test_the_two_sided_p_is_that_of_statsmodels() -> None:
    for counts, p_value in (((101, 121, 59, 33), 4.4344492637551645e-06), ((10, 25, 6, 9), 0.0008779102936387062)):
        both, won, lost, neither = counts  # mcnemar([[both, won], [lost, neither]], exact=True).pvalue of 0.14.5
        null = share_null(Discordance(both=both, candidate=won, champion=lost, neither=neither))
        assert 2 * min(null.below, null.above) == pytest.approx(p_value, rel=1e-9)


@pytest.mark.parametrize(
    ("won", "lost", "rows", "confidence", "low", "high"),
    [
        (0, 1, 44, 0.90, -0.096, 0.037),  # Tango (1998): soft contact lenses, as R's ratesci gives it too
        (9, 3, 32, 0.95, -0.027, 0.390),  # Newcombe's (1998) example, by R's ratesci
        (1, 7, 21, 0.95, -0.517, -0.026),  # Bentur et al. (2009) in Fagerland, Lydersen and Laake (2014)
        (28, 25, 618, 0.90, -0.0148, 0.0247),  # by R's PropCIs
    ],
)
def test_tangos_limits_are_the_published_ones(
    won: int, lost: int, rows: int, confidence: float, low: float, high: float
) -> None:
    law = tango_law(pairs(won, lost, rows))
    ends = quantile(law, (1 - confidence) / 2), quantile(law, (1 + confidence) / 2)
    assert ends == pytest.approx((low, high), abs=5.1e-4 if rows < 100 else 5.1e-5)


def test_without_a_discordant_row_the_limit_is_still_there() -> None:
    law = tango_law(pairs(0, 0, 1_000))
    z = stats.norm.ppf(0.95)
    assert quantile(law, 0.05) == pytest.approx(-z * z / (1_000 + z * z))
    assert quantile(law, 0.95) == pytest.approx(z * z / (1_000 + z * z))
    assert quantile(law, 0.5) == 0


def score_test(won: int, lost: int, rows: int, truth: float) -> float:
    """The score by brute force: the likeliest shares of discordant rows for a true difference, on a fine grid."""
    shares = np.linspace(max(0.0, -truth) + 1e-9, (1 - truth) / 2 - 1e-9, 200_001)
    likelihood = (
        won * np.log(shares + truth) + lost * np.log(shares) + (rows - won - lost) * np.log1p(-2 * shares - truth)
    )
    share = shares[np.argmax(likelihood)]
    return float((won - lost - rows * truth) / np.sqrt(rows * (2 * share + truth - truth**2)))


@pytest.mark.parametrize(("won", "lost", "rows"), [(7, 25, 200), (12, 2, 50), (3, 9, 1_000)])
def test_tangos_limits_reject_at_their_level(won: int, lost: int, rows: int) -> None:
    law = tango_law(pairs(won, lost, rows))
    for level in (0.01, 0.05, 0.9, 0.99):
        assert score_test(won, lost, rows, quantile(law, level)) == pytest.approx(-stats.norm.ppf(level), abs=2e-3)


@pytest.mark.parametrize(
    ("rows", "won", "lost"), [(30, 0.1, 0.1), (200, 0.01, 0.01), (100, 0.02, 0.05), (2_000, 0.002, 0.001)]
)
def test_the_bounds_of_the_worsening_cover(rows: int, won: float, lost: float) -> None:
    """By the exact law of the discordant rows: no simulation, no noise."""
    most = 10 + int(4 * rows * max(won, lost))
    cells = [(w, c) for w in range(most) for c in range(most) if w + c <= rows]
    chances = stats.multinomial.pmf([(w, c, rows - w - c) for w, c in cells], rows, [won, lost, 1 - won - lost])
    covered = 0.0
    for (w, c), chance in zip(cells, chances, strict=True):
        if chance > 1e-5:
            covered += chance * (quantile(tango_law(pairs(w, c, rows)), 0.05) <= won - lost)
    assert covered >= 0.93


def test_discordance_counts_rows() -> None:
    found = discordance_of(np.array([1, 1, 0, 0, 1], dtype=bool), np.array([1, 0, 1, 0, 0], dtype=bool))
    assert found == Discordance(both=1, candidate=2, champion=1, neither=1)
    assert found.rows == 5
    assert found.difference == pytest.approx(0.2)
