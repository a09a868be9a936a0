"""Signatures by a public key: a plain one beside the file, or the bundle that OpenSSF's model-signing writes."""

import base64
import binascii
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lockgate.errors import EvidenceError
from lockgate.scan.signature.files import content
from lockgate.scan.signature.manifest import lists

_BUNDLE = "application/vnd.dev.sigstore.bundle"


def check(model: Path, signature: Path, key: Path | bytes, *, place: Path) -> tuple[bool, str]:
    """Whether a signature is one of a model's bytes by the holder of a key, and in a few words what it is or lacks.

    Args:
        model: the model's file.
        signature: a bundle of model-signing (DSSE, in-toto), or the signature alone as raw bytes or base64: Ed25519
            (RFC 8032) over the file, or ECDSA with SHA-256 in DER, as `openssl dgst -sha256 -sign` writes it.
        key: the public key in PEM, Ed25519 or ECDSA, or its file.
        place: where the policy says that the model is; a bundle of several files calls it by its name.

    Raises:
        EvidenceError: the key or the signature cannot be read, or is of another kind.
    """
    held = content(signature, "the signature")
    public = (
        _key(key, "signature.public_key") if isinstance(key, bytes) else _key(content(key, "the public key"), str(key))
    )
    bundle = _bundle(held)
    if bundle is None:
        return _verified(public, _decoded(held), model.read_bytes()), "a detached signature"
    fix = "sign the file with model-signing, method `key`"
    enveloped = _opened(bundle, public, signature, fix)
    if enveloped is None:
        return False, "the bundle is not signed by this key"
    return lists(*enveloped, model, place, signature, fix=fix)


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


def _bundle(held: bytes) -> Mapping[str, Any] | None:
    """The bundle, or None for what is no JSON object."""
    try:
        read = json.loads(held)
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


def _opened(bundle: Mapping[str, Any], key: Any, path: Path, fix: str) -> tuple[str, bytes] | None:
    """The type and the bytes of what a bundle's envelope signs; None where this key does not.

    The bytes that are read are those that were verified, by the pre-authentication encoding of DSSE.
    """
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
        return None
    return kind, payload
