"""A whole Sigstore of one's own, offline: who issues certificates, both logs, a time stamp authority, and their root.

It makes bundles of any kind, honest and hostile, from keys that live as long as a test run.
"""

import base64
import hashlib
import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID as Use
from cryptography.x509.oid import NameOID
from tests.gates.der import text, timestamp, wrapped

RELEASE = "release@example.org"
ISSUER = "https://accounts.example.org"
SIGNED = datetime(2026, 3, 1, 12, tzinfo=UTC)
"""when honest bundles are signed; the certificates ended ten minutes later."""

_SCT = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_ISSUER = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.1")
_ISSUER_V2 = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.8")
_START = datetime(2026, 1, 1, tzinfo=UTC)

Key = ec.EllipticCurvePrivateKey


def new_key() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


def signature(key: Key, data: bytes) -> bytes:
    return key.sign(data, ec.ECDSA(hashes.SHA256()))


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def spki(key: Any) -> bytes:
    held: bytes = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return held


def key_id(key: Any) -> bytes:
    return hashlib.sha256(spki(key)).digest()


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


@dataclass
class Authority:
    """A root and one certificate below it."""

    use: x509.ObjectIdentifier
    issues: bool
    root_key: Key = field(default_factory=new_key)
    key: Key = field(default_factory=new_key)
    certificates: Sequence[x509.Certificate] = ()

    def __post_init__(self) -> None:
        root_name, name = (
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, said)]) for said in ("a root", "below it")
        )
        root = self._builder(root_name, root_name, self.root_key, ca=True).sign(self.root_key, hashes.SHA256())
        below = self._builder(name, root_name, self.key, ca=self.issues).add_extension(
            x509.ExtendedKeyUsage([self.use]), critical=not self.issues
        )
        self.certificates = (below.sign(self.root_key, hashes.SHA256()), root)

    def _builder(self, name: x509.Name, issuer: x509.Name, key: Key, *, ca: bool) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(_START)
            .not_valid_after(_START + timedelta(days=3650))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(usage(signs=not ca, issues=ca), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.root_key.public_key()), critical=False
            )
        )


def usage(*, signs: bool, issues: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=issues,
        crl_sign=issues,
        encipher_only=False,
        decipher_only=False,
    )


@dataclass
class Sigstore:
    """One instance: whoever holds its trusted root believes its bundles."""

    fulcio: Authority = field(default_factory=lambda: Authority(Use.CODE_SIGNING, issues=True))
    tsa: Authority = field(default_factory=lambda: Authority(Use.TIME_STAMPING, issues=False))
    certificate_log: Key = field(default_factory=new_key)
    signature_log: Key = field(default_factory=new_key)

    def trusted_root(self) -> dict[str, Any]:
        period = {"start": "2026-01-01T00:00:00Z"}

        def log(key: Key) -> dict[str, Any]:
            public = {"rawBytes": b64(spki(key)), "keyDetails": "PKIX_ECDSA_P256_SHA_256", "validFor": period}
            return {
                "baseUrl": "https://log.example.org",
                "hashAlgorithm": "SHA2_256",
                "publicKey": public,
                "logId": {"keyId": b64(key_id(key))},
            }

        def authority(held: Authority) -> dict[str, Any]:
            chain = [{"rawBytes": b64(der(certificate))} for certificate in held.certificates]
            subject = {"organization": "example.org", "commonName": "an authority"}
            return {"subject": subject, "certChain": {"certificates": chain}, "validFor": period}

        return {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [log(self.signature_log)],
            "certificateAuthorities": [authority(self.fulcio)],
            "ctlogs": [log(self.certificate_log)],
            "timestampAuthorities": [authority(self.tsa)],
        }

    def trust_config(self) -> dict[str, Any]:
        service = {
            "url": "https://sigstore.example.org",
            "majorApiVersion": 1,
            "validFor": {"start": "2026-01-01T00:00:00Z"},
            "operator": "example.org",
        }
        signing = {
            "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
            **{f"{kind}Urls": [service] for kind in ("ca", "oidc", "rekorTlog", "tsa")},
            "rekorTlogConfig": {"selector": "ANY"},
            "tsaConfig": {"selector": "ANY"},
        }
        media = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json"
        return {"mediaType": media, "trustedRoot": self.trusted_root(), "signingConfig": signing}

    # --- certificates -------------------------------------------------------------------------------------------------

    def certificate(
        self,
        public: Any,
        *,
        who: str = RELEASE,
        issuer: str | None = ISSUER,
        issuer_v2: str | None = ISSUER,
        at: datetime = SIGNED,
        log: Key | None = None,
        logged: bool = True,
        use: x509.ObjectIdentifier = Use.CODE_SIGNING,
    ) -> x509.Certificate:
        """A certificate for ten minutes, with the word of a log of certificates in it."""
        name: x509.GeneralName = x509.UniformResourceIdentifier(who) if "://" in who else x509.RFC822Name(who)
        above = self.fulcio.certificates[0]
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(above.subject)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(at)
            .not_valid_after(at + timedelta(minutes=10))
            .add_extension(usage(signs=True, issues=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([use]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.fulcio.key.public_key()), critical=False
            )
            .add_extension(x509.SubjectAlternativeName([name]), critical=True)
        )
        if issuer is not None:
            builder = builder.add_extension(x509.UnrecognizedExtension(_ISSUER, issuer.encode()), critical=False)
        if issuer_v2 is not None:
            builder = builder.add_extension(x509.UnrecognizedExtension(_ISSUER_V2, text(issuer_v2)), critical=False)
        before = builder.sign(self.fulcio.key, hashes.SHA256())
        if not logged:
            return before
        promise = self._promise(before.tbs_certificate_bytes, at, log or self.certificate_log)
        return builder.add_extension(x509.UnrecognizedExtension(_SCT, promise), critical=False).sign(
            self.fulcio.key, hashes.SHA256()
        )

    def _promise(self, tbs: bytes, at: datetime, log: Key) -> bytes:
        """A list of one signed certificate timestamp (RFC 6962) about a certificate that has none yet."""
        milliseconds = int(at.timestamp() * 1000)
        entry = key_id(self.fulcio.key) + len(tbs).to_bytes(3, "big") + tbs
        signed = signature(log, struct.pack("!BBQH", 0, 0, milliseconds, 1) + entry + struct.pack("!H", 0))
        held = struct.pack("!B32sQHBBH", 0, key_id(log), milliseconds, 0, 4, 3, len(signed)) + signed
        return wrapped(0x04, struct.pack("!HH", len(held) + 2, len(held)) + held)

    # --- bundles ------------------------------------------------------------------------------------------------------

    def of_file(self, data: bytes, *, key: Key | None = None, **how: Any) -> dict[str, Any]:
        """A bundle over some bytes, as `sigstore sign` and `cosign sign-blob` write it."""
        key = key or new_key()
        digest, signed = hashlib.sha256(data), signature(key, data)
        certificate, clock, late = self._by(key, how)
        body = {
            "apiVersion": "0.0.1",
            "kind": "hashedrekord",
            "spec": {
                "data": {"hash": {"algorithm": "sha256", "value": digest.hexdigest()}},
                "signature": {"content": b64(signed), "publicKey": {"content": b64(_pem(certificate))}},
            },
        }
        content = {"messageDigest": {"algorithm": "SHA2_256", "digest": b64(digest.digest())}, "signature": b64(signed)}
        return {
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": self._material(certificate, signed, body, clock, late),
            "messageSignature": content,
        }

    def of_statement(
        self, payload: bytes, *, key: Key | None = None, kind: str = "application/vnd.in-toto+json", **how: Any
    ) -> dict[str, Any]:
        """A bundle over a statement, as model-signing writes it."""
        key = key or new_key()
        signed = signature(key, b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload))
        certificate, clock, late = self._by(key, how)
        envelope = {"payload": b64(payload), "payloadType": kind, "signatures": [{"sig": b64(signed)}]}
        hashed = {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()}
        body = {
            "apiVersion": "0.0.1",
            "kind": "dsse",
            "spec": {
                "envelopeHash": {**hashed, "value": hashlib.sha256(json.dumps(envelope).encode()).hexdigest()},
                "payloadHash": hashed,
                "signatures": [{"signature": b64(signed), "verifier": b64(_pem(certificate))}],
            },
        }
        return {
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": self._material(certificate, signed, body, clock, late),
            "dsseEnvelope": envelope,
        }

    def _by(self, key: Key, how: dict[str, Any]) -> tuple[x509.Certificate, str, timedelta]:
        clock, late = how.pop("clock", "log"), how.pop("late", timedelta(0))
        return how.pop("certificate", None) or self.certificate(key.public_key(), **how), clock, late

    def _material(
        self, certificate: x509.Certificate, signed: bytes, body: dict[str, Any], clock: str, late: timedelta
    ) -> dict[str, Any]:
        at = certificate.not_valid_before_utc + timedelta(seconds=5) + late
        entry = self._entry(body, at, promised=clock == "log")
        material = {"certificate": {"rawBytes": b64(der(certificate))}, "tlogEntries": [entry]}
        if clock == "authority":
            response = timestamp(signed, at, self.tsa.certificates[0], self.tsa.key)
            material["timestampVerificationData"] = {"rfc3161Timestamps": [{"signedTimestamp": b64(response)}]}
        return material

    def _entry(self, body: dict[str, Any], at: datetime, *, promised: bool) -> dict[str, Any]:
        """The entry of a log of two, with the proof that it is in there, and a promise with the time where one is."""
        canonical = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
        leaf, other = (hashlib.sha256(b"\0" + held).digest() for held in (canonical, b"another entry"))
        root, log = hashlib.sha256(b"\1" + leaf + other).digest(), self.signature_log
        note = f"log.example.org\n2\n{b64(root)}\n"
        signed = b64(key_id(log)[:4] + signature(log, note.encode()))
        proof = {
            "logIndex": "0",
            "rootHash": b64(root),
            "treeSize": "2",
            "hashes": [b64(other)],
            "checkpoint": {"envelope": f"{note}\n— log.example.org {signed}\n"},
        }
        entry: dict[str, Any] = {
            "logIndex": "7",
            "logId": {"keyId": b64(key_id(log))},
            "kindVersion": {"kind": body["kind"], "version": body["apiVersion"]},
            "inclusionProof": proof,
            "canonicalizedBody": b64(canonical),
        }
        if not promised:
            return entry
        said = {
            "body": b64(canonical),
            "integratedTime": int(at.timestamp()),
            "logID": key_id(log).hex(),
            "logIndex": 7,
        }
        promise = signature(log, json.dumps(said, sort_keys=True, separators=(",", ":")).encode())
        return {
            **entry,
            "integratedTime": str(said["integratedTime"]),
            "inclusionPromise": {"signedEntryTimestamp": b64(promise)},
        }


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)
