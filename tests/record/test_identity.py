"""The identity of measurements: what waivers, trends and reports hold on to. Changing a line here breaks users."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockgate.types import At, identity

GOLDEN = {
    "performance/f1": ("performance", "f1", At()),
    "drift/psi[column=age]": ("drift", "psi", At(column="age")),
    "fairness/selection_rate[column=sex × race,group=F × B]": (
        "fairness",
        "selection_rate",
        At(column="sex × race", group="F × B"),
    ),
    "performance/recall[slice=education=Bachelors]": ("performance", "recall", At(slice="education=Bachelors")),
    "performance/recall[slice=high earners@1a2b3c4d]": ("performance", "recall", At(slice="high earners@1a2b3c4d")),
    "performance/class_f1[label=3]": ("performance", "class_f1", At(label="3")),
    "data_quality/nulls[data=reference,column=a%2Cb%5D]": (
        "data_quality",
        "nulls",
        At(data="reference", column="a,b]"),
    ),
    "drift/psi[column=%0A%1B%E2%80%AE%25]": ("drift", "psi", At(column="\n\x1b\u202e%")),
    "external/pass_rate[case=]": ("external", "pass_rate", At(case="")),
}


@pytest.mark.parametrize(("expected", "parts"), GOLDEN.items())
def test_identities_are_golden(expected: str, parts: tuple[str, str, At]) -> None:
    assert identity(*parts) == expected


texts = st.none() | st.text(max_size=5)
places = st.builds(At, data=texts, column=texts, slice=texts, group=texts, label=texts, case=texts)


@given(places, places)
def test_different_places_have_different_identities(one: At, other: At) -> None:
    assert (identity("g", "m", one) == identity("g", "m", other)) == (one == other)


@given(places)
def test_an_identity_is_one_printable_line(place: At) -> None:
    assert identity("g", "m", place).isprintable()
