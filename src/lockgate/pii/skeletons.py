"""What a text looks like without its letters and digits: columns hold few skeletons, and each rules out many shapes.

A capital stands as `A`, a small letter as `a`, a digit as `9`, anything else in ASCII as itself. Of a pattern the same
is made, so that a text which it matches has a skeleton which its skeleton matches; not the other way round.
"""

import re
from functools import lru_cache

_ASCII = tuple(map(chr, range(128)))
_STRANGE = "\x01"  # stands for a letter that is not in ASCII
_STRANGERS = ("é", "€", "中")


def _image(character: str) -> str:
    if character.isdigit():
        return "9"
    if character.isalpha():
        return "A" if character.isupper() else "a"
    return character


TABLE = bytes([*(ord(_image(c)) for c in _ASCII), *[ord(_STRANGE)] * 128])
"""Skeleton of each byte."""

_TOKEN = re.compile(
    r"(?P<class>\[\^?(?:\\.|[^\]\\])+\]|\\[wsd])|(?P<escape>\\.)|(?P<not>\(\?<?!)|(?P<open>\((?:\?(?:[:=]|<=|i:))?)"
    r"|(?P<close>\))|(?P<times>\{[0-9,]+\}|[*+?|])|(?P<literal>[^.^$\\])",
    re.DOTALL,
)


@lru_cache(maxsize=1_024)
def skeleton_of(pattern: str) -> re.Pattern[str]:
    """The skeleton of a pattern.

    Raises:
        ValueError: it holds what has none: a dot, an anchor.
    """
    made: list[str] = []
    groups: list[bool] = []  # of each open group, whether it or one around it must not match
    place = 0
    while place < len(pattern):
        token = _TOKEN.match(pattern, place)
        if token is None:
            raise ValueError(f"{pattern!r} has no skeleton: {pattern[place:]!r}")
        place = token.end()
        text, kind = token.group(), token.lastgroup
        if kind in {"not", "open"}:
            groups.append(kind == "not" or (bool(groups) and groups[-1]))
        elif kind == "close":
            groups.pop()
        elif kind in {"literal", "class"} or (kind == "escape" and not text[1].isdigit()):
            text = _class(text, negated=bool(groups) and groups[-1])
        made.append(text)
    return re.compile("".join(made))


@lru_cache(maxsize=1_024)
def _class(text: str, *, negated: bool) -> str:
    """What a character or class of characters looks like; where it must not match, only what it surely is."""
    matches = re.compile(text).fullmatch
    held = {c for c in _ASCII if matches(c)}
    images = {_image(c) for c in held}
    if negated:
        images -= {_image(c) for c in set(_ASCII) - held}
    elif any(map(matches, _STRANGERS)):
        images.add(_STRANGE)
    return f"[{''.join(map(re.escape, sorted(images)))}]" if images else "(?!)"
