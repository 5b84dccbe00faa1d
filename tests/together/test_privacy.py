"""Personal data and the token are found nowhere but in memory: not on disk, in logs, metrics, output or errors.

Every personal field of an event holds a marker of its own.  The event is sent, refused, thrown back, buried and
kept waiting; after each, everything that anyone could read is searched for the markers.
"""

import json
import logging
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import generate_latest

from capi_actions import CapiError, Client
from capi_actions.delivery.reporting import Observers
from capi_actions_sandbox import Sandbox, SandboxOptions

TOKEN = "EAAmarkertoken8731"
ADDRESS = {
    "city": "Markercity",
    "state": "Markerstate",
    "postalCode": "MARKERZIP",
    "country": "Markercountry",
    "street": "Markerstreet 5",
}
TRAITS = {
    "email": "Marker.Email@Example.com",
    "phone": "+1 (939) 555-7731",
    "firstName": "Markerfirst",
    "lastName": "O'Markerlast",
    "birthday": "1931-07-29",
    "gender": "markergender",
    "address": ADDRESS,
    "unmapped": "markertrait",
}
MARKERS = (
    "marker",  # every text above and below, in any case, and every normalized form of it
    "9395557731",
    "555-7731",
    "19310729",
    "1931-07-29",
)
BAD = "x" * 301  # the sandbox's limit is 300, which our own checks know nothing of


@pytest.fixture
def strict() -> Iterator[Sandbox]:
    """A stand-in that takes our token alone and refuses long strings."""
    with Sandbox(SandboxOptions.strict(tokens=[TOKEN], max_string=300, last_days={})) as running:
        yield running


@pytest.fixture
def private(tmp_path: Path, strict: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration that takes the token from the environment."""
    monkeypatch.setenv("FACEBOOK_ACCESS_TOKEN", TOKEN)
    path = tmp_path / "capi.toml"
    path.write_text(
        '[destinations.shop]\ntype = "facebook"\npixel_id = "1234567890"\n'
        f'access_token = {{ env = "FACEBOOK_ACCESS_TOKEN" }}\nbase_url = "{strict.url}"\n'
        "[delivery]\ndrop_refused_field = true\n",
        encoding="utf-8",
    )
    return path


def person(number: int, **properties: Any) -> dict[str, Any]:
    """Make an order of somebody all of whose data are markers."""
    now = datetime.now(UTC) - timedelta(minutes=5)
    return {
        "type": "track",
        "event": "Order Completed",
        "messageId": f"order-{number}",
        "timestamp": now.isoformat(),
        "userId": "Marker User Id",
        "anonymousId": "marker-anonymous",
        "context": {
            "userAgent": "Mozilla/5.0",
            "page": {"url": "https://shop.example/thanks"},
            "traits": TRAITS,
        },
        "traits": TRAITS,
        "properties": {"revenue": 12.5, "currency": "EUR", "note": "markernote", **properties},
    }


def identified(number: int) -> dict[str, Any]:
    """Make an identify call of the same person; a sign-up."""
    return {**person(number), "type": "identify", "event": None}


WRONG: dict[str, Any] = {
    "value of a wrong type": person(1, revenue="markerrevenue"),
    "no currency": person(2, currency="markercurrency"),
    "too old": {**person(3), "timestamp": "2001-01-01T00:00:00Z"},
    "no time": {**person(4), "timestamp": "markertime"},
    "traits of a wrong type": {**person(5), "context": {"traits": ["markertraits"], "userAgent": "m"}},
    "unknown type": {**person(6), "type": "markertype"},
    "no object": ["markerlist"],
    "lone surrogate": {**person(7, revenue="markerrevenue"), "userId": "marker\ud800"},
}
BROKEN_LINES = (
    b'{"type": "track", "userId": "marker@example.com", \n',
    b'"marker\xff\xfe"\n',
    b'{"a": "marker", "b": NaN}\n',
    b"marker@example.com,marker,marker\n",
)


class Search:
    """Collects what anyone could read, and looks for markers in it."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def add(self, where: str, data: object) -> None:
        """Add a text, or bytes, to be searched."""
        self.texts[where] = data.decode("latin-1") if isinstance(data, bytes) else str(data)

    def add_error(self, where: str, error: BaseException | None) -> None:
        """Add everything that hangs on an error, as crash reporters gather it."""
        while error is not None:
            self.add(where, f"{error!s} {error!r} {error.args!r}{''.join(traceback.format_exception(error))}")
            where, error = f"{where}'s context", error.__context__ or error.__cause__

    def add_files(self, folder: Path) -> None:
        """Add all files, the outbox's log included."""
        for path in folder.rglob("*"):
            if path.is_file():
                self.add(path.name, path.read_bytes())

    def matches(self) -> list[tuple[str, str]]:
        """List places and markers."""
        return [
            (where, marker)
            for where, text in self.texts.items()
            for marker in (*MARKERS, TOKEN.lower())
            if marker in text.lower()
        ]


@pytest.fixture
def search() -> Search:
    """A new search."""
    return Search()


def test_a_marker_is_found_where_there_is_one(search: Search, tmp_path: Path) -> None:
    """Or the tests below would pass whatever happens."""
    (tmp_path / "x.db").write_bytes(b"\x00Marker.Email\xff")
    search.add_files(tmp_path)
    error = ValueError()
    error.__cause__ = RuntimeError(TOKEN)
    search.add_error("error", error)

    assert {where for where, _ in search.matches()} == {"x.db", "error", "error's context"}


@pytest.mark.parametrize(
    "fault",
    [
        "",
        "html502",
        "lost",
        "half",
        "empty200",
        "redirect302",
        "throttled",
        "code=1",
        "code=190,subcode=463",
        "code=100,subcode=2804019",
        "code=100,subcode=33",
    ],
)
def test_whatever_meta_answers_nothing_personal_is_kept(
    private: Path, strict: Sandbox, search: Search, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    """On disk while the client is open, so that the write-ahead log is there; in logs of every level and metrics."""
    caplog.set_level(logging.DEBUG)
    if fault:
        strict.fault(f"{fault},times=3")
    with Client.from_config(private) as client:
        receipts = client.send_many(
            [person(1), identified(2), person(3, order_id=BAD), person(4, fbc="fb.1.x")]
        )
        client.flush(timeout=60)
        search.add_files(private.parent)
        search.add("receipts' errors", [refusal.error for receipt in receipts for refusal in receipt.refused])
        search.add("dead letters", client.dead_letters())
        search.add("client", repr(client))
    for record in caplog.records:
        if not record.name.startswith("asyncio"):
            search.add(f"log of {record.name}", f"{record.getMessage()} {record.__dict__}")
    search.add("metrics", generate_latest())
    search.add_files(private.parent)

    assert any(receipt.accepted for receipt in receipts)
    assert "log of capi_actions.delivery" in search.texts
    assert any(name.endswith("-wal") for name in search.texts)
    assert search.matches() == []


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_with_an_event_is_said_without_its_values(
    private: Path, search: Search, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """In receipts, in the errors that they hold, and in whatever was logged."""
    caplog.set_level(logging.DEBUG)
    with Client.from_config(private, deliver=False) as client:
        receipt = client.send(WRONG[name])
    search.add("receipt", receipt)
    search.add_error("problem", receipt.problem)
    for refusal in receipt.refused:
        search.add_error("refusal", refusal.error)
    search.add("log", caplog.text)
    search.add_files(private.parent)

    assert receipt.problem or receipt.refused or receipt.accepted
    assert search.matches() == []


def test_commands_print_nothing_personal(private: Path, strict: Sandbox, search: Search, start: Any) -> None:
    """Neither to the terminal nor as JSON, of good events, refused ones, dead letters and lines that are no JSON."""
    lines = [
        json.dumps(event).encode() + b"\n"
        for event in (person(10), person(11, order_id=BAD), *WRONG.values())
    ]
    (private.parent / "events").mkdir()
    for command in (
        ("preview",),
        ("send",),
        ("send", "--json"),
        ("check",),
        ("outbox", "stats", "--json"),
        ("outbox", "dead"),
        ("outbox", "dead", "--json"),
        ("outbox", "export"),
        ("outbox", "replay", "--all"),
        ("deliver", "--json"),
    ):
        running = start(*command, "--config", str(private))
        if command[0] in ("preview", "send"):
            for line in (*lines, *BROKEN_LINES):
                running.process.stdin.write(line)
        out, err = running.process.communicate()
        search.add(" ".join(command), out + err)
    search.add_files(private.parent)

    assert len(strict.events()) > 0
    assert '"reason"' in search.texts["outbox dead --json"]
    assert search.matches() == []


def test_errors_of_configuration_do_not_quote_the_token(private: Path, search: Search) -> None:
    """A token in the wrong place, of a wrong kind, or unfit for a header."""
    text = private.read_text(encoding="utf-8")
    named = 'access_token = { env = "FACEBOOK_ACCESS_TOKEN" }'
    for wrong in (
        f'access_token = ["{TOKEN}"]',
        f'access_token = "{TOKEN}ü"',
        f'access_token = "{TOKEN}"\npixel_id = "{TOKEN}"',
        f'acces_token = "{TOKEN}"',
        f'access_token = "{TOKEN}',
        f'access_token = {{ env = "FACEBOOK_ACCESS_TOKEN", default = "{TOKEN}" }}',
    ):
        path = private.with_name("wrong.toml")
        path.write_text(text.replace(named, wrong), encoding="utf-8")
        with pytest.raises(CapiError) as caught:
            Client.from_config(path, deliver=False)
        search.add_error(wrong.replace(TOKEN, "…"), caught.value)

    assert search.matches() == []


SHAPES: tuple[Any, ...] = (
    "Qzv",  # as long as a currency
    "Qzvx",  # the reference quotes a wrong currency of this length
    "qzvx@example.com",
    "Qzvx Person, 5 Street",
    "https://qzvx.example/?email=qzvx@example.com",
    "739 184 6205",
    7391846205,
    "Qzvx " * 80,  # the sandbox refuses it
    {"Qzvx": "Qzvx"},
    ["Qzvx"],
)
SHAPE_MARKERS = ("qzv", "739 184 6205", "7391846205")
NAMED = {("event",), ("messageId",)}  # what docs/why/privacy.md says that is named


def full_event() -> dict[str, Any]:
    """Make an order with every part that a prebuilt mapping, a filter or a check looks at."""
    event = person(0)
    context = {
        **event["context"],
        "ip": "203.0.113.7",
        "locale": "de-DE",
        "timezone": "Europe/Berlin",
        "page": {"url": "https://shop.example/thanks", "referrer": "https://shop.example/", "search": "?a=b"},
        "campaign": {"name": "c"},
        "device": {"type": "ios", "advertisingId": "a"},
        "app": {"name": "n", "version": "1"},
        "consent": {"categoryPreferences": {"Advertising": True}},
    }
    properties = {
        **event["properties"],
        "order_id": "o",
        "value": 5,
        "total": 5,
        "quantity": 1,
        "predicted_ltv": 5,
        "delivery_category": "in_store",
        "fbc": "fb.1.1.a",
        "fbp": "fb.1.1.1",
        "email": "a@example.com",
        "products": [{"product_id": "p", "price": 5, "quantity": 1, "name": "n", "category": "c"}],
    }
    return {
        **event,
        "sentAt": event["timestamp"],
        "integrations": {},
        "context": context,
        "properties": properties,
    }


def places(value: Any, keys: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the keys that lead to every part of an event."""
    members: Any = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, member in members:
        yield (*keys, key)
        yield from places(member, (*keys, key))


def marked_events() -> Iterator[dict[str, Any]]:
    """Yield an event for each place and shape: the marker stands in this place alone."""
    number = 0
    for keys in places(full_event()):
        for shape in SHAPES if keys not in NAMED else ():
            number += 1
            event: Any = json.loads(json.dumps(full_event()).replace("arker", "other"))
            event["messageId"] = f"m-{number}"
            inner = event
            for key in keys[:-1]:
                inner = inner[key]
            inner[keys[-1]] = shape
            yield event


@pytest.fixture
def reports(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Everything that observers get, and with them metrics, the status and the server's history."""
    collected: list[Any] = []
    notify = Observers.notify

    def collect(self: Observers, method: str, *arguments: object) -> None:
        collected.append((method, arguments))
        notify(self, method, *arguments)

    monkeypatch.setattr(Observers, "notify", collect)
    return collected


def test_no_part_of_an_event_is_in_what_is_reported_of_it(
    private: Path, reports: list[Any], start: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever stands in whatever place: the log, incidents, the status, metrics, dead letters and error messages."""
    caplog.set_level(logging.DEBUG)
    events = list(marked_events())
    incidents: list[Any] = []
    with Client.from_config(private, on_problem=incidents.append) as client:
        receipts = client.send_many(events)
        client.flush(timeout=60)
        dead = [
            (letter.reason, letter.advice, letter.platform_message, letter.platform_field)
            for letter in client.dead_letters()
        ]
        status = client.status()
    texts = {
        "log": "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records),
        "incidents": str(incidents),
        "status": str(status),
        "reports": "\n".join(map(str, reports)),
        "metrics": str(generate_latest()),
        "dead letters": str(dead),
        "refusals": "\n".join(str(refusal.error) for receipt in receipts for refusal in receipt.refused),
        "problems": "\n".join(str(receipt.problem) for receipt in receipts),
    }
    running = start("send", "--config", str(private))
    lines = "".join(json.dumps(event) + "\n" for event in events)
    texts["stdout of send"], texts["stderr of send"] = map(str, running.process.communicate(lines.encode()))

    assert dead
    assert {"dead", "refused"} <= {incident.kind for incident in incidents}
    assert [] == [
        (name, line.strip()[:300])
        for name, text in texts.items()
        for line in text.splitlines()
        if any(marker in line.lower() for marker in SHAPE_MARKERS)
    ]
