"""``POST /v25.0/{pixel}/events``: read a request, check its events, store them, respond."""

import asyncio
import re
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from attrs import define, evolve, frozen
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from capi_actions_sandbox.checks import check_events
from capi_actions_sandbox.checks.times import unix_time
from capi_actions_sandbox.connection import cut_connection
from capi_actions_sandbox.faults import Fault
from capi_actions_sandbox.options import SandboxOptions
from capi_actions_sandbox.refusals import Failure, RefusedError, variants
from capi_actions_sandbox.requests import check_proof, read_body, read_events, read_parameters, read_token
from capi_actions_sandbox.responses import (
    Response,
    apply_fault,
    failure_response,
    send_response,
    success_response,
)
from capi_actions_sandbox.store import Exchange, State

_ADDRESS = re.compile(r"/v([0-9]{1,3})(?:\.([0-9]{1,3}))?/([^/]+)/events/?", re.ASCII)
_OBJECT = re.compile(r"/v[0-9]{1,3}(?:\.[0-9]{1,3})?/[^/]+/?", re.ASCII)
_LONGEST_ECHO = 200  # characters of a request's address that are repeated in a response
TOO_DEEP = Failure(code=100, message="(#100) Param data is nested too deeply")


@frozen(kw_only=True)
class _Call:
    """A request, as far as its first line and headers say."""

    number: int
    started: float
    received: float
    method: str
    path: str
    headers: Headers
    query: bytes
    version: str = ""
    release: int = 0
    pixel: str = ""


@define
class _Outcome:
    """What became of a request."""

    response: Response
    events: int = 0
    stored: bool = False


class Api:
    """The ASGI endpoint of Meta's addresses: all but the sandbox's own."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to one request, regularly or with a fault."""
        call = self._read_call(scope)
        fault = self._state.faults.take(call.pixel) if call.pixel else None
        if fault is None:
            outcome = await self._handle(call, receive, store=True)
        elif fault.shape == "reset" and not (fault.read or fault.store):
            outcome = _Outcome(Response(status=0))
        else:
            outcome = await self._handle(call, receive, store=fault.store or fault.shape == "pass")
            outcome.response = apply_fault(fault, outcome.response, call.pixel, call.version)
        if fault is not None and fault.delay:
            await _wait(fault.delay, receive)
        self._record(call, outcome, fault)
        if fault is not None and fault.shape == "reset":
            await cut_connection(scope, receive, flush=False)
            return
        await send_response(outcome.response, send)
        if outcome.response.cut is not None:
            await cut_connection(scope, receive, flush=True)

    def _read_call(self, scope: Scope) -> _Call:
        call = _Call(
            number=self._state.store.next_request(),
            started=time.perf_counter(),
            received=self._state.options.now(),
            method=scope["method"],
            path=scope["path"],
            headers=Headers(scope=scope),
            query=scope["query_string"],
        )
        match = _ADDRESS.fullmatch(call.path)
        if match is None or call.method != "POST":
            return call
        release, minor, pixel = match.groups()
        return evolve(call, version=f"v{release}.{minor or 0}", release=int(release), pixel=pixel)

    async def _handle(self, call: _Call, receive: Receive, *, store: bool) -> _Outcome:
        outcome = _Outcome(Response(status=0))
        try:
            events, parameters = await self._read_events(call, receive)
            outcome.events = len(events)
            self._check(events)
            if store:
                self._store(call, events, parameters)
            outcome.stored = store
        except RefusedError as refused:
            outcome.response = failure_response(refused.failure, call.version)
        else:
            outcome.response = success_response(len(events), call.version, self._state.options.messages)
        return outcome

    async def _read_events(self, call: _Call, receive: Receive) -> tuple[list[Any], dict[str, Any]]:
        options = self._state.options
        body = await read_body(receive, call.headers, options)  # first: unread, it would break the connection
        _check_address(call, options)
        parameters = await read_parameters(call.query, call.headers, body)
        token = read_token(parameters, call.headers)
        if options.tokens and token not in options.tokens:
            raise RefusedError(variants(190, None)[0])
        check_proof(parameters, token, options)
        exists = call.pixel.isascii() and call.pixel.isdigit()
        if not (call.pixel in options.pixels if options.pixels else exists):
            raise RefusedError(_unknown_pixel(call.pixel))
        return read_events(parameters, options), dict(parameters)

    def _check(self, events: list[Any]) -> None:
        options = self._state.options
        if options.checks:
            failure = check_events(events, options.now(), options)
            if failure is not None:
                raise RefusedError(failure)
            for event in events:
                if isinstance(event["event_time"], str):
                    event["event_time"] = int(unix_time(event["event_time"]) or 0)

    def _store(self, call: _Call, events: list[Any], parameters: dict[str, Any]) -> None:
        try:
            self._state.store.add_events(
                events,
                request=call.number,
                received=call.received,
                pixel=call.pixel,
                version=call.version,
                test_event_code=parameters.get("test_event_code"),
                partner_agent=parameters.get("partner_agent"),
            )
        except TypeError:
            raise RefusedError(TOO_DEEP) from None

    def _record(self, call: _Call, outcome: _Outcome, fault: Fault | None) -> None:
        response, failure = outcome.response, outcome.response.failure
        exchange = Exchange(
            number=call.number,
            received=call.received,
            method=call.method,
            path=call.path[:_LONGEST_ECHO],
            events=outcome.events,
            stored=outcome.stored,
            status=0 if fault is not None and fault.shape == "reset" else response.status,
            code=None if failure is None else failure.code,
            subcode=None if failure is None else failure.subcode,
            problem=None if failure is None else failure.title or failure.message,
            index=None if failure is None else failure.index,
            fault=None if fault is None else str(fault),
            seconds=time.perf_counter() - call.started,
        )
        self._state.store.add_exchange(exchange)
        self._state.listener(exchange)


async def _wait(seconds: float, receive: Receive) -> None:
    """Wait, but only as long as the client stays connected."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass


def _check_address(call: _Call, options: SandboxOptions) -> None:
    if not call.pixel:
        raise RefusedError(_unknown_address(call))
    last = options.last_days.get(call.release)
    today = datetime.fromtimestamp(options.now(), UTC).date()
    if call.release < options.oldest_version or (last is not None and last < today):
        message = (
            "(#2635) You are calling a deprecated version of the Ads API. "
            f"Please update to the latest version: v{options.latest_version}.0."
        )
        raise RefusedError(evolve(variants(2635, None)[0], message=message))


def _unknown_address(call: _Call) -> Failure:
    if call.method == "GET" and (_OBJECT.fullmatch(call.path) or _ADDRESS.fullmatch(call.path)):
        return variants(100, None)[0]  # the response to a token that can only send
    if _ADDRESS.fullmatch(call.path):
        return Failure(
            code=100, type="GraphMethodException", message=f"Unsupported {call.method.lower()[:20]} request."
        )
    return Failure(code=2500, message=f"Unknown path components: {call.path[:_LONGEST_ECHO]}")


def _unknown_pixel(pixel: str) -> Failure:
    known = variants(100, 33)[0]
    start, _, remainder = known.message.partition("'")
    end = remainder.partition("'")[2]
    return evolve(known, message=f"{start}'{pixel[:_LONGEST_ECHO]}'{end}")
