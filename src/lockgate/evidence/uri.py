"""URIs of evidence: their scheme, and how they are shown without what must stay secret."""

import re
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

CLOUD = ("s3", "gs", "gcs", "az", "abfs", "abfss")
"""Schemes that pyarrow's file systems open; `az://` is written as an `abfs://` URI first."""

PROFILE = "profile:"
"""Before the path or URL of a saved profile that stands for the data."""

HIDDEN = "***"

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_SHOWN = frozenset({"region", "scheme", "endpoint_override", "allow_bucket_creation", "retry_limit_seconds"})
_AZURE = frozenset({"az", "abfs", "abfss"})


def scheme_of(uri: str) -> str | None:
    """The scheme of `scheme://…` in lower case; None for a path."""
    found = _SCHEME.match(uri)
    return found.group(1).lower() if found else None


def redacted(uri: str) -> str:
    """`uri` without user, password and query values; only what says where it is stays.

    The user of an Azure URI is the container, which stays.
    """
    scheme = scheme_of(uri)
    if scheme is None:
        return uri
    parts = _split(uri)
    if parts is None:
        return f"{scheme}://{HIDDEN}"
    user, at, host = parts.netloc.rpartition("@")
    container, _, password = user.partition(":")
    shown = (container + (f":{HIDDEN}" if password else "")) if scheme in _AZURE else HIDDEN
    query = "&".join(f"{key}={value if _harmless(key, value) else HIDDEN}" for key, value in _query(parts))
    fragment = f"#{HIDDEN}" if parts.fragment else ""
    return f"{scheme}://{shown if at else ''}{at}{host}{parts.path}{'?' if query else ''}{query}{fragment}"


def scrubbed(text: str, uri: str) -> str:
    """`text` (another library's message about `uri`) without the secrets of `uri`."""
    if scheme_of(uri) is None:
        return text
    text = text.replace(uri, redacted(uri))
    for secret in sorted(_secrets(uri), key=len, reverse=True):
        for spelling in (secret, unquote(secret)):
            if len(spelling) > 3:
                text = text.replace(spelling, HIDDEN)
    return text


def _secrets(uri: str) -> set[str]:
    """What `redacted` hides of a URI, whole and in its pieces."""
    parts = _split(uri)
    if parts is None:
        return set(re.split(r"[:@/?&=#]", uri)[1:])
    user, _, password = parts.netloc.rpartition("@")[0].partition(":")
    values = [value for key, value in _query(parts) if not _harmless(key, value)]
    pieces = [piece for value in values for piece in re.split("[:@]", value)]
    return {password, parts.fragment, *values, *pieces, *(() if scheme_of(uri) in _AZURE else (user,))}


def _split(uri: str) -> SplitResult | None:
    try:
        return urlsplit(uri)
    except ValueError:
        return None


def _query(parts: SplitResult) -> list[tuple[str, str]]:
    return parse_qsl(parts.query, keep_blank_values=True)


def _harmless(key: str, value: str) -> bool:
    return key in _SHOWN and "@" not in value
