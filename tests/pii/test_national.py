"""National identifiers: what is valid agrees with python-stdnum, and as many random ones are valid as is said."""

import random
import re

import pytest
from tests.pii.numbers import KNOWN, Known, drawn, shape_of, theirs

ROUNDS = 1_500

# Where the two differ:
# - theirs is stricter about birth dates in the future, interim numbers, newer groups of US taxpayers, and asks for the
#   check digits that Denmark and South Korea no longer keep;
# - ours is stricter about a birth date that no calendar has, the number of a company, digits that are all alike,
#   numbers of advertisements.


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.module)
def test_what_is_valid_is_what_an_outside_implementation_says(known: Known) -> None:
    rng = random.Random(f"7 {known.module}")
    shape, other = shape_of(known), theirs(known)
    valid, pattern = shape.valid, re.compile(shape.pattern)
    assert valid is not None
    texts = [drawn(known.template, rng) for _ in range(ROUNDS)]
    ours = {text for text in texts if pattern.fullmatch(text) and valid(text)}
    said = {text for text in texts if other(text)}

    assert ours & said, "none of the random texts is valid: the test shows nothing"
    if known.said == "same":
        assert ours == said
    elif known.said == "ours":
        assert ours <= said
    elif known.said == "theirs":
        assert said <= ours


RANDOM = {
    ("card", 1): "4###############",
    ("ca_sin", 0): "1##-###-###",
    ("br_cpf", 0): "###.###.###-##",
    ("uk_nhs", 1): "##########",
    ("de_steuer_id", 1): "1##########",
    ("fr_nir", 0): "1##############",
    ("es_dni", 0): "########J",
    ("nl_bsn", 0): "#########",
    ("be_national_number", 1): "###########",
    ("pl_pesel", 0): "###########",
    ("at_svnr", 1): "1#########",
    ("ro_cnp", 0): "1############",
    ("cz_birth_number", 0): "######/####",
    ("tr_tckn", 0): "1##########",
    ("se_personnummer", 0): "######-####",
    ("no_fodselsnummer", 1): "0##########",
    ("in_aadhaar", 1): "2###########",
    ("za_id", 0): "#############",
    ("cn_resident_id", 0): "11010119##########",
    ("sg_nric", 0): "S#######@",
}


@pytest.mark.parametrize("which", RANDOM, ids=lambda which: f"{which[0]}-{which[1]}")
def test_no_more_random_numbers_are_valid_than_is_said(which: tuple[str, int]) -> None:
    from lockgate.pii.entities import entities

    rng = random.Random(f"11 {which}")
    shape = entities()[which[0]].shapes[which[1]]
    assert shape.valid is not None
    assert shape.chance is not None
    share = sum(shape.valid(drawn(RANDOM[which], rng)) for _ in range(ROUNDS)) / ROUNDS

    assert share <= shape.chance + 4 * (shape.chance * (1 - shape.chance) / ROUNDS) ** 0.5
