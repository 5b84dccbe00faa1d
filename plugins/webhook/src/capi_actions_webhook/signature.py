"""Signatures of Standard Webhooks: HMAC with SHA-256 of a message's id, time stamp and body.

Source: https://github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md.
"""

import base64
import binascii
import hmac
from collections.abc import Mapping
from hashlib import sha256
from time import time
from typing import Final

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
"""The headers."""

TOLERANCE: Final = 300.0
"""Seconds that a time stamp may differ from the receiver's clock: an older message may be a copy."""

_PREFIX: Final = "whsec_"
_VERSION: Final = "v1"


class SignatureError(ValueError):
    """A message isn't from who has the secret, isn't as it was sent, or is too old."""


def secret_key(secret: str) -> bytes:
    """Return the key that a secret stands for: ``whsec_`` and Base64, or any other text as it is.

    :raises ValueError: when what follows ``whsec_`` isn't Base64.
    """
    if not secret.startswith(_PREFIX):
        return secret.encode("utf-8")
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        raise ValueError(f"what follows {_PREFIX} should be Base64") from None


def sign(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the signature's header."""
    content = b"%s.%d.%s" % (message_id.encode("utf-8"), timestamp, body)
    digest = hmac.digest(key, content, sha256)
    return f"{_VERSION},{base64.b64encode(digest).decode('ascii')}"


def verify(
    headers: Mapping[str, str],
    body: bytes,
    *secrets: str,
    now: float | None = None,
    tolerance: float = TOLERANCE,
) -> str:
    """Check a message that was received.

    :param headers: those of the request, by names in lower case or in a mapping that doesn't mind case.
    :param body: the request's body as it came, byte for byte.
    :param secrets: the one that is in use; while it is being replaced, also the other one.
    :param now: Unix seconds; by default the clock's.
    :returns: the message's id: a message that was sent again has the same.
    :raises SignatureError: when the message must not be trusted.
    """
    if not secrets or not all(secrets):
        raise ValueError("name the secret that messages are signed with")
    message_id, stamp = headers.get(ID) or "", headers.get(TIMESTAMP) or ""
    signatures = (headers.get(SIGNATURE) or "").split()
    if not (message_id and stamp and signatures):
        raise SignatureError(f"has no {ID}, {TIMESTAMP} or {SIGNATURE}")
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 12):
        raise SignatureError(f"{TIMESTAMP} should be Unix seconds")
    timestamp = int(stamp)
    if abs((time() if now is None else now) - timestamp) > tolerance:
        unit = "second" if tolerance == 1 else "seconds"
        raise SignatureError(f"{TIMESTAMP} is more than {tolerance:g} {unit} away from this clock")
    expected = [sign(secret_key(secret), message_id, timestamp, body) for secret in secrets]
    matches = [
        hmac.compare_digest(signature.encode("utf-8"), received.encode("utf-8", "surrogateescape"))
        for signature in expected
        for received in signatures
    ]
    if not any(matches):
        raise SignatureError("the signature is another one: the secret differs, or the body was changed")
    return message_id
