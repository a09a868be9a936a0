"""National identifiers of western, central and southern Europe."""

from lockgate.pii.checksums import compact, digits, mod11_10, short_date, weighs, weighted
from lockgate.pii.entity import Entity, Shape, number

_DNI = "TRWAGMYFPDXBNJZSQVHLCKE"
_PPS = "WABCDEFGHIJKLMNOPQRSTUV"
_MONTHS_IT = "ABCDEHLMPRST"
_OMOCODE = str.maketrans("LMNPQRSTUV", "0123456789")
_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (
            *(1, 0, 5, 7, 9, 13, 15, 17, 19, 21),
            *(1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
        ),
        strict=True,
    )
)


def uk_nino(text: str) -> bool:
    """HMRC, NIM39110: two prefix letters with exceptions, six digits, a suffix A to D."""
    found = compact(text)
    return found[:2] not in {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"} and len(set(found[2:8])) > 1


def uk_nhs(text: str) -> bool:
    """NHS number: modulo 11 with the weights 10 to 2."""
    found = digits(text)
    return len(set(found)) > 2 and (11 - weighted(found, range(10, 1, -1)) % 11) % 11 == int(found[9])


def de_steuer_id(text: str) -> bool:
    """§ 139b AO: one digit of the first ten twice or thrice, all others at most once; ISO 7064 MOD 11,10."""
    found = digits(text)
    head, different = found[:10], len(set(found[:10]))
    once = different == 9 or (different == 8 and max(map(head.count, head)) == 3)
    return once and found[0] != "0" and mod11_10(found)


def fr_nir(text: str) -> bool:
    """INSEE: sex, year, month, department and order, with a key of 97 less the rest modulo 97."""
    found = compact(text).replace("2A", "19", 1) if "2A" in compact(text)[5:7] else compact(text).replace("2B", "18", 1)
    if not found.isdigit() or len(found) != 15 or not (1 <= int(found[3:5]) <= 12 or 20 <= int(found[3:5]) <= 42):
        return False
    return 97 - int(found[:13]) % 97 == int(found[13:])


def it_codice_fiscale(text: str) -> bool:
    """Decree of 23 December 1976: birth date and place within, a check letter over all other characters."""
    found = text.upper()
    plain = found[6:8].translate(_OMOCODE), found[9:11].translate(_OMOCODE), found[12:15].translate(_OMOCODE)
    if not all(part.isdigit() for part in plain) or not 1 <= int(plain[1]) % 40 <= 31:
        return False
    total = sum(
        _ODD[character] if place % 2 == 0 else int(character, 36) - (10 if character.isalpha() else 0)
        for place, character in enumerate(found[:15])
    )
    return chr(ord("A") + total % 26) == found[15]


def es_dni(text: str) -> bool:
    """DNI and NIE: the letter is given by the number modulo 23; X, Y, Z stand for 0, 1, 2."""
    found = compact(text)
    value = int(found[:-1].translate(str.maketrans("XYZ", "012")))
    return value > 99 and _DNI[value % 23] == found[-1]


def nl_bsn(text: str) -> bool:
    """The eleven test: Σ weight · digit divisible by 11, the last digit with weight -1."""
    found = digits(text)
    return len(set(found)) > 2 and weighs((9, 8, 7, 6, 5, 4, 3, 2, -1), 11)(found)


def be_number(text: str) -> bool:
    """Rijksregisternummer: a birth date, and 97 less the rest modulo 97.

    The month is 20 or 40 more in numbers of the social security, and 0 where only the year is known; of digits without
    separators, which many numbers are, the day must then be 0 as well.
    """
    found = digits(text)
    rest = 97 - int(found[9:])
    # Of persons born from 2000 on a 2 is set in front; of 60 and more none will be born for long.
    if rest != int(found[:9]) % 97 and (found[:2] >= "60" or rest != int(f"2{found[:9]}") % 97):
        return False
    unknown = found[2:4] in {"00", "20", "40"} if text != found else found[2:6] == "0000"
    return unknown or short_date(found, months=(0, 20, 40))


def pl_pesel(text: str) -> bool:
    """PESEL: a birth date (20 to 80 more in the month for the century) and a weighted check digit."""
    found = digits(text)
    return weighs((1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1), 10)(found) and short_date(found, months=(0, 20, 40, 60, 80))


def pt_nif(text: str) -> bool:
    """Portugal's NIF of a natural person: modulo 11."""
    rest = weighted(text, range(9, 1, -1)) % 11
    return (0 if rest < 2 else 11 - rest) == int(digits(text)[8])


def ch_ahv(text: str) -> bool:
    """Switzerland's AHV number: EAN-13 with the prefix 756."""
    return weighs((1, 3) * 6 + (1,), 10)(text)


def at_svnr(text: str) -> bool:
    """Austria's social insurance number: a check digit in the fourth place, then the birth date."""
    found = digits(text)
    return weighs((3, 7, 9, 0, 5, 8, 4, 2, 1, 6), 11, int(found[3]))(found) and short_date(found[4:], "dmy")


def ie_pps(text: str) -> bool:
    """Ireland's PPS number: a check letter modulo 23, a second letter counts nine times."""
    found = compact(text)
    second = ord(found[8]) - ord("A") + 1 if len(found) > 8 and found[8] != "W" else 0
    return _PPS[(weighted(found[:7], range(8, 1, -1)) + 9 * second) % 23] == found[7]


def ro_cnp(text: str) -> bool:
    """Romania's CNP: sex and century, a birth date, modulo 11."""
    rest = weighted(text, (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11
    return short_date(digits(text)[1:]) and (1 if rest == 10 else rest) == int(digits(text)[12])


def cz_rodne(text: str) -> bool:
    """Czech and Slovak birth number: a birth date (50 or 20 more in the month), the rest modulo 11, 10 as 0."""
    found = digits(text)
    return short_date(found, months=(0, 20, 50, 70)) and int(found[:9]) % 11 % 10 == int(found[9])


def tr_tckn(text: str) -> bool:
    """Turkey's identity number: two check digits."""
    found = list(map(int, digits(text)))
    return sum(found[:10]) % 10 == found[10] and (sum(found[0:9:2]) * 7 - sum(found[1:8:2])) % 10 == found[9]


def _plain(width: str, valid: object, chance: float, *, alone: float = 0.3, least: int) -> Shape:
    """Digits without separators."""
    assert callable(valid)  # noqa: S101 (one of the functions above)
    return Shape(pattern=number(width), alone=alone, named=0.9, valid=valid, chance=chance, digits=least, number=True)


ENTITIES = (
    Entity(
        name="uk_nino",
        meaning="a UK national insurance number",
        words=("nino", "national insurance", "ni number", "ni no"),
        columns=("(?:[a-z]+ )?(?:nino|national insurance(?: (?:number|no))?)",),
        shapes=(
            Shape(
                pattern=r"(?<![\w-])[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D](?![\w-])",
                alone=0.8,
                named=0.97,
                valid=uk_nino,
                digits=6,
                length=9,
            ),
        ),
    ),
    Entity(
        name="uk_nhs",
        meaning="a UK NHS number",
        words=("nhs", "national health"),
        columns=("nhs(?: (?:number|no))?",),
        shapes=(
            Shape(
                pattern=number(r"[0-9]{3}([ -])[0-9]{3}\1[0-9]{4}"),
                alone=0.6,
                named=0.95,
                valid=uk_nhs,
                chance=0.091,
                digits=10,
            ),
            _plain("[0-9]{10}", uk_nhs, 0.091, alone=0.2, least=10),
        ),
    ),
    Entity(
        name="de_steuer_id",
        meaning="a German tax identification number",
        words=(
            "steuer",
            "steuerid",
            "steuer id",
            "idnr",
            "steueridentifikationsnummer",
            "tax id",
            "identifikationsnummer",
        ),
        columns=("steuer ?id(?:entifikationsnummer)?",),
        shapes=(
            Shape(
                pattern=number("[1-9][0-9] [0-9]{3} [0-9]{3} [0-9]{3}"),
                alone=0.85,
                named=0.97,
                valid=de_steuer_id,
                chance=0.0042,
                digits=11,
            ),
            _plain("[1-9][0-9]{10}", de_steuer_id, 0.0042, alone=0.65, least=11),
        ),
    ),
    Entity(
        name="fr_nir",
        meaning="a French social security number (NIR)",
        words=("nir", "insee", "sécurité sociale", "securite sociale", "numero de secu", "sécu"),
        columns=("nir|num(?:ero)? (?:de )?secu(?:rite sociale)?",),
        shapes=(
            Shape(
                pattern=number("[12] ?[0-9]{2} ?[0-9]{2} ?(?:[0-9]{2}|2[AB]) ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}"),
                alone=0.85,
                named=0.98,
                valid=fr_nir,
                chance=0.0036,
                digits=14,
                number=True,
            ),
        ),
    ),
    Entity(
        name="it_codice_fiscale",
        meaning="an Italian codice fiscale",
        words=("codice fiscale", "cf", "codfisc"),
        columns=("cod(?:ice)? fisc(?:ale)?",),
        shapes=(
            Shape(
                pattern=r"(?<!\w)[A-Z]{6}[0-9L-NP-V]{2}[A-EHLMPRST][0-9L-NP-V]{2}[A-Z][0-9L-NP-V]{3}[A-Z](?!\w)",
                alone=0.95,
                named=0.99,
                valid=it_codice_fiscale,
                chance=0.03,
                digits=3,
                length=16,
            ),
        ),
    ),
    Entity(
        name="es_dni",
        meaning="a Spanish DNI or NIE",
        words=("dni", "nie", "nif", "documento nacional", "extranjero"),
        columns=("dni|nie|nif",),
        shapes=(
            Shape(
                pattern=r"(?<![\w-])(?:[0-9]{8}|[XYZ][0-9]{7})[ -]?[A-HJ-NP-TV-Z](?![\w-])",
                alone=0.8,
                named=0.97,
                valid=es_dni,
                chance=0.0435,
                digits=7,
            ),
        ),
    ),
    Entity(
        name="nl_bsn",
        meaning="a Dutch citizen service number (BSN)",
        words=("bsn", "burgerservicenummer", "citizen service number", "sofi", "sofinummer"),
        columns=("bsn|burgerservicenummer",),
        shapes=(
            _plain("[0-9]{9}", nl_bsn, 0.091, alone=0.2, least=9),
            Shape(
                pattern=number(r"[0-9]{4}\.[0-9]{2}\.[0-9]{3}"),
                alone=0.62,
                named=0.95,
                valid=nl_bsn,
                chance=0.091,
                digits=9,
            ),
            _plain("[0-9]{4} [0-9]{2} [0-9]{3}", nl_bsn, 0.091, alone=0.4, least=9),
        ),
    ),
    Entity(
        name="be_national_number",
        meaning="a Belgian national register number",
        words=(
            *("rijksregister", "rijksregisternummer", "registre national", "numéro national", "national number"),
            *("nrn", "insz", "niss"),
        ),
        columns=("rijksregister(?:nummer)?|nrn|insz|niss",),
        shapes=(
            Shape(
                pattern=number(r"(?:[0-9]{2}\.[0-9]{2}\.[0-9]{2}[-.]|[0-9]{6}[ -])[0-9]{3}[ .-][0-9]{2}"),
                alone=0.93,
                named=0.99,
                valid=be_number,
                chance=0.0029,
                digits=11,
            ),
            _plain("[0-9]{11}", be_number, 0.0022, alone=0.65, least=11),
        ),
    ),
    Entity(
        name="pl_pesel",
        meaning="a Polish PESEL",
        words=("pesel",),
        columns=("pesel",),
        shapes=(_plain("[0-9]{11}", pl_pesel, 0.018, alone=0.62, least=11),),
    ),
    Entity(
        name="pt_nif",
        meaning="a Portuguese NIF of a person",
        words=("nif", "contribuinte", "portugal"),
        columns=("nif",),
        shapes=(
            Shape(
                pattern=number("[123][0-9]{2} [0-9]{3} [0-9]{3}"),
                alone=0.4,
                named=0.92,
                valid=pt_nif,
                chance=0.1,
                digits=9,
            ),
            _plain("[123][0-9]{8}", pt_nif, 0.1, alone=0.15, least=9),
        ),
    ),
    Entity(
        name="ch_ahv",
        meaning="a Swiss AHV number",
        words=("ahv", "avs", "ahvn13", "sozialversicherungsnummer"),
        columns=("ahv(?: ?(?:nummer|nr|number))?",),
        shapes=(
            Shape(
                pattern=number(r"756\.[0-9]{4}\.[0-9]{4}\.[0-9]{2}"),
                alone=0.95,
                named=0.99,
                valid=ch_ahv,
                chance=0.1,
                digits=13,
            ),
            _plain("756[0-9]{10}", ch_ahv, 0.1, alone=0.65, least=13),
        ),
    ),
    Entity(
        name="at_svnr",
        meaning="an Austrian social insurance number",
        words=("svnr", "sozialversicherungsnummer", "sv-nummer", "versicherungsnummer"),
        columns=("svnr|sv ?nummer",),
        shapes=(
            Shape(
                pattern=number("[1-9][0-9]{3}[ -][0-9]{6}"),
                alone=0.65,
                named=0.95,
                valid=at_svnr,
                chance=0.0034,
                digits=10,
            ),
            _plain("[1-9][0-9]{9}", at_svnr, 0.0034, alone=0.4, least=10),
        ),
    ),
    Entity(
        name="ie_pps",
        meaning="an Irish PPS number",
        words=("pps", "ppsn", "personal public service"),
        columns=("ppsn?(?: (?:number|no))?",),
        shapes=(
            Shape(
                pattern=r"(?<![\w-])[0-9]{7}[A-W][A-IW]?(?![\w-])",
                alone=0.62,
                named=0.95,
                valid=ie_pps,
                chance=0.0435,
                digits=7,
                length=8,
            ),
        ),
    ),
    Entity(
        name="ro_cnp",
        meaning="a Romanian CNP",
        words=("cnp", "cod numeric personal"),
        columns=("cnp",),
        shapes=(_plain("[1-8][0-9]{12}", ro_cnp, 0.0035, alone=0.7, least=13),),
    ),
    Entity(
        name="cz_birth_number",
        meaning="a Czech or Slovak birth number",
        words=("rodné číslo", "rodne cislo", "rodné", "rc"),
        columns=("rodne cislo",),
        shapes=(
            Shape(
                pattern=number("[0-9]{6}/[0-9]{4}"),
                alone=0.85,
                named=0.97,
                valid=cz_rodne,
                chance=0.0146,
                digits=10,
                mark="/",
            ),
        ),
    ),
    Entity(
        name="tr_tckn",
        meaning="a Turkish identity number",
        words=("tckn", "tc kimlik", "kimlik"),
        columns=("tckn|tc kimlik(?: no)?",),
        shapes=(_plain("[1-9][0-9]{10}", tr_tckn, 0.01, alone=0.6, least=11),),
    ),
)
