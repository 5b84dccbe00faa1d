"""Read a request: headers, body, JSON; and say what is wrong with one."""

import asyncio
import zlib
from collections.abc import Mapping, Sequence

from starlette.types import Receive, Scope

from capi_actions import EventError, Json, count_noun, decode_json
from capi_actions_server.direct import take_body
from capi_actions_server.ingest.timeouts import Timeouts
from capi_actions_server.responses import Header

Headers = Mapping[bytes, bytes]

_JSON_TYPES = frozenset({"application/json", "text/plain", "application/x-www-form-urlencoded", ""})
"""Browsers send JSON as these, to do without a preflight request; what sends nothing means JSON, too."""

_LINES_TYPES = frozenset(
    {"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"}
)
_GZIP_WINDOW = 16 + zlib.MAX_WBITS


class RequestError(Exception):
    """A request that can't be answered with 200.

    :ivar status: the HTTP status.
    :ivar problem: what was wrong and what would be right; without personal data and keys.
    :ivar headers: of the answer.
    """

    def __init__(self, status: int, problem: str, headers: Sequence[Header] = ()) -> None:
        super().__init__(problem)
        self.status = status
        self.problem = problem
        self.headers = headers


def read_headers(scope: Scope) -> Headers:
    """Return the headers by lower-case name; the values of repeated ones are joined by commas."""
    pairs: list[tuple[bytes, bytes]] = scope["headers"]
    headers = dict(pairs)
    if len(headers) != len(pairs):
        headers.clear()
        for name, value in pairs:
            headers[name] = (
                headers[name] + (b"; " if name == b"cookie" else b", ") + value if name in headers else value
            )
    return headers


def header_text(headers: Headers, name: bytes) -> str | None:
    """Return a header's value; None if there is none."""
    value = headers.get(name)
    return None if value is None else value.decode("latin-1").strip()


def is_json_lines(headers: Headers) -> bool:
    """Return whether the body is JSON Lines.

    :raises RequestError: when it is neither that nor JSON.
    """
    raw = headers.get(b"content-type", b"")
    if raw == b"application/json":
        return False
    media_type, _, parameters = raw.decode("latin-1").lower().partition(";")
    media_type = media_type.strip()
    if media_type not in _JSON_TYPES and media_type not in _LINES_TYPES:
        raise RequestError(415, "Content-Type should be application/json or application/x-ndjson")
    charset = parameters.partition("charset=")[2].partition(";")[0].strip(' "')
    if charset not in ("", "utf-8", "utf8", "us-ascii"):
        raise RequestError(415, "the charset of Content-Type should be utf-8")
    return media_type in _LINES_TYPES


async def read_body(
    scope: Scope, receive: Receive, headers: Headers, limit: int, timeouts: Timeouts
) -> bytes:
    """Return the body, decompressed.

    :param limit: bytes, before and after decompression.
    :param timeouts: limit the time that it may take to arrive.
    :raises RequestError: when it is too large, too slow, or damaged.
    """
    is_gzip = b"content-encoding" in headers and _is_gzip(headers[b"content-encoding"])
    length = headers.get(b"content-length", b"0")
    if len(length) > 12 or (length.isdigit() and int(length) > limit):
        raise _too_large(limit)
    body = take_body(scope)
    if body is None:
        body = await _read_in_time(receive, limit, timeouts)
    elif len(body) > limit:
        raise _too_large(limit)
    return _gunzip(body, limit) if is_gzip else body


def _is_gzip(encoding: bytes) -> bool:
    encoding = encoding.strip().lower()
    if encoding not in (b"", b"identity", b"gzip", b"x-gzip"):
        raise RequestError(415, "Content-Encoding should be gzip, or absent", [(b"accept-encoding", b"gzip")])
    return encoding.endswith(b"gzip")


async def _read_in_time(receive: Receive, limit: int, timeouts: Timeouts) -> bytes:
    task = asyncio.current_task()
    assert task is not None  # noqa: S101  for the type checker: a coroutine runs in a task
    wait = timeouts.start(task.get_loop(), task.cancel)
    try:
        return await _read_all(receive, limit)
    except asyncio.CancelledError:
        if timeouts.finish(wait) or task.uncancel():  # cancelled by somebody else
            raise
        raise RequestError(
            408, f"the body should arrive within {count_noun(timeouts.seconds, 'second')}"
        ) from None
    finally:
        timeouts.finish(wait)


async def _read_all(receive: Receive, limit: int) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        if len(body) > limit:
            raise _too_large(limit)
        return body
    chunks, size = [body], len(body)
    while message.get("more_body", False):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > limit:
            raise _too_large(limit)
    return b"".join(chunks)


class ClientGoneError(Exception):
    """The client closed the connection: nobody waits for an answer."""


def _too_large(limit: int) -> RequestError:
    return RequestError(
        413, f"the body should have {limit:,} bytes or less, decompressed: send fewer events at once"
    )


def _gunzip(body: bytes, limit: int) -> bytes:
    """Decompress no more than is allowed: a megabyte of zeros is a kilobyte."""
    inflater = zlib.decompressobj(_GZIP_WINDOW)
    try:
        content = inflater.decompress(body, limit + 1)
    except zlib.error:
        raise RequestError(400, "the body should be gzip, as Content-Encoding says, but it isn't") from None
    if len(content) > limit:
        raise _too_large(limit)
    if not inflater.eof:
        raise RequestError(400, "the body is cut off: its gzip stream has no end")
    if inflater.unused_data:
        raise RequestError(400, "the body goes on after the end of its gzip stream")
    return content


def decode_body(body: bytes) -> Json:
    """Return the body's JSON value.

    :raises RequestError: when it is none.
    """
    try:
        return decode_json(body)
    except EventError as error:
        raise RequestError(400, f"the body {error.message}") from None


def decode_lines(body: bytes, limit: int) -> list[Json | EventError]:
    """Return the value of each line that isn't blank, or why it is none.

    :param limit: how many lines there may be.
    :raises RequestError: when there are more.
    """
    lines = [line for line in body.split(b"\n", limit + 1) if line.strip()]
    if len(lines) > limit:
        raise too_many(limit)
    values: list[Json | EventError] = []
    for line in lines:
        try:
            values.append(decode_json(line))
        except EventError as error:
            values.append(error)
    return values


def too_many(limit: int) -> RequestError:
    """Return the refusal of a request with too many events."""
    return RequestError(413, f"a request should have {limit:,} events or fewer: send several")
