"""A certificate that nobody vouches for, made when it is needed: no private key is shipped.

Python's own ``ssl`` makes no keys, the program ``openssl`` isn't everywhere, and a library for it would be a dependency
of every plugin's tests.  The key is used once, by a server on loopback that sends nothing.

Sources: RFC 5280 (certificates), RFC 5480 and RFC 5915 (keys), FIPS 186-5 §6.4 (signing), NIST SP 800-186 §3.2.1.3
(the curve P-256).
"""

import base64
import hashlib
import secrets
import ssl
import tempfile
from pathlib import Path
from typing import TypeAlias

Point: TypeAlias = "tuple[int, int] | None"
"""A point of the curve; None for the point at infinity."""

_PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_GENERATOR = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)

_INTEGER, _BITS, _OCTETS, _IDENTIFIER, _TEXT, _SEQUENCE, _SET = 0x02, 0x03, 0x04, 0x06, 0x0C, 0x30, 0x31
_SHORT_YEAR, _LONG_YEAR = 0x17, 0x18
_DNS_NAME, _IP_ADDRESS = 0x82, 0x87  # of a subject's alternative names


def untrusted_server() -> ssl.SSLContext:
    """Return what encrypts for a server at ``127.0.0.1`` with a new certificate of its own making."""
    certificate, key = self_signed()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:  # which only its owner can read
        path = Path(folder) / "server.pem"  # ``ssl`` takes files only
        path.write_text(certificate + key, encoding="ascii")
        context.load_cert_chain(path)
    return context


def self_signed() -> tuple[str, str]:
    """Return a new certificate for ``127.0.0.1`` and ``localhost``, signed by its own key, and the key, both as PEM."""
    key = secrets.randbelow(_ORDER - 1) + 1
    certificate = _certificate(key)
    return ssl.DER_cert_to_PEM_cert(certificate), _pem("EC PRIVATE KEY", _private_key(key))


def _certificate(key: int) -> bytes:
    name = _der(_SEQUENCE, _der(_SET, _der(_SEQUENCE, _COMMON_NAME, _der(_TEXT, b"nobody.example"))))
    names = _der(_SEQUENCE, _der(_IP_ADDRESS, bytes((127, 0, 0, 1))), _der(_DNS_NAME, b"localhost"))
    to_be_signed = _der(
        _SEQUENCE,
        _der(0xA0, _integer(2)),  # version 3
        _integer(1),
        _der(_SEQUENCE, _ECDSA_SHA256),
        name,
        _der(_SEQUENCE, _der(_SHORT_YEAR, b"200101000000Z"), _der(_LONG_YEAR, b"21200101000000Z")),
        name,
        _der(_SEQUENCE, _der(_SEQUENCE, _EC_KEY, _P256), _der(_BITS, b"\0" + _public_key(key))),
        _der(0xA3, _der(_SEQUENCE, _der(_SEQUENCE, _ALTERNATIVE_NAMES, _der(_OCTETS, names)))),
    )
    signature = _der(_BITS, b"\0" + _sign(key, to_be_signed))
    return _der(_SEQUENCE, to_be_signed, _der(_SEQUENCE, _ECDSA_SHA256), signature)


def _private_key(key: int) -> bytes:
    return _der(_SEQUENCE, _integer(1), _der(_OCTETS, key.to_bytes(32, "big")), _der(0xA0, _P256))


def _public_key(key: int) -> bytes:
    x, y = _multiple(key)
    return b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big")


def _pem(label: str, data: bytes) -> str:
    text = base64.encodebytes(data).decode("ascii")
    return f"-----BEGIN {label}-----\n{text}-----END {label}-----\n"


# The curve.  Plain and slow, 10 ms for a multiple: a secret would need more care.


def _sign(key: int, data: bytes) -> bytes:
    """Return the ECDSA signature of some data."""
    digest = int.from_bytes(hashlib.sha256(data).digest(), "big")
    while True:
        nonce = secrets.randbelow(_ORDER - 1) + 1
        r = _multiple(nonce)[0] % _ORDER
        s = pow(nonce, -1, _ORDER) * (digest + r * key) % _ORDER
        if r and s:
            return _der(_SEQUENCE, _integer(r), _integer(s))


def _multiple(factor: int) -> tuple[int, int]:
    """Return a multiple of the generator, by doubling and adding."""
    total: Point = None
    power: Point = _GENERATOR
    while factor:
        if factor & 1:
            total = _sum(total, power)
        power = _sum(power, power)
        factor >>= 1
    if total is None:
        raise ValueError("the factor is a multiple of the curve's order")
    return total


def _sum(first: Point, second: Point) -> Point:
    if first is None or second is None:
        return first or second
    (x1, y1), (x2, y2) = first, second
    if x1 == x2 and (y1 + y2) % _PRIME == 0:
        return None
    # The coefficient of the curve is -3.
    rise, run = (3 * (x1 * x1 - 1), 2 * y1) if first == second else (y2 - y1, x2 - x1)
    slope = rise * pow(run, -1, _PRIME)
    x = (slope * slope - x1 - x2) % _PRIME
    return x, (slope * (x1 - x) - y1) % _PRIME


# DER


def _der(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(size))) + size + content


def _integer(number: int) -> bytes:
    """Return a positive integer; its first bit is that of the sign."""
    return _der(_INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


_COMMON_NAME = _der(_IDENTIFIER, bytes.fromhex("550403"))  # 2.5.4.3
_ALTERNATIVE_NAMES = _der(_IDENTIFIER, bytes.fromhex("551d11"))  # 2.5.29.17
_EC_KEY = _der(_IDENTIFIER, bytes.fromhex("2a8648ce3d0201"))  # 1.2.840.10045.2.1
_P256 = _der(_IDENTIFIER, bytes.fromhex("2a8648ce3d030107"))  # 1.2.840.10045.3.1.7
_ECDSA_SHA256 = _der(_IDENTIFIER, bytes.fromhex("2a8648ce3d040302"))  # 1.2.840.10045.4.3.2
