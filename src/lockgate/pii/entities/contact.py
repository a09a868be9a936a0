"""How to reach a person."""

import re

from lockgate.pii.checksums import digits
from lockgate.pii.entity import Entity, Shape, number

_COUNTRY_CODES = re.compile(
    "1|7|20|21[1238]|2[2-46]\\d|25[0-8]|27|28[0-9]|29[017-9]|3[0-469]|35\\d|37[0-8]|38[0-35-79]|4[0-13-9]|42[013]"
    "|5[1-8]|50\\d|59\\d|6[0-6]|67\\d|68\\d|69[0-2]|8[1246]|85[02356]|88[0-36]|9[0-58]|96\\d|97\\d|99[2-68]"
)
"""Country calling codes of ITU-T E.164."""


def _international(text: str) -> bool:
    """A country code and 7 to 15 digits in all (E.164), not all alike."""
    found = digits(text).removeprefix("00") if text.startswith("00") else digits(text)
    return 7 < len(found) <= 15 and _COUNTRY_CODES.match(found) is not None and len(set(found)) > 2


def _varied(text: str) -> bool:
    found = digits(text)
    return 7 <= len(found) <= 15 and len(set(found)) > 2


def _email(text: str) -> bool:
    local, _, domain = text.rpartition("@")
    return ".." not in text and not local.endswith(".") and len(domain) <= 253


_WORDS = ("phone", "telephone", "tel", "mobile", "cell phone", "cellphone", "fax", "msisdn", "whatsapp", "telefon")
_GAP = r"[ .\-/]"

ENTITIES = (
    Entity(
        name="email",
        meaning="an e-mail address",
        words=("email", "e-mail", "mail"),
        columns=("(?:[a-z0-9]+ )?e ?mail(?: address(?:es)?)?",),
        shapes=(
            Shape(
                pattern=r"(?<![\w.+%-])[\w+%'-][\w.+%'-]{0,63}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,24}(?![\w-])",
                alone=0.95,
                named=0.99,
                valid=_email,
                mark="@",
                length=6,
            ),
        ),
    ),
    Entity(
        name="phone",
        meaning="a telephone number, international or national",
        words=_WORDS,
        columns=(
            "(?:[a-z0-9]+ )?(?:tele)?phone(?: (?:number|no|nr|home|work))?",
            "mobile(?: (?:number|no|nr))?",
            "fax",
        ),
        shapes=(
            Shape(
                pattern=rf"(?<![\w+@#$€£-])(?<![0-9][.,])\+[1-9][0-9]{{0,2}}(?:{_GAP}?\(?[0-9]{{1,5}}\)?){{2,6}}(?!\w|[./:][0-9])",
                alone=0.85,
                named=0.99,
                valid=_international,
                digits=8,
                mark="+",
            ),
            Shape(
                pattern=r"(?<![0-9] )" + number(rf"00[1-9][0-9]{{0,2}}{_GAP}(?:{_GAP}?\(?[0-9]{{1,5}}\)?){{2,6}}"),
                alone=0.7,
                named=0.95,
                valid=_international,
                digits=10,
            ),
            Shape(
                pattern=r"(?<![\w+#$€£-])(?:1[ .-])?\([2-9][0-9]{2}\) ?[2-9][0-9]{2}[ .-][0-9]{4}(?![\w-]|[./:][0-9])",
                alone=0.85,
                named=0.99,
                valid=_varied,
                digits=10,
                mark="(",
            ),
            Shape(
                pattern=number(r"(?:1[ .-])?[2-9][0-9]{2}([.-])[2-9][0-9]{2}\1[0-9]{4}(?: ?(?:x|ext\.?) ?[0-9]{1,5})?"),
                alone=0.65,
                named=0.95,
                valid=_varied,
                digits=10,
            ),
            Shape(
                pattern=number("[2-9][0-9]{2} [2-9][0-9]{2} [0-9]{4}"),
                alone=0.5,
                named=0.95,
                valid=_varied,
                digits=10,
            ),
            Shape(
                pattern=r"(?<![0-9] )" + number(rf"\(?0[1-9][0-9]{{0,4}}\)?(?:{_GAP}[0-9]{{2,8}}){{1,4}}"),
                alone=0.4,
                named=0.9,
                valid=lambda text: 9 <= len(digits(text)) <= 12 and _varied(text),
                digits=9,
            ),
            Shape(pattern=number("[0-9]{9,12}"), alone=0.05, named=0.8, valid=_varied, digits=9, number=True),
        ),
    ),
    Entity(
        name="person_name",
        meaning="a person's name, by the column's name; in texts only with Presidio",
        columns=(
            "(?:first|given|fore|middle|last|family|sur|maiden|full|legal|preferred) ?names?",
            "(?:customer|client|patient|employee|person|contact|member|applicant|borrower|student) (?:full )?name",
            "name (?:first|last|full)|vorname|nachname|familienname|prenom|nom de famille|apellidos?|cognome",
        ),
    ),
    Entity(
        name="postal_address",
        meaning="a postal address, by the column's name; in texts only with Presidio",
        columns=(
            "(?:home|street|postal|mailing|billing|shipping|residential)(?: street)? ?address(?: (?:line )?[0-9])?",
            "address(?: line)?(?: [0-9])?|street(?: name)?|strasse|house (?:number|no)|adresse|direccion|indirizzo",
        ),
    ),
    Entity(
        name="birth_date",
        meaning="a date of birth",
        words=("birth", "born", "dob", "d.o.b", "birthday", "birthdate", "geboren", "geburtsdatum", "né", "née"),
        columns=("(?:date of birth|birth ?(?:date|day)|dob|geburtsdatum|date de naissance|fecha de nacimiento)",),
        shapes=(
            Shape(
                pattern=number(
                    r"(?:19|20)[0-9]{2}[-/.][01]?[0-9][-/.][0-3]?[0-9]|[0-3]?[0-9][-/.][0-3]?[0-9][-/.](?:19|20)[0-9]{2}"
                ),
                alone=0.05,
                named=0.8,
                digits=6,
            ),
        ),
    ),
)
