"""A normalizer: how one kind of personal value is written before it is hashed."""

from collections.abc import Callable
from typing import Literal

from attrs import frozen


@frozen(kw_only=True)
class Normalizer:
    """Raw value in, the string that is hashed out.

    :ivar profile: the set of rules it belongs to, such as ``pixel``.
    :ivar key: the kind of value, in the platform's word: ``em``, ``ph``.
    :ivar normalize: the raw string to the string to hash, or None when there is no such string.
    :ivar otherwise: what to do when there is no normalized string: ``"drop"`` the value or hash it ``"raw"``.
    :ivar repeats: True when few values make up most of the traffic (countries, given names): their
        hashes are then remembered.  Leave it False for e-mail addresses, phones and ids.
    :ivar replaces: True to take the place of another plugin's normalizer of the same profile and key.
    """

    profile: str
    key: str
    normalize: Callable[[str], str | None]
    otherwise: Literal["drop", "raw"] = "raw"
    repeats: bool = False
    replaces: bool = False
