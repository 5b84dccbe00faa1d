"""A small platform for tests: the core knows none by itself."""

from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace

import pytest
from attrs import field as attribute
from attrs import frozen

from capi_actions import (
    Destination,
    EventError,
    JsonObject,
    Judgement,
    Normalizer,
    Plugins,
    Prepared,
    Problem,
    Request,
    Response,
    Secret,
    Verdict,
    action,
    builtin,
    field,
    from_path,
    hookimpl,
)

DAY = 86_400


@frozen(kw_only=True)
class AcmeSettings:
    """Settings with one of each kind."""

    account: str
    token: Secret
    url: str = "http://127.0.0.1:9"
    size: int = 10
    factor: float = 1.0
    loud: bool = False
    normalization: str = "plain"
    tag: str | None = attribute(default=None)


class Acme(Destination):
    """A platform that takes events of one day and refuses those named Bad."""

    name = "acme"
    settings_type = AcmeSettings
    settings: AcmeSettings
    max_items = 10

    def advise(self) -> Iterator[Problem]:
        """Warn about loud accounts."""
        if self.settings.loud:
            yield Problem("is loud", "$.loud")

    def prepare(self, data: JsonObject, group: str, content_id: Callable[[], str]) -> Prepared:
        """Read id and time."""
        if "time" not in data:
            raise EventError.of("has no time", "$.time")
        data.setdefault("id", content_id())
        return Prepared(
            event_id=data["id"], event_time=data["time"], deadline=data["time"] + DAY, group=group
        )

    def check(self, data: JsonObject, now: float) -> Iterator[Problem]:
        """Refuse what is older than a day."""
        if data["time"] < now - DAY:
            yield Problem("is too old", "$.time", 7)

    def envelope(self, group: str, bodies: Sequence[bytes]) -> Request:
        """Join items."""
        headers = {"authorization": f"Bearer {self.settings.token.value}"}
        return Request(
            method="POST", url=self.settings.url, headers=headers, body=b"[" + b",".join(bodies) + b"]"
        )

    def judge(self, response: Response) -> Judgement:
        """Take 200 for delivered."""
        return Judgement(verdict=Verdict.DONE if response.status == 200 else Verdict.LATER)


@action("acme.ping", title="Ping", trigger='type = "track"')
class Ping:
    """Tell Acme that something happened."""

    name: str = from_path("$.event", label="Event name")
    time: int | None = from_path("$.timestamp", label="Time")
    id: str | None = from_path("$.messageId")
    email: str | None = from_path("$.email", label="Email", hashed="em")
    tag: str | None = field(groups=True)

    def build(self) -> dict[str, object]:
        """Build the object."""
        if self.name == "Crash":
            raise ZeroDivisionError("personal@example.com")
        values = {"name": self.name, "time": self.time, "id": self.id, "email": self.email}
        return {key: value for key, value in values.items() if value is not None}


@action("acme.page", title="Page")
class Page:
    """A page view; without a prebuilt trigger."""

    time: int = from_path("$.timestamp", label="Time")

    def build(self) -> dict[str, object]:
        """Build the object."""
        return {"time": self.time}


ACME = SimpleNamespace(
    __name__="acme",
    capi_destinations=hookimpl(lambda: [Acme]),
    capi_actions=hookimpl(lambda: [Ping, Page]),
    capi_normalizers=hookimpl(lambda: [Normalizer(profile="plain", key="em", normalize=str.lower)]),
)


@pytest.fixture(scope="session")
def plugins() -> Plugins:
    """The core's built-ins and the small platform."""
    return Plugins(builtin, ACME)


@pytest.fixture
def config_text() -> str:
    """A whole configuration for the small platform."""
    return '[destinations.main]\ntype = "acme"\naccount = "a"\ntoken = "sesame"\n'
