"""Addresses of a person's devices."""

import ipaddress

from lockgate.pii.entity import Entity, Shape

_NOBODYS = tuple(
    map(ipaddress.ip_network, ("0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3", "::1/128", "::/128", "ff00::/8"))
)
"""Loopback, unspecified, multicast and reserved addresses stand for no device."""


def _address(text: str) -> bool:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not any(found in network for network in _NOBODYS if network.version == found.version)


def _no_version(text: str) -> bool:
    """An address whose numbers are larger than those of a version such as 4.18.0.1 or 3.45.1."""
    parts = [int(part) for part in text.split(".")]
    return (max(parts) >= 100 or sum(part >= 32 for part in parts) > 1) and _address(text)


def _device(text: str) -> bool:
    found = text.replace(":", "").replace("-", "").lower()
    return len(set(found)) > 2


_WORDS = ("ip", "ip address", "ipv4", "ipv6", "host", "login from", "addr", "src", "dst", "gateway", "subnet", "dns")
_FOUR = r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}"

ENTITIES = (
    Entity(
        name="ip_address",
        meaning="an IPv4 or IPv6 address",
        words=_WORDS,
        columns=("(?:(?:client|remote|user|source|src|login|last) )?ip(?: ?(?:v4|v6))?(?: addr(?:ess)?)?",),
        shapes=(
            Shape(  # in an address of the web
                pattern=rf"(?<=://){_FOUR}(?![\w-]|\.[0-9])",
                alone=0.9,
                named=0.97,
                valid=_address,
                digits=4,
                length=10,
                mark="://",
            ),
            Shape(  # a port, a network's size or the fields of a web server's log behind it: no version has those
                pattern=rf"(?<![\w.+/-]){_FOUR}"
                r"(?=\]?:[0-9]{2,5}(?![\w.:])|/(?:[89]|[12][0-9]|3[0-2])(?![\w./])| - - \[)",
                alone=0.85,
                named=0.96,
                valid=_address,
                digits=4,
                length=9,
                mark=".",
            ),
            Shape(
                pattern=rf"(?<![\w.+/-]){_FOUR}(?![\w-]|\.[0-9])",
                alone=0.75,
                named=0.95,
                valid=_no_version,
                digits=4,
                length=7,
                mark=".",
            ),
            Shape(
                pattern=rf"(?<![\w.+/-]){_FOUR}(?![\w-]|\.[0-9])",
                alone=0.3,
                named=0.9,
                valid=_address,
                digits=4,
                length=7,
                mark=".",
            ),
            Shape(
                pattern=r"(?<![\w:.])(?:[0-9A-Fa-f]{1,4}:{1,2}){2,7}(?:[0-9A-Fa-f]{1,4}|(?:[0-9]{1,3}\.){3}[0-9]{1,3})?(?![\w:])",
                alone=0.85,
                named=0.95,
                valid=_address,
                length=6,
                mark=":",
            ),
        ),
    ),
    Entity(
        name="mac_address",
        meaning="a device's hardware address (EUI-48)",
        words=("mac", "mac address", "ethernet", "bluetooth", "hwaddr"),
        columns=("mac(?: addr(?:ess)?)?",),
        shapes=(
            Shape(
                pattern=r"(?<![\w:.-])[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![\w:-])",
                alone=0.9,
                named=0.97,
                valid=_device,
                length=17,
            ),
        ),
    ),
)
