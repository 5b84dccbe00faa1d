"""Who may send: write keys and signed webhooks, and where their events may go."""

import base64
import binascii
import hmac
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Literal

from attrs import define, frozen

from capi_actions import InputFormat, count_noun
from capi_actions_server.ingest.requests import Headers, RequestError, header_text
from capi_actions_server.settings import ServerSettings, Webhook

_BURST_SECONDS = 2.0  # of the permitted rate that may come at once


@define(eq=False)
class RateLimit:
    """A token bucket.

    :ivar per_second: events that are taken in a second on average; 0 for any number.
    """

    per_second: int
    clock: Callable[[], float] = monotonic
    _tokens: float = 0.0
    _filled_at: float | None = None

    def wait(self, events: int) -> float:
        """Take these events, and return 0; or return after how many seconds they may come.

        A request with more events than the bucket holds passes when the bucket is full.
        """
        if not self.per_second:
            return 0.0
        size = self.per_second * _BURST_SECONDS
        now = self.clock()
        elapsed = _BURST_SECONDS if self._filled_at is None else now - self._filled_at
        self._tokens = min(size, self._tokens + elapsed * self.per_second)
        self._filled_at = now
        needed = min(events, size)
        if self._tokens < needed:
            return (needed - self._tokens) / self.per_second
        self._tokens -= events
        return 0.0


@frozen(kw_only=True, eq=False)
class Source:
    """Somebody who may send.

    :ivar name: in the configuration.
    :ivar destinations: the only ones that its events may go to; None for all.
    :ivar client: see :class:`~capi_actions_server.settings.WriteKey`.
    :ivar rate: how many events it may send.
    """

    name: str
    destinations: frozenset[str] | None
    client: Literal["auto", "always", "never"]
    rate: RateLimit


class WriteKeys:
    """The write keys of a configuration."""

    def __init__(self, settings: ServerSettings) -> None:
        self._sources = [
            (
                write_key.key.value.encode(),
                Source(
                    name=name,
                    destinations=frozenset(write_key.destinations or ()) or None,
                    client=write_key.client,
                    rate=RateLimit(write_key.events_per_second),
                ),
            )
            for name, write_key in settings.keys.items()
        ]

    def find(self, key: bytes) -> Source:
        """Return who has a write key.  All keys are compared, and each in constant time.

        :raises RequestError: when nobody has.
        """
        sender = None
        for known, source in self._sources:
            if hmac.compare_digest(known, key):
                sender = source
        if sender is None:
            raise RequestError(
                401, "no such write key; it should be one of those below [server.keys]", _CHALLENGE
            )
        return sender

    def from_headers(self, headers: Headers) -> Source:
        """Return whose key the header ``Authorization`` has, which must be there.

        :raises RequestError: when it can't be read, or has no known key.
        """
        scheme, _, credentials = headers[b"authorization"].strip().partition(b" ")
        if scheme.lower() == b"bearer":
            return self.find(credentials.strip())
        if scheme.lower() != b"basic":
            raise RequestError(
                401, "Authorization should be Basic with the write key as user name", _CHALLENGE
            )
        try:
            user, _, _ = base64.b64decode(credentials.strip(), validate=True).partition(b":")
        except binascii.Error:
            raise RequestError(401, "the credentials of Authorization should be base64", _CHALLENGE) from None
        return self.find(user)

    def from_body(self, key: object) -> Source:
        """Return whose key stands in the body.

        :raises RequestError: when there is none, or it isn't known.
        """
        if key is None:
            raise RequestError(
                401,
                "there is no write key; it should be the user name of Basic authorization, or writeKey in the body",
                _CHALLENGE,
            )
        if not isinstance(key, str):
            raise RequestError(401, "writeKey should be text", _CHALLENGE)
        return self.find(key.encode("utf-8", "surrogatepass"))


_CHALLENGE = ((b"www-authenticate", b'Basic realm="write key", charset="UTF-8"'),)


@frozen(eq=False)
class SignedWebhook:
    """A webhook of the configuration.

    :ivar source: whose events they are.
    :ivar format: makes events of a body; None for bodies that are events.
    """

    source: Source
    settings: Webhook
    format: InputFormat | None

    def sender(self, headers: Headers, body: bytes, now: float) -> Source:
        """Check the signature of a body, and return who sends it.

        :param now: Unix seconds.
        :raises RequestError: when it is missing, wrong or too old.
        """
        name = self.settings.header
        value = header_text(headers, name.lower().encode())
        if not value:
            raise RequestError(401, f"the header {name} should have the signature, but there is none")
        if self.settings.signed == "body":
            signatures, signed = [value.removeprefix(f"{self.settings.digest}=")], body
        else:
            moment, signatures = self._read_timestamped(value)
            if abs(now - int(moment)) > self.settings.tolerance:
                raise RequestError(
                    401,
                    f"the signature's time stamp should differ from the clock by"
                    f" {count_noun(self.settings.tolerance, 'second')} or less",
                )
            signed = moment.encode() + b"." + body
        expected = self._sign(signed)
        if not any(hmac.compare_digest(expected, self._decode(signature)) for signature in signatures):
            raise RequestError(
                401, f"the signature in {name} is wrong; was the body signed with the same secret?"
            )
        return self.source

    def _read_timestamped(self, value: str) -> tuple[str, list[str]]:
        pairs = [part.strip().partition("=")[::2] for part in value.split(",")[:20]]
        moments = [text for key, text in pairs if key == "t"]
        signatures = [text for key, text in pairs if key == "v1"]
        if len(moments) != 1 or not (moments[0].isascii() and moments[0].isdigit()) or len(moments[0]) > 12:
            raise RequestError(401, f"{self.settings.header} should be t=UNIX_SECONDS,v1=SIGNATURE")
        return moments[0], signatures

    def _sign(self, signed: bytes) -> bytes:
        return hmac.digest(self.settings.secret.value.encode(), signed, self.settings.digest)

    def _decode(self, signature: str) -> bytes:
        """Return a signature's bytes; none for what is none."""
        try:
            if self.settings.encoding == "hex":
                return bytes.fromhex(signature)
            return base64.b64decode(signature, validate=True)
        except ValueError:
            return b""


def make_webhooks(
    settings: ServerSettings, formats: Mapping[str, InputFormat]
) -> Mapping[str, SignedWebhook]:
    """Return the webhooks of a configuration by name; their formats are installed."""
    return {
        name: SignedWebhook(
            Source(
                name=name,
                destinations=frozenset(webhook.destinations or ()) or None,
                client="never",
                rate=RateLimit(0),
            ),
            webhook,
            None if webhook.format == "events" else formats[webhook.format],
        )
        for name, webhook in settings.webhooks.items()
    }
