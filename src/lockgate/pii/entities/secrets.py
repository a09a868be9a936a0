"""Keys and tokens: what opens something to whoever reads it. The one list, of texts and of models' bytes."""

import base64
import binascii
import json
import math
import re
from collections import Counter

from lockgate.pii.entity import Entity, Shape

_ENTROPY = 3.5  # bits per character that a random text of 16 characters and more has
_SHORT = 0.85  # share of the most that shorter ones can have
_PLACEHOLDER = re.compile(
    r"example|sample|dummy|placeholder|change.?me|your[_-]|xxxx|\*\*\*|<|\$\{|\{\{|todo|test.?only|redacted",
    re.IGNORECASE,
)
_KEYWORD = (
    r"(?:api[_-]?key|apikey|secret(?:[_-]?key)?|access[_-]?key|auth[_-]?token|access[_-]?token|refresh[_-]?token"
    r"|client[_-]?secret|private[_-]?key|passw(?:or)?d|passwort|pwd|credentials?|token)"
)


def entropy(text: str) -> float:
    """Shannon's entropy of its characters, in bits per character."""
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())


def _random(text: str) -> bool:
    return not _PLACEHOLDER.search(text) and entropy(text) >= min(_ENTROPY, _SHORT * math.log2(len(text)))


def _assigned(text: str) -> bool:
    """The value of an assignment is random: mixed of letters and digits, of high entropy, and no placeholder."""
    value = re.split(r"[:=]\s{0,4}[\"']?", text, maxsplit=1)[-1].strip("\"'")
    mixed = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
    return mixed and _random(value)


def _jwt(text: str) -> bool:
    """Its first part is a JSON object with an algorithm (RFC 7519)."""
    head = text.split(".", maxsplit=1)[0]
    try:
        found = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (binascii.Error, ValueError):
        return False
    return isinstance(found, dict) and "alg" in found


def _password(text: str) -> bool:
    secret = text.partition("://")[2].rpartition("@")[0].partition(":")[2]
    return not _PLACEHOLDER.search(secret)


def _secret(name: str, meaning: str, *shapes: Shape, words: tuple[str, ...] = ()) -> Entity:
    return Entity(name=name, meaning=meaning, kind="secret", shapes=shapes, words=words)


def _token(pattern: str, mark: str, length: int) -> Shape:
    """A token that its prefix tells."""
    return Shape(
        pattern=rf"(?<![A-Za-z0-9_-])(?:{pattern})(?![A-Za-z0-9_-])",
        alone=0.95,
        named=0.99,
        valid=lambda text: not _PLACEHOLDER.search(text) and len(set(text)) > 8,
        mark=mark,
        length=length,
    )


ENTITIES = (
    _secret(
        "private_key",
        "the head of a private key (PEM, OpenSSH, PGP)",
        Shape(
            pattern=r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----",
            alone=0.99,
            named=0.99,
            mark="-----BEGIN",
            length=25,
        ),
    ),
    _secret(
        "aws_access_key",
        "an AWS access key id",
        *(_token(rf"{head}[A-Z2-7]{{16}}", head, 20) for head in ("AKIA", "ASIA", "ABIA", "ACCA")),
    ),
    _secret(
        "aws_secret_key",
        "an AWS secret access key, where the words around it say so",
        Shape(
            pattern=r"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])",
            alone=0.1,
            named=0.9,
            valid=lambda text: _random(text) and entropy(text) > 4.2,
            length=40,
        ),
        words=("aws", "secret access key", "aws_secret_access_key", "secretaccesskey"),
    ),
    _secret("gcp_api_key", "a Google Cloud API key", _token(r"AIza[0-9A-Za-z_-]{35}", "AIza", 39)),
    _secret(
        "github_token",
        "a GitHub token",
        _token(r"gh[pousr]_[A-Za-z0-9]{36,251}", "gh", 40),
        _token(r"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}", "github_pat_", 93),
    ),
    _secret("gitlab_token", "a GitLab token", _token(r"gl(?:pat|dt|ptt|rt)-[A-Za-z0-9_-]{20,64}", "gl", 25)),
    _secret(
        "slack_token",
        "a Slack token or webhook",
        _token(r"xox[abeoprs]-[A-Za-z0-9-]{10,250}", "xox", 15),
        Shape(
            pattern=r"https://hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9/]{20,120}",
            alone=0.97,
            named=0.99,
            mark="hooks.slack.com/",
            length=45,
        ),
    ),
    _secret("stripe_key", "a Stripe secret key", _token(r"[sr]k_(?:live|test)_[A-Za-z0-9]{16,247}", "k_", 24)),
    _secret("huggingface_token", "a Hugging Face token", _token(r"hf_[A-Za-z]{34,40}", "hf_", 37)),
    _secret(
        "llm_api_key",
        "an API key of OpenAI or Anthropic",
        _token(r"sk-(?:proj-|svcacct-|ant-[a-z0-9]{2,8}-)?[A-Za-z0-9_-]{32,220}", "sk-", 35),
    ),
    _secret("npm_token", "an npm token", _token(r"npm_[A-Za-z0-9]{36}", "npm_", 40)),
    _secret("pypi_token", "a PyPI token", _token(r"pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,250}", "pypi-", 70)),
    _secret("sendgrid_key", "a SendGrid API key", _token(r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}", "SG.", 69)),
    _secret(
        "azure_key",
        "a key of an Azure storage account",
        Shape(
            pattern=r"(?:AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{42,86}={0,2}",
            alone=0.97,
            named=0.99,
            valid=_random,
            mark="Key=",
            length=50,
        ),
    ),
    _secret(
        "jwt",
        "a JSON Web Token",
        Shape(
            pattern=r"(?<![\w.-])eyJ[A-Za-z0-9_-]{8,4096}\.eyJ[A-Za-z0-9_-]{4,8192}\.[A-Za-z0-9_-]{0,1024}(?![\w-])",
            alone=0.95,
            named=0.99,
            valid=_jwt,
            mark="eyJ",
            length=30,
        ),
    ),
    _secret(
        "url_credentials",
        "an address with user and password in it",
        Shape(
            pattern=r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s:/@\"'<>]{0,64}:[^\s/@\"'<>]{3,128}@[A-Za-z0-9.\[-][A-Za-z0-9.:\[\]-]{0,253}",
            alone=0.96,
            named=0.99,
            valid=_password,
            mark="://",
            length=12,
        ),
    ),
    _secret(
        "secret_assignment",
        "a random value that is assigned to a name such as password, token or api_key",
        Shape(
            pattern=rf"(?i:{_KEYWORD})[\"']?\s{{0,4}}(?::|=>?|:=)\s{{0,4}}[\"']?[A-Za-z0-9_+/=.~!@#$%^&*-]{{12,200}}",
            alone=0.8,
            named=0.9,
            valid=_assigned,
            length=18,
            either="=:",
            said=("key", "secret", "token", "pass", "pwd", "credential"),
        ),
    ),
)
