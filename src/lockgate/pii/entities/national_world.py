"""National identifiers of Asia, Africa and Oceania."""

from lockgate.pii.checksums import compact, digits, is_date, luhn, mod11_2, short_date, verhoeff, weighs, weighted
from lockgate.pii.entity import Entity, Shape, number


def in_aadhaar(text: str) -> bool:
    """UIDAI: twelve digits, the first 2 to 9, Verhoeff's check digit, no palindrome."""
    found = digits(text)
    return found != found[::-1] and verhoeff(found)


def au_tfn(text: str) -> bool:
    """The Australian tax file number: modulo 11."""
    return len(set(digits(text))) > 2 and weighs((1, 4, 3, 7, 5, 8, 6, 9, 10), 11)(text)


def au_medicare(text: str) -> bool:
    """Medicare Australia: a check digit in the ninth place."""
    found = digits(text)
    return weighted(found, (1, 3, 7, 9, 1, 3, 7, 9)) % 10 == int(found[8])


def za_id(text: str) -> bool:
    """South Africa's identity number: a birth date, citizenship 0 to 2, Luhn."""
    found = digits(text)
    return short_date(found) and found[10] in "012" and luhn(found)


def cn_id(text: str) -> bool:
    """GB 11643-1999: a birth date and ISO 7064 MOD 11-2."""
    found = compact(text)
    return is_date(int(found[6:10]), int(found[10:12]), int(found[12:14])) and mod11_2(found)


def kr_rrn(text: str) -> bool:
    """South Korea's resident registration number: a birth date and the sex; since 2020 without a check digit."""
    return short_date(text)


def sg_nric(text: str) -> bool:
    """Singapore's NRIC and FIN: a check letter modulo 11."""
    found = compact(text)
    total = weighted(found[1:8], (2, 7, 6, 5, 4, 3, 2)) + (4 if found[0] in "TG" else 3 if found[0] == "M" else 0)
    letters = {"S": "JZIHGFEDCBA", "T": "JZIHGFEDCBA", "F": "XWUTRQPNMLK", "G": "XWUTRQPNMLK", "M": "XWUTRQPNJLK"}
    place = 10 - total % 11 if found[0] == "M" else total % 11
    return letters[found[0]][place] == found[8]


def il_id(text: str) -> bool:
    """Israel's identity number: Luhn over nine digits."""
    return len(set(digits(text))) > 2 and luhn(text)


ENTITIES = (
    Entity(
        name="in_aadhaar",
        meaning="an Indian Aadhaar number",
        words=("aadhaar", "aadhar", "uidai", "uid"),
        columns=("aadhaa?r(?: (?:number|no))?",),
        shapes=(
            Shape(
                pattern=number(r"[2-9][0-9]{3}([ -])[0-9]{4}\1[0-9]{4}"),
                alone=0.75,
                named=0.97,
                valid=in_aadhaar,
                chance=0.1,
                digits=12,
            ),
            Shape(
                pattern=number("[2-9][0-9]{11}"),
                alone=0.5,
                named=0.95,
                valid=in_aadhaar,
                chance=0.1,
                digits=12,
                number=True,
            ),
        ),
    ),
    Entity(
        name="in_pan",
        meaning="an Indian permanent account number of a person",
        words=("pan", "permanent account", "income tax"),
        shapes=(
            Shape(pattern=r"(?<!\w)[A-Z]{3}P[A-Z][0-9]{4}[A-Z](?!\w)", alone=0.75, named=0.95, digits=4, length=10),
        ),
    ),
    Entity(
        name="au_tfn",
        meaning="an Australian tax file number",
        words=("tfn", "tax file"),
        columns=("tfn|tax file(?: (?:number|no))?",),
        shapes=(
            Shape(
                pattern=number(r"[0-9]{3}([ -])[0-9]{3}\1[0-9]{3}"),
                alone=0.45,
                named=0.95,
                valid=au_tfn,
                chance=0.091,
                digits=9,
            ),
            Shape(pattern=number("[0-9]{9}"), alone=0.2, named=0.88, valid=au_tfn, chance=0.091, digits=9, number=True),
        ),
    ),
    Entity(
        name="au_medicare",
        meaning="an Australian Medicare number",
        words=("medicare",),
        columns=("medicare(?: (?:number|no))?",),
        shapes=(
            Shape(
                pattern=number("[2-6][0-9]{3} [0-9]{5} [0-9]"),
                alone=0.65,
                named=0.95,
                valid=au_medicare,
                chance=0.1,
                digits=10,
            ),
        ),
    ),
    Entity(
        name="za_id",
        meaning="a South African identity number",
        words=("id number", "rsa id", "south africa", "identity number", "sa id"),
        shapes=(
            Shape(
                pattern=number("[0-9]{6} ?[0-9]{4} ?[0-9]{3}"),
                alone=0.75,
                named=0.97,
                valid=za_id,
                chance=0.0011,
                digits=13,
                number=True,
            ),
        ),
    ),
    Entity(
        name="cn_resident_id",
        meaning="a Chinese resident identity number",
        words=("身份证", "shenfenzheng", "resident id"),
        shapes=(
            Shape(
                pattern=number("[1-8][0-9]{5}(?:19|20)[0-9]{9}[0-9Xx]"),
                alone=0.93,
                named=0.99,
                valid=cn_id,
                chance=0.0033,
                digits=17,
                number=True,
            ),
        ),
    ),
    Entity(
        name="kr_rrn",
        meaning="a South Korean resident registration number",
        words=("rrn", "주민등록번호", "jumin", "resident registration"),
        columns=("rrn|jumin(?: (?:number|no))?",),
        shapes=(
            Shape(
                pattern=number("[0-9]{2}[01][0-9][0-3][0-9]-[1-8][0-9]{6}"),
                alone=0.75,
                named=0.97,
                valid=kr_rrn,
                chance=0.46,
                digits=13,
                mark="-",
            ),
        ),
    ),
    Entity(
        name="sg_nric",
        meaning="a Singaporean NRIC or FIN",
        words=("nric", "fin", "singapore"),
        columns=("nric(?: (?:number|no))?",),
        shapes=(
            Shape(
                pattern=r"(?<!\w)[STFGM][0-9]{7}[A-Z](?!\w)",
                alone=0.88,
                named=0.98,
                valid=sg_nric,
                chance=0.0385,
                digits=7,
                length=9,
            ),
        ),
    ),
    Entity(
        name="il_id",
        meaning="an Israeli identity number",
        words=("teudat zehut", "תעודת זהות", "israeli id"),
        shapes=(
            Shape(pattern=number("[0-9]{9}"), alone=0.1, named=0.85, valid=il_id, chance=0.1, digits=9, number=True),
        ),
    ),
)
