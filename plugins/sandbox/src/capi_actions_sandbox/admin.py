"""``/_sandbox``: inspect events and requests, and queue faults."""

from collections.abc import Awaitable, Callable, Mapping
from itertools import islice
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from capi_actions import ConfigError, Problem
from capi_actions_sandbox.faults import Fault, parse_fault
from capi_actions_sandbox.guard import refusal
from capi_actions_sandbox.refusals import RefusedError
from capi_actions_sandbox.requests import read_body
from capi_actions_sandbox.store import Received, State

FILTERS = ("pixel", "version", "test_event_code", "event_name", "event_id", "action_source")
_REQUEST_KEYS = ("pixel", "version", "test_event_code")


def admin_routes(state: State) -> list[Route]:
    """Return the routes of the sandbox's own addresses."""

    async def events_route(request: Request) -> Response:
        if request.method == "DELETE":
            return _json({"deleted": state.store.clear_events()})
        try:
            events = find_events(state, dict(request.query_params))
        except ConfigError as error:
            return _bad_request(error)
        return _json({"events": [_serializable(received) for received in events]})

    async def requests_route(request: Request) -> Response:
        if request.method == "DELETE":
            return _json({"deleted": state.store.clear_exchanges()})
        return _json({"requests": state.store.exchanges()})

    async def faults_route(request: Request) -> Response:
        if request.method == "DELETE":
            return _json({"deleted": state.faults.clear()})
        if request.method == "POST":
            try:
                body = await read_body(request.receive, request.headers, state.options)
                state.faults.add(*_parse_faults(body))
            except ConfigError as error:
                return _bad_request(error)
            except RefusedError as refused:
                return _bad_request(ConfigError.of(refused.failure.message))
        pending = [{**fault.changes(), "left": left} for fault, left in state.faults.pending()]
        return _json({"faults": pending})

    async def health_route(request: Request) -> Response:
        return _json({"status": "ok", **state.store.counts(), "faults": len(state.faults.pending())})

    return [
        Route("/_sandbox/events", _refuse_foreign_pages(events_route), methods=["GET", "DELETE"]),
        Route("/_sandbox/requests", _refuse_foreign_pages(requests_route), methods=["GET", "DELETE"]),
        Route("/_sandbox/faults", _refuse_foreign_pages(faults_route), methods=["GET", "POST", "DELETE"]),
        Route("/_sandbox/health", _refuse_foreign_pages(health_route), methods=["GET"]),
    ]


def _refuse_foreign_pages(
    respond: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """Return a route that answers no foreign web page."""

    async def respond_unless_foreign(request: Request) -> Response:
        if (refused := refusal(request.method, request.headers)) is None:
            return await respond(request)
        status, reason = refused
        return _bad_request(ConfigError.of(reason), status)

    return respond_unless_foreign


def find_events(state: State, filters: Mapping[str, str]) -> list[Received]:
    """Return the stored events that match all filters, oldest first.

    :param filters: the value to equal, by the filter's name; ``after``: only higher numbers; ``limit``: how many at
        most.
    :raises ConfigError: for an unknown filter, or one that should be a number.
    """
    unknown = [name for name in filters if name not in (*FILTERS, "after", "limit")]
    if unknown:
        names = ", ".join((*FILTERS, "after", "limit"))
        raise ConfigError(
            [Problem(f"no such filter; there are: {names}", f"$.{name[:50]}") for name in unknown]
        )
    values = {name: filters[name] for name in FILTERS if name in filters}
    limit, after = _number(filters, "limit"), _number(filters, "after") or 0
    matching = (
        received
        for received in state.store.events(after=after)
        if all(_value(received, name) == value for name, value in values.items())
    )
    return list(islice(matching, limit))


def _number(filters: Mapping[str, str], name: str) -> int | None:
    text = filters.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise ConfigError.of("should be a whole number", f"$.{name}")
    return int(text)


def _value(received: Received, name: str) -> str | None:
    request: Mapping[str, Any] = received
    value = request[name] if name in _REQUEST_KEYS else received["event"].get(name)
    return None if value is None else str(value)


def _parse_faults(body: bytes) -> list[Fault]:
    try:
        specs = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise ConfigError.of("should be a JSON object, or a list of them") from None
    return [parse_fault(spec) for spec in (specs if isinstance(specs, list) else [specs])]


def _serializable(received: Received) -> dict[str, Any]:
    # The event is encoded by itself: inside the outer objects, it could be nested too deeply for orjson.
    return {**received, "event": orjson.Fragment(orjson.dumps(received["event"]))}


def _json(value: object, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status, media_type="application/json")


def _bad_request(error: ConfigError, status: int = 400) -> Response:
    problems = [{"message": problem.message, "path": problem.path} for problem in error.problems]
    return _json({"error": {"message": str(error), "problems": problems}}, status)
