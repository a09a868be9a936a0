"""How far groups stand apart: what chance adds, what it would show, and where the truth is; by proof and simulation."""

from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from lockgate.stats.groups.gaps import Scale, gap, lift, redraw, shrunken, worst_gap
from lockgate.stats.groups.laws import GroupLaws
from lockgate.stats.groups.means import Means, Rows, means_of, shares
from lockgate.stats.groups.nulls import Dealt, dealt, dealt_hits, largest_apart, null_of
from lockgate.stats.groups.units import MOST_DEALT
from lockgate.types import Null, Uncertainty

Floats = NDArray[np.float64]
SCALES: tuple[Scale, ...] = ("difference", "ratio")
FROM_16_TO_3500 = (16, 60, 250, 900, 3500)


def hits(values: list[float], rows: list[int]) -> Means:
    return shares(np.array(values), np.array(rows, dtype=np.float64))


def judged(means: Means, scale: Scale, seed: int = 0, deal: Dealt | None = None) -> tuple[Uncertainty, Null]:
    """The law of one rate's gap and what chance would show of it."""
    rng = np.random.default_rng(seed)
    deal = deal or dealt_hits(means, rng)
    apart = largest_apart([deal], rng)
    null = null_of([deal], apart, scale, float(gap(means.values, scale)), rng)
    return worst_gap([means], [lift(means, scale, rng)], apart.law, scale), null


def by_scipy(first: int, others: int, total: int) -> tuple[Floats, Floats]:
    """Two groups' shares for each number of hits that may fall on the first, and the chances."""
    found = np.arange(max(0, total - others), min(first, total) + 1)
    shares_of = np.stack([found / first, (total - found) / others], axis=1)
    return shares_of, stats.hypergeom(first + others, total, first).pmf(found)


# --- what chance would show -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("counts", "rows"), [((3, 9), (16, 20)), ((40, 700), (90, 3500)), ((0, 12), (16, 16))])
def test_of_two_groups_the_null_is_scipys_hypergeometric_law(counts: tuple[int, int], rows: tuple[int, int]) -> None:
    means = hits(list(counts), list(rows))
    all_shares, chances = by_scipy(*rows, sum(counts))
    apart = np.abs(all_shares[:, 0] - all_shares[:, 1])
    reached = float(gap(means.values, "difference"))
    _, null = judged(means, "difference")
    assert null.method == "hypergeometric"
    assert null.law.tail == "exact"
    assert null.above == pytest.approx(chances[apart >= reached - 1e-12].sum(), rel=1e-9)
    assert null.below == pytest.approx(chances[apart <= reached + 1e-12].sum(), rel=1e-9)
    assert null.mean == pytest.approx((apart * chances).sum(), rel=1e-9)
    _, of_ratio = judged(means, "ratio")
    assert of_ratio.below == null.above, "whether groups differ is one question on every scale"
    assert of_ratio.mean == pytest.approx((gap(all_shares, "ratio") * chances).sum(), rel=1e-9)


def test_of_two_rates_the_null_is_about_the_worse_of_both() -> None:
    parts = [hits([3, 9], [16, 20]), hits([5, 11], [30, 25])]
    rng = np.random.default_rng(0)
    deals = [dealt_hits(part, rng) for part in parts]
    (one, one_chances), (other, other_chances) = by_scipy(16, 20, 12), by_scipy(30, 25, 16)
    joint = (one_chances[:, None] * other_chances[None, :]).ravel()
    for scale, worse in (("difference", np.maximum), ("ratio", np.minimum)):
        assert scale in SCALES
        value = 0.3
        null = null_of(deals, largest_apart(deals, rng), scale, value, rng)
        worst = worse(gap(one, scale)[:, None], gap(other, scale)[None, :]).ravel()
        assert null.mean == pytest.approx((worst * joint).sum(), rel=1e-9)
        for level, quantile in ((0.05, null.law.quantiles[6]), (0.5, null.law.quantiles[9])):
            assert joint[worst < quantile - 1e-9].sum() <= level + 1e-9
            assert joint[worst <= quantile + 1e-9].sum() >= level - 1e-9


def test_exact_and_drawn_parts_can_stand_together() -> None:
    parts = [hits([3, 9], [16, 20]), hits([5, 11, 9], [30, 25, 20])]
    rng = np.random.default_rng(0)
    deals = [dealt_hits(part, rng) for part in parts]
    drawn = null_of(deals, largest_apart(deals, rng), "difference", 0.2, rng)
    alone = [null_of([deal], largest_apart([deal], rng), "difference", 0.2, rng).mean for deal in deals]
    assert drawn.method == "permutation"
    assert max(alone) < drawn.mean < sum(alone)


@pytest.mark.parametrize("groups", [3, 8])
def test_the_largest_difference_of_large_equal_groups_is_tukeys_studentized_range(groups: int) -> None:
    means = hits([2000.0] * groups, [5000] * groups)
    law = largest_apart([dealt_hits(means, np.random.default_rng(0))], np.random.default_rng(0)).law.quantiles
    for level, at in ((0.5, 9), (0.9, 11), (0.95, 12), (0.99, 14)):
        expected = stats.studentized_range(groups, np.inf).ppf(level) / np.sqrt(2)
        assert law[at] == pytest.approx(expected, rel=0.04)


def test_a_small_group_does_not_hide_a_difference_between_large_ones() -> None:
    _, null = judged(hits([5, 18, 75, 270, 1750], list(FROM_16_TO_3500)), "difference")
    assert null.above < 1e-6
    assert null.law.quantiles[13] > 0.2, "though the gap of 0.2 itself is nothing that chance would not show"


@pytest.mark.parametrize("rows", [[100, 100], [16, 3500], [50] * 5, list(FROM_16_TO_3500), [30] * 20], ids=str)
def test_groups_that_do_not_differ_are_seldom_said_to(rows: list[int]) -> None:
    rng = np.random.default_rng(1)
    runs = 300 if len(rows) == 2 else 100
    chances = []
    for seed in range(runs):
        counts = rng.binomial(rows, 0.3).astype(float).tolist()
        deal = dealt_hits(hits(counts, rows), np.random.default_rng(seed))
        chances.append(largest_apart([deal], rng).above)
    for level in (0.05, 0.01):
        most = stats.binom(runs, level).ppf(0.9999)
        assert (np.array(chances) <= level).sum() <= most
    assert np.median(chances) > 0.35, "nor are they held to be more alike than chance makes them"


# --- what chance adds -------------------------------------------------------------------------------------------------


def test_five_equal_groups_from_16_to_3500_rows_show_no_gap_after_correction() -> None:
    rng = np.random.default_rng(2)
    naive, corrected = [], []
    for seed in range(200):
        means = hits(rng.binomial(FROM_16_TO_3500, 0.5).astype(float).tolist(), list(FROM_16_TO_3500))
        found = lift(means, "difference", np.random.default_rng(seed))
        naive.append(float(gap(means.values, "difference")))
        corrected.append(naive[-1] - (found.drawn.mean() - found.truth))
    assert np.mean(naive) > 0.13
    assert abs(np.mean(corrected)) < 0.02


@pytest.mark.parametrize(
    ("truth", "rows", "most"),
    [((0.3, 0.35, 0.4, 0.45, 0.5), (200,) * 5, 0.03), ((0.3, 0.3, 0.3, 0.3, 0.6), (50,) * 5, 0.03)],
    ids=["evenly", "one of five"],
)
def test_a_true_gap_survives_the_correction(truth: tuple[float, ...], rows: tuple[int, ...], most: float) -> None:
    rng = np.random.default_rng(3)
    left, naive = [], []
    for seed in range(200):
        means = hits(rng.binomial(rows, truth).astype(float).tolist(), list(rows))
        found = lift(means, "difference", np.random.default_rng(seed))
        naive.append(float(gap(means.values, "difference")) - (max(truth) - min(truth)))
        left.append(naive[-1] - (found.drawn.mean() - found.truth))
    assert abs(np.mean(left)) < most


def test_groups_are_drawn_together_only_as_far_as_chance_explains_them() -> None:
    alike, apart = hits([49, 51, 50], [100] * 3), hits([10_000, 90_000], [100_000] * 2)
    assert np.ptp(shrunken(alike)) == 0
    assert shrunken(apart) == pytest.approx(apart.values, abs=1e-4)
    small = shrunken(hits([14, 300, 500], [16, 1000, 1000]))
    assert small[0] < 14 / 16 - 0.05, "a small group moves"
    assert abs(small[1] - 0.3) < 0.01, "a large one hardly"


@pytest.mark.parametrize(("share", "rows"), [(0.5, 50), (0.3, 16), (0.02, 100), (0.9, 30), (0.3, 3500)])
def test_shares_are_redrawn_by_their_binomial_law(share: float, rows: int) -> None:
    means = hits([share * rows] * 100, [rows] * 100)
    drawn = redraw(means, np.full(100, share), np.random.default_rng(0)).ravel() * rows
    expected = stats.binom(rows, share)
    for count in np.unique(np.rint(expected.ppf([0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]))):
        assert (drawn <= count + 0.5).mean() == pytest.approx(expected.cdf(count), abs=0.012)


# --- where the truth is -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("truth", "rows"),
    [
        ((0.3, 0.3), (100, 100)),
        ((0.3, 0.4), (30, 1000)),
        ((0.03, 0.06), (200, 800)),
        ((0.3,) * 5, FROM_16_TO_3500),
        ((0.5, 0.3, 0.3, 0.3, 0.3), FROM_16_TO_3500),
        ((0.3, 0.35, 0.4, 0.45, 0.5), FROM_16_TO_3500),
        ((0.3, 0.3, 0.3, 0.4, 0.4, 0.4), (200,) * 6),
    ],
    ids=str,
)
def test_intervals_of_95_per_cent_hold_the_truth(truth: tuple[float, ...], rows: tuple[int, ...]) -> None:
    rng = np.random.default_rng(4)
    held = dict.fromkeys(SCALES, 0)
    for seed in range(100):
        means = hits(rng.binomial(rows, truth).astype(float).tolist(), list(rows))
        for scale in SCALES:
            quantiles = judged(means, scale, seed)[0].law.quantiles
            held[scale] += quantiles[5] <= float(gap(np.array(truth), scale)) <= quantiles[13]
    assert min(held.values()) >= stats.binom(100, 0.95).ppf(0.001)


def test_a_gap_is_shown_where_chance_is_rejected() -> None:
    shown = 0
    for seed, counts in enumerate(product((10, 20, 30), (15, 25), (18, 30))):
        law, null = judged(hits(list(counts), [60, 60, 60]), "difference", seed)
        shown += law.law.quantiles[5] > 0
        if abs(null.above - 0.025) > 0.01:
            assert (law.law.quantiles[5] > 0) == (null.above < 0.025)
    assert shown


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 200), st.floats(0, 1)), min_size=2, max_size=6), st.sampled_from(SCALES))
def test_laws_are_laws_inside_the_domain(groups: list[tuple[int, float]], scale: Scale) -> None:
    means = hits([float(round(rows * share)) for rows, share in groups], [rows for rows, _ in groups])
    law, null = judged(means, scale)
    for held in (law.law, null.law):
        assert all(0 <= quantile <= 1 for quantile in held.quantiles)
        assert all(one <= other for one, other in pairwise(held.quantiles))
    assert 0 <= null.below <= 1
    assert 0 <= null.above <= 1
    assert 0 <= null.mean <= 1
    assert np.isfinite(law.bias)


# --- weights, clusters, numbers ---------------------------------------------------------------------------------------


def dealt_rows(rows: Rows, scale: Scale, seed: int = 0) -> tuple[Uncertainty, Null]:
    means = means_of(rows)
    assert means is not None
    return judged(means, scale, seed, dealt(rows, means, np.arange(rows.groups), np.random.default_rng(seed)))


def test_permuted_means_are_scipys_permutation_test() -> None:
    rng = np.random.default_rng(5)
    codes = np.repeat([0, 1], [20, 30])
    values = rng.gamma(1, 1, 50) + 0.4 * codes
    _, null = dealt_rows(Rows(codes=codes, groups=2, values=values, share=False), "difference")
    halves = values[codes == 0], values[codes == 1]
    expected = stats.permutation_test(
        halves, lambda one, other: abs(one.mean() - other.mean()), n_resamples=20_000, alternative="greater", rng=rng
    )
    # A group that spreads more than both together is drawn wider, which can only raise the chance.
    assert null.above == pytest.approx(expected.pvalue, abs=0.03)
    assert null.method == "permutation"


@pytest.mark.parametrize("kind", ["lognormal", "weights", "clusters", "crossed clusters", "small among many"])
def test_equal_groups_of_other_rows_are_seldom_said_to_differ(kind: str) -> None:
    rng = np.random.default_rng(6)
    sizes = [30, MOST_DEALT] if kind == "small among many" else [80, 160, 320]
    codes = np.repeat(np.arange(len(sizes)), sizes)
    rejected, runs = 0, 80
    for seed in range(runs):
        rows = Rows(codes=codes, groups=len(sizes), values=rng.lognormal(0, 1, len(codes)), share=False)
        if kind == "weights":
            hit, weight = rng.random(len(codes)) < 0.3, rng.exponential(1, len(codes)) + 0.05
            rows = replace(rows, values=hit, share=True, weight=weight)
        if "clusters" in kind:
            cluster = np.arange(len(codes)) // 8 if kind == "clusters" else rng.integers(0, 70, len(codes))
            rows = replace(
                rows, values=rng.random(len(codes)) < rng.beta(1, 2, 70)[cluster], share=True, cluster=cluster
            )
        _, null = dealt_rows(rows, "difference", seed)
        assert null.method == ("effective-rows" if kind == "crossed clusters" else "permutation")
        rejected += null.above <= 0.05
    assert rejected <= stats.binom(runs, 0.05).ppf(0.999)


def test_rows_of_one_cluster_are_dealt_together() -> None:
    """Each row eight times over says no more than once."""
    rng = np.random.default_rng(7)
    codes = np.repeat([0, 1, 2], [15, 20, 25])
    values = rng.random(60) < np.array([0.25, 0.5, 0.5])[codes]
    once = Rows(codes=codes, groups=3, values=values, share=True, cluster=np.arange(60))
    often = Rows(
        codes=np.repeat(codes, 8),
        groups=3,
        values=np.repeat(values, 8),
        share=True,
        cluster=np.repeat(np.arange(60), 8),
    )
    blind = Rows(codes=often.codes, groups=3, values=often.values, share=True, weight=np.ones(480))
    (law, null), (law_once, null_once) = dealt_rows(often, "difference"), dealt_rows(once, "difference")
    assert (null.above, null.below) == (null_once.above, null_once.below)
    assert null.law.quantiles == pytest.approx(null_once.law.quantiles)
    assert law.law.quantiles == pytest.approx(law_once.law.quantiles)
    assert dealt_rows(blind, "difference")[1].above < 0.01 < dealt_rows(often, "difference")[1].above


@pytest.mark.parametrize("sizes", [(600, 60), (96, 96), (60, 600)], ids=str)
def test_a_group_that_only_spreads_more_does_not_differ(sizes: tuple[int, int]) -> None:
    rng = np.random.default_rng(8)
    codes = np.repeat([0, 1], sizes)
    rejected = 0
    for seed in range(80):
        values = rng.normal(0, np.where(codes == 1, 4.0, 1.0))
        rejected += (
            dealt_rows(Rows(codes=codes, groups=2, values=values, share=False), "difference", seed)[1].above <= 0.05
        )
    assert rejected <= stats.binom(80, 0.05).ppf(0.999)


def test_only_the_chosen_groups_are_dealt() -> None:
    rng = np.random.default_rng(9)
    codes = np.repeat([0, 1, 2], [40, 50, 3])
    values = rng.normal(0, 1, 93) + 100.0 * (codes == 2)
    rows = Rows(codes=codes, groups=3, values=values, share=False)
    means = means_of(rows)
    assert means is not None
    chosen = np.array([0, 1])
    both = dealt(rows, means.pick(chosen), chosen, rng)
    assert both.means.shape[1] == 2
    assert np.abs(both.means).max() < 2


# --- by name ----------------------------------------------------------------------------------------------------------


def test_laws_do_not_hang_on_what_was_asked_before() -> None:
    counted = {"one": hits([10, 20, 30], [60] * 3), "other": hits([15, 22, 31], [70] * 3)}

    def laws(seed: int = 7) -> GroupLaws:
        return GroupLaws(name="sex", rows=lambda _: pytest.fail("rows are not needed"), counted=counted, seed=seed)

    groups = [0, 1, 2]
    first = laws().between({"one": groups}, "difference", 1 / 3)
    busy = laws()
    for scale in SCALES:
        busy.between({"one": groups, "other": groups}, scale, 1 / 3)
        busy.between({"other": groups}, scale, 16 / 70)
    assert busy.between({"one": groups}, "difference", 1 / 3) == first
    assert laws(8).between({"one": groups}, "difference", 1 / 3) != first
