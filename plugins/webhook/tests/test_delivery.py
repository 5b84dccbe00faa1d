"""Events on their way from `capi send` to a server that checks their signatures by itself."""

import hmac
import json
import re
import threading
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import time
from typing import Any

import pytest

import capi_actions_webhook.plugin
from capi_actions import Client, Plugins, builtin
from capi_actions.config import read_config
from capi_actions_webhook import verify

SECRET = "a-secret-of-twenty-four-bytes-or-more"


class Receiver(ThreadingHTTPServer):
    """An endpoint that believes only what is signed.

    :ivar taken: the bodies that it took, decoded.
    :ivar headers: those of the last request.
    :ivar refused: names of events that it never takes.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.taken: list[dict[str, Any]] = []
        self.headers: dict[str, str] = {}
        self.refused: set[str] = set()
        self.url = f"http://127.0.0.1:{self.server_port}/events"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Check the signature, then the events."""
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.headers = headers
        self.send_response(self._status(headers, body))
        self.send_header("content-length", "0")
        self.end_headers()

    def _status(self, headers: dict[str, str], body: bytes) -> int:
        message = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        digest = hmac.new(SECRET.encode(), message, sha256).digest()
        if headers["webhook-signature"] != f"v1,{b64encode(digest).decode()}":
            return 401
        if abs(time() - int(headers["webhook-timestamp"])) > 300:
            return 401
        content = json.loads(body)
        if any(event.get("name") in self.server.refused for event in content["events"]):
            return 422
        self.server.taken.append(content)
        return 204

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A running endpoint."""
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def send(folder: Path, url: str, *events: dict[str, Any], secret: str = SECRET, more: str = "") -> Any:
    """Send events through an outbox, and return what became of them."""
    config = folder / "capi.toml"
    config.write_text(
        f'[destinations.mine]\ntype = "webhook"\nurl = "{url}"\nsecret = "{secret}"\n{more}', encoding="utf-8"
    )
    with Client.from_config(config, plugins=Plugins(builtin, capi_actions_webhook.plugin)) as client:
        receipts = client.send_many(events)
        assert [1] * len(events) == [len(receipt.accepted) for receipt in receipts]
        client.flush(60)
        return client.status().destinations["mine"]


def track(name: str, number: int = 0, **members: Any) -> dict[str, Any]:
    """Return an event of just now."""
    return {"type": "track", "event": name, "messageId": f"m-{number}", "timestamp": int(time()), **members}


def test_events_arrive_signed_and_without_personal_data(tmp_path: Path, receiver: Receiver) -> None:
    """The receiver has the event, but neither an address nor a number in clear text."""
    traits = {"email": " Ada@Example.com", "phone": "+43 (660) 123456"}
    properties = {
        "plan": "pro",
        "price": 5.5,
        "contact": "ada@example.com",
        "list": ["+43 660 123456", "x"],
        "n": {},
    }
    event = track("Signed Up", userId="u-1", context={"traits": traits}, properties=properties)

    state = send(tmp_path, receiver.url, event, more='bearer_token = "of-mine"\n')

    ((arrived,),) = (content["events"] for content in receiver.taken)
    assert {
        "id": "m-0",
        "type": "track",
        "name": "Signed Up",
        "time": event["timestamp"],
        "user_id": "u-1",
        "email": sha256(b"ada@example.com").hexdigest(),
        "phone": sha256(b"43660123456").hexdigest(),
        "properties": {"plan": "pro", "price": 5.5, "list": ["x"], "n": {}},
    } == arrived
    assert "Bearer of-mine" == receiver.headers["authorization"]
    assert (1, 0) == (state.delivered, state.dead)


def test_the_receiving_side_can_use_the_package_too(tmp_path: Path, receiver: Receiver) -> None:
    """What it verifies is what was sent."""
    send(tmp_path, receiver.url, track("Signed Up"))
    body = json.dumps(receiver.taken[0], separators=(",", ":")).encode()

    assert receiver.headers["webhook-id"] == verify(receiver.headers, body, SECRET)


def test_a_bad_event_is_found_and_the_others_arrive(tmp_path: Path, receiver: Receiver) -> None:
    """As it is with any platform that refuses whole requests."""
    receiver.refused = {"Bad"}
    events = [track("Bad" if number == 5 else "Good", number) for number in range(9)]

    state = send(tmp_path, receiver.url, *events)

    arrived = sorted(event["id"] for content in receiver.taken for event in content["events"])
    assert [f"m-{number}" for number in range(9) if number != 5] == arrived
    assert (8, 1) == (state.delivered, state.dead)


def test_another_secret_pauses_the_destination(tmp_path: Path, receiver: Receiver) -> None:
    """Nothing is lost: somebody has to compare the secrets."""
    state = send(tmp_path, receiver.url, track("Signed Up"), secret="another-secret-of-about-the-same-length")

    assert [] == receiver.taken
    assert state.paused is not None
    assert (0, 0) == (state.delivered, state.dead)


def test_batches_have_the_size_that_was_set(tmp_path: Path, receiver: Receiver) -> None:
    """For receivers that take few at a time."""
    send(tmp_path, receiver.url, *(track("Good", number) for number in range(7)), more="batch_items = 3\n")

    assert 7 == sum(len(content["events"]) for content in receiver.taken)
    assert max(len(content["events"]) for content in receiver.taken) <= 3


def test_the_readme_shows_what_arrives_and_how_to_check_it(
    tmp_path: Path, receiver: Receiver, root: Path
) -> None:
    """Its configuration, its headers and its Python program, with a message that was really sent."""
    readme = (root / "plugins/webhook/README.md").read_text(encoding="utf-8")
    blocks = dict(re.findall(r"^```(toml|http|python)\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL))
    program: dict[str, Any] = {}
    exec(blocks["python"], program)
    head, _, shown = blocks["http"].strip().partition("\n\n")
    read_config(blocks["toml"], Plugins(builtin, capi_actions_webhook.plugin), need_secrets=False)

    send(tmp_path, receiver.url, track("Signed Up", 1, userId="u-1"))

    assert [line.partition(":")[0] for line in head.splitlines()[1:]] == [
        "content-type",
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
    ]
    assert {*head.splitlines()[1].split(": ")} == {"content-type", receiver.headers["content-type"]}
    (expected,), (arrived,) = json.loads(shown)["events"], receiver.taken[0]["events"]
    assert {**expected, "time": arrived["time"]} == arrived
    body = json.dumps(receiver.taken[0], separators=(",", ":")).encode()
    assert (204, 401) == (
        program["receive"](receiver.headers, body, SECRET),
        program["receive"](receiver.headers, body + b" ", SECRET),
    )
