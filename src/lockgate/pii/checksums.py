"""Check digits and dates by which identifiers are told from other numbers. Texts in, true or false out."""

import re
from collections.abc import Callable, Sequence
from datetime import date

_NOT_DIGITS = re.compile(r"[^0-9]")
_NOT_WORD = re.compile(r"[^0-9A-Za-z]")

_MULTIPLIED = ((0, 1, 2, 3, 4, 5, 6, 7, 8, 9), (0, 2, 4, 6, 8, 1, 3, 5, 7, 9))

# Verhoeff, Error Detecting Decimal Codes, 1969: the dihedral group of order ten and the powers of its permutation.
_DIHEDRAL = tuple(
    tuple((i + j) % 5 + (0 if j < 5 else 5) if i < 5 else (i - j) % 5 + (5 if j < 5 else 0) for j in range(10))
    for i in range(10)
)
_PERMUTED: list[tuple[int, ...]] = [tuple(range(10))]
for _ in range(7):
    _PERMUTED.append(tuple((1, 5, 7, 6, 2, 8, 3, 0, 9, 4)[digit] for digit in _PERMUTED[-1]))


def digits(text: str) -> str:
    """Its digits."""
    return _NOT_DIGITS.sub("", text)


def compact(text: str) -> str:
    """Its letters and digits, in capitals."""
    return _NOT_WORD.sub("", text).upper()


def luhn(text: str) -> bool:
    """Luhn's formula, ISO/IEC 7812-1 annex B."""
    found = digits(text)
    return sum(_MULTIPLIED[place % 2][int(digit)] for place, digit in enumerate(reversed(found))) % 10 == 0


def mod97(text: str) -> bool:
    """ISO/IEC 7064 MOD 97-10 of letters and digits, the first four moved to the end, as IBANs have it (ISO 13616)."""
    found = compact(text)
    return int("".join(str(int(character, 36)) for character in found[4:] + found[:4])) % 97 == 1


def verhoeff(text: str) -> bool:
    """Verhoeff's check digit, the last one."""
    check = 0
    for place, digit in enumerate(reversed(digits(text))):
        check = _DIHEDRAL[check][_PERMUTED[place % 8][int(digit)]]
    return check == 0


def mod11_10(text: str) -> bool:
    """ISO/IEC 7064 MOD 11,10, the last digit checks."""
    found = digits(text)
    product = 10
    for digit in found[:-1]:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == int(found[-1])


def mod11_2(text: str) -> bool:
    """ISO/IEC 7064 MOD 11-2, the last character is a digit or X."""
    found = compact(text)
    total = 0
    for digit in found[:-1]:
        total = (total + int(digit)) * 2 % 11
    check = (12 - total) % 11
    return found[-1] == ("X" if check == 10 else str(check))


def weighted(text: str, weights: Sequence[int]) -> int:
    """Σ weight · digit over as many digits as there are weights."""
    return sum(weight * int(digit) for weight, digit in zip(weights, digits(text), strict=False))


def weighs(weights: Sequence[int], modulus: int, rest: int = 0) -> Callable[[str], bool]:
    """A check that the weighted sum of the digits leaves `rest`."""
    return lambda text: weighted(text, weights) % modulus == rest


def is_date(year: int, month: int, day: int) -> bool:
    """Whether a day is in the calendar."""
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def short_date(text: str, order: str = "ymd", *, months: Sequence[int] = (0,), days: Sequence[int] = (0,)) -> bool:
    """Whether the first six digits are a day of some century.

    Args:
        text: its digits are read.
        order: of year, month and day.
        months: what may have been added to the month (the sex, the century).
        days: what may have been added to the day.
    """
    found = digits(text)
    part = {unit: int(found[2 * place : 2 * place + 2]) for place, unit in enumerate(order)}
    # 2000 has a 29th of February, and 1900 has none: the longer calendar.
    return any(is_date(2000 + part["y"], part["m"] - month, part["d"] - day) for month in months for day in days)
