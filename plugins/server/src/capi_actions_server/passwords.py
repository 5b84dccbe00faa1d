"""Password hashes: scrypt, as OWASP's cheat sheet of 2026 recommends where there is no Argon2 in the library."""

import hashlib
import hmac
import re
import secrets
from base64 import b64decode, b64encode
from typing import Final

_COST, _BLOCK, _PARALLEL = 2**15, 8, 3  # 32 MiB; a quarter of a second
_MAX_COST: Final = 2**20
_MEMORY: Final = 2**28  # bytes that OpenSSL may use
_FORM: Final = re.compile(
    r"scrypt\$(\d{1,7})\$(\d{1,2})\$(\d{1,2})\$([A-Za-z0-9+/]{16,44}=*)\$([A-Za-z0-9+/]{40,88}=*)"
)


def hash_password(password: str) -> str:
    """Return a hash for the configuration, such as ``scrypt$32768$8$3$<salt>$<hash>``."""
    salt = secrets.token_bytes(16)
    digest = _scrypt(password, salt, _COST, _BLOCK, _PARALLEL)
    return f"scrypt${_COST}${_BLOCK}${_PARALLEL}${b64encode(salt).decode()}${b64encode(digest).decode()}"


def is_password_hash(text: str) -> bool:
    """Return whether a text is a hash that can be verified."""
    return (match := _FORM.fullmatch(text)) is not None and 1 < int(match[1]) <= _MAX_COST


def verify_password(password: str, stored: str) -> bool:
    """Return whether a password has this hash.  Takes as long whether it has or not."""
    if not is_password_hash(stored):
        return False
    _, cost, block, parallel, salt, stored_digest = stored.split("$")
    digest = _scrypt(password, b64decode(salt), int(cost), int(block), int(parallel))
    return hmac.compare_digest(digest, b64decode(stored_digest))


def _scrypt(password: str, salt: bytes, cost: int, block: int, parallel: int) -> bytes:
    text = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(text, salt=salt, n=cost, r=block, p=parallel, maxmem=_MEMORY, dklen=32)
