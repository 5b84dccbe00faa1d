"""Hash personal values: normalize by a profile's rules, then SHA-256; hashes pass unchanged."""

import re
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import TypeAlias

from capi_actions.errors import EventError
from capi_actions.model import Normalizer
from capi_actions.tracebacks import where

Hasher: TypeAlias = Callable[[str], "str | list[str] | None"]
"""Returns the hash of a raw value: SHA-256 of its normalized form, as 64 lower-case hex digits.

It returns a list of two or more distinct hashes if the profile joins several and they differ, and None if there is
nothing to send.  A value that is a hash already comes back as it is.  Made by :func:`make_hasher`; usable from several
threads.
"""

CACHE_SIZE = 8192
"""How many values each cache holds: about 2 MB when full."""

MAX_CACHED_LENGTH = 64
"""Longer values are never cached, so that hostile ones can't fill the memory."""

# MD5; SHA-256; SHA-256 with the appendix of 2 or 8 base64url characters that parameter builders add.
_HASH = re.compile(r"[0-9a-fA-F]{32}(?:[0-9a-fA-F]{32}(?:\.(?:[\w-]{2}|[\w-]{8}))?)?", re.ASCII)
_HASH_LENGTHS = frozenset({32, 64, 67, 73})
_SHORTEST_HASH = min(_HASH_LENGTHS)

_EMPTY = sha256()  # never updated, only copied

# White space by Unicode and by JavaScript, and the characters of no width that come with copied text.
_AROUND_HASHES = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u180e\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
)


def make_hasher(normalizers: Sequence[Normalizer]) -> Hasher:
    """Return the hasher of one key.

    A value that is a hash already (64 hexadecimal digits) passes through once, whatever the
    profiles; by normalizers with ``trims_hashes`` also one with white space around it.  The empty
    string gives None.  Every other value is normalized, then hashed.  Where a normalizer returns
    None or "", its ``otherwise`` decides.

    The hasher raises EventError when a normalizer raises or returns something else.  When all
    normalizers have ``repeats``, hashes are cached.

    :param normalizers: one per profile, all of the same key, in the profiles' order.  Where they
        differ, the hasher returns the list of distinct hashes in this order.
    """
    if len(normalizers) == 1:
        of_one = _hasher_of_one(normalizers[0])
        return _HashCache(of_one).__getitem__ if normalizers[0].repeats else of_one
    compute = _hasher_of_several(normalizers)
    if not all(normalizer.repeats for normalizer in normalizers):
        return compute
    look_up = _HashCache(compute).__getitem__

    def hasher(value: str) -> str | list[str] | None:
        hashes = look_up(value)
        return hashes.copy() if isinstance(hashes, list) else hashes

    return hasher


def already_hashed(value: str) -> str | None:
    """Return a value that is a hash already with its hex digits in lower case, or None.

    A hash is exactly 32 (MD5) or 64 (SHA-256) hex digits, or 64 and a dot and an appendix of 2 or
    8 characters of ``A-Z a-z 0-9 _ -``, which keeps its case.
    """
    if not _HASH.fullmatch(value):
        return None
    digits, dot, appendix = value.partition(".")
    return digits.lower() + dot + appendix


def _hasher_of_one(normalizer: Normalizer) -> Callable[[str], str | None]:
    normalize, raw, trims = normalizer.normalize, normalizer.otherwise == "raw", normalizer.trims_hashes

    def compute(value: str) -> str | None:
        if (
            len(value) >= _SHORTEST_HASH
            and (trims or len(value) in _HASH_LENGTHS)  # a UUID has 36 characters: 0.2 µs less
            and (hashed := already_hashed(value.strip(_AROUND_HASHES) if trims else value))
        ):
            return hashed
        if not value:
            return None
        try:
            text = normalize(value) or (value if raw else None)
            if not text:
                return None
            try:  # as _digest() does, which costs a call, 0.06 µs
                encoded = text.encode()
            except UnicodeEncodeError:
                return _digest(text)
            digest = _EMPTY.copy()  # 0.05 µs less than sha256(…), which looks its algorithm up
            digest.update(encoded)
            return digest.hexdigest()
        except (EventError, KeyboardInterrupt):
            raise
        except BaseException as error:  # noqa: BLE001  a plugin may raise anything
            fault = where(error)
        raise _normalizer_error([normalizer], value, fault)

    return compute


def _hasher_of_several(normalizers: Sequence[Normalizer]) -> Hasher:
    rules = [(normalizer.normalize, normalizer.otherwise == "raw") for normalizer in normalizers]
    trims = any(normalizer.trims_hashes for normalizer in normalizers)
    hashers = [_hasher_of_one(normalizer) for normalizer in normalizers]

    def hash_mixed(value: str) -> str | list[str] | None:
        """Hash a value that is a hash already for some normalizers, and text for others."""
        hashes = list(dict.fromkeys(hashed for hasher in hashers if (hashed := hasher(value))))
        return hashes if len(hashes) > 1 else hashes[0]

    def compute(value: str) -> str | list[str] | None:
        if len(value) >= _SHORTEST_HASH:
            if hashed := already_hashed(value):
                return hashed
            if trims and already_hashed(value.strip(_AROUND_HASHES)):
                return hash_mixed(value)
        if not value:
            return None
        try:
            texts = [normalize(value) or (value if raw else None) for normalize, raw in rules]
            if texts.count(texts[0]) == len(texts):  # profiles mostly agree: saves 1.2 µs
                return _digest(texts[0]) if texts[0] else None
            hashes = list(dict.fromkeys(_digest(text) for text in texts if text))
            return hashes if len(hashes) > 1 else hashes[0]
        except (EventError, KeyboardInterrupt):
            raise
        except BaseException as error:  # noqa: BLE001  a plugin may raise anything
            fault = where(error)
        raise _normalizer_error(normalizers, value, fault)

    return compute


def _normalizer_error(normalizers: Sequence[Normalizer], value: str, fault: str) -> EventError:
    """Return the error that names the normalizer at fault.

    Each is called again to find out which it is: noting it beforehand would cost time for every value.

    :param fault: the exception and where it was raised, without the value.
    """
    for normalizer in normalizers:
        name = f"{normalizer.profile}/{normalizer.key}"
        try:
            text: object = normalizer.normalize(value)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  a plugin may raise anything
            return EventError.of(f"the normalizer {name} failed on this event ({where(error)})")
        if not isinstance(text, str | None):
            problem = f"must return text or None, but returned {type(text).__name__}"
            return EventError.of(f"the normalizer {name} {problem}")
    name = f"{normalizers[0].profile}/{normalizers[0].key}"
    return EventError.of(f"the normalizer {name} failed on this event, but not when it was retried ({fault})")


def _digest(text: str) -> str:
    """Return the SHA-256 of the text in UTF-8.

    A lone surrogate counts as three bytes, as scripts in browsers encode it.  A pair is one
    character, also when it is one only because the normalizer dropped what stood between.
    """
    try:
        return sha256(text.encode()).hexdigest()
    except UnicodeEncodeError:
        joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        return sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()


class _HashCache(dict[str, "str | list[str] | None"]):
    """Cache of hashes of short values.  Cleared when full.

    A dictionary with ``__missing__`` answers in 0.03 µs; ``lru_cache``, with a check of the value's
    length, takes 0.12.  For Zipf-distributed names of 30,000 kinds its hit rate is 74 %, that of an
    ``lru_cache`` of half the size.
    """

    def __init__(self, compute: Hasher) -> None:
        super().__init__()
        self._compute = compute

    def __missing__(self, value: str) -> str | list[str] | None:
        hashes = self._compute(value)
        if len(value) <= MAX_CACHED_LENGTH:
            if len(self) >= CACHE_SIZE:
                self.clear()
            self[value] = hashes
        return hashes
