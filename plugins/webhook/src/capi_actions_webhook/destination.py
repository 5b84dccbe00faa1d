"""The destination type ``webhook``: an endpoint, signed requests, and what its answers mean."""

from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from hashlib import sha256
from importlib.resources import files
from ipaddress import ip_address
from urllib.parse import urlsplit

from attrs import Attribute, field, frozen

from capi_actions import (
    Batch,
    Between,
    Destination,
    EventError,
    JsonObject,
    Judgement,
    Prepared,
    Problem,
    Request,
    Response,
    Secret,
    Verdict,
)
from capi_actions_webhook.signature import ID, SIGNATURE, TIMESTAMP, secret_key, sign

_DAY = 86_400  # seconds
_FUTURE_TOLERANCE = 3_600  # seconds: clocks differ
_SHORTEST_KEY = 24  # bytes, as Standard Webhooks has it


def _url(_: object, attribute: "Attribute[str]", value: str) -> None:
    try:
        parts = urlsplit(value)
        host, _port = parts.hostname, parts.port
    except ValueError:
        host = None
    if not (host and value.isascii() and value.isprintable() and " " not in value) or "\\" in value:
        raise ValueError(f"{attribute.name} should be an address, such as https://example.com/events")
    if parts.username is not None or parts.fragment:
        raise ValueError(f"{attribute.name} should have neither a user nor a fragment (#)")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_this_machine(host)):
        raise ValueError(
            f"{attribute.name} should begin with https: over http anybody on the way could read the events;"
            " http is for this machine alone, such as http://127.0.0.1:8080"
        )


def _secret(_: object, attribute: "Attribute[Secret]", value: Secret) -> None:
    try:
        secret_key(value.value)
    except ValueError as error:
        raise ValueError(f"{attribute.name}: {error}") from None


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@frozen(kw_only=True)
class Settings:
    """One endpoint.

    :ivar url: where requests are posted to.  Over http only to this machine.
    :ivar secret: that requests are signed with, as the receiver knows: ``whsec_`` and Base64, or text without spaces.
    :ivar bearer_token: sent as ``Authorization: Bearer``, if the receiver wants one.
    :ivar batch_items: the greatest number of events in one request.
    :ivar keep_days: how long an event is tried, in days since it happened; an older one is refused.
    :ivar normalization: by whose rules personal values are written before they are hashed.
    """

    url: str = field(validator=_url)
    secret: Secret = field(validator=_secret)
    bearer_token: Secret | None = field(default=None, metadata={"example": {"env": "WEBHOOK_TOKEN"}})
    batch_items: int = field(default=100, validator=Between(1, 1_000))
    keep_days: int = field(default=7, validator=Between(1, 365))
    normalization: str = "webhook"


class Webhook(Destination):
    """An endpoint that takes events as a JSON object with a list, signed as Standard Webhooks has it."""

    name = "webhook"
    settings_type = Settings
    settings: Settings
    integration_names = ("Webhook",)
    max_bytes = 1_000_000

    @classmethod
    def action_template(cls) -> str:
        """Return the module that ``capi new --kind action --for webhook`` begins with."""
        return files("capi_actions_webhook").joinpath("action_template.py").read_text(encoding="utf-8")

    @property
    def max_items(self) -> int:  # type: ignore[override]  # a limit may be a property: it is a setting here
        """The greatest number of events in one request."""
        return self.settings.batch_items

    @property
    def account(self) -> str:
        """The address: two destinations with one would send everything there twice."""
        return self.settings.url

    def lint_settings(self) -> Iterator[Problem]:
        """Warn about a secret that is easy to guess."""
        if 0 < len(secret_key(self.settings.secret.value)) < _SHORTEST_KEY:
            yield Problem(
                f"is short: {_SHORTEST_KEY} random bytes can't be guessed, such as those of"
                f" `openssl rand -base64 {_SHORTEST_KEY}`, with whsec_ before them",
                "$.secret",
                severity="warning",
            )

    def prepare(self, data: JsonObject, group: str, content_id: Callable[[], str]) -> Prepared:
        """Add an id made of the content to an event without one: an id that is missing, null or blank."""
        time = data.get("time")
        if not isinstance(time, int) or isinstance(time, bool):
            raise EventError.of(
                "an item for a webhook needs `time`, when the event happened, in whole Unix seconds", "$.time"
            )
        event_id = data.get("id")
        if event_id is None or not str(event_id).strip():
            event_id = data["id"] = content_id()
        return Prepared(
            event_id=str(event_id),
            event_time=int(time),
            deadline=int(time) + self.settings.keep_days * _DAY,
            group=group,
        )

    def check(self, data: JsonObject, now: float) -> Iterator[Problem]:
        """Refuse an event that is too old, or of a time to come."""
        if data["time"] < now - self.settings.keep_days * _DAY:
            yield Problem(
                f"is more than {self.settings.keep_days} days ago (the setting keep_days)", "$.time"
            )
        if data["time"] > now + _FUTURE_TOLERANCE:
            yield Problem("is in the future", "$.time")

    def envelope(self, batch: Batch) -> Request:
        """Return a signed request with all events of a batch."""
        body = b'{"events":[' + b",".join(batch.bodies) + b"]}"
        # The same events in the same request have the same id, so that the receiver can drop a repeat.
        message_id = f"msg_{sha256(body).hexdigest()[:32]}"
        timestamp = int(batch.now)
        headers = {
            "content-type": "application/json",
            ID: message_id,
            TIMESTAMP: str(timestamp),
            SIGNATURE: sign(secret_key(self.settings.secret.value), message_id, timestamp, body),
        }
        if self.settings.bearer_token is not None:
            headers["authorization"] = f"Bearer {self.settings.bearer_token.value}"
        return Request(method="POST", url=self.settings.url, headers=headers, body=body)

    def judge(self, response: Response) -> Judgement:
        """Return what a status means: the receiver's body is its own."""
        status = response.status
        if 200 <= status < 300:
            return Judgement(verdict=Verdict.DONE)
        if status in (400, 413, 422):
            return Judgement(
                verdict=Verdict.SPLIT,
                code=status,
                reason=f"The endpoint refused the request ({status}).",
                advice="Look at what its log says of this event.",
            )
        if status in (401, 403):
            return Judgement(
                verdict=Verdict.PAUSE,
                code=status,
                reason=f"The endpoint didn't accept the signature or the token ({status}).",
                advice="Compare the secret on both sides, and the clocks.",
            )
        if status == 410:
            return Judgement(
                verdict=Verdict.PAUSE,
                code=status,
                reason="The endpoint says that it is gone (410).",
                advice="Change the setting url, or remove the destination.",
            )
        verdict = Verdict.THROTTLED if status == 429 else Verdict.LATER
        return Judgement(
            verdict=verdict,
            code=status,
            reason=f"The endpoint can't take events now ({status}).",
            advice="It redirects: set url to where it leads." if 300 <= status < 400 else "",
            after=_retry_after(response) if status in (429, 503) else None,
        )


def _retry_after(response: Response) -> float | None:
    """Return the seconds to wait that an answer names: a number, or a time, compared with the answer's own date."""
    text = response.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdecimal() and len(text) < 10:
        return float(text)
    try:
        moment, present = (parsedate_to_datetime(value) for value in (text, response.headers.get("date", "")))
        return max(0.0, (moment - present).total_seconds())
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
