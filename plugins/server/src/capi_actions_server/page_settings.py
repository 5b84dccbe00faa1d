"""The table ``[server.pages]``: who may see the pages for people."""

from typing import Any

from attrs import Attribute, field, frozen

from capi_actions import Between, Secret
from capi_actions_server.passwords import is_password_hash

_SHORTEST_TOKEN = 16  # characters
_MOST_HOURS = 720


def _hash(_: object, attribute: "Attribute[Any]", value: Secret | None) -> None:
    if value is not None and value.value and not is_password_hash(value.value):
        raise ValueError(f"{attribute.name} should be what `capi hash-password` prints")


def _token(_: object, attribute: "Attribute[Any]", value: Secret | None) -> None:
    if value is not None and 0 < len(value.value) < _SHORTEST_TOKEN:
        raise ValueError(f"{attribute.name} should have {_SHORTEST_TOKEN} characters or more")


@frozen(kw_only=True)
class PageSettings:
    """The table ``[server.pages]``.  Without password and token nobody can see the pages.

    :ivar password_hash: what `capi hash-password` prints for the password.
    :ivar token: a secret of at least 16 characters that is as good as the password, and that programs send as
        `Authorization: Bearer`.
    :ivar session_hours: after so many hours one must log in again.
    """

    password_hash: Secret | None = field(default=None, validator=_hash)
    token: Secret | None = field(default=None, validator=_token)
    session_hours: int = field(default=12, validator=Between(1, _MOST_HOURS))

    @property
    def is_open(self) -> bool:
        """Whether anybody can log in."""
        return bool((self.password_hash and self.password_hash.value) or (self.token and self.token.value))
