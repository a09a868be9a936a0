"""Accounts and cards."""

import re

from lockgate.pii.checksums import compact, digits, luhn, mod97
from lockgate.pii.entity import Entity, Shape, number

_LENGTHS = {
    **dict(zip(("NO", "BE"), (15, 16), strict=True)),
    **dict.fromkeys(("DK", "FK", "FO", "FI", "GL", "NL", "SD"), 18),
    **dict.fromkeys(("MK", "SI"), 19),
    **dict.fromkeys(("AT", "BA", "EE", "KZ", "LT", "LU", "MN", "XK"), 20),
    **dict.fromkeys(("HR", "CH", "LI", "LV"), 21),
    **dict.fromkeys(("BH", "BG", "CR", "DE", "GB", "GE", "IE", "ME", "RS", "VA"), 22),
    **dict.fromkeys(("AE", "GI", "IL", "IQ", "OM", "SO", "TL"), 23),
    **dict.fromkeys(("AD", "CZ", "ES", "MD", "PK", "RO", "SA", "SE", "SK", "TN", "VG"), 24),
    **dict.fromkeys(("LY", "PT", "ST"), 25),
    **dict.fromkeys(("IS", "TR"), 26),
    **dict.fromkeys(("BI", "DJ", "FR", "GR", "IT", "MC", "MR", "SM"), 27),
    **dict.fromkeys(("AL", "AZ", "BY", "CY", "DO", "GT", "HN", "HU", "LB", "NI", "PL", "SV"), 28),
    **dict.fromkeys(("BR", "EG", "PS", "QA", "UA"), 29),
    **dict.fromkeys(("JO", "KW", "MU", "YE"), 30),
    **dict.fromkeys(("MT", "SC"), 31),
    "LC": 32,
    "RU": 33,
}
"""Length of an IBAN by country: the SWIFT registry of ISO 13616, release 99 (2024)."""

_CARDS = re.compile(
    "4[0-9]{12}(?:[0-9]{3}){0,2}|5[1-5][0-9]{14}|(?:222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}"
    "|3[47][0-9]{13}|3(?:0[0-59]|[689][0-9])[0-9]{11}|6(?:011|4[4-9][0-9]|5[0-9]{2})[0-9]{12}|35(?:2[89]|[3-8][0-9])[0-9]{12}"
    "|(?:5018|5020|5038|5893|6304|6759|676[1-3])[0-9]{8,15}|62[0-9]{14,17}|220[0-4][0-9]{12}"
)
"""Leading digits and lengths of the card schemes in use (ISO/IEC 7812)."""


def card(text: str) -> bool:
    """A card number: a scheme's leading digits and length, and Luhn's check digit."""
    found = digits(text)
    return _CARDS.fullmatch(found) is not None and len(set(found)) > 1 and luhn(found)


def iban(text: str) -> bool:
    """An IBAN: its country's length, and the check digits; what stands behind it in capitals does not count."""
    found = compact(text)
    length = _LENGTHS.get(found[:2], 0)
    if not length or len(found) < length:
        return False
    behind = text[_reach(text, length) :]
    return (not behind or behind[0] == " ") and mod97(found[:length])


def _reach(text: str, characters: int) -> int:
    """Where so many letters and digits of a text end."""
    held = [place for place, character in enumerate(text) if character.isalnum()]
    return held[characters - 1] + 1


ENTITIES = (
    Entity(
        name="card",
        meaning="a payment card's number",
        words=("card", "credit", "debit", "visa", "mastercard", "amex", "pan", "cc", "ccn", "kreditkarte"),
        columns=("(?:credit|debit|payment|bank) card(?: (?:number|no|nr))?|card (?:number|no|nr)|ccn?|pan",),
        shapes=(
            Shape(
                pattern=number(
                    r"[2-6][0-9]{3}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{1,7}|3[0-9]{3}([ -])[0-9]{6}\2[0-9]{4,5}"
                ),
                alone=0.9,
                named=0.99,
                valid=card,
                chance=0.1,
                digits=13,
            ),
            Shape(
                pattern=number("[2-6][0-9]{11,18}"),
                alone=0.7,
                named=0.98,
                valid=card,
                chance=0.1,
                digits=12,
                number=True,
            ),
        ),
    ),
    Entity(
        name="iban",
        meaning="an international bank account number",
        words=("iban", "account", "bank", "konto", "compte", "cuenta"),
        columns=("iban|bank account(?: (?:number|no|nr))?",),
        shapes=(
            Shape(
                pattern=r"(?<![A-Za-z0-9])[A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?"
                r"(?![A-Za-z0-9])",
                alone=0.95,
                named=0.99,
                valid=iban,
                chance=0.01,
                digits=6,
                length=15,
            ),
        ),
    ),
)
