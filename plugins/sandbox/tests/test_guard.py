"""Foreign web pages can neither read nor change what the sandbox holds."""

import json
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
import urllib3
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from capi_actions_sandbox import Sandbox
from capi_actions_sandbox.guard import refusal

ADDRESSES = ["events", "requests", "faults", "health"]
FOREIGN_HOSTS = [
    "evil.example",
    "evil.example:8080",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "evil.localhost",
    "127.0.0.1@evil.example",
    "10.0.0.1:8080",
    "0.0.0.0:8080",
    "169.254.169.254",
    "[::2]",
    "[::1].evil.example",
    "127.0.0.1:8080, evil.example",
    "127.0.0.1:x",
    "",
]


@pytest.fixture
def sandbox(served: Sandbox) -> Iterator[Sandbox]:
    """The sandbox for all tests, empty at the end."""
    yield served
    served.clear()


@pytest.fixture
def status(http: urllib3.PoolManager, sandbox: Sandbox) -> Callable[..., int]:
    """Ask for one of the sandbox's own addresses; gives the status."""

    def request(path: str, method: str = "GET", body: str | None = None, **headers: str) -> int:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"{sandbox.url}/_sandbox/{path}"
        response = http.request(method, url, body=body, headers=names)
        if response.status != 200:
            error = json.loads(response.data)["error"]
            assert "should be" in error["message"]
        return response.status

    return request


@pytest.mark.parametrize("path", ADDRESSES)
@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_a_foreign_host_is_refused(status: Callable[..., int], path: str, host: str) -> None:
    """The browser takes a page on a rebound name for the sandbox's own, and shows it the answer."""
    assert status(path, Host=host) == 403


@pytest.mark.parametrize("method", ["GET", "DELETE", "POST"])
@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://evil.example",
        "null",
        "http://localhost:1",
        "file://",
        "",
        "http://127.0.0.1",
    ],
)
def test_a_foreign_origin_is_refused(status: Callable[..., int], method: str, origin: str) -> None:
    """Also that of another server on this machine."""
    assert status("faults", method, "{}", Origin=origin, Content_Type="application/json") == 403


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:8080", "localhost:9", "LOCALHOST", "[::1]:8080", "127.9.9.9"]
)
def test_this_machine_is_no_foreigner(status: Callable[..., int], host: str) -> None:
    """By any of its names, with and without the page's own origin."""
    for path in ADDRESSES:
        assert status(path, Host=host) == 200
        assert status(path, Host=host, Origin=f"http://{host}") == 200


def test_the_sandbox_s_own_origin_is_taken(status: Callable[..., int], sandbox: Sandbox) -> None:
    """A page that it serves, or that is typed in."""
    assert status("events", Origin=f"http://{urlsplit(sandbox.url).netloc}") == 200


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "text/plain; application/json",
        "",
    ],
)
def test_orders_are_taken_as_json_only(status: Callable[..., int], sandbox: Sandbox, kind: str) -> None:
    """A form on any page can send the others without asking."""
    assert status("faults", "POST", '{"code": 17}', Content_Type=kind) == 415
    assert status("faults", "POST", '{"code": 17}') == 415
    assert status("faults", "POST", '{"code": 17}', Content_Type="Application/JSON; charset=utf-8") == 200


def test_the_host_is_named_once() -> None:
    """Else nobody knows which one counts."""
    once, twice = [(b"host", b"127.0.0.1")], [(b"host", b"127.0.0.1"), (b"host", b"localhost")]

    assert refusal("GET", Headers(raw=once)) is None
    assert refusal("GET", Headers(raw=twice)) is not None
    assert refusal("GET", Headers(raw=[])) is not None


@given(st.text(st.sampled_from("127.0.1:[]@localhostevil%/\\ ,8")) | st.text())
def test_any_host_but_this_machine_is_foreign(host: str) -> None:
    """Whatever it looks like."""
    raw = host.encode("latin-1", "replace")
    if refusal("GET", Headers(raw=[(b"host", raw)])) is None:
        name = urlsplit(f"http://{host}").hostname or ""
        assert name == "localhost" or name.startswith("127.") or ":" in name
