"""Signatures of a model's file: a plain one beside it, or the bundle that OpenSSF's model-signing writes.

Both are checked against a public key that the policy names; keys that come with a signature prove nothing.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lockgate.errors import EvidenceError

_MOST = 16 << 20
_PAYLOAD = "application/vnd.in-toto+json"
_PREDICATE = "https://model_signing/signature/v1.0"
_BUNDLE = "application/vnd.dev.sigstore.bundle"


def check(model: Path, signature: Path, key: Path | bytes) -> tuple[bool, str]:
    """Whether a signature is one of a model's bytes by the holder of a key, and in a few words what it is or lacks.

    Args:
        model: the model's file.
        signature: a bundle of model-signing (DSSE, in-toto), or the signature alone as raw bytes or base64: Ed25519
            (RFC 8032) over the file, or ECDSA with SHA-256 in DER, as `openssl dgst -sha256 -sign` writes it.
        key: the public key in PEM, Ed25519 or ECDSA, or its file.

    Raises:
        EvidenceError: the key or the signature cannot be read, or is of another kind.
    """
    held = _bytes(signature, "the signature")
    public = (
        _key(key, "signature.public_key") if isinstance(key, bytes) else _key(_bytes(key, "the public key"), str(key))
    )
    bundle = _bundle(held)
    if bundle is None:
        return _verified(public, _decoded(held), model.read_bytes()), "a detached signature"
    return _signed_manifest(bundle, public, model, signature)


def _bytes(path: Path, what: str) -> bytes:
    try:
        if not path.is_file():
            raise EvidenceError(f"{what} is no file", where=str(path), fix="name the file under `signature`")
        held = path.read_bytes() if path.stat().st_size <= _MOST else b""
    except OSError as error:
        raise EvidenceError(
            f"{what} cannot be read: {error.strerror}", where=str(path), fix="see its permissions"
        ) from error
    if not held:
        raise EvidenceError(f"{what} is empty or far too large", where=str(path), fix="write the file again")
    return held


def _key(text: bytes, where: str) -> Any:
    try:
        from cryptography.hazmat.primitives.asymmetric import ec, ed25519
        from cryptography.hazmat.primitives.serialization import load_pem_public_key
    except ImportError as error:
        raise EvidenceError(
            "checking a signature needs cryptography", where="signature", fix="pip install 'lockgate[signing]'"
        ) from error
    fix = "give the public key of the signer in PEM, Ed25519 or ECDSA"
    try:
        key = load_pem_public_key(text)
    except (ValueError, TypeError) as error:
        raise EvidenceError("this is no public key in PEM", where=where, fix=fix) from error
    except Exception as error:  # an algorithm that the library does not know has an exception of its own
        raise EvidenceError(f"the public key cannot be used: {error}", where=where, fix=fix) from error
    if not isinstance(key, ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey):
        raise EvidenceError("the public key is neither Ed25519 nor ECDSA", where=where, fix=fix)
    return key


def _verified(key: Any, signature: bytes, data: bytes, *, by_curve: bool = False) -> bool:
    """Whether a signature is valid; ECDSA with SHA-256, or with the hash of the curve's length."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, data)
        else:
            longer = {384: hashes.SHA384(), 521: hashes.SHA512()}
            kind = longer.get(key.curve.key_size, hashes.SHA256()) if by_curve else hashes.SHA256()
            key.verify(signature, data, ec.ECDSA(kind))
    except InvalidSignature:
        return False
    return True


def _decoded(held: bytes) -> bytes:
    """A signature as raw bytes: what is base64 alone is taken for text."""
    try:
        return base64.b64decode(b"".join(held.split()), validate=True)
    except (binascii.Error, ValueError):
        return held


# --- the bundle of model-signing --------------------------------------------------------------------------------------


def _bundle(held: bytes) -> Mapping[str, Any] | None:
    """The bundle, or None for what is no JSON object."""
    try:
        read = json.loads(held)
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


def _signed_manifest(bundle: Mapping[str, Any], key: Any, model: Path, path: Path) -> tuple[bool, str]:
    """Verify the envelope, then look for the model's digest among the files that it speaks of.

    The bytes that are read are those that were verified, by the pre-authentication encoding of DSSE.
    """
    fix = "sign the file with model-signing, method `key`"
    if not str(bundle.get("mediaType", "")).startswith(_BUNDLE):
        raise EvidenceError("the signature is no bundle that model-signing writes", where=str(path), fix=fix)
    try:
        envelope = bundle["dsseEnvelope"]
        kind, payload = str(envelope["payloadType"]), base64.b64decode(envelope["payload"], validate=True)
        signatures = [base64.b64decode(held["sig"], validate=True) for held in envelope["signatures"]]
        name = kind.encode()
    except (KeyError, TypeError, ValueError) as error:
        raise EvidenceError("the bundle holds no signed envelope", where=str(path), fix=fix) from error
    signed = b"DSSEv1 %d %s %d %s" % (len(name), name, len(payload), payload)
    if len(signatures) != 1 or not _verified(key, signatures[0], signed, by_curve=True):
        return False, "the bundle is not signed by this key"
    try:
        statement = json.loads(payload)
        predicate = statement["predicate"]
        resources = [(str(r["name"]), str(r["algorithm"]), str(r["digest"])) for r in predicate["resources"]]
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise EvidenceError("the bundle says nothing about files", where=str(path), fix=fix) from error
    if kind != _PAYLOAD or statement.get("predicateType") != _PREDICATE:
        raise EvidenceError("the bundle is a signature of something else than a model", where=str(path), fix=fix)
    if any(algorithm != "sha256" for _, algorithm, _ in resources):
        raise EvidenceError("the bundle's digests are not SHA-256", where=str(path), fix=fix)
    with model.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest not in (held for _, _, held in resources):
        return False, "the bundle is about other bytes"
    return True, f"a bundle of model-signing about {len(resources)} file(s)"
