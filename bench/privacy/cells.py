"""Labelled cells: identifiers whose check digits python-stdnum confirms, and what only looks like them."""

import random
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import NamedTuple

ROUNDS = 200_000


class Cell(NamedTuple):
    """A text, and the entity in it; None: there is none."""

    text: str
    entity: str | None


NATIONAL: Mapping[str, tuple[str, str, str]] = {
    "us_ssn": ("us.ssn", "###-##-####", "social security"),
    "de_steuer_id": ("de.idnr", "###########", "Steuer-ID"),
    "fr_nir": ("fr.nir", "1##0###########", "NIR"),
    "es_dni": ("es.dni", "########@", "DNI"),
    "nl_bsn": ("nl.bsn", "#########", "BSN"),
    "pl_pesel": ("pl.pesel", "#########0#", "PESEL"),
    "be_national_number": ("be.nn", "##.0#.1#-###.##", "rijksregisternummer"),
    "se_personnummer": ("se.personnummer", "##0###-####", "personnummer"),
    "fi_hetu": ("fi.hetu", "##0###-###&", "hetu"),
    "no_fodselsnummer": ("no.fodselsnummer", "##0########", "fødselsnummer"),
    "br_cpf": ("br.cpf", "###.###.###-##", "CPF"),
    "in_aadhaar": ("in_.aadhaar", "#### #### ####", "Aadhaar"),
    "au_tfn": ("au.tfn", "### ### ###", "tax file number"),
    "ca_sin": ("ca.sin", "### ### ###", "social insurance"),
    "uk_nhs": ("gb.nhs", "### ### ####", "NHS number"),
    "card": ("luhn", "4###############", "card"),
}
"""Entity → its check in python-stdnum, its template (`#` a digit, `@` a capital, `&` either), the word for it."""

WORDS = ("customer {}", "please note {} for the file", "{} as agreed", "see {}", "{}", "{}", "{}")
NAMED = ("{word}: {}", "her {word} is {}")


def drawn(template: str, rng: random.Random) -> str:
    kinds = {"#": "0123456789", "@": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "&": "0123456789ABCDEFHJKLMNPRSTUVWXY"}
    return "".join(rng.choice(kinds[c]) if c in kinds else c for c in template)


def national(module: str, template: str, rng: random.Random, *, valid: bool) -> str:
    """A text of the template that python-stdnum calls valid, or not."""
    check: Callable[[str], bool] = import_module(f"stdnum.{module}").is_valid
    for _ in range(ROUNDS):
        text = drawn(template, rng)
        if check(text) is valid:
            return text
    raise ValueError(f"{module}: no random text is {'valid' if valid else 'invalid'}")


def email(rng: random.Random) -> str:
    name = rng.choice(("anna", "j.smith", "li_wei", "o'neil", "maria+news", "x99"))
    return f"{name}{rng.randrange(99)}@{rng.choice(('example.org', 'mail.example.com', 'uni-test.de', 'corp.co.uk'))}"


def phone(rng: random.Random) -> str:
    return drawn(
        rng.choice(("+44 7911 ######", "+49 30 ########", "(212) 555-####", "415-555-####", "+33 1 42 ## ## ##")), rng
    )


def iban(rng: random.Random) -> str:
    country, body = rng.choice((("DE", "##################"), ("NL", "INGB##########"), ("ES", "####################")))
    held = drawn(body, rng)
    check = 98 - int("".join(str(int(c, 36)) for c in f"{held}{country}00")) % 97
    return f"{country}{check:02d}{held}"


def ip(rng: random.Random) -> str:
    return ".".join(str(rng.randrange(low, 255)) for low in (33, 0, 0, 1))


def mac(rng: random.Random) -> str:
    return ":".join(f"{rng.randrange(256):02x}" for _ in range(6))


OTHERS: Mapping[str, tuple[Callable[[random.Random], str], str]] = {
    "email": (email, "e-mail"),
    "phone": (phone, "phone"),
    "iban": (iban, "IBAN"),
    "ip_address": (ip, "ip"),
    "mac_address": (mac, "MAC"),
}


def look_alike(rng: random.Random) -> str:
    """What is nobody's: dates, versions, prices, order numbers, references, hashes, prose."""
    day = f"20{rng.randrange(10, 26)}-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d}"
    return rng.choice(
        (
            day,
            f"{day} {rng.randrange(24):02d}:{rng.randrange(60):02d}:{rng.randrange(60):02d}",
            drawn("#.##.#.#", rng),
            drawn("v#.#.##", rng),
            drawn("order ########", rng),
            drawn("invoice 20##-######", rng),
            drawn("978-3-16-######-#", rng),
            drawn("$#,###,###.##", rng),
            drawn("0.################", rng),
            f"{rng.getrandbits(128):032x}",
            drawn("SKU-@@##-####", rng),
            drawn("tracking ############", rng),
            "the meeting moved to room 12 on the 3rd floor",
            drawn("room ### at ##:##", rng),
            drawn("@@## #@@", rng),
            drawn("lat ##.######, lon ##.######", rng),
        )
    )


def cells(each: int, seed: int = 7) -> list[Cell]:
    """Cells in random order: of every entity `each`, a third with a word for it, as many with wrong check digits as
    there are entities' valid ones, and as many look-alikes as all together."""
    rng = random.Random(seed)
    made: list[Cell] = []
    for entity, (module, template, word) in NATIONAL.items():
        for _ in range(each):
            made.append(_placed(national(module, template, rng, valid=True), entity, word, rng))
            if entity != "us_ssn":  # it has no check digit
                wrong = national(module, template, rng, valid=False)
                made.append(Cell(rng.choice(WORDS).format(wrong), None))
    for entity, (make, word) in OTHERS.items():
        made += [_placed(make(rng), entity, word, rng) for _ in range(each)]
    made += [Cell(look_alike(rng), None) for _ in range(each * len(NATIONAL))]
    rng.shuffle(made)
    return made


def _placed(value: str, entity: str, word: str, rng: random.Random) -> Cell:
    if rng.random() < 1 / 3:
        return Cell(rng.choice(NAMED).format(value, word=word), entity)
    return Cell(rng.choice(WORDS).format(value), entity)
