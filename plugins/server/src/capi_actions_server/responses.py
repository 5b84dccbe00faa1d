"""Answers in JSON, with the headers that every answer has."""

from collections.abc import Iterable, Mapping

import orjson
from starlette.types import Send

from capi_actions import Json

Header = tuple[bytes, bytes]

SECURITY_HEADERS: tuple[Header, ...] = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
"""Of answers that no browser is to show."""

_JSON_HEADERS: tuple[Header, ...] = ((b"content-type", b"application/json"), *SECURITY_HEADERS)


async def send_json(send: Send, status: int, body: Json, headers: Iterable[Header] = ()) -> None:
    """Send an answer."""
    await send_bytes(send, status, orjson.dumps(body), headers)


async def send_bytes(send: Send, status: int, content: bytes, headers: Iterable[Header] = ()) -> None:
    """Send an answer that is JSON already."""
    all_headers = [*_JSON_HEADERS, _length(content), *headers]
    await send({"type": "http.response.start", "status": status, "headers": all_headers})
    await send({"type": "http.response.body", "body": content})


def encode_success(content: bytes) -> bytes:
    """Return the bytes that a response with status 200 has on the connection when :func:`send_bytes` sends it."""
    lines = [b"%s: %s\r\n" % header for header in (*_JSON_HEADERS, _length(content))]
    return b"HTTP/1.1 200 OK\r\n%s\r\n%s" % (b"".join(lines), content)


def _length(content: bytes) -> Header:
    return (b"content-length", str(len(content)).encode())


def error_body(problem: str, **details: Json) -> Mapping[str, Json]:
    """Return the body of an answer that says what was wrong.

    :param problem: what was wrong, and what would be right.
    """
    return {"success": False, "error": problem, **details}
