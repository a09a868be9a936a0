"""National identifiers that an outside implementation, python-stdnum, knows too, and random texts of their shapes."""

import random
from collections.abc import Callable
from importlib import import_module
from typing import NamedTuple

from lockgate.pii.entities import entities
from lockgate.pii.entity import Shape


class Known(NamedTuple):
    """An identifier.

    Attributes:
        entity: what it is called here.
        module: what it is called in python-stdnum.
        template: of a text: `#` a digit, `@` a capital, `&` either, anything else as it is.
        shape: which of the entity's shapes that is.
        said: `same`; or which of the two is stricter, for a reason that stands in the test.
    """

    entity: str
    module: str
    template: str
    shape: int = 0
    said: str = "same"


KNOWN = (
    Known("us_ssn", "us.ssn", "###-##-####", said="ours"),
    Known("us_itin", "us.itin", "9##-##-####", said="theirs"),
    Known("ca_sin", "ca.sin", "### ### ###"),
    Known("br_cpf", "br.cpf", "###.###.###-##"),
    Known("cl_rut", "cl.rut", "##.###.###-#"),
    Known("ar_cuit", "ar.cuit", "20-########-#"),
    Known("uk_nhs", "gb.nhs", "### ### ####"),
    Known("de_steuer_id", "de.idnr", "## ### ### ###"),
    Known("fr_nir", "fr.nir", "1 ## 0# ## ### ### ##", said="ours"),
    Known("es_dni", "es.dni", "########@"),
    Known("es_dni", "es.nie", "X#######@"),
    Known("nl_bsn", "nl.bsn", "#########"),
    Known("be_national_number", "be.nn", "##.0#.##-###.##", said="either"),
    Known("pl_pesel", "pl.pesel", "###########"),
    Known("pt_nif", "pt.nif", "2## ### ###"),
    Known("ch_ahv", "ch.ssn", "756.####.####.##"),
    Known("at_svnr", "at.vnr", "#### ##0###", said="either"),
    Known("ie_pps", "ie.pps", "#######@"),
    Known("ro_cnp", "ro.cnp", "1##0##001####"),
    Known("cz_birth_number", "cz.rc", "##0###/####"),
    Known("tr_tckn", "tr.tckimlik", "###########"),
    Known("se_personnummer", "se.personnummer", "##0###-####", said="theirs"),
    Known("fi_hetu", "fi.hetu", "##0###-###&", said="theirs"),
    Known("no_fodselsnummer", "no.fodselsnummer", "##0########", 1, said="theirs"),
    Known("dk_cpr", "dk.cpr", "##0###-####", said="either"),
    Known("is_kennitala", "is_.kennitala", "##0###-###9", said="ours"),
    Known("in_aadhaar", "in_.aadhaar", "#### #### ####"),
    Known("au_tfn", "au.tfn", "### ### ###", said="ours"),
    Known("za_id", "za.idnr", "##0### ###0 ###", said="theirs"),
    Known("cn_resident_id", "cn.ric", "11010119##0######&"),
    Known("kr_rrn", "kr.rrn", "##0###-1######", said="theirs"),
    Known("il_id", "il.idnr", "#########"),
)


def shape_of(known: Known) -> Shape:
    """The shape that its template is written in."""
    return entities()[known.entity].shapes[known.shape]


def theirs(known: Known) -> Callable[[str], bool]:
    """What python-stdnum says of a text."""
    found: Callable[[str], bool] = import_module(f"stdnum.{known.module}").is_valid
    return found


def drawn(template: str, rng: random.Random) -> str:
    """A random text."""
    kinds = {"#": "0123456789", "@": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "&": "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
    return "".join(rng.choice(kinds[c]) if c in kinds else c for c in template)
