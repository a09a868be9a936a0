"""What a column is, guessed from its name: word by word, in several spellings."""

import pytest

from lockgate.init import names


@pytest.mark.parametrize(
    "spelling", ["marital_status", "maritalStatus", "Marital Status", "MARITAL-STATUS", "maritalSTATUS"]
)
def test_spellings_of_one_name_hold_the_same_words(spelling: str) -> None:
    assert names.words_of(spelling) == {"marital", "status"}


@pytest.mark.parametrize(
    ("attribute", "name"),
    [
        ("sex", "sex"),
        ("sex", "Gender"),
        ("sex", "personal_status_sex"),
        ("sex", "applicantGender"),
        ("race", "race"),
        ("race", "RAC1P"),
        ("race", "colour"),
        ("race", "skin_color"),
        ("race", "ethnic group"),
        ("age", "age"),
        ("age", "AGEP"),
        ("age", "age_in_years"),
    ],
)
def test_a_sensitive_attribute_is_found(attribute: str, name: str) -> None:
    assert names.names_first(attribute, name)


@pytest.mark.parametrize(
    ("attribute", "name"),
    [
        ("age", "average_balance"),
        ("age", "vehicle_age"),
        ("age", "page"),
        ("age", "account age"),
        ("race", "trace"),
        ("race", "car_colour"),
        ("sex", "essex"),
    ],
)
def test_a_word_inside_another_word_or_of_a_thing_is_none(attribute: str, name: str) -> None:
    assert not names.names_first(attribute, name)


@pytest.mark.parametrize(
    "name",
    ["native_country", "nationality", "foreign_worker", "citizen", "marital-status", "religion", "isDisabled", "DIS"],
)
def test_further_sensitive_attributes_are_found(name: str) -> None:
    assert names.names_second(name)


@pytest.mark.parametrize("name", ["country", "status", "native_language", "marketing", "distance"])
def test_half_of_such_a_name_is_none(name: str) -> None:
    assert not names.names_second(name)


@pytest.mark.parametrize(("name", "says"), [("customer_id", True), ("rowId", True), ("paid", False), ("idle", False)])
def test_identity(name: str, says: bool) -> None:
    assert names.names_id(name) is says


@pytest.mark.parametrize(
    ("name", "says"), [("fnlwgt", True), ("sample_weight", True), ("weight", False), ("weight_kg", False)]
)
def test_weight(name: str, says: bool) -> None:
    assert names.names_weight(name) is says
