"""Fields whose values are hashed before an action sees them."""

from collections.abc import Callable
from typing import Any, TypeAlias

from capi_actions.fields.coerce import to_string
from capi_actions.fields.node import Check
from capi_actions.model import MISSING

Hasher: TypeAlias = Callable[[str], str | list[str] | None]
"""A raw string in; its hash, several hashes, or None when nothing of it is worth hashing."""


def hashed(check: Check, hasher: Hasher, plain: type | None) -> Check:
    """Hash what a check lets through.

    :param check: must leave out empty strings.
    :param plain: str when the check passes all other strings unchanged: calling it for them would
        double the time of everything but the hash itself.
    """
    plain = str if plain is str else None

    def check_and_hash(value: Any) -> Any:
        if type(value) is plain and value:
            return hasher(value) or MISSING
        clean = check(value)
        if clean is MISSING or clean is None:
            return clean
        return hasher(to_string(clean) or "") or MISSING

    return check_and_hash


def hashed_list(check_item: Check, hasher: Hasher, plain: type | None) -> Check:
    """Hash a list item by item; several hashes of one item lie side by side, none is absence.

    Each hash is kept once: two spellings of one address give the same.
    """
    hash_item = hashed(check_item, hasher, plain)
    plain = str if plain is str else None

    def check(value: Any) -> Any:
        if type(value) is plain and value:  # a person mostly has one of each
            digest = hasher(value)
            return [digest] if type(digest) is str else digest or MISSING
        if value is None or value == "":
            return MISSING
        items = value if type(value) is list else [value]
        hashes = flat([each for raw in items if (each := hash_item(raw)) is not MISSING])
        return hashes if hashes is MISSING else list(dict.fromkeys(hashes))

    return check


def flat(hashes: list[Any]) -> Any:
    """Lay lists of hashes side by side."""
    every: list[Any] = []
    for each in hashes:
        every.extend(each if isinstance(each, list) else [each])
    return every or MISSING
