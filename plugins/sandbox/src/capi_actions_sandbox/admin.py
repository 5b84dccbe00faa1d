"""``/_sandbox``: look at what came, and order bad weather."""

from collections.abc import Mapping
from typing import Any

import orjson
from attrs import fields_dict
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from capi_actions import ConfigError, Problem
from capi_actions_sandbox.faults import Fault, read_fault
from capi_actions_sandbox.refusals import RefusedError
from capi_actions_sandbox.requests import read_body
from capi_actions_sandbox.store import Received, State

FILTERS = ("pixel", "version", "test_event_code", "event_name", "event_id", "action_source")
_ABOUT = ("pixel", "version", "test_event_code")


def admin_routes(state: State) -> list[Route]:
    """Make the routes for whoever tests."""

    async def events(request: Request) -> Response:
        if request.method == "DELETE":
            return _json({"deleted": state.store.clear_events()})
        try:
            found = find_events(state, dict(request.query_params))
        except ConfigError as error:
            return _wrong(error)
        return _json({"events": [_plain(each) for each in found]})

    async def requests(request: Request) -> Response:
        if request.method == "DELETE":
            return _json({"deleted": state.store.clear_exchanges()})
        return _json({"requests": state.store.exchanges()})

    async def faults(request: Request) -> Response:
        if request.method == "DELETE":
            return _json({"deleted": state.faults.clear()})
        if request.method == "POST":
            try:
                body = await read_body(request.receive, request.headers, state.options)
                state.faults.add(*_read_faults(body))
            except ConfigError as error:
                return _wrong(error)
            except RefusedError as refused:
                return _wrong(ConfigError.of(refused.failure.message))
        waiting = [{**_order(fault), "left": left} for fault, left in state.faults.waiting()]
        return _json({"faults": waiting})

    async def health(request: Request) -> Response:
        return _json({"status": "ok", **state.store.counts(), "faults": len(state.faults.waiting())})

    return [
        Route("/_sandbox/events", events, methods=["GET", "DELETE"]),
        Route("/_sandbox/requests", requests, methods=["GET", "DELETE"]),
        Route("/_sandbox/faults", faults, methods=["GET", "POST", "DELETE"]),
        Route("/_sandbox/health", health, methods=["GET"]),
    ]


def find_events(state: State, wanted: Mapping[str, str]) -> list[Received]:
    """Give the events that are kept and fit, oldest first.

    :param wanted: a filter's name and the value to equal; ``after``: only higher numbers; ``limit``: how many at most.
    :raises ConfigError: for a filter that there isn't, or one that should be a number.
    """
    unknown = [name for name in wanted if name not in (*FILTERS, "after", "limit")]
    if unknown:
        names = ", ".join((*FILTERS, "after", "limit"))
        raise ConfigError(
            [Problem(f"no such filter; there are: {names}", f"$.{name[:50]}") for name in unknown]
        )
    limit = _number(wanted, "limit")
    found: list[Received] = []
    for received in state.store.events(after=_number(wanted, "after") or 0):
        if limit is not None and len(found) >= limit:
            break
        if all(_value(received, name) == wanted[name] for name in FILTERS if name in wanted):
            found.append(received)
    return found


def _number(wanted: Mapping[str, str], name: str) -> int | None:
    text = wanted.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise ConfigError.of("should be a whole number", f"$.{name}")
    return int(text)


def _value(received: Received, name: str) -> str | None:
    about: Mapping[str, Any] = received
    value = about[name] if name in _ABOUT else received["event"].get(name)
    return None if value is None else str(value)


def _read_faults(body: bytes) -> list[Fault]:
    try:
        orders = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise ConfigError.of("should be a JSON object, or a list of them") from None
    return [read_fault(order) for order in (orders if isinstance(orders, list) else [orders])]


def _order(fault: Fault) -> dict[str, Any]:
    return {
        name: getattr(fault, name)
        for name, attribute in fields_dict(Fault).items()
        if getattr(fault, name) != attribute.default
    }


def _plain(received: Received) -> dict[str, Any]:
    # The event apart, as JSON: together with what stands around it, it could be nested too deeply for orjson.
    return {**received, "event": orjson.Fragment(orjson.dumps(received["event"]))}


def _json(value: object, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status, media_type="application/json")


def _wrong(error: ConfigError) -> Response:
    problems = [{"message": problem.message, "path": problem.path} for problem in error.problems]
    return _json({"error": {"message": str(error), "problems": problems}}, 400)
