"""Check digits and dates by which identifiers are told from other numbers. Texts in, true or false out."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from operator import mul

_NOT_DIGITS = re.compile(r"[^0-9]")
_NOT_WORD = re.compile(r"[^0-9A-Za-z]")

_DOUBLED = bytes.maketrans(b"0123456789", b"0246813579")

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
    return text if text.isdecimal() and text.isascii() else _NOT_DIGITS.sub("", text)


def compact(text: str) -> str:
    """Its letters and digits, in capitals."""
    return _NOT_WORD.sub("", text).upper()


def luhn(text: str) -> bool:
    """Luhn's formula, ISO/IEC 7812-1 annex B."""
    found = digits(text).encode()
    return (sum(found[-1::-2]) + sum(found[-2::-2].translate(_DOUBLED)) - len(found) * ord("0")) % 10 == 0


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
    return sum(map(mul, weights, map(int, digits(text))))


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


_LAST_DAYS = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_PLACES = {"ymd": (0, 2, 4), "dmy": (4, 2, 0)}


def short_date(text: str, order: str = "ymd", *, months: Sequence[int] = (0,), days: Sequence[int] = (0,)) -> bool:
    """Whether the first six digits are a day of some century.

    Args:
        text: its digits are read.
        order: of year, month and day: `ymd` or `dmy`.
        months: what may have been added to the month (the sex, the century).
        days: what may have been added to the day.
    """
    found = digits(text)
    year, month, day = (int(found[place : place + 2]) for place in _PLACES[order])
    for more in months:
        if not 1 <= month - more <= 12:
            continue
        # 2000 has a 29th of February, and 1900 has none: the longer calendar.
        last = 28 if month - more == 2 and year % 4 else _LAST_DAYS[month - more]
        if any(1 <= day - later <= last for later in days):
            return True
    return False
