"""Complete events with what only the server knows: times, the client's address and browser, cookies."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Self
from uuid import uuid4

import orjson
from attrs import define, frozen

from capi_actions import Json, JsonObject, WebRequest
from capi_actions_server.ingest.clock_skew import corrected_time, format_time, parse_zoned_time
from capi_actions_server.ingest.requests import Headers, header_text
from capi_actions_server.ingest.senders import Source

_LONGEST_AGENT = 1_000  # characters
_LONGEST_URL = 8_000


@frozen(kw_only=True)
class ClientFacts:
    """What a request says about the person's own device; only of requests that come from there.

    :ivar ip: its public address.
    :ivar user_agent: of the browser.
    :ivar page_url: the page that made the request.
    :ivar cookies: cookies for events that lack them: each with the keys below the event where it belongs.
    """

    ip: str | None = None
    user_agent: str | None = None
    page_url: str | None = None
    cookies: Sequence[tuple[Sequence[str], str]] = ()


NO_FACTS = ClientFacts()


@define
class RequestTimes:
    """When a request was sent and received.

    :ivar received: Unix seconds.
    :ivar received_at: the same as ISO 8601 text.
    :ivar sent_at: by the sender's clock; None if the request doesn't say it.
    """

    received: float
    received_at: str
    sent_at: datetime | None

    @classmethod
    def of(cls, received: float, sent_at: object) -> Self:
        """Return the times of a request.

        :param sent_at: what it says about when it was sent.
        """
        return cls(received, format_time(received), parse_zoned_time(sent_at))


def comes_from_client(source: Source, headers: Headers) -> bool:
    """Return whether a request comes from the person's own device rather than from a server."""
    if source.client != "auto":
        return source.client == "always"
    return b"origin" in headers or headers.get(b"user-agent", b"").startswith(b"Mozilla/")


def client_facts(
    headers: Headers, address: str | None, cookie_paths: Mapping[str, Sequence[str]]
) -> ClientFacts:
    """Return what a request from the person's own device says about it.

    :param address: the client's public address.
    :param cookie_paths: which cookies belong where in an event.
    """
    agent, referrer = header_text(headers, b"user-agent"), header_text(headers, b"referer")
    return ClientFacts(
        ip=address,
        user_agent=agent if agent and len(agent) <= _LONGEST_AGENT else None,
        page_url=referrer if referrer and len(referrer) <= _LONGEST_URL else None,
        cookies=_read_cookies(headers.get(b"cookie"), cookie_paths),
    )


def _read_cookies(
    header: bytes | None, cookie_paths: Mapping[str, Sequence[str]]
) -> Sequence[tuple[Sequence[str], str]]:
    if header is None:
        return ()
    # With all of the request it would take 25 µs more, most of them for the address.
    cookies = WebRequest.of({"type": "http", "headers": [(b"cookie", header)]}).cookies
    return [(path, cookies[name]) for name, path in cookie_paths.items() if name in cookies]


def complete(event: Json, kind: str | None, facts: ClientFacts, times: RequestTimes) -> Json:
    """Complete an event in place, and return it.  What is no JSON object is returned as it is.

    :param kind: its type, if the endpoint decides it.
    :param times: of the request; an event may say itself when it was sent.
    """
    if type(event) is not dict:
        return event
    event.pop("writeKey", None)
    if kind is not None:
        event["type"] = kind
    _complete_id(event)
    _complete_times(event, times)
    if facts is not NO_FACTS:
        _complete_context(event, facts)
    return event


def _complete_id(event: JsonObject) -> None:
    """Add a ``messageId`` if there is none: of the content if that has a time, so that a retry has the same."""
    if event.get("messageId") not in (None, ""):
        return
    if event.get("timestamp") is None and event.get("originalTimestamp") is None:
        event["messageId"] = f"server-{uuid4()}"
        return
    try:
        content = orjson.dumps(
            {key: value for key, value in event.items() if key not in ("sentAt", "messageId")},
            option=orjson.OPT_SORT_KEYS,
        )
    except TypeError:  # the core derives one of such content, too
        return
    event["messageId"] = f"server-{sha256(content).hexdigest()[:32]}"


def _complete_times(event: JsonObject, times: RequestTimes) -> None:
    is_timed = event.get("receivedAt") is not None and event.get("timestamp") is not None
    event["receivedAt"] = times.received_at
    if is_timed:  # by the server that received it first: the time from there to here is no wrong clock
        return
    original = event.get("originalTimestamp")
    if original is None:
        original = event.get("timestamp")
    if original is None:
        event["timestamp"] = times.received_at
        return
    own_sent_at = event.get("sentAt")
    sent_at = times.sent_at if own_sent_at is None else parse_zoned_time(own_sent_at)
    corrected = None if sent_at is None else corrected_time(original, sent_at, times.received)
    if corrected is not None:
        event["originalTimestamp"], event["timestamp"] = original, corrected


def _complete_context(event: JsonObject, facts: ClientFacts) -> None:
    context = event.get("context")
    if context is None:
        context = event["context"] = {}
    if type(context) is not dict:
        return
    if facts.ip is not None and not context.get("ip"):
        context["ip"] = facts.ip
    if facts.user_agent is not None and not context.get("userAgent"):
        context["userAgent"] = facts.user_agent
    if facts.page_url is not None:
        _set_missing(event, ("context", "page", "url"), facts.page_url)
    for path, value in facts.cookies:
        _set_missing(event, path, value)


def _set_missing(event: JsonObject, path: Sequence[str], value: str) -> None:
    """Set a value unless the event has one; leave an event alone that has something else on the way there."""
    container: Json = event
    for key in path[:-1]:
        if container.get(key) is None:
            container[key] = {}
        container = container[key]
        if type(container) is not dict:
            return
    if container.get(path[-1]) in (None, ""):
        container[path[-1]] = value
