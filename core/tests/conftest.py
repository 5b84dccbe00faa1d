"""A small platform for tests, as the core knows none by itself, and the command line with it."""

import json
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import time
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from attrs import field as attribute
from attrs import frozen
from click.testing import CliRunner

from capi_actions import (
    Batch,
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
from capi_actions.cli.app import main

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
    """A platform that takes events of one day, and refuses a request with one named Bad."""

    name = "acme"
    settings_type = AcmeSettings
    settings: AcmeSettings
    max_items = 10

    def lint_settings(self) -> Iterator[Problem]:
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

    def envelope(self, batch: Batch) -> Request:
        """Join items."""
        headers = {"authorization": f"Bearer {self.settings.token.value}"}
        return Request(
            method="POST", url=self.settings.url, headers=headers, body=b"[" + b",".join(batch.bodies) + b"]"
        )

    def judge(self, response: Response) -> Judgement:
        """Go by the status: taken, one is bad, the account is locked, or else."""
        match response.status:
            case 200:
                return Judgement(verdict=Verdict.DONE, after=float(response.headers["x-after"]))
            case 400:
                return Judgement(
                    verdict=Verdict.SPLIT, code=4, subcode=44, reason="It is bad.", advice="Mend it."
                )
            case 401:
                return Judgement(verdict=Verdict.PAUSE, code=1, reason="It is locked.", advice="Unlock it.")
        return Judgement(verdict=Verdict.LATER, reason="It stumbled.")


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
    capi_normalizers=hookimpl(
        lambda: [Normalizer(profile="plain", key="em", normalize=str.lower, otherwise="raw")]
    ),
)


@pytest.fixture(scope="session")
def plugins() -> Plugins:
    """The core's built-ins and the small platform."""
    return Plugins(builtin, ACME)


@pytest.fixture(scope="session")
def acme() -> SimpleNamespace:
    """The small platform's plugin."""
    return ACME


@pytest.fixture
def config_text() -> str:
    """A whole configuration for the small platform."""
    return '[destinations.main]\ntype = "acme"\naccount = "a"\ntoken = "sesame"\n'


class AcmeServer(ThreadingHTTPServer):
    """Acme on this machine.

    :ivar taken: the items that it took, in order.
    :ivar status: what it answers to everything; None: 400 to requests with an item named Bad, else 200.
    :ivar failures: how many of the next requests it answers with 503 first.
    :ivar after: how many seconds it wants to be left alone after each request.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.taken: list[dict[str, Any]] = []
        self.status: int | None = None
        self.failures = 0
        self.after = 0.0
        self.url = f"http://127.0.0.1:{self.server_port}/"


class _Answer(BaseHTTPRequestHandler):
    server: AcmeServer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Take items, or don't."""
        items = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.server.failures:
            self.server.failures -= 1
            self._answer(503)
            return
        status = self.server.status or (400 if any(item["name"] == "Bad" for item in items) else 200)
        if status == 200:
            self.server.taken += items
        self._answer(status)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("content-length", "0")
        self.send_header("x-after", str(self.server.after))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def acme_server() -> Iterator[AcmeServer]:
    """Acme, running."""
    with AcmeServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def acme_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The small platform, installed as pip would have done it."""
    info = tmp_path / "site" / "acme_for_tests-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-for-tests\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[capi_actions]\nacme = acme_for_tests\n")
    monkeypatch.setitem(sys.modules, "acme_for_tests", ACME)
    monkeypatch.syspath_prepend(info.parent)


@pytest.fixture
def config(tmp_path: Path, acme_installed: None, acme_server: AcmeServer) -> Path:
    """A configuration file for an account at the running Acme."""
    path = tmp_path / "capi.toml"
    path.write_text(
        f'[destinations.main]\ntype = "acme"\naccount = "a"\ntoken = "sesame"\nurl = "{acme_server.url}"\n',
        encoding="utf-8",
    )
    return path


class Outcome(NamedTuple):
    """What a command returned and printed."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        """Standard output as JSON Lines."""
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def capi() -> Callable[..., Outcome]:
    """Run `capi` in this process: with events as objects, or with bytes as they are."""

    def run(*arguments: str, lines: Sequence[Any] = (), text: bytes = b"", columns: int = 80) -> Outcome:
        given = text or b"".join(json.dumps(line).encode() + b"\n" for line in lines)
        with CliRunner(env={"COLUMNS": str(columns)}).isolation(input=given) as (out, err, _):
            status = main(list(arguments))
            return Outcome(status, out.getvalue().decode(), err.getvalue().decode())

    return run


@pytest.fixture
def ping() -> Callable[..., dict[str, Any]]:
    """Make events that the small platform takes."""

    def make(number: int = 0, **members: Any) -> dict[str, Any]:
        usual = {
            "type": "track",
            "event": "Order",
            "messageId": f"m{number}",
            "timestamp": int(time()) - number,
        }
        return {**usual, **members}

    return make
