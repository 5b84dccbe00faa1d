"""Who is logged in: signed cookies, and tokens against forged requests."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from time import time
from typing import Final

from attrs import frozen

from capi_actions_server.page_settings import PageSettings
from capi_actions_server.passwords import verify_password

COOKIE: Final = "capi_session"
_LONGEST: Final = 1_000  # characters of a password that are looked at


@frozen
class Session:
    """A person who is logged in.

    :ivar form_token: what each form must send along; a page elsewhere can't know it.
    """

    form_token: str


class Sessions:
    """Makes and checks cookies.

    The key is made of password hash and token, so that several processes know each other's sessions, and a new password
    ends them all.
    """

    def __init__(self, settings: PageSettings, clock: Callable[[], float] = time) -> None:
        """Take the settings of ``[server.pages]``."""
        self._password_hash = settings.password_hash.value if settings.password_hash else ""
        self._token = settings.token.value if settings.token else ""
        self._key = hashlib.sha256(f"capi pages\0{self._password_hash}\0{self._token}".encode()).digest()
        self._clock = clock
        self.max_age = settings.session_hours * 3_600
        self.is_open = settings.is_open

    def verify(self, secret: str) -> bool:
        """Return whether somebody knows the password or the token."""
        secret = secret[:_LONGEST]
        return self.verify_token(secret) or (
            bool(self._password_hash) and verify_password(secret, self._password_hash)
        )

    def verify_token(self, secret: str) -> bool:
        """Return whether somebody knows the token."""
        if not self._token:
            return False
        return hmac.compare_digest(secret.encode("utf-8", "replace"), self._token.encode())

    def cookie(self) -> str:
        """Return the value of a new session's cookie."""
        text = f"{int(self._clock()) + self.max_age}.{secrets.token_urlsafe(12)}"
        return f"{text}.{self._sign('session', text)}"

    def session(self, cookie: str | None) -> Session | None:
        """Return the session of a cookie, or None when it has ended, or was not made here."""
        text, _, signature = (cookie or "").rpartition(".")
        until = text.partition(".")[0]
        if not self.is_open or not hmac.compare_digest(
            signature.encode("utf-8", "replace"), self._sign("session", text).encode()
        ):
            return None
        if not until.isdecimal() or int(until) <= self._clock():
            return None
        return Session(self._sign("form", text))

    def _sign(self, purpose: str, text: str) -> str:
        message = f"{purpose}\0{text}".encode("utf-8", "replace")
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()
