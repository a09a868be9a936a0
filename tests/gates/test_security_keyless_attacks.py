"""The gate `security`: what an attacker would try with a keyless signature. Nothing of it is ever green."""

import json
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from tests.gates.sigstore_instance import ISSUER, RELEASE, Sigstore, b64, new_key, signature
from tests.gates.test_security import MODEL
from tests.gates.test_security_keyless import OURS, judged, put, resource, statement

from lockgate.errors import EvidenceError
from lockgate.scan.signature.by_identity import Signer, check
from lockgate.types import Status

# --- time, certificates and logs --------------------------------------------------------------------------------------


@pytest.mark.parametrize("clock", ["log", "authority"])
@pytest.mark.parametrize("late", [timedelta(hours=1), -timedelta(hours=1), timedelta(days=90)])
def test_a_signature_outside_of_its_certificates_ten_minutes_fails(clock: str, late: timedelta, tmp_path: Path) -> None:
    assert judged(tmp_path, OURS.of_file(MODEL, clock=clock, late=late)).status is Status.FAIL


def test_without_a_time_that_somebody_signed_nothing_is_verified(tmp_path: Path) -> None:
    """An expired certificate alone does not say when its key signed."""
    held = judged(tmp_path, OURS.of_file(MODEL, clock="none"))
    assert held.status is Status.ERROR
    assert "inclusion promise or signed timestamp" in held.message + held.reason
    said = OURS.of_file(MODEL)
    entry = said["verificationMaterial"]["tlogEntries"][0]
    late = OURS.of_file(MODEL, late=timedelta(hours=1))["verificationMaterial"]["tlogEntries"][0]
    for changes in ({"integratedTime": None}, {"integratedTime": "0"}, {"integratedTime": late["integratedTime"]}):
        bundle = deepcopy(said)
        bundle["verificationMaterial"]["tlogEntries"][0] = {**entry, **changes}
        assert judged(tmp_path, bundle).status is Status.FAIL


def test_a_time_stamp_by_another_authority_or_over_another_signature_fails(tmp_path: Path) -> None:
    honest, other = (OURS.of_file(MODEL, clock="authority") for _ in range(2))
    honest["verificationMaterial"]["timestampVerificationData"] = other["verificationMaterial"][
        "timestampVerificationData"
    ]
    stranger = Sigstore(fulcio=OURS.fulcio, certificate_log=OURS.certificate_log, signature_log=OURS.signature_log)
    for bundle in (honest, stranger.of_file(MODEL, clock="authority")):
        assert judged(tmp_path, bundle).status is Status.FAIL


@pytest.mark.parametrize("kind", ["fulcio", "certificate_log", "signature_log"])
def test_each_of_the_three_authorities_must_be_the_trusted_one(kind: str, tmp_path: Path) -> None:
    parts: dict[str, Any] = {name: getattr(OURS, name) for name in ("fulcio", "certificate_log", "signature_log")}
    parts[kind] = getattr(Sigstore(), kind)
    assert judged(tmp_path, Sigstore(**parts).of_file(MODEL)).status is Status.FAIL


def test_a_certificate_that_no_log_knows_or_that_is_for_another_use_fails(tmp_path: Path) -> None:
    for how in ({"logged": False}, {"log": new_key()}, {"use": ExtendedKeyUsageOID.CLIENT_AUTH}):
        assert judged(tmp_path, OURS.of_file(MODEL, **how)).status is Status.FAIL


def test_the_log_entry_of_another_signature_does_not_count(tmp_path: Path) -> None:
    key = new_key()
    certificate = OURS.certificate(key.public_key())
    for make, data, other in (
        (OURS.of_file, MODEL, b"other bytes"),
        (OURS.of_statement, statement(), statement(resource("model.txt", b"other bytes"))),
    ):
        bundle, logged = (make(held, key=key, certificate=certificate) for held in (data, other))
        bundle["verificationMaterial"] = logged["verificationMaterial"]
        assert judged(tmp_path, bundle).status is Status.FAIL


@pytest.mark.parametrize("key", [ed25519.Ed25519PrivateKey.generate(), rsa.generate_private_key(65537, 2048)])
def test_a_certificate_for_a_key_of_another_kind_is_never_green(key: Any, tmp_path: Path) -> None:
    certificate = OURS.certificate(key.public_key())
    for bundle in (
        OURS.of_file(MODEL, certificate=certificate),
        OURS.of_statement(statement(), certificate=certificate),
    ):
        assert judged(tmp_path, bundle).status in {Status.FAIL, Status.ERROR}


# --- the statement of model-signing -----------------------------------------------------------------------------------

OTHER = b"not the model"
LISTS = {
    "the model among others": ([resource("model.txt", MODEL), resource("config.json", OTHER)], ""),
    "alone, under any name": ([resource("renamed.txt", MODEL)], ""),
    "the file itself": ([resource(".", MODEL)], ""),
    "in a folder": ([resource("a/model.txt", MODEL), resource("a/config.json", OTHER)], ""),
    "in the folder in which it is": ([resource("here/model.txt", MODEL), resource("a/model.txt", OTHER)], ""),
    "another of the same name": ([resource("model.txt", OTHER)], "the bundle is about other bytes"),
    "in another's place": (
        [resource("model.txt", OTHER), resource("old/backdoor.txt", MODEL)],
        "the bundle lists these bytes as 'old/backdoor.txt', not as 'model.txt'",
    ),
    "in the place of another of the same name": (
        [resource("here/model.txt", OTHER), resource("a/model.txt", MODEL)],
        "the bundle lists other bytes under this path; these as 'a/model.txt'",
    ),
    "none": ([resource("config.json", OTHER)], "the bundle is about other bytes"),
}


@pytest.mark.parametrize("name", LISTS)
def test_each_of_several_files_is_signed_under_its_own_name(name: str, tmp_path: Path) -> None:
    (folder := tmp_path / "here").mkdir()
    resources, wrong = LISTS[name]
    held = judged(folder, OURS.of_statement(statement(*resources)))
    expected = f"a bundle of model-signing about {len(resources)} file(s) by {RELEASE}"
    assert (held.status, held.note) == (Status.FAIL if wrong else Status.PASS, wrong or expected)


STRANGE = {
    "a name twice": statement(resource("model.txt", OTHER), resource("model.txt", MODEL)),
    "a name twice, written otherwise": statement(resource("./model.txt", OTHER), resource("model.txt", MODEL)),
    "provenance": statement(predicate="https://slsa.dev/provenance/v1"),
    "other digests": statement({**resource("model.txt", MODEL), "algorithm": "blake2b"}),
    "a key twice": statement().replace(b'"predicate":', b'"predicate": {"resources": []}, "predicate":'),
    "no statement": b"hello",
    "deep": b"[" * 100_000,
    "a list": b"[]",
    "no files": b'{"predicate": {}}',
}


@pytest.mark.parametrize("name", STRANGE)
def test_a_statement_of_another_form_is_an_error(name: str, tmp_path: Path) -> None:
    held = judged(tmp_path, OURS.of_statement(STRANGE[name]))
    assert held.status is Status.ERROR
    assert "model-signing, method `sigstore`" in held.message + held.reason


def test_another_type_of_payload_is_an_error(tmp_path: Path) -> None:
    for kind in ("text/plain", "application/vnd.in-toto+json ", "träge"):
        assert judged(tmp_path, OURS.of_statement(statement(), kind=kind)).status in {Status.ERROR, Status.FAIL}


def test_an_envelope_with_two_signatures_is_never_green(tmp_path: Path) -> None:
    for clock in ("log", "authority"):
        bundle = OURS.of_statement(statement(), clock=clock)
        own = bundle["dsseEnvelope"]["signatures"][0]
        other = {"sig": b64(signature(new_key(), b"anything"))}
        for signatures in ([own, other], [other, own], [own, own], []):
            bundle["dsseEnvelope"]["signatures"] = signatures
            assert judged(tmp_path, bundle).status in {Status.ERROR, Status.FAIL}


def test_a_bundle_with_both_kinds_of_content_is_broken(tmp_path: Path) -> None:
    key = new_key()
    certificate = OURS.certificate(key.public_key())
    file, said = OURS.of_file(MODEL, key=key, certificate=certificate), OURS.of_statement(statement())
    assert judged(tmp_path, {**file, "dsseEnvelope": said["dsseEnvelope"]}).status is Status.ERROR
    twice = (
        json.dumps({**file, "dsseEnvelope": None, "more": 0}).encode().replace(b'"more": 0', b'"messageSignature": {}')
    )
    assert judged(tmp_path, twice).status is Status.ERROR


# --- hostile bundles --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bundle",
    [
        b"",
        b"{}",
        b"AAAA",
        b"\xff\xfe",
        b'{"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json"}',
        b'{"base64Signature": "AAAA", "cert": "", "rekorBundle": {}}',
        b"{" * 100_000,
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"mediaType": ' + b"9" * 100_000 + b"}",
        b'{"mediaType": "\\ud800"}',
        b"{" + b" " * (17 << 20) + b"}",
    ],
    ids=range(12),
)
def test_what_is_no_bundle_is_an_error_that_says_how_to_make_one(bundle: bytes, tmp_path: Path) -> None:
    held = judged(tmp_path, bundle)
    assert held.status is Status.ERROR
    assert "model.sigstore.json" in held.message + held.reason


WRONG: tuple[Any, ...] = (
    None,
    0,
    -1,
    1e300,
    "",
    "x",
    "-1",
    str(2**64 - 1),
    "9" * 5000,
    "AAAA",
    [],
    {},
    [[]],
    "\x1b[31m",
)
FREE = {"messageDigest", "logIndex"}
"""what a bundle need not say, and where its entry stands in a log that other logs may precede."""


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in some JSON."""
    if path:
        yield path
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield from places(inner, (*path, key))


@pytest.mark.parametrize("kind", ["file by log", "file by authority", "statement by log", "statement by authority"])
def test_no_part_of_a_bundle_can_be_exchanged(kind: str, tmp_path: Path) -> None:
    """Each place holds something else or is gone: it is refused or an error, never green and never a traceback."""
    clock = kind.rpartition(" ")[2]
    made = OURS.of_file(MODEL, clock=clock) if "file" in kind else OURS.of_statement(statement(), clock=clock)
    put(tmp_path, made)
    (model := tmp_path / "model.txt").write_bytes(MODEL)
    signer = Signer(identity=RELEASE, issuer=ISSUER, trusted_root=tmp_path / "root.json")
    green = set()
    for path in places(made):
        for wrong in (*WRONG, KeyError):
            changed = deepcopy(made)
            inner: Any = changed
            for key in path[:-1]:
                inner = inner[key]
            if wrong is KeyError:
                del inner[path[-1]]
            else:
                inner[path[-1]] = wrong
            (tmp_path / "model.sigstore.json").write_text(json.dumps(changed))
            with suppress(EvidenceError):
                valid, note = check(model, tmp_path / "model.sigstore.json", signer, place=model)
                assert note.isprintable()
                green |= {path[-1]} if valid else set()
    assert green <= FREE
