"""Bounds of distances to a summarised reference: the exact value never lies outside, whatever was summarised."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklego.datasets import load_arrests

from lockgate.evidence.distribution import Counts, Distribution
from lockgate.evidence.profile import bins, values
from lockgate.evidence.profile.model import NumberBins, ValueCounts
from lockgate.stats.distances.bins import Bins
from lockgate.stats.distances.boxes import Boxes, range_of
from lockgate.stats.distances.categories import divergence_terms, psi_terms
from lockgate.stats.distances.compared import (
    CATEGORY_METRICS,
    NUMBER_METRICS,
    Compared,
    compare_categories,
    compare_named,
    compare_numbers,
)
from lockgate.stats.distances.rare import Named
from lockgate.stats.undefined import Undefined

Floats = NDArray[np.float64]


def distribution(held: NumberBins) -> Distribution:
    """What a profile's source makes of its bins."""
    where = Bins(low=held.low, high=held.high, slack=held.slack, deciles=held.deciles)
    return Distribution(values=held.mean, weights=held.rows.astype(np.float64), bins=where)


def summarised(*parts: Floats) -> Distribution:
    """The bins of some values; of several data sets, joined."""
    held = [found for part in parts if (found := bins.bins_of(np.sort(part))) is not None]
    assert len(held) == len(parts)
    return distribution(held[0] if len(held) == 1 else bins.joined(held))


def exact(*parts: Floats) -> Distribution:
    """The values themselves."""
    return Distribution(values=np.sort(np.concatenate(parts)))


def outside(found: Compared, true: Compared) -> list[tuple[str, object, object, object]]:
    """The metrics whose exact value lies outside of the bounds; what cannot be bounded has no value at all."""
    missed: list[tuple[str, object, object, object]] = []
    for name, value in found.values.items():
        is_, error = true.values[name], found.errors.get(name)
        if isinstance(value, Undefined) or isinstance(is_, Undefined):
            continue
        if error is None or not abs(value - is_) <= error + 1e-12 * abs(is_):
            missed.append((name, value, is_, error))
    return missed


# --- numbers ----------------------------------------------------------------------------------------------------------

SHAPES: Mapping[str, Callable[[np.random.Generator, int], Floats]] = {
    "normal": lambda rng, n: rng.normal(size=n),
    "skewed": lambda rng, n: rng.lognormal(sigma=rng.uniform(0.2, 3), size=n),
    "heavy": lambda rng, n: rng.standard_t(rng.uniform(0.5, 3), n),
    "whole": lambda rng, n: rng.integers(0, rng.integers(1, 100), n).astype(np.float64),
    "spike": lambda rng, n: np.where(rng.random(n) < rng.random(), 0.0, rng.normal(size=n)),
    "rounded": lambda rng, n: np.round(rng.normal(size=n), 1),
    "outliers": lambda rng, n: np.concatenate([rng.normal(size=n - 3), 1e4 * rng.normal(size=3)]),
    "times": lambda rng, n: 1.7e9 + np.floor(86_400 * rng.random(n)),
}
shape = st.sampled_from(sorted(SHAPES))
sizes = st.lists(st.integers(10, 2_000), min_size=1, max_size=4)


@given(
    names=st.lists(shape, min_size=4, max_size=4), rows=sizes, size=st.integers(1, 2_000), seed=st.integers(0, 2**32)
)
def test_the_exact_distance_lies_within_the_bound(names: list[str], rows: list[int], size: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    parts = [SHAPES[name](rng, n) for name, n in zip(names, rows, strict=False)]
    data = rng.choice(np.concatenate(parts), size) * rng.choice([1.0, 1.1]) + rng.choice([0.0, 0.3])

    found = compare_numbers(summarised(*parts), exact(data))

    assert outside(found, compare_numbers(exact(*parts), exact(data))) == []


few = st.floats(-1e6, 1e6, allow_nan=False, width=32) | st.sampled_from([-1.0, 0.0, 0.5, 1.0])
wide = st.floats(allow_nan=False, allow_infinity=False)


@given(
    parts=st.lists(st.lists(few, min_size=10, max_size=60), min_size=1, max_size=3)
    | st.lists(st.lists(wide, min_size=10, max_size=30), min_size=1, max_size=2),
    data=st.lists(few | wide, min_size=1, max_size=40),
)
def test_it_does_so_for_any_values(parts: list[list[float]], data: list[float]) -> None:
    arrays = [np.array(part) for part in parts]

    found = compare_numbers(summarised(*arrays), exact(np.array(data)))

    assert outside(found, compare_numbers(exact(*arrays), exact(np.array(data)))) == []


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_deciles_and_what_is_counted_between_them_are_exact(name: str) -> None:
    rng = np.random.default_rng(5)
    reference, data = SHAPES[name](rng, 3_000), SHAPES[name](rng, 2_000)
    found, true = compare_numbers(summarised(reference), exact(data)), compare_numbers(exact(reference), exact(data))
    for metric in ("psi", "jensen_shannon"):
        assert found.values[metric] == true.values[metric]
        assert found.errors[metric] == 0


def test_a_column_of_few_values_loses_nothing() -> None:
    rng = np.random.default_rng(6)
    parts, data = [rng.integers(0, 40, 4_000) / 4 for _ in range(3)], rng.integers(2, 44, 900) / 4
    found, true = compare_numbers(summarised(*parts), exact(data)), compare_numbers(exact(*parts), exact(data))
    for metric in NUMBER_METRICS:
        assert found.values[metric] == pytest.approx(true.values[metric], rel=1e-9)
        assert found.errors[metric] == pytest.approx(0, abs=1e-9)


def test_the_bounds_are_narrow_where_rows_are_many() -> None:
    rng = np.random.default_rng(7)
    reference, data = rng.normal(size=100_000), rng.normal(0.05, 1, 50_000)
    errors = compare_numbers(summarised(reference), exact(data)).errors
    assert errors["ks"] < 1e-3
    assert errors["wasserstein_normed"] < 2e-3
    joined = compare_numbers(summarised(*np.split(reference, 4)), exact(data)).errors
    assert joined["ks"] < 2e-3
    assert joined["wasserstein_normed"] < 6e-3
    assert joined["psi"] < 3e-3


def test_many_parts_are_joined_without_growing() -> None:
    rng = np.random.default_rng(8)
    parts = [rng.normal(size=5_000) for _ in range(40)]
    data = rng.normal(0.1, 1, 5_000)
    reference = summarised(*parts)
    assert len(reference.values) < 6_000
    found, true = compare_numbers(reference, exact(data)), compare_numbers(exact(*parts), exact(data))
    assert outside(found, true) == []
    assert found.errors["ks"] < 0.01
    assert found.errors["psi"] < 0.02


def test_wasserstein_is_known_to_the_last_digit_where_everything_moved_one_way() -> None:
    reference = np.random.default_rng(9).normal(size=20_000)
    found = compare_numbers(summarised(reference), exact(reference + 0.5))
    assert found.values["wasserstein"] == pytest.approx(0.5, abs=1e-3)
    assert found.errors["wasserstein"] < 1e-3


@pytest.mark.parametrize("load", [load_breast_cancer, load_diabetes, load_wine])
def test_the_bounds_hold_on_every_column_of_real_data(load: Callable[..., tuple[Floats, object]]) -> None:
    table = load(return_X_y=True)[0]
    half = 2 * len(table) // 3
    for column in table.T:
        reference, data = column[:half], exact(column[half:])
        true = compare_numbers(exact(reference), data)
        assert outside(compare_numbers(summarised(reference), data), true) == []
        assert outside(compare_numbers(summarised(reference[: half // 2], reference[half // 2 :]), data), true) == []


def test_what_nothing_bounds_has_no_value() -> None:
    reference, data = np.random.default_rng(1).normal(size=40), exact(np.random.default_rng(2).normal(size=40))
    found = compare_numbers(summarised(reference), data)
    assert isinstance(found.values["psi"], Undefined)
    assert "too coarse" in str(found.values["psi"])


# --- categories -------------------------------------------------------------------------------------------------------


def counted(column: Counter[str]) -> ValueCounts:
    """What a profile keeps of a column of categories."""
    keys = tuple((value,) for value in sorted(column))
    return values.named(Counts(columns=("x",), keys=keys, counts=np.array([column[k[0]] for k in keys], np.int64)))


def compared(parts: Sequence[Counter[str]], data: Counter[str]) -> tuple[Compared, Compared]:
    """What the profile of some parts gives, and what their rows do."""
    held = values.joined([counted(part) for part in parts])
    rows, more = (
        dict(zip(map(str, held.values), array.astype(float).tolist(), strict=True)) for array in (held.rows, held.more)
    )
    named = Named(counts=rows, more=more, rare=held.rare)
    true = compare_categories(sum(parts, Counter()), data)
    return compare_named(named, {value: float(count) for value, count in data.items()}), true


columns = st.dictionaries(st.sampled_from("abcdefghijkl"), st.integers(1, 40), min_size=1).map(Counter)


@given(parts=st.lists(columns, min_size=1, max_size=3), data=columns)
def test_distances_of_categories_lie_within_the_bound(parts: list[Counter[str]], data: Counter[str]) -> None:
    found, true = compared(parts, data)
    assert outside(found, true) == []
    assert set(found.errors) == set(CATEGORY_METRICS)


@given(seed=st.integers(0, 2**32), tail=st.floats(0.02, 0.5), several=st.integers(1, 3))
def test_they_do_so_with_many_rare_values(seed: int, tail: float, several: int) -> None:
    rng = np.random.default_rng(seed)
    parts = [Counter(map(str, rng.geometric(tail, 700).tolist())) for _ in range(several)]
    data = Counter(map(str, (rng.geometric(tail, 300) + rng.integers(0, 2)).tolist()))
    assert outside(*compared(parts, data)) == []


def test_rare_values_cost_nothing_where_rows_are_many() -> None:
    """A share under a ten-thousandth counts as one in the stability index, whatever it is."""
    rng = np.random.default_rng(3)
    column = Counter({"a": 100_000, "b": 50_000, **{f"r{i}": int(rng.integers(1, 10)) for i in range(50)}})
    found, true = compared([column], Counter({"a": 950, "b": 560, "r1": 1}))
    assert found.values["psi"] == pytest.approx(true.values["psi"], abs=1e-9)
    assert found.errors["psi"] < 1e-9


def test_a_value_that_may_be_a_rare_one_is_not_called_new() -> None:
    column = Counter({"a": 900, "b": 97, "c": 3})
    found, _ = compared([column], Counter({"a": 90, "x": 8, "y": 2}))
    assert found.values["new_category_share"] == pytest.approx(0.02)
    assert found.errors["new_category_share"] == pytest.approx(0.08)


def test_the_bounds_hold_on_real_arrests() -> None:
    arrests = load_arrests(as_frame=True)
    old, new = arrests[arrests["year"] < 2000], arrests[arrests["year"] >= 2000]
    for column in ("colour", "sex", "employed", "citizen", "checks", "age"):
        was, now = (Counter(map(str, table[column])) for table in (old, new))
        assert outside(*compared([was], now)) == []


@pytest.mark.parametrize("terms", [psi_terms, divergence_terms])
@given(
    ends=st.lists(st.tuples(*[st.floats(0, 1)] * 4), min_size=1, max_size=6), inside=st.tuples(*[st.floats(0, 1)] * 2)
)
def test_no_shares_in_a_box_lead_out_of_the_range(
    terms: Callable[[Floats, Floats], Floats],
    ends: list[tuple[float, float, float, float]],
    inside: tuple[float, float],
) -> None:
    r, d = (np.sort(np.array(ends)[:, columns], axis=1) for columns in ([0, 1], [2, 3]))
    low, high = range_of(terms, Boxes(reference=(r[:, 0], r[:, 1]), data=(d[:, 0], d[:, 1])))
    at = [each[:, 0] + share * (each[:, 1] - each[:, 0]) for each, share in zip((r, d), inside, strict=True)]
    assert low - 1e-9 <= float(terms(at[0], at[1]).sum()) <= high + 1e-9
