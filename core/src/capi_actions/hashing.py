"""Hash personal values: normalized by a profile's rules, and what is hashed already left alone."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import TypeAlias

from capi_actions.model import Normalizer

Hasher: TypeAlias = Callable[[str], "str | list[str] | None"]
"""Raw value in; out comes its hash, a list of two or more distinct ones, or None: nothing to send."""

REMEMBERED = 4096
"""How many values of a repeating kind are remembered, per hasher: about 1 MB when full."""

REMEMBERED_LENGTH = 64
"""Longer values are never remembered, so that hostile ones can't fill the memory."""

_HASHED = re.compile(r"[0-9a-fA-F]{32}(?:[0-9a-fA-F]{32}(?:\.(?:[\w-]{2}|[\w-]{8}))?)?", re.ASCII)
# MD5; SHA-256; SHA-256 with the appendix of 2 or 8 base64url characters that parameter builders add.

_SHORTEST_HASH = 32


def already_hashed(value: str) -> str | None:
    """Give back a value that is a hash already, with its hex digits in lower case.

    A hash is exactly 32 (MD5) or 64 (SHA-256) hex digits, or 64 and a dot and an appendix of 2 or
    8 characters of ``A-Z a-z 0-9 _ -``, which keeps its case.

    :returns: the hash to send, or None when the value is no hash.
    """
    if not _HASHED.fullmatch(value):
        return None
    digits, dot, appendix = value.partition(".")
    return digits.lower() + dot + appendix


def make_hasher(normalizers: Sequence[Normalizer]) -> Hasher:
    """Make the hasher of one key.

    What is hashed already (:func:`already_hashed`) goes through once, whatever the profiles; the
    empty string gives None.  Everything else is normalized, then hashed; without a normalized
    string the normalizer's ``otherwise`` decides.

    :param normalizers: one per profile, all of the same key, in the profiles' order.  Where they
        differ, the hasher gives the list of distinct hashes in this order.
    """
    compute = _single(normalizers[0]) if len(normalizers) == 1 else _several(tuple(normalizers))
    return _remembering(compute) if all(each.repeats for each in normalizers) else compute


def _single(normalizer: Normalizer) -> Hasher:
    normalize, raw = normalizer.normalize, normalizer.otherwise == "raw"

    def compute(value: str) -> str | None:
        if len(value) >= _SHORTEST_HASH and (hashed := already_hashed(value)):
            return hashed
        if not (text := normalize(value) or (value if raw else None) if value else None):
            return None
        try:
            return sha256(text.encode()).hexdigest()
        except UnicodeEncodeError:
            return _with_surrogates(text)

    return compute


def _with_surrogates(text: str) -> str:
    """Hash text with lone surrogates: each counts as its three bytes, as browsers' scripts have it.

    Two that became neighbours, because what stood between them was dropped, are one character again.
    """
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()


def _several(normalizers: tuple[Normalizer, ...]) -> Hasher:
    hashers = tuple(_single(each) for each in normalizers)

    def compute(value: str) -> str | list[str] | None:
        hashes = list(dict.fromkeys(hashed for each in hashers if isinstance(hashed := each(value), str)))
        return hashes if len(hashes) > 1 else hashes[0] if hashes else None

    return compute


def _remembering(compute: Hasher) -> Hasher:
    remember = lru_cache(maxsize=REMEMBERED)(compute)

    def hasher(value: str) -> str | list[str] | None:
        if len(value) > REMEMBERED_LENGTH:
            return compute(value)
        known = remember(value)
        return known.copy() if type(known) is list else known

    return hasher
