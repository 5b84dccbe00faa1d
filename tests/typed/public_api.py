"""What type checkers see of the public API.  `nox -s types` checks this file; it is never run.

Every ``type: ignore`` here is a mistake that mypy must find: under ``strict`` one that it doesn't find is an error.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import assert_type

from attrs import frozen

from capi_actions import (
    Action,
    Client,
    Destination,
    DestinationStatus,
    Directive,
    EventError,
    Incident,
    IncidentKind,
    Item,
    Judgement,
    Outbox,
    Problem,
    Receipt,
    Response,
    Secret,
    Stats,
    Verdict,
    action,
    as_action,
    field,
    from_path,
    hookimpl,
)


def a_program_sends(client: Client) -> None:
    """Events go in as they come: anything; what comes back is typed."""
    assert_type(Client.from_config("capi.toml"), Client)
    assert_type(Client.from_config(Path("capi.toml"), deliver=False, on_problem=alert), Client)
    receipt = client.send({"type": "track"})
    assert_type(receipt, Receipt)
    assert_type(receipt.matched, bool)
    assert_type(client.send_many(iter([{}, None])), list[Receipt])
    assert_type(client.flush(timeout=1), bool)
    assert_type(client.status().destinations, Mapping[str, DestinationStatus])
    client.send()  # type: ignore[call-arg]
    client.flush("soon")  # type: ignore[arg-type]
    Client.from_config("capi.toml", on_problem=print_text)  # type: ignore[arg-type]


async def an_async_program_sends(client: Client) -> None:
    """The same, awaited."""
    assert_type(await client.asend({}), Receipt)


def alert(incident: Incident) -> None:
    """Take an incident."""
    assert_type(incident.kind, IncidentKind)
    assert_type(incident.code, int | None)
    incident.message = ""  # type: ignore[misc]


def print_text(text: str) -> None:
    """Take something that isn't an incident."""


@action("acme.ping", trigger='type = "track"', title="Ping")
class Ping:
    """An action keeps its own type: attributes and methods are those of the class."""

    id: str = from_path("$.messageId", label="Event id")
    email: str | None = from_path("$.context.traits.email", hashed="em")
    level: int = field(1)

    def build(self) -> dict[str, object]:
        """Return the item."""
        assert_type(self.id, str)
        assert_type(self.email, str | None)
        return {"id": self.id, "level": self.level + "1"}  # type: ignore[operator]


assert_type(as_action(Ping), Action | None)


@frozen(kw_only=True)
class Settings:
    """A destination's settings."""

    url: str
    token: Secret


class Acme(Destination):
    """What a destination gets, and must return."""

    name = "acme"
    settings_type = Settings

    def judge(self, response: Response) -> Judgement:
        """Return a judgement."""
        assert_type(response.status, int)
        assert_type(response.body, bytes)
        Judgement(verdict="done")  # type: ignore[arg-type]
        return Judgement(verdict=Verdict.DONE)


def hide(secret: Secret) -> str:
    """A token isn't a text by accident."""
    url: str = secret  # type: ignore[assignment]
    return url + secret.value


def values_are_frozen(problem: Problem, item: Item, stats: Stats) -> None:
    """Nobody changes what others look at."""
    problem.message = ""  # type: ignore[misc]
    item.body = b""  # type: ignore[misc]
    stats.waiting = 1  # type: ignore[misc]
    assert_type(item.event_time, int)


def an_outbox_is_any_object_with_its_methods(outbox: Outbox, items: Sequence[Item]) -> None:
    """Structural: nothing to inherit from."""
    outbox.put(items)
    assert_type(outbox.stats(), Mapping[str, Stats])
    unfit: Outbox = object()  # type: ignore[assignment]
    outbox.acknowledge(unfit, [])  # type: ignore[arg-type]


@hookimpl
def capi_directives() -> Iterable[Directive]:
    """Offer a directive."""
    return [Directive(name="@hello", compile=lambda value, compiler: lambda payload: "hello")]


def errors_name_their_places(error: EventError) -> None:
    """Where, in a path; several at once."""
    assert_type(error.problems, tuple[Problem, ...])
    assert_type(error.path, str)
    EventError("text")  # type: ignore[arg-type]
