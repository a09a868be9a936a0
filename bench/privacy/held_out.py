"""Labelled cells beside those of the table: forms that authorities write, addresses as logs have them, and amounts.

They were written before the rules were last changed, and what they showed was then mended by what is documented, not by
the cells; the next change needs new ones. `python -m privacy --held-out` says how the tools do on them.
"""

import random
from collections.abc import Mapping, Sequence

from privacy.cells import Cell, drawn, national

FORMS: Mapping[str, Sequence[tuple[str, str, Sequence[str]]]] = {
    "nl_bsn": (
        ("nl.bsn", "#########", ("BSN {}", "burgerservicenummer: {}", "citizen service number {}", "sofinummer {}")),
        ("nl.bsn", "####.##.###", ("BSN {}", "{}")),
        ("nl.bsn", "#### ## ###", ("BSN: {}",)),
    ),
    "au_tfn": (
        ("au.tfn", "### ### ###", ("TFN {}", "TFN: {}", "tax file number is {}", "my TFN is {}")),
        ("au.tfn", "#########", ("TFN {}",)),
    ),
    "fr_nir": (
        ("fr.nir", "1##07##########", ("N° SS {}", "numéro de sécurité sociale : {}", "{}")),
        ("fr.nir", "2 ## 11 ## ### ### ##", ("{}", "assurée {}")),
    ),
    "be_national_number": (
        ("be.nn", "##.0#.1#-###.##", ("{}", "INSZ {}", "numéro national {}")),
        ("be.nn", "##0#1######", ("rijksregisternummer {}", "{}")),
        ("be.nn", "##0#1# ### ##", ("{}", "NISS {}")),
    ),
    "pl_pesel": (("pl.pesel", "###0#######", ("PESEL {}", "PESEL: {}", "nr PESEL {}", "{}")),),
    "ca_sin": (
        ("ca.sin", "### ### ###", ("SIN {}", "{}", "NAS {}")),
        ("ca.sin", "###-###-###", ("SIN: {}", "{}")),
        ("ca.sin", "#########", ("SIN {}",)),
    ),
    "se_personnummer": (
        ("se.personnummer", "##0###-####", ("{}", "personnummer {}")),
        ("se.personnummer", "19##0#######", ("personnr {}", "{}")),
        ("se.personnummer", "20##0###-####", ("{}",)),
    ),
    "de_steuer_id": (
        ("de.idnr", "## ### ### ###", ("IdNr. {}", "{}", "Steuer-ID {}")),
        ("de.idnr", "###########", ("Steueridentifikationsnummer {}", "IdNr {}")),
    ),
    "br_cpf": (
        ("br.cpf", "###.###.###-##", ("CPF {}", "{}")),
        ("br.cpf", "###########", ("CPF {}", "CPF nº {}")),
        ("br.cpf", "#########-##", ("{}",)),
    ),
    "uk_nhs": (
        ("gb.nhs", "### ### ####", ("NHS no. {}", "{}")),
        ("gb.nhs", "##########", ("NHS number {}",)),
    ),
    "es_dni": (("es.dni", "########@", ("{}", "DNI {}")), ("es.dni", "########-@", ("{}",))),
    "no_fodselsnummer": (
        ("no.fodselsnummer", "##0########", ("{}", "fødselsnr. {}")),
        ("no.fodselsnummer", "##0### #####", ("{}",)),
    ),
    "in_aadhaar": (
        ("in_.aadhaar", "#### #### ####", ("{}", "Aadhaar No. {}")),
        ("in_.aadhaar", "############", ("Aadhaar {}",)),
    ),
    "fi_hetu": (("fi.hetu", "##0###-###&", ("{}", "hetu: {}")),),
}
"""Entity → check in python-stdnum, template, and what stands around it."""

ADDRESSES = (
    *("{}", "client {}", "from {} port 22", "remote_addr={}", "IP address {}", "login from {}", "[{}]:443"),
    *("http://{}/admin", "{} - - [10/Oct/2000:13:55:36]", "src={} dst=x"),
)
NOBODYS = (
    *("version ##.##.#.#", "build #.##.#.##", "v##.#.#.#", "release ##.#.#.##", "firmware ##.##.##.##"),
    *("section #.#.#.#", "clause ##.#.#.#", "##.##.####.#", "pip install x==##.#.#.#", "driver ###.##.#.#"),
    *("Chrome/###.#.####.##", "order ### ### ###", "ref ### ### ###", "### ### ### units sold", "EUR ### ### ###"),
    *("population ### ### ###", "ticket #########", "postcode #### @@", "#### @@ ##", "room ###.##.###"),
    *("part no. #### ## ###", "lot ##0#1# ### ##", "ISBN 978-#-##-######-#", "EAN ### ### ####", "#########"),
    *("##.#.#.##", "oid 1.3.6.1.4.1.####", "schema 1.##.#.#", "SNMP 2.16.##.1", "batch ###-###-###"),
    *("###.###.###,##", "+## points", "#### #### #### tokens", "serial ##0##### ####", "case ##/#####", "0x########"),
    *("##:##:##.###", "$ ##,###.##", "key ######-####", "invoice ###-###-###"),
)


def address(rng: random.Random) -> str:
    """A private or public address whose numbers are mostly small."""
    first, second = rng.choice(((10, 32), (rng.randrange(33, 224), 32), (192, 1), (172, 1)))
    middle = {192: 168, 172: 16}.get(first, rng.randrange(second))
    return f"{first}.{middle}.{rng.randrange(32)}.{rng.randrange(1, 32)}"


def held_out(each: int, seed: int = 2026) -> list[Cell]:
    """About `each` cells of every entity, as many with wrong check digits, and of everything that is nobody's."""
    rng = random.Random(seed)
    made: list[Cell] = []
    for entity, forms in FORMS.items():
        for module, template, around in forms:
            for _ in range(max(1, each // len(forms))):
                made.append(Cell(rng.choice(around).format(national(module, template, rng, valid=True)), entity))
                wrong = national(module, template, rng, valid=False)
                made.append(Cell(rng.choice(("{}", "see {}", "no. {}")).format(wrong), None))
    made += [Cell(rng.choice(ADDRESSES).format(address(rng)), "ip_address") for _ in range(2 * each)]
    made += [Cell(drawn(template, rng), None) for template in NOBODYS for _ in range(each)]
    rng.shuffle(made)
    return made
