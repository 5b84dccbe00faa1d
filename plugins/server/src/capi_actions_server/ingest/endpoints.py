"""The endpoints below ``/v1/``, as one raw ASGI function."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import ceil
from time import time
from typing import Self

import orjson
from attrs import define
from starlette.types import Receive, Scope, Send

from capi_actions import EventError, Json, JsonObject, OutboxError, Receipt, TrustedProxies, count_noun
from capi_actions_server.components import Components
from capi_actions_server.direct import write_response
from capi_actions_server.ingest.authentication import Authentication
from capi_actions_server.ingest.browser_settings import browser_settings, project_key
from capi_actions_server.ingest.completion import (
    NO_FACTS,
    ClientFacts,
    RequestTimes,
    client_facts,
    comes_from_client,
    complete,
)
from capi_actions_server.ingest.cors import Origins
from capi_actions_server.ingest.requests import (
    ClientGoneError,
    Headers,
    RequestError,
    decode_body,
    decode_lines,
    header_text,
    is_json_lines,
    read_body,
    read_headers,
    too_many,
)
from capi_actions_server.ingest.senders import SignedWebhook, Source, WriteKeys, make_webhooks
from capi_actions_server.ingest.timeouts import Timeouts
from capi_actions_server.ingest.writer import FullError, StoppedError, log_fault
from capi_actions_server.metrics import FIGURES
from capi_actions_server.recent_events import compact
from capi_actions_server.responses import (
    Header,
    encode_success,
    error_body,
    send_bytes,
    send_json,
)

KINDS: Mapping[str, str] = {
    path: kind
    for kind in ("track", "page", "screen", "identify", "group", "alias")
    for path in (f"/v1/{kind}", f"/v1/{kind[0]}")
}
"""Endpoints for single events: the type of the event by the path."""

BATCHES = frozenset({"/v1/batch", "/v1/b", "/v1/import"})
"""Endpoints for several events of any type."""

EVENTS = "/v1/events"
WEBHOOKS = "/v1/webhooks/"
MAX_EVENTS = 5_000  # of a request
_MAX_SHARED = 16_000_000  # bytes that what a batch says for all its events has, once for each of them
_MAX_ERRORS = 100  # that an answer names
_SUCCESS = b'{"success":true,"accepted":1}'
_SUCCESS_RESPONSE = encode_success(_SUCCESS)


@define(eq=False)
class Submitted:
    """What a request sends.

    :ivar source: who sends it.
    :ivar events: JSON values, or why there is none; to be read once.
    :ivar size: how many they are.
    :ivar kind: the type of them all, if the endpoint decides it.
    :ivar sent_at: what the request says about when all its events were sent.
    """

    source: Source
    events: Iterable[Json | EventError]
    size: int
    kind: str | None = None
    sent_at: Json = None

    @classmethod
    def of(
        cls,
        source: Source,
        events: Sequence[Json | EventError],
        kind: str | None = None,
        sent_at: Json = None,
    ) -> Self:
        """Return what a request sends that has been read."""
        return cls(source, events, len(events), kind, sent_at)


class Ingest:
    """Takes events: the application for everything below ``/v1/``."""

    def __init__(self, components: Components) -> None:
        """Take the components of a running server."""
        settings = components.settings
        self._writer = components.writer
        self._recent_events = components.recent_events
        self._keys = WriteKeys(settings)
        self._webhooks = make_webhooks(settings, components.plugins.inputs)
        self._origins = Origins(settings.allowed_origins)
        self._proxies = TrustedProxies(settings.trusted_proxies, address_headers=settings.address_headers)
        self._address_headers = ("x-forwarded-for", "forwarded", *self._proxies.address_headers)
        self._identify = Authentication(
            settings.failures_per_minute, self._proxies, self._address_headers
        ).identify
        self._max_body = settings.max_body_bytes
        self._timeouts = Timeouts(settings.request_seconds)
        destination_types = {configured.type for configured in components.config.destinations}
        self._cookies: Mapping[str, Sequence[str]] = {
            name: path.split(".")
            for kind in sorted(destination_types)
            for name, path in components.plugins.destinations[kind].cookies.items()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = read_headers(scope)
        cors: Sequence[Header] = ()
        try:
            cors = self._origins.headers(headers)
            if scope["method"] != "POST":
                await self._answer_other(scope, headers, send, cors)
                return
            status, body, accepted = await self._take(scope, headers, receive)
            FIGURES.count(status, accepted)
            if body is _SUCCESS and not cors and write_response(scope, _SUCCESS_RESPONSE):
                return
            await send_bytes(send, status, body, cors)
        except RequestError as error:
            FIGURES.count(error.status, 0)
            await send_json(send, error.status, error_body(error.problem), [*cors, *error.headers])
        except ClientGoneError:
            return
        except Exception as error:  # noqa: BLE001  a fault of ours: the client learns that, and no more
            FIGURES.count(500, 0)
            await send_json(send, 500, error_body(_report_fault(error).problem), cors)

    async def _answer_other(self, scope: Scope, headers: Headers, send: Send, cors: Sequence[Header]) -> None:
        """Answer what browsers ask before they send."""
        method, path = scope["method"], scope["path"]
        if method == "GET" and (key := project_key(path)) is not None:
            self._identify(lambda: self._keys.from_body(key), scope, headers)
            await send_json(send, 200, browser_settings(scope, key, self._proxies), cors)
            return
        self._check_path(path)
        if method != "OPTIONS":
            raise RequestError(405, "the method should be POST", [(b"allow", b"POST, OPTIONS")])
        await send_bytes(send, 200, b"{}", self._origins.preflight(headers))

    def _check_path(self, path: str) -> None:
        if path in KINDS or path in BATCHES or path == EVENTS:
            return
        if path.startswith(WEBHOOKS):
            if path.removeprefix(WEBHOOKS) in self._webhooks:
                return
            raise RequestError(
                404, "there is no such webhook; it should be one of those below [server.webhooks]"
            )
        raise RequestError(404, "there is no such endpoint; /openapi.json lists them all")

    async def _take(self, scope: Scope, headers: Headers, receive: Receive) -> tuple[int, bytes, int]:
        """Take the events of a request, and return status and body of the answer, and how many were accepted."""
        received, path = time(), scope["path"]
        self._check_path(path)
        submitted = await self._read(scope, path, headers, receive, received)
        source = submitted.source
        if seconds := source.rate.wait(submitted.size):
            raise RequestError(
                429,
                "this write key sends more events than its events_per_second allows; wait, and send them again",
                [(b"retry-after", str(ceil(seconds)).encode())],
            )
        facts = NO_FACTS
        if comes_from_client(source, headers):
            facts = client_facts(headers, self._address(scope, headers), self._cookies)
        times = RequestTimes.of(received, submitted.sent_at)
        texts: list[bytes | Json] = []
        events = _complete_each(submitted, facts, times, texts)
        try:
            future = self._writer.submit(events, submitted.size, source.destinations)
            del submitted, events  # the writer frees them as soon as they are mapped
            receipts = await future
        except (FullError, StoppedError, TimeoutError, OutboxError) as error:
            raise _not_stored(error, self._timeouts.seconds) from None
        for text, receipt in zip(texts, receipts, strict=True):
            self._recent_events.add(received, source.name, path, text, receipt)
        return _answer(receipts)

    async def _read(
        self, scope: Scope, path: str, headers: Headers, receive: Receive, received: float
    ) -> Submitted:
        """Return who sends a request, and what.

        :raises RequestError: when it can't be read, or its sender isn't known.
        """
        if path.startswith(WEBHOOKS):
            webhook = self._webhooks[path.removeprefix(WEBHOOKS)]
            body = await read_body(scope, receive, headers, self._max_body, self._timeouts)
            self._identify(lambda: webhook.sender(headers, body, received), scope, headers)
            return _read_webhook(webhook, headers, body)
        source = None
        if b"authorization" in headers:  # before the body is read
            source = self._identify(lambda: self._keys.from_headers(headers), scope, headers)
        lines = is_json_lines(headers)
        body = await read_body(scope, receive, headers, self._max_body, self._timeouts)
        if source is not None and not lines and path in KINDS:
            return Submitted(source, _decode_later(body), 1, KINDS[path])
        value = None if lines else decode_body(body)
        if source is None:
            key = value.get("writeKey") if type(value) is dict else None
            source = self._identify(lambda: self._keys.from_body(key), scope, headers)
        if lines:
            return Submitted.of(source, decode_lines(body, MAX_EVENTS), KINDS.get(path))
        return _read_value(path, source, value)

    def _address(self, scope: Scope, headers: Headers) -> str | None:
        peer = scope.get("client")
        named = {name: header_text(headers, name.encode()) or "" for name in self._address_headers}
        return self._proxies.client_address(peer[0] if peer else None, named)


def _decode_later(body: bytes) -> Iterator[Json]:
    """Yield the body's JSON value, decoded only then.

    :raises RequestError: when it is none.
    """
    yield decode_body(body)


def _complete_each(
    submitted: Submitted, facts: ClientFacts, times: RequestTimes, texts: list[bytes | Json]
) -> Iterator[Json | EventError]:
    """Yield the events of a request, each completed only when the writer is about to map it.

    An event that is decoded, completed and mapped in one go is in the processor's caches all the while.  With 128
    requests whose events were decoded as they came, that took 10 µs more for each.

    :param texts: gets each event as text, for the live view.
    :raises RequestError: when they can't be read.
    """
    try:
        for event in submitted.events:
            completed = complete(event, submitted.kind, facts, times)
            texts.append(compact(completed))
            yield completed
    except RequestError:
        raise
    except Exception as error:  # noqa: BLE001  a fault of ours must not end the server
        raise _report_fault(error) from None


def _report_fault(error: Exception) -> RequestError:
    """Log a fault of the server's own, and return the answer to the request that it met."""
    log_fault("a request failed", error)
    return RequestError(500, "the server failed; its log says why")


def _not_stored(error: Exception, seconds: float) -> RequestError:
    """Return the answer to a request whose events could not be stored.

    :param seconds: how long storing may take.
    """
    match error:
        case FullError():
            problem = "too many events wait for the disk; send them again later"
        case StoppedError():
            problem = "the server stops; send them again later"
        case TimeoutError():
            problem = (
                f"the events could not be stored within {count_noun(seconds, 'second')}, and may be stored yet:"
                " send them again with the same messageId"
            )
        case _:
            # An OutboxError's text names files; it stands in the log, and at /readyz.
            problem = "the events can't be stored now, and none was; send them again later"
    return RequestError(503, problem, [(b"retry-after", b"1")])


def _read_value(path: str, source: Source, value: Json) -> Submitted:
    """Return what a request with a write key sends as JSON."""
    members = value if type(value) is dict else {}
    if path in KINDS:
        return Submitted.of(source, [value], KINDS[path])
    if path == EVENTS and "batch" not in members:
        return Submitted.of(source, _check_count(value if type(value) is list else [value]))
    return Submitted.of(source, _read_batch(value), None, members.get("sentAt"))


def _read_batch(value: Json) -> list[Json]:
    """Return the events of a batch, with what the batch says for all of them.

    :raises RequestError: when it is no batch, or too large a one.
    """
    batch = value.get("batch") if type(value) is dict else None
    if type(batch) is not list:
        raise RequestError(400, 'the body should be an object with the events in the list "batch"')
    _check_count(batch)
    for key in ("context", "integrations"):
        shared = value.get(key)
        if type(shared) is dict and shared:
            if _json_size(shared) * len(batch) > _MAX_SHARED:
                raise RequestError(
                    413,
                    f"{key} of the batch should have {_MAX_SHARED:,} bytes or less, counted once for each event:"
                    " send fewer events at once",
                )
            for event in batch:
                if type(event) is dict:
                    _merge_shared(event, key, shared)
    return batch


def _json_size(value: JsonObject) -> int:
    try:
        return len(orjson.dumps(value))
    except TypeError:  # half a surrogate pair, or nested more deeply than orjson writes
        pass
    try:
        return len(json.dumps(value))
    except RecursionError:
        return _MAX_SHARED  # good for a batch of one event


def _merge_shared(event: JsonObject, key: str, shared: JsonObject) -> None:
    own = event.get(key)
    if own is None:
        event[key] = dict(shared)
    elif type(own) is dict:
        event[key] = {**shared, **own}


def _read_webhook(webhook: SignedWebhook, headers: Headers, body: bytes) -> Submitted:
    """Return what a webhook sends.

    :raises RequestError: when its body holds nothing that can be read.
    """
    if is_json_lines(headers):
        return Submitted.of(webhook.source, decode_lines(body, MAX_EVENTS))
    value = decode_body(body)
    if webhook.format is None:
        if type(value) is dict and "batch" in value:
            return Submitted.of(webhook.source, _read_batch(value), None, value.get("sentAt"))
        return Submitted.of(webhook.source, _check_count(value if type(value) is list else [value]))
    if type(value) is not dict:
        raise RequestError(400, "the body should be a JSON object")
    try:
        return Submitted.of(webhook.source, list(webhook.format.convert(value)))
    except EventError as error:
        return Submitted.of(webhook.source, [error])


def _check_count(events: list[Json]) -> list[Json]:
    if len(events) > MAX_EVENTS:
        raise too_many(MAX_EVENTS)
    return events


def _answer(receipts: Sequence[Receipt]) -> tuple[int, bytes, int]:
    """Return status, body and the number of accepted events.

    The status is 400 only if nothing of the request is right: who sends a batch must not send its good events again.
    """
    if len(receipts) == 1 and _is_all_accepted(receipts[0]):
        return 200, _SUCCESS, 1
    accepted = sum(bool(receipt.accepted) for receipt in receipts)
    errors = [error for index, receipt in enumerate(receipts) for error in _errors(index, receipt)]
    body: JsonObject = {"success": not errors, "accepted": accepted}
    held_back = sum(bool(receipt.held_back) for receipt in receipts)
    unmatched = sum(not (receipt.matched or receipt.held_back or receipt.problem) for receipt in receipts)
    if held_back:
        body["held_back"] = held_back
    if unmatched:
        body["unmatched"] = unmatched
    if errors:
        body["errors"] = errors[:_MAX_ERRORS]
    if len(errors) > _MAX_ERRORS:
        body["errors_left_out"] = len(errors) - _MAX_ERRORS
    failed = sum(_is_failed(receipt) for receipt in receipts)
    status = 400 if failed and failed == len(receipts) else 200
    return status, orjson.dumps(body), accepted


def _is_all_accepted(receipt: Receipt) -> bool:
    return bool(receipt.accepted) and not receipt.refused and not receipt.held_back


def _is_failed(receipt: Receipt) -> bool:
    return receipt.problem is not None or bool(receipt.refused and not receipt.accepted)


def _errors(index: int, receipt: Receipt) -> Iterator[JsonObject]:
    """Yield what is wrong with an event, for each destination that refuses it."""
    if receipt.problem is not None:
        for problem in receipt.problem.problems:
            yield {"index": index, "path": problem.path, "error": problem.loggable}
    for refusal in receipt.refused:
        for problem in refusal.error.problems:
            yield {
                "index": index,
                "destination": refusal.destination,
                "action": refusal.action,
                "path": problem.path,
                "error": problem.loggable,
            }
