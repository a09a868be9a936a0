"""National identifiers of the Nordic countries."""

from lockgate.pii.checksums import digits, luhn, short_date, weighs
from lockgate.pii.entity import Entity, Shape, number

_FI = "0123456789ABCDEFHJKLMNPRSTUVWXY"


def se_personnummer(text: str) -> bool:
    """Skatteverket: a birth date (60 more in the day of a coordination number) and Luhn over the last ten digits."""
    found = digits(text)[-10:]
    return luhn(found) and short_date(found, days=(0, 60))


def fi_hetu(text: str) -> bool:
    """Finland's personal identity code: a birth date, a sign of the century, a check character modulo 31."""
    found = text.upper()
    if not 2 <= int(found[7:10]) <= 899:  # 900 and more are given for a while, and to nobody
        return False
    return short_date(found[:6], "dmy") and _FI[int(found[:6] + found[7:10]) % 31] == found[10]


def no_number(text: str) -> bool:
    """Norway's birth number: a date (40 more in the day of a D number), two check digits modulo 11."""
    found = digits(text)
    return (
        short_date(found, "dmy", days=(0, 40))
        and weighs((3, 7, 6, 1, 8, 9, 4, 5, 2, 1), 11)(found)
        and weighs((5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1), 11)(found)
    )


def dk_cpr(text: str) -> bool:
    """Denmark's CPR: a birth date; since 2007 its check digit is no longer kept.

    The seventh digit says the century: with 5 to 8 the years from 58 on are those before 1900, of whom none lives.
    """
    found = digits(text)
    return short_date(found, "dmy") and not (found[6] in "5678" and found[4:6] >= "58")


def is_kennitala(text: str) -> bool:
    """Iceland's kennitala: a birth date, a check digit modulo 11, the century 8, 9 or 0."""
    found = digits(text)
    return found[9] in "890" and short_date(found, "dmy") and weighs((3, 2, 7, 6, 5, 4, 3, 2, 1), 11)(found)


ENTITIES = (
    Entity(
        name="se_personnummer",
        meaning="a Swedish personal identity number",
        words=("personnummer", "personnr", "pnr", "samordningsnummer"),
        columns=("personnummer|personnr|pnr",),
        shapes=(
            Shape(
                pattern=number("(?:19|20)?[0-9]{6}[-+][0-9]{4}"),
                alone=0.8,
                named=0.97,
                valid=se_personnummer,
                chance=0.0073,
                digits=10,
            ),
            Shape(
                pattern=number("(?:19|20)[0-9]{10}"),
                alone=0.65,
                named=0.95,
                valid=se_personnummer,
                chance=0.0073,
                digits=12,
                number=True,
            ),
            Shape(
                pattern=number("[0-9]{10}"),
                alone=0.4,
                named=0.9,
                valid=se_personnummer,
                chance=0.0073,
                digits=10,
                number=True,
            ),
        ),
    ),
    Entity(
        name="fi_hetu",
        meaning="a Finnish personal identity code",
        words=("hetu", "henkilötunnus", "henkilotunnus"),
        columns=("hetu|henkilotunnus",),
        shapes=(
            Shape(
                pattern=r"(?<![\w-])[0-3][0-9][01][0-9]{3}[-+A-FU-Y][0-9]{3}[0-9A-FHJ-NPR-Y](?![\w-])",
                alone=0.92,
                named=0.99,
                valid=fi_hetu,
                digits=9,
                length=11,
            ),
        ),
    ),
    Entity(
        name="no_fodselsnummer",
        meaning="a Norwegian birth number or D number",
        words=("fødselsnummer", "fodselsnummer", "personnummer", "fnr", "d-nummer"),
        columns=("fodselsnummer|fnr",),
        shapes=(
            Shape(
                pattern=number("[0-7][0-9]{5} [0-9]{5}"),
                alone=0.85,
                named=0.97,
                valid=no_number,
                chance=0.0008,
                digits=11,
            ),
            Shape(
                pattern=number("[0-7][0-9]{10}"),
                alone=0.75,
                named=0.97,
                valid=no_number,
                chance=0.0008,
                digits=11,
                number=True,
            ),
        ),
    ),
    Entity(
        name="dk_cpr",
        meaning="a Danish CPR number",
        words=("cpr", "cpr-nummer", "cprnr", "personnummer"),
        columns=("cpr(?: ?(?:nummer|nr|number))?",),
        shapes=(
            Shape(
                pattern=number("[0-3][0-9][01][0-9]{3}-[0-9]{4}"),
                alone=0.65,
                named=0.95,
                valid=dk_cpr,
                chance=0.46,
                digits=10,
                mark="-",
            ),
            Shape(
                pattern=number("[0-3][0-9][01][0-9]{7}"), alone=0.1, named=0.85, valid=dk_cpr, digits=10, number=True
            ),
        ),
    ),
    Entity(
        name="is_kennitala",
        meaning="an Icelandic kennitala",
        words=("kennitala", "kt"),
        columns=("kennitala",),
        shapes=(
            Shape(
                pattern=number("[0-3][0-9][01][0-9]{3}-[0-9]{3}[890]"),
                alone=0.8,
                named=0.97,
                valid=is_kennitala,
                chance=0.042,
                digits=10,
                mark="-",
            ),
        ),
    ),
)
