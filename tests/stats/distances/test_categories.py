"""Distances of two sets of counts, against SciPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import distance
from scipy.stats import chi2_contingency
from scipy.stats.contingency import association
from sklego.datasets import load_arrests

from lockgate.stats.distances.categories import align, chi_squared, cramers_v, jensen_shannon, new_share, psi
from lockgate.stats.undefined import Undefined

counts = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 1000), min_size=1)


@given(reference=counts, data=counts)
def test_they_agree_with_scipy(reference: dict[str, int], data: dict[str, int]) -> None:
    _, r, d = align(reference, data)
    table = np.stack([r, d])
    assert chi_squared(r, d) == pytest.approx(chi2_contingency(table, correction=False).statistic, rel=1e-9, abs=1e-9)
    divergence = np.nan_to_num(distance.jensenshannon(r, d, base=2)) ** 2  # SciPy's rounding can fall below 0
    assert jensen_shannon(r, d) ** 2 == pytest.approx(divergence, abs=1e-12)
    if len(r) > 1:
        expected = association(table.astype(int), method="cramer", correction=False)
        assert cramers_v(r, d) == pytest.approx(expected, abs=1e-9)


def test_they_agree_with_scipy_on_real_arrests() -> None:
    arrests = load_arrests(as_frame=True)
    old, new = arrests[arrests["year"] < 2000], arrests[arrests["year"] >= 2000]
    for column in ("colour", "sex", "employed", "citizen", "checks"):
        _, r, d = align(old[column].value_counts().to_dict(), new[column].value_counts().to_dict())
        statistic = chi2_contingency(np.stack([r, d]), correction=False).statistic
        assert chi_squared(r, d) == pytest.approx(statistic, rel=1e-9)
        assert jensen_shannon(r, d) == pytest.approx(distance.jensenshannon(r, d, base=2), abs=1e-9)
        assert cramers_v(r, d) == pytest.approx(np.sqrt(statistic / len(arrests)), rel=1e-9)


@given(reference=counts, data=counts)
def test_they_stay_inside_their_domains(reference: dict[str, int], data: dict[str, int]) -> None:
    _, r, d = align(reference, data)
    assert psi(r, d) >= 0
    for value in (jensen_shannon(r, d), cramers_v(r, d), new_share(r, d)):
        assert 0 <= value <= 1


def test_disjoint_categories_are_as_far_apart_as_can_be() -> None:
    _, r, d = align({"a": 5, "b": 5}, {"c": 10})
    assert jensen_shannon(r, d) == 1
    assert cramers_v(r, d) == 1
    assert new_share(r, d) == 1


def test_catalogue_25_a_new_category_is_counted() -> None:
    keys, r, d = align({"a": 95, "b": 5}, {"a": 90, "b": 5, "new": 5})
    assert keys == ("a", "b", "new")
    assert new_share(r, d) == 0.05
    assert psi(r, d) > 0.2


def test_two_samples_of_one_category_do_not_differ() -> None:
    _, r, d = align({"a": 3}, {"a": 5})
    assert (psi(r, d), jensen_shannon(r, d), chi_squared(r, d), cramers_v(r, d), new_share(r, d)) == (0, 0, 0, 0, 0)


@pytest.mark.parametrize("measure", [psi, jensen_shannon, chi_squared, cramers_v, new_share])
def test_catalogue_19_no_values_have_no_distance(measure: object) -> None:
    some, none = np.array([1.0, 2.0]), np.array([0.0, 0.0])
    for pair in ((some, none), (none, some), (none, none)):
        with pytest.raises(Undefined, match="holds no values"):
            measure(*pair)  # type: ignore[operator]  # one of five functions
