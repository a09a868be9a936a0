"""A weighted sample against rows, held to SciPy; and round numbers between neighbours."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ks_2samp, wasserstein_distance

from lockgate.stats.distances.atoms import area_to_atoms, gap_to_atoms
from lockgate.stats.distances.rounding import above, between

finite = st.floats(allow_nan=False, allow_infinity=False, width=32)
tied = st.integers(-3, 3).map(float)
weighted = st.lists(st.tuples(tied | finite, st.integers(1, 5)), min_size=1, max_size=20)
rows = st.lists(finite, min_size=1, max_size=40) | st.lists(tied, min_size=1, max_size=40)


@given(atoms=weighted, data=rows)
def test_both_distances_agree_with_scipy(atoms: list[tuple[float, int]], data: list[float]) -> None:
    values, weights = (np.array(column, np.float64) for column in zip(*sorted(atoms), strict=True))
    y = np.sort(np.array(data))
    with warnings.catch_warnings():  # of the p-value, which is not asked for here
        warnings.simplefilter("ignore", RuntimeWarning)
        statistic = ks_2samp(np.repeat(values, weights.astype(int)), y).statistic
    size = max(1.0, float(np.abs(np.concatenate([values, y])).max()))
    assert gap_to_atoms(values, weights, y) == pytest.approx(statistic, abs=1e-12)
    assert area_to_atoms(values, weights, y) == pytest.approx(
        wasserstein_distance(values, y, weights), rel=1e-9, abs=1e-12 * size
    )


def test_weights_need_not_be_whole_numbers() -> None:
    rng = np.random.default_rng(3)
    x, y, weights = np.sort(rng.normal(size=50)), np.sort(rng.normal(size=70)), rng.random(50)
    assert area_to_atoms(x, weights, y) == pytest.approx(wasserstein_distance(x, y, weights), rel=1e-11)


numbers = st.floats(allow_nan=False, allow_infinity=False)


@given(one=numbers, other=numbers)
def test_a_round_number_lies_strictly_between_its_neighbours_wherever_there_is_room(one: float, other: float) -> None:
    low, high = min(one, other), max(one, other)
    found = float(between(np.array([low]), np.array([high]))[0])
    room = low < high and np.nextafter(low, np.inf) < high
    assert (low < found < high) if room else np.isnan(found)


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [
        (17, 18, 17.5),
        (52_341, 52_360, 52_350),
        (0.123412, 0.1234987, 0.12346),
        (-0.3, 0.4, 0),
        (1.69e9, 1.69e9 + 86_400, 1_690_040_000),
        (99.5, 100.5, 100),
    ],
)
def test_it_has_few_digits(low: float, high: float, found: float) -> None:
    assert between(np.array([low]), np.array([high])).tolist() == [found]


@pytest.mark.parametrize(
    ("size", "found"), [(0.0, 1e-307), (0.49, 0.5), (0.5, 1), (1, 2), (4.9, 5), (5, 10), (7e9, 1e10)]
)
def test_what_is_rounded_up_is_larger_and_says_the_magnitude_alone(size: float, found: float) -> None:
    assert above(size) == found
