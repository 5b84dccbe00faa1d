"""HTTP responses: with Meta's headers, and changed by faults."""

import base64
import json
import os
from collections.abc import Mapping

from attrs import evolve, field, frozen
from starlette.types import Send

from capi_actions_sandbox.faults import Fault
from capi_actions_sandbox.refusals import Failure, encode

JSON = "application/json; charset=UTF-8"
HTML = 'text/html; charset="utf-8"'
_BODILESS = (204, 304)
PAGE = "<!DOCTYPE html><html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"

# Meta's servers send these with every response (seen in public recordings, read 2026-11-23).
_COMMON_HEADERS = {
    "access-control-allow-origin": "*",
    "cache-control": "private, no-cache, no-store, must-revalidate",
    "expires": "Sat, 01 Jan 2000 00:00:00 GMT",
    "pragma": "no-cache",
}


@frozen(kw_only=True)
class Response:
    """One HTTP response.

    :ivar cut: how many bytes of the body are sent before the connection is cut; None: all, without a cut.
    :ivar failure: the refusal in it, or None.
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(factory=dict)
    cut: int | None = None
    failure: Failure | None = None


def trace_id() -> str:
    """Return a random id like those in Meta's responses: ``A`` and 22 characters of base64url."""
    return "A" + base64.urlsafe_b64encode(os.urandom(17)).decode("ascii")[:22]


def success_response(events: int, version: str, messages: tuple[str, ...]) -> Response:
    """Return the response about accepted events.

    :param version: for a header, such as ``v25.0``.
    """
    trace = trace_id()
    body = encode({"events_received": events, "messages": messages, "fbtrace_id": trace})
    return Response(status=200, body=body, headers=_headers(trace, version))


def failure_response(failure: Failure, version: str) -> Response:
    """Return the response about a refused request."""
    trace = trace_id()
    headers = _headers(trace, version)
    if failure.code == 190 and failure.message.isascii() and failure.message.isprintable():
        headers["www-authenticate"] = f'OAuth "Facebook Platform" "invalid_token" "{failure.message}"'
    return Response(status=failure.status, body=failure.body(trace), headers=headers, failure=failure)


def _headers(trace: str, version: str) -> dict[str, str]:
    headers = {"content-type": JSON, "x-fb-request-id": trace, "x-fb-trace-id": trace[1:12]}
    return headers | _COMMON_HEADERS | ({"facebook-api-version": version} if version else {})


def apply_fault(fault: Fault, regular: Response, pixel: str, version: str) -> Response:
    """Return a response with a fault in it.

    :param regular: the response without the fault.
    """
    response = _apply_shape(fault, regular, version)
    fault_headers = {name.lower(): value for name, value in fault.headers.items()}
    return evolve(response, headers={**response.headers, **_usage_headers(fault, pixel), **fault_headers})


def _apply_shape(fault: Fault, regular: Response, version: str) -> Response:
    match fault.shape:
        case "error":
            return failure_response(fault.failure(), version)
        case "html":
            return Response(status=fault.status or 502, body=PAGE.encode(), headers={"content-type": HTML})
        case "empty":
            return Response(status=fault.status or 200, headers={"content-type": JSON})
        case "redirect":
            return Response(status=fault.status or 302, headers={"location": fault.location})
        case "half":
            return Response(
                status=fault.status or regular.status,
                body=regular.body,
                headers=regular.headers,
                cut=len(regular.body) // 2,
            )
        case _:
            return regular


def _usage_headers(fault: Fault, pixel: str) -> dict[str, str]:
    headers = {} if fault.retry_after is None else {"retry-after": str(fault.retry_after)}
    if fault.usage is None:
        return headers
    percent = {"call_count": fault.usage, "total_cputime": fault.usage, "total_time": fault.usage}
    account = {"acc_id_util_pct": fault.usage, "reset_time_duration": fault.regain * 60}
    business = {"type": "ads_management", **percent, "estimated_time_to_regain_access": fault.regain}
    tier = {"ads_api_access_tier": "standard_access"}
    return headers | {
        "x-app-usage": json.dumps(percent),
        "x-ad-account-usage": json.dumps(account | tier),
        "x-business-use-case-usage": json.dumps({pixel: [business | tier]}),
    }


async def send_response(response: Response, send: Send) -> None:
    """Send a response, or its part before the cut."""
    body = b"" if response.status in _BODILESS else response.body
    headers = {**response.headers, "content-length": str(len(body))}
    raw = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": response.status, "headers": raw})
    if response.cut is None:
        await send({"type": "http.response.body", "body": body})
    else:
        await send({"type": "http.response.body", "body": body[: response.cut], "more_body": True})
