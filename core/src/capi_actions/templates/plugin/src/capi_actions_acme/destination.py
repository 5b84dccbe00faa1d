"""A destination type: the settings of an account, how items become a request, and what an answer means."""

from collections.abc import Callable, Iterator, Sequence

from attrs import frozen
from capi_actions import (
    Batch,
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
    hookimpl,
)

DAY = 86_400  # seconds


@frozen(kw_only=True)
class Settings:
    """Settings of one account: the keys of its table in the configuration.

    :ivar url: where items are posted to.
    :ivar token: by which the platform knows the sender.
    """

    url: str
    token: Secret
    normalization: str = "acme"  # with normalizer


class Account(Destination):
    """An account that takes items as a JSON array, for a day after they happened."""

    name = "acme"
    settings_type = Settings
    settings: Settings
    max_items = 100
    max_bytes = 1_000_000

    def prepare(self, data: JsonObject, group: str, content_id: Callable[[], str]) -> Prepared:
        """Complete an item, and return its id, its time and its last moment."""
        at = data.get("at")
        if not isinstance(at, int):
            raise EventError.of("should be Unix seconds", "$.at")
        event_id = data.get("id")
        if event_id is None or not str(event_id).strip():  # all events without an id would have the same one
            event_id = data["id"] = content_id()
        return Prepared(event_id=str(event_id), event_time=int(at), deadline=int(at) + DAY, group=group)

    def check(self, data: JsonObject, now: float) -> Iterator[Problem]:
        """Refuse what the platform would refuse."""
        if data["at"] < now - DAY:
            yield Problem("should be within the last day", "$.at")

    def envelope(self, batch: Batch) -> Request:
        """Return the request for a batch of items."""
        return Request(
            method="POST",
            url=self.settings.url,
            headers={
                "authorization": f"Bearer {self.settings.token.value}",
                "content-type": "application/json",
            },
            body=b"[" + b",".join(batch.bodies) + b"]",
        )

    def judge(self, response: Response) -> Judgement:
        """Return what an answer means for the items of its request."""
        match response.status:
            case 200 | 201 | 202 | 204:
                return Judgement(verdict=Verdict.DONE)
            case 400 | 422:
                return Judgement(
                    verdict=Verdict.SPLIT, reason="An item was refused.", advice="Look at its mapping."
                )
            case 401 | 403:
                return Judgement(
                    verdict=Verdict.PAUSE, reason="The token was refused.", advice="Renew the token."
                )
            case 429:
                return Judgement(verdict=Verdict.THROTTLED, reason="There were too many requests.")
        return Judgement(verdict=Verdict.LATER, reason=f"The platform answered {response.status}.")


@hookimpl
def capi_destinations() -> Sequence[type[Destination]]:
    """Offer the destination types of this module."""
    return [Account]
