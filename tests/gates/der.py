"""As much of DER as a time stamp (RFC 3161) and a certificate's extension need."""

import hashlib
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

_SIGNED_DATA = "1.2.840.113549.1.7.2"
_STAMP = "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.47"


def wrapped(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def text(held: str) -> bytes:
    return wrapped(0x0C, held.encode())


def sequence(*parts: bytes) -> bytes:
    return wrapped(0x30, b"".join(parts))


def one_of(*parts: bytes) -> bytes:
    return wrapped(0x31, b"".join(sorted(parts)))


def integer(value: int) -> bytes:
    return wrapped(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    held = bytearray([40 * first + second])
    for number in rest:
        digits = [number & 0x7F]
        while number := number >> 7:
            digits.append(0x80 | number & 0x7F)
        held += bytes(reversed(digits))
    return wrapped(0x06, bytes(held))


def timestamp(data: bytes, at: datetime, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> bytes:
    """The response of a time stamp authority about some bytes."""
    sha256 = sequence(oid("2.16.840.1.101.3.4.2.1"))
    stamp = sequence(
        integer(1),
        oid("1.2.3.4"),
        sequence(sha256, wrapped(0x04, hashlib.sha256(data).digest())),
        integer(1),
        wrapped(0x18, at.strftime("%Y%m%d%H%M%SZ").encode()),
    )
    der = certificate.public_bytes(Encoding.DER)
    attributes = (
        sequence(oid(_CONTENT_TYPE), one_of(oid(_STAMP))),
        sequence(oid(_MESSAGE_DIGEST), one_of(wrapped(0x04, hashlib.sha256(stamp).digest()))),
        sequence(
            oid(_SIGNING_CERTIFICATE),
            one_of(sequence(sequence(sequence(wrapped(0x04, hashlib.sha256(der).digest()))))),
        ),
    )
    signed = key.sign(one_of(*attributes), ec.ECDSA(hashes.SHA256()))
    signer = sequence(
        integer(1),
        sequence(certificate.issuer.public_bytes(), integer(certificate.serial_number)),
        sha256,
        wrapped(0xA0, b"".join(sorted(attributes))),
        sequence(oid("1.2.840.10045.4.3.2")),
        wrapped(0x04, signed),
    )
    content = sequence(
        integer(3),
        one_of(sha256),
        sequence(oid(_STAMP), wrapped(0xA0, wrapped(0x04, stamp))),
        wrapped(0xA0, der),
        one_of(signer),
    )
    return sequence(sequence(integer(0)), sequence(oid(_SIGNED_DATA), wrapped(0xA0, content)))
