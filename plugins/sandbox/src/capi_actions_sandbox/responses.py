"""Answers on their way out: Meta's headers, usage, and everything that goes wrong on purpose."""

import base64
import json
import os
from collections.abc import Mapping

from attrs import field, frozen
from starlette.types import Send

from capi_actions_sandbox.faults import Fault
from capi_actions_sandbox.refusals import Failure, encode

JSON = "application/json; charset=UTF-8"
HTML = 'text/html; charset="utf-8"'
_BODILESS = (204, 304)
PAGE = "<!DOCTYPE html><html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"

# As Meta's servers send them with every answer (seen in public recordings, read 2026-11-23).
_ALWAYS = {
    "access-control-allow-origin": "*",
    "cache-control": "private, no-cache, no-store, must-revalidate",
    "expires": "Sat, 01 Jan 2000 00:00:00 GMT",
    "pragma": "no-cache",
}


@frozen(kw_only=True)
class Answer:
    """One HTTP answer, and what is remembered of it.

    :ivar cut: None, or how many bytes of the body leave before the connection is cut.
    :ivar failure: the refusal that it tells, or None.
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(factory=dict)
    cut: int | None = None
    failure: Failure | None = None


def trace_id() -> str:
    """Make an id of the kind that Meta gives to each answer: ``A`` and 22 characters of base64url."""
    return "A" + base64.urlsafe_b64encode(os.urandom(17)).decode("ascii")[:22]


def success(events: int, version: str, messages: tuple[str, ...]) -> Answer:
    """Say that events were taken.

    :param version: goes into a header, such as ``v25.0``.
    """
    trace = trace_id()
    body = encode({"events_received": events, "messages": messages, "fbtrace_id": trace})
    return Answer(status=200, body=body, headers=_headers(trace, version))


def refusal(failure: Failure, version: str) -> Answer:
    """Say why nothing was taken."""
    trace = trace_id()
    headers = _headers(trace, version)
    if failure.code == 190 and failure.message.isascii() and failure.message.isprintable():
        headers["www-authenticate"] = f'OAuth "Facebook Platform" "invalid_token" "{failure.message}"'
    return Answer(status=failure.status, body=failure.body(trace), headers=headers, failure=failure)


def _headers(trace: str, version: str) -> dict[str, str]:
    given = {"content-type": JSON, "x-fb-request-id": trace, "x-fb-trace-id": trace[1:12]}
    return given | _ALWAYS | ({"facebook-api-version": version} if version else {})


def play(fault: Fault, honest: Answer, pixel: str, version: str) -> Answer:
    """Turn an honest answer into what a fault makes of it.

    :param honest: the answer to the request, had there been no fault.
    """
    answer = _shape(fault, honest, version)
    own = {name.lower(): value for name, value in fault.headers.items()}
    headers = {**answer.headers, **_usage(fault, pixel), **own}
    return Answer(
        status=answer.status, body=answer.body, headers=headers, cut=answer.cut, failure=answer.failure
    )


def _shape(fault: Fault, honest: Answer, version: str) -> Answer:
    match fault.shape:
        case "error":
            return refusal(fault.failure(), version)
        case "html":
            return Answer(status=fault.status or 502, body=PAGE.encode(), headers={"content-type": HTML})
        case "empty":
            return Answer(status=fault.status or 200, headers={"content-type": JSON})
        case "redirect":
            return Answer(status=fault.status or 302, headers={"location": fault.location})
        case "half":
            return Answer(
                status=fault.status or honest.status,
                body=honest.body,
                headers=honest.headers,
                cut=len(honest.body) // 2,
            )
        case _:
            return honest


def _usage(fault: Fault, pixel: str) -> dict[str, str]:
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


async def send_answer(answer: Answer, send: Send) -> None:
    """Send an answer, or as much of it as is to leave."""
    body = b"" if answer.status in _BODILESS else answer.body
    headers = {**answer.headers, "content-length": str(len(body))}
    raw = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    if answer.cut is None:
        await send({"type": "http.response.body", "body": body})
    else:
        await send({"type": "http.response.body", "body": body[: answer.cut], "more_body": True})
