"""Licences as distributions state them: read as SPDX expressions, held against lists of allowed and denied ones."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lockgate.globs import matches

UNKNOWN = ""
"""The licence of a distribution that states none."""

_TOKEN = re.compile(r"\s*([()]|[A-Za-z0-9.+:-]+)")

_CLASSIFIERS: Mapping[str, str] = {
    "Academic Free License (AFL)": "AFL-3.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "Boost Software License 1.0 (BSL-1.0)": "BSL-1.0",
    "CC0 1.0 Universal (CC0 1.0) Public Domain Dedication": "CC0-1.0",
    "Eclipse Public License 1.0 (EPL-1.0)": "EPL-1.0",
    "Eclipse Public License 2.0 (EPL-2.0)": "EPL-2.0",
    "European Union Public Licence 1.2 (EUPL 1.2)": "EUPL-1.2",
    "GNU Affero General Public License v3": "AGPL-3.0-only",
    "GNU Affero General Public License v3 or later (AGPLv3+)": "AGPL-3.0-or-later",
    "GNU General Public License (GPL)": "GPL",
    "GNU General Public License v2 (GPLv2)": "GPL-2.0-only",
    "GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "GNU General Public License v3 (GPLv3)": "GPL-3.0-only",
    "GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "GNU Lesser General Public License v2 (LGPLv2)": "LGPL-2.0-only",
    "GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.0-or-later",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
    "GNU Library or Lesser General Public License (LGPL)": "LGPL",
    "Historical Permission Notice and Disclaimer (HPND)": "HPND",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "MIT No Attribution License (MIT-0)": "MIT-0",
    "Mozilla Public License 1.1 (MPL 1.1)": "MPL-1.1",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Other/Proprietary License": "Proprietary",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
    "Zero-Clause BSD (0BSD)": "0BSD",
    "zlib/libpng License": "Zlib",
}
"""The end of a classifier → the SPDX identifier that it stands for; where it names no version, the family's name."""

_TEXTS: Mapping[str, str] = {
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache license version 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "apache software license 2.0": "Apache-2.0",
    "bsd 2-clause": "BSD-2-Clause",
    "bsd 3-clause": "BSD-3-Clause",
    "bsd 3-clause license": "BSD-3-Clause",
    "bsd license": "BSD",
    "gplv2": "GPL-2.0-only",
    "gplv3": "GPL-3.0-only",
    "mit license": "MIT",
    "mit licence": "MIT",
    "modified bsd license": "BSD-3-Clause",
    "new bsd": "BSD-3-Clause",
    "new bsd license": "BSD-3-Clause",
    "psf": "PSF-2.0",
    "the mit license (mit)": "MIT",
}
"""Usual free texts, in small letters → the SPDX identifier that they mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """A distribution that a model's process has imported; `licence`: as SPDX where that is known, else as stated."""

    name: str
    version: str
    licence: str


def licence_of(expression: str, classifiers: Sequence[str], text: str) -> str:
    """The licence that a distribution's metadata state.

    The SPDX expression of PEP 639 comes first, then the free text where it is a short name, then the trove classifiers;
    of several of these all hold, for nothing says that one may choose.
    """
    if expression.strip():
        return expression.strip()
    named = [name for entry in classifiers if (name := entry.split(" :: ")[-1]) != "OSI Approved"]
    read = [_CLASSIFIERS.get(name, name) for name in named]
    none = text.upper() == "UNKNOWN" or text.lower().startswith("copyright")
    short = "" if none else _TEXTS.get(text.lower().rstrip("."), text)
    # A family's name ("BSD") is less than the text's own word, a text of many words less than a classifier.
    if short and (not read or read == ["BSD"]) and len(short) <= 60:
        return short
    return " AND ".join(dict.fromkeys(read)) or (short if len(short) <= 60 else UNKNOWN)


def usable(licence: str, *, allow: Sequence[str], deny: Sequence[str]) -> bool:
    """Whether a stated licence may be used.

    Of `A OR B` one must be, of `A AND B` both. Lists hold SPDX identifiers or globs of them (`GPL-*`), in any case. An
    unknown licence is not allowed by a list of allowed ones, and not denied by a list of denied ones.

    Args:
        licence: an SPDX expression, or another text, which is then one name.
        allow: the only ones that may be; empty: all that are not denied.
        deny: those that may not.
    """

    def good(name: str) -> bool:
        if any(matches(name.lower(), glob.lower()) for glob in deny):
            return False
        return not allow or any(matches(name.lower(), glob.lower()) for glob in allow)

    if licence == UNKNOWN:
        return not allow
    try:
        return _Expression(licence, good).holds()
    except ValueError:
        return good(licence)


class _Expression:
    """An SPDX expression, read by descent: OR binds least, then AND, then WITH."""

    def __init__(self, text: str, good: Callable[[str], bool]) -> None:
        self._tokens = self._read(text)
        self._good = good

    @staticmethod
    def _read(text: str) -> list[str]:
        tokens, at = [], 0
        while at < len(text.rstrip()):
            found = _TOKEN.match(text, at)
            if found is None:
                raise ValueError("no SPDX expression")
            tokens.append(found[1])
            at = found.end()
        return tokens

    def holds(self) -> bool:
        """Whether it is good as a whole.

        Raises:
            ValueError: it is no SPDX expression.
        """
        held = self._either()
        if self._tokens:
            raise ValueError("no SPDX expression")
        return held

    def _next(self, word: str) -> bool:
        if self._tokens and self._tokens[0].upper() == word:
            self._tokens.pop(0)
            return True
        return False

    def _either(self) -> bool:
        held = self._both()
        while self._next("OR"):
            other = self._both()
            held = held or other
        return held

    def _both(self) -> bool:
        held = self._one()
        while self._next("AND"):
            other = self._one()
            held = held and other
        return held

    def _one(self) -> bool:
        if self._next("("):
            held = self._either()
            if not self._next(")"):
                raise ValueError("no SPDX expression")
            return held
        name = self._name()
        return self._good(f"{name} WITH {self._name()}") if self._next("WITH") else self._good(name)

    def _name(self) -> str:
        if not self._tokens or self._tokens[0].upper() in {"(", ")", "OR", "AND", "WITH"}:
            raise ValueError("no SPDX expression")
        return self._tokens.pop(0)
