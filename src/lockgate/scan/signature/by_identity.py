"""Keyless signatures (Sigstore): a bundle signed with a certificate that lived for minutes and names who asked for it.

The library verifies all of it offline: the certificate's chain and its entry in the log of certificates, the time of
the signature, the entry in the log of signatures, and the signature. Nothing is downloaded, neither is the trusted
root: it is the policy's own, or the one of the public good instance that the library carries. The library's cache of
downloaded roots is left alone, so that a verdict does not depend on the machine.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lockgate.errors import EvidenceError
from lockgate.scan.signature.files import content
from lockgate.scan.signature.manifest import lists

_FIX = (
    "sign the file anew, with `sigstore sign`, `cosign sign-blob --bundle` (cosign 3) or model-signing, "
    "method `sigstore`"
)
_CONFIG = "application/vnd.dev.sigstore.clienttrustconfig"
_PUBLIC_GOOD = "https://tuf-repo-cdn.sigstore.dev"
_OTHER = "the bundle is about other bytes"
_LONGEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Who must have signed.

    Attributes:
        identity: the certificate's subject: an e-mail, or the URI of a workflow; compared letter for letter.
        issuer: the OIDC issuer that vouched for it; another one's word for the same subject counts nothing.
        trusted_root: file of a Sigstore trusted root or client trust configuration; None for the public good instance.
    """

    identity: str
    issuer: str
    trusted_root: Path | None = None


def check(model: Path, signature: Path, signer: Signer, *, place: Path) -> tuple[bool, str]:
    """Whether a bundle is a signature of a model's bytes by a signer, and in a few words what it is or lacks.

    Args:
        model: the model's file.
        signature: a Sigstore bundle, over the file or over the statement of model-signing that lists it.
        signer: who must have signed, and the root of that trust.
        place: where the policy says that the model is; a statement about several files calls it by its name.

    Raises:
        EvidenceError: the bundle or the trusted root cannot be read, or the library is missing.
    """
    held = content(signature, "the signature")
    try:
        from sigstore.errors import MetadataError, VerificationError
        from sigstore.hashes import Hashed
        from sigstore_models.common.v1 import HashAlgorithm
    except ImportError as error:
        raise EvidenceError(
            "checking a keyless signature needs sigstore", where="signature", fix="pip install 'lockgate[sigstore]'"
        ) from error
    verifier = _verifier(signer.trusted_root)
    bundle, read = _bundle(held, signature)
    allowed = _Allowed(signer=signer)
    with model.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    try:
        if "dsseEnvelope" in read:
            kind, payload = verifier.verify_dsse(bundle, allowed)
        else:
            verifier.verify_artifact(Hashed(algorithm=HashAlgorithm.SHA2_256, digest=digest), bundle, allowed)
    except VerificationError as error:
        other = _OTHER if _is_of_others(read, digest) else f"not verified: {_said(error)}"
        return False, (allowed.wrong or [other])[0]
    except MetadataError as error:
        raise _no_root(error, signer.trusted_root) from error
    except Exception as error:  # what a hostile certificate or log entry breaks is of any kind
        raise _broken(error, signature) from error
    if _is_of_others(read, digest):  # not every version of the library looks at what is not signed
        return False, _OTHER
    by = f"by {_shown(signer.identity)}"
    if "dsseEnvelope" not in read:
        return True, f"a Sigstore bundle {by}"
    valid, note = lists(kind, payload, model, place, signature, fix=_FIX)
    return valid, f"{note} {by}" if valid else note


# --- the bundle -------------------------------------------------------------------------------------------------------


def _bundle(held: bytes, path: Path) -> tuple[Any, Mapping[str, Any]]:
    """The library's bundle, and the same as JSON, as the library reads it: not as another parser might."""
    from sigstore.models import Bundle

    if not held.lstrip()[:1] == b"{":
        raise EvidenceError("the signature is no Sigstore bundle", where=str(path), fix=_FIX)
    try:
        bundle = Bundle.from_json(held)
        return bundle, json.loads(bundle.to_json())
    except Exception as error:  # certificates in it are read too, and break in ways of their own
        raise _broken(error, path) from error


def _broken(error: Exception, path: Path) -> EvidenceError:
    return EvidenceError(f"the bundle is broken, or of another kind: {_said(error)}", where=str(path), fix=_FIX)


def _is_of_others(read: Mapping[str, Any], digest: bytes) -> bool:
    """Whether a bundle itself says that it is about other bytes; it need not say what it is about."""
    said = (read.get("messageSignature") or {}).get("messageDigest")
    return said is not None and base64.b64decode(said["digest"]) != digest


# --- whom the policy allows -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Allowed:
    """Implements `sigstore.verify.policy.VerificationPolicy`, and keeps in which of the two a certificate differs."""

    signer: Signer
    wrong: list[str] = field(default_factory=list)

    def verify(self, cert: Any) -> None:
        """See that a certificate, whose chain was verified, is the signer's.

        Raises:
            VerificationError: it is another's.
        """
        from sigstore.verify.policy import AllOf, Identity, OIDCIssuer, OIDCIssuerV2

        signer, there = self.signer, {extension.oid for extension in cert.extensions}
        # The issuer stands in one extension or in both, in two encodings; without any, `AllOf` of nothing refuses.
        vouched = AllOf([kind(signer.issuer) for kind in (OIDCIssuerV2, OIDCIssuer) if kind.oid in there])
        self._hold(vouched.verify, cert, f"the bundle's identity is not vouched for by {_shown(signer.issuer)}")
        other = f"the bundle is by {_subject(cert)}, not by {_shown(signer.identity)}"
        self._hold(Identity(identity=signer.identity).verify, cert, other)

    def _hold(self, verify: Callable[[Any], None], cert: Any, wrong: str) -> None:
        from sigstore.errors import VerificationError

        try:
            verify(cert)
        except VerificationError:
            self.wrong.append(wrong)
            raise


def _subject(cert: Any) -> str:
    from cryptography.x509 import RFC822Name, SubjectAlternativeName, UniformResourceIdentifier

    names = cert.extensions.get_extension_for_class(SubjectAlternativeName).value
    found = [name for kind in (RFC822Name, UniformResourceIdentifier) for name in names.get_values_for_type(kind)]
    return _shown(" and ".join(found) or "no one whom Sigstore knows")


# --- the trusted root -------------------------------------------------------------------------------------------------


def _verifier(path: Path | None) -> Any:
    from sigstore.models import ClientTrustConfig, TrustedRoot
    from sigstore.verify import Verifier

    try:
        if path is None:
            carried = resources.files("sigstore._store") / quote(_PUBLIC_GOOD, safe="") / "trusted_root.json"
            with resources.as_file(carried) as file:
                return Verifier(trusted_root=TrustedRoot.from_file(str(file)))
        text = content(path, "the trusted root").decode()
        if str(json.loads(text).get("mediaType")).startswith(_CONFIG):
            return Verifier(trusted_root=ClientTrustConfig.from_json(text).trusted_root)
        return Verifier(trusted_root=TrustedRoot.from_file(str(path)))
    except EvidenceError:
        raise
    except Exception as error:
        raise _no_root(error, path) from error


def _no_root(error: Exception, path: Path | None) -> EvidenceError:
    if path is None:
        fix = "install another version of sigstore, or name a trusted root under `signature.trusted_root`"
        return EvidenceError(f"sigstore carries no trusted root: {_said(error)}", where="signature", fix=fix)
    fix = "give a Sigstore trusted root (trusted_root.json) or client trust configuration, in JSON"
    return EvidenceError(f"the trusted root cannot be used: {_said(error)}", where=str(path), fix=fix)


# --- words ------------------------------------------------------------------------------------------------------------


def _said(error: Exception) -> str:
    return _shown(" ".join(str(error).split()) or type(error).__name__)


def _shown(text: str) -> str:
    """A text of a certificate or a library, short, on one line."""
    clean = "".join(letter if letter.isprintable() else "?" for letter in text)
    return clean if len(clean) <= _LONGEST else f"{clean[:_LONGEST]}…"
