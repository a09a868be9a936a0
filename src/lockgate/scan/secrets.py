"""A few kinds of secrets that end up in model files: private keys, and tokens of clouds and platforms."""

import mmap
import re
from collections.abc import Mapping

PATTERNS: Mapping[str, re.Pattern[bytes]] = {
    "private key": re.compile(rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"),
    "AWS access key": re.compile(rb"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Z0-9])"),
    "Google API key": re.compile(rb"(?<![\w-])AIza[\w-]{35}(?![\w-])"),
    "Azure storage key": re.compile(rb"AccountKey=[A-Za-z0-9+/]{86}=="),
    "GitHub token": re.compile(rb"(?<!\w)(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{82})(?!\w)"),
    "GitLab token": re.compile(rb"(?<!\w)glpat-[\w-]{20}(?![\w-])"),
    "Slack token": re.compile(rb"(?<!\w)xox[abprs]-[0-9A-Za-z-]{20,}"),
    "Hugging Face token": re.compile(rb"(?<!\w)hf_[A-Za-z]{34}(?!\w)"),
    "npm token": re.compile(rb"(?<!\w)npm_[A-Za-z0-9]{36}(?!\w)"),
    "PyPI token": re.compile(rb"(?<!\w)pypi-AgEIcHlwaS5vcmc[\w-]{50,}"),
}
"""Kind of secret → what it looks like; each begins so that chance does not write it into weights."""


def secrets(data: bytes | mmap.mmap) -> dict[str, int]:
    """How many secrets of each kind stand in some bytes; kinds without any are left out."""
    found = {kind: sum(1 for _ in pattern.finditer(data)) for kind, pattern in PATTERNS.items()}
    return {kind: count for kind, count in found.items() if count}
