"""National identifiers of the Americas."""

import re

from lockgate.pii.checksums import compact, digits, is_date, luhn, weighted
from lockgate.pii.entity import Entity, Shape, number

_CURP = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
_EXAMPLES = frozenset({"078051120", "219099999", "123456789", "987654321"})
"""Social security numbers of advertisements and of nobody."""


def us_ssn(text: str) -> bool:
    """The rules of the Social Security Administration: no area 000, 666 or 9xx, no group 00, no serial 0000."""
    found = digits(text)
    area, group, serial = found[:3], found[3:5], found[5:]
    if area in {"000", "666"} or area[0] == "9" or group == "00" or serial == "0000":
        return False
    return found not in _EXAMPLES and len(set(found)) > 2


def us_itin(text: str) -> bool:
    """An IRS individual taxpayer number: area 9xx, group 50-65, 70-88, 90-92 or 94-99."""
    found = digits(text)
    group = int(found[3:5])
    return found[0] == "9" and (50 <= group <= 65 or 70 <= group <= 88 or 90 <= group <= 92 or 94 <= group <= 99)


def ca_sin(text: str) -> bool:
    """A Canadian social insurance number: nine digits, none begins with 0 or 8, Luhn."""
    found = digits(text)
    return found[0] not in "08" and len(set(found)) > 2 and luhn(found)


def br_cpf(text: str) -> bool:
    """Receita Federal: two check digits modulo 11, not all digits alike."""
    found = digits(text)
    if len(found) != 11 or len(set(found)) == 1:
        return False
    first = weighted(found, range(10, 1, -1)) * 10 % 11 % 10
    return first == int(found[9]) and weighted(found, range(11, 1, -1)) * 10 % 11 % 10 == int(found[10])


def mx_curp(text: str) -> bool:
    """RENAPO: a birth date within and a check digit over the base-37 values of the other characters."""
    found = text.upper()
    if not is_date(2000 + int(found[4:6]), int(found[6:8]), int(found[8:10])):
        return False
    total = sum(_CURP.index(character) * (18 - place) for place, character in enumerate(found[:17]))
    return (10 - total % 10) % 10 == int(found[17])


def cl_rut(text: str) -> bool:
    """Chile's RUT: modulo 11 with the weights 2 to 7, K for 10."""
    found = re.sub(r"[^0-9kK]", "", text).upper()
    total = sum(int(digit) * (2 + place % 6) for place, digit in enumerate(reversed(found[:-1])))
    return "0123456789K0"[11 - total % 11] == found[-1]


def ar_cuit(text: str) -> bool:
    """Argentina's CUIT and CUIL: modulo 11."""
    rest = 11 - weighted(text, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return {11: 0, 10: 9}.get(rest, rest) == int(compact(text)[-1])


ENTITIES = (
    Entity(
        name="us_ssn",
        meaning="a US social security number",
        words=("ssn", "social security", "social sec", "ss", "ssns"),
        columns=("(?:[a-z]+ )?(?:ssn|social security(?: (?:number|no|nr))?)",),
        shapes=(
            Shape(
                pattern=number("[0-9]{3}-[0-9]{2}-[0-9]{4}"), alone=0.7, named=0.97, valid=us_ssn, digits=9, mark="-"
            ),
            Shape(pattern=number("[0-9]{3} [0-9]{2} [0-9]{4}"), alone=0.4, named=0.9, valid=us_ssn, digits=9, mark=" "),
            Shape(pattern=number("[0-9]{9}"), alone=0.05, named=0.85, valid=us_ssn, digits=9, number=True),
        ),
    ),
    Entity(
        name="us_itin",
        meaning="a US individual taxpayer identification number",
        words=("itin", "taxpayer", "tax id", "tin"),
        shapes=(
            Shape(
                pattern=number("9[0-9]{2}-[0-9]{2}-[0-9]{4}"), alone=0.65, named=0.95, valid=us_itin, digits=9, mark="-"
            ),
        ),
    ),
    Entity(
        name="ca_sin",
        meaning="a Canadian social insurance number",
        words=("sin", "social insurance", "nas", "canada"),
        columns=("(?:[a-z]+ )?social insurance(?: (?:number|no))?",),
        shapes=(
            Shape(
                pattern=number(r"[1-79][0-9]{2}([ -])[0-9]{3}\1[0-9]{3}"),
                alone=0.62,
                named=0.95,
                valid=ca_sin,
                chance=0.1,
                digits=9,
            ),
            Shape(
                pattern=number("[1-79][0-9]{8}"), alone=0.2, named=0.85, valid=ca_sin, chance=0.1, digits=9, number=True
            ),
        ),
    ),
    Entity(
        name="br_cpf",
        meaning="a Brazilian CPF",
        words=("cpf", "contribuinte", "cadastro"),
        columns=("(?:[a-z]+ )?cpf(?: [a-z]+)?",),
        shapes=(
            Shape(
                pattern=number(r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}"),
                alone=0.95,
                named=0.99,
                valid=br_cpf,
                chance=0.0083,
                digits=11,
            ),
            Shape(
                pattern=number("[0-9]{11}"), alone=0.6, named=0.95, valid=br_cpf, chance=0.0083, digits=11, number=True
            ),
            Shape(
                pattern=number("[0-9]{9}-[0-9]{2}"),
                alone=0.85,
                named=0.98,
                valid=br_cpf,
                chance=0.0083,
                digits=11,
            ),
        ),
    ),
    Entity(
        name="mx_curp",
        meaning="a Mexican CURP",
        words=("curp", "clave unica"),
        shapes=(
            Shape(
                pattern=r"(?<!\w)[A-Z][AEIOUX][A-Z]{2}[0-9]{6}[HMX][A-Z]{2}[B-DF-HJ-NP-TV-ZX]{3}[A-Z0-9][0-9](?!\w)",
                alone=0.95,
                named=0.99,
                valid=mx_curp,
                digits=7,
                length=18,
            ),
        ),
    ),
    Entity(
        name="cl_rut",
        meaning="a Chilean RUT",
        words=("rut", "run", "rol unico"),
        shapes=(
            Shape(
                pattern=number(r"[0-9]{1,2}\.[0-9]{3}\.[0-9]{3}-[0-9Kk]"),
                alone=0.85,
                named=0.97,
                valid=cl_rut,
                chance=0.092,
                digits=7,
            ),
            Shape(pattern=number("[0-9]{7,8}-[0-9Kk]"), alone=0.45, named=0.9, valid=cl_rut, chance=0.092, digits=7),
        ),
    ),
    Entity(
        name="ar_cuit",
        meaning="an Argentinian CUIT or CUIL",
        words=("cuit", "cuil"),
        shapes=(
            Shape(
                pattern=number("2[0347]-[0-9]{8}-[0-9]"), alone=0.8, named=0.97, valid=ar_cuit, chance=0.1, digits=11
            ),
        ),
    ),
)
