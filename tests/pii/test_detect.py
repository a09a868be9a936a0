"""What is found in texts, and what is not."""

import random
import time

import pytest

from lockgate.pii.detect import Detector
from lockgate.pii.entities import entities
from lockgate.pii.texts import PIECE, Texts

ALL = Detector(tuple(entities().values()), 0.6)


def found(*texts: str, column: str | None = None, numbers: bool = False) -> list[str]:
    """The entities in some texts, in order."""
    held = Texts.of(texts)
    return [each.entity.name for each in sorted(ALL.find(held, column=column, numbers=numbers), key=lambda e: e.text)]


@pytest.mark.parametrize(
    ("text", "entity"),
    [
        ("write to jane.doe+test@mail.example.co.uk, please", "email"),
        ("+44 7911 123456", "phone"),
        ("(212) 555-0143", "phone"),
        ("4111 1111 1111 1111", "card"),
        ("378282246310005", "card"),
        ("DE89 3704 0044 0532 0130 00", "iban"),
        ("IBAN GB29NWBK60161331926819", "iban"),
        ("536-22-1238", "us_ssn"),
        ("social security number 536221238", "us_ssn"),
        ("AB 12 34 56 C", "uk_nino"),
        ("RSSMRA85T10A562S", "it_codice_fiscale"),
        ("12345678Z", "es_dni"),
        ("X1234567L", "es_dni"),
        ("85.07.30-033.28", "be_national_number"),
        ("44051401359", "pl_pesel"),
        ("131052-308T", "fi_hetu"),
        ("529.982.247-25", "br_cpf"),
        ("756.9217.0769.85", "ch_ahv"),
        ("S1234567D", "sg_nric"),
        ("192.168.17.40", "ip_address"),
        ("2001:db8:85a3::8a2e:370:7334", "ip_address"),
        ("00:1B:44:11:3A:B7", "mac_address"),
        ("born 12/03/1980 in Turin", "birth_date"),
        ("postgresql://app:hunter2x@db.internal:5432/main", "url_credentials"),
        ("-----BEGIN RSA PRIVATE KEY-----", "private_key"),
        ("AKIAZ7QK3TLRW5XNP2VD", "aws_access_key"),
        ("ghp_" + "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5", "github_token"),
        ("xoxb-1234567890-abcdefGHIJKL", "slack_token"),
        ("sk_live_4eC39HqLyjWDarjtT1zdp7dc", "stripe_key"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "jwt"),
        ('api_key = "9f8Qz3LmX71vTb20"', "secret_assignment"),
    ],
)
def test_it_finds(text: str, entity: str) -> None:
    assert found(text) == [entity]


@pytest.mark.parametrize(
    "text",
    [
        *("2024-02-29 12:30:00", "12:30:45", "1.24.0.3", "v2.0.1", "978-3-16-148410-0", "ISO 27001:2022"),
        *("4111 1111 1111 1112", "order 4111111111111112", "DE89 3704 0044 0532 0130 01", "000-12-3456"),
        *("3.14159265358979", "0.4111111111111111", "1,234,567.89", "550e8400-e29b-41d4-a716-446655440000"),
        *("12345678A", "44051401350", "127.0.0.1", "user@localhost", "@anna", "a:b:c", "std::vector"),
        *("password = changeme_please", "api_key: ${API_KEY_FROM_ENV}", "https://example.org/a@b", "$4,111,111"),
        *("", " ", "123456789", "ABCDEFGHIJKLMNOP", "9" * 40),
    ],
)
def test_it_does_not_find(text: str) -> None:
    assert found(text) == []


def test_a_columns_name_speaks_for_its_values() -> None:
    assert found("536221238") == []
    assert found("536221238", column="customerSSN") == ["us_ssn"]


def test_what_stands_in_a_long_text_is_found_wherever_it_is_cut() -> None:
    for place in range(PIECE - 40, PIECE + 20, 7):
        assert set(found("x " * (place // 2) + "jane.doe@example.org" + " y" * 4_000)) == {"email"}


def luhn_numbers(count: int, *, valid: bool, seed: int = 5) -> list[str]:
    """Different card numbers, or random numbers that begin and are as long as theirs."""
    rng, made = random.Random(seed), set[str]()
    while len(made) < count:
        number = f"4{rng.randrange(10**15):015d}"
        total = sum(sum(divmod(int(d) * 2, 10)) if i % 2 == 0 else int(d) for i, d in enumerate(number))
        if not valid or total % 10 == 0:
            made.add(number)
    return sorted(made)


def test_a_column_whose_numbers_pass_the_check_digits_by_chance_is_nobodys() -> None:
    assert found(*luhn_numbers(300, valid=False), column="key") == []
    assert len(found(*luhn_numbers(300, valid=True), column="key")) == 300


def test_a_column_of_integers_is_held_to_its_check_digits() -> None:
    assert found(*luhn_numbers(60, valid=False), column="key", numbers=True) == []
    assert found(*luhn_numbers(60, valid=True), column="key", numbers=True) == ["card"] * 60
    few = luhn_numbers(5, valid=True)
    assert found(*few, column="key", numbers=True) == []
    assert found(*few, column="card_number", numbers=True) == ["card"] * 5


def test_ordinary_numbers_are_nobodys() -> None:
    rng = random.Random(3)
    for digits in range(7, 16):
        numbers = [str(rng.randrange(10 ** (digits - 1), 10**digits)) for _ in range(60)]
        assert found(*numbers, column="amount", numbers=True) == [], digits
    assert found(*map(str, range(100_000_000, 100_000_060)), column="row", numbers=True) == []


HOSTILE = (
    "1",
    "a",
    "A",
    "-",
    ".",
    ":",
    "@",
    "a@",
    "a.",
    "1-",
    "1 ",
    "+1 ",
    "0:",
    "eyJ",
    "AKIA",
    "://",
    "password=",
    "_",
)


@pytest.mark.parametrize("part", HOSTILE)
def test_no_text_takes_longer_than_its_length_allows(part: str) -> None:
    """Twice as long a text costs about twice as much, whatever it repeats: no pattern backtracks without end."""
    short, long = part * (2_000 // len(part)), part * (16_000 // len(part))
    times = []
    for text in (short, long):
        held = Texts.of([text])
        started = time.thread_time()
        ALL.find(held)
        times.append(time.thread_time() - started)
    assert times[1] < 32 * max(times[0], 0.01)


def test_the_prefilter_leaves_nothing_out() -> None:
    """The same is found whether texts share skeletons, which rule shapes out at once, or have too many."""
    rng = random.Random(9)
    telling = ["a@example.org", "+44 7911 123456", "536-22-1238", "131052-308T", "4111 1111 1111 1111", "12345678Z"]
    words = ["".join(rng.choices("abcdefgh XYZ-._", k=rng.randrange(1, 60))) for _ in range(500)]
    few, many = Texts.of(telling), Texts.of([*telling, *words])

    assert few.skeletons is not None
    assert many.skeletons is None
    assert [(f.text, f.entity.name) for f in ALL.find(few)] == [
        (f.text, f.entity.name) for f in ALL.find(many) if f.text < len(telling)
    ]
