"""What Meta's answers mean, by code, subcode and transience, then by status; never by message text.

The status comes last because it isn't reliable: a passing fault arrives as 400, a dead token as 500.
Source: "errors" in ``docs/reference/sources.md``.
"""

import re
from typing import Any

import orjson
from attrs import evolve

from capi_actions import Judgement, Response, Verdict
from capi_actions_facebook.explanations import BY_ACCOUNT_CODE, BY_SUBCODE, PERMISSION, UNKNOWN_EVENT_PROBLEM
from capi_actions_facebook.usage import wait_after_refusal, wait_after_success

_THROTTLING = frozenset({4, 17, 32, 613, *range(80_000, 80_015)})
_TRANSIENT = frozenset({1, 2, 341, 368, 5000, 21009})
_EVENT_CODES = frozenset({100, 105, 2804030})
_WRONG_ACCOUNT = frozenset({33, 34})  # subcodes of 100 that speak of the pixel, not of an event
_INDEX = re.compile(r"\['data'\]\[([0-9]{1,4})\]")
_CLICK_ID = 2804001


def judge(response: Response) -> Judgement:
    """Say what an answer means for the events of its request."""
    body = _object(response.body)
    error = body.get("error")
    if isinstance(error, dict):
        code, subcode = _code(error.get("code")), _code(error.get("error_subcode"))
        known = _judge_error(response, error, code, subcode)
        return known or _judge_unknown(response, code, subcode)
    taken = body.get("events_received")
    if error is None and 200 <= response.status < 300 and type(taken) is int and taken > 0:
        return Judgement(verdict=Verdict.DONE, after=wait_after_success(response.headers), taken=taken)
    return _judge_status(response)


def _judge_error(
    response: Response, error: dict[str, Any], code: int | None, subcode: int | None
) -> Judgement | None:
    """Judge by what Meta says itself; None when it says nothing that is known."""
    if code in _THROTTLING:
        return Judgement(
            verdict=Verdict.THROTTLED,
            code=code,
            subcode=subcode,
            reason="Too many requests: Meta asks to slow down.",
            after=wait_after_refusal(response.headers, throttled=True),
        )
    if error.get("is_transient") is True or code in _TRANSIENT:
        return Judgement(
            verdict=Verdict.LATER,
            code=code,
            subcode=subcode,
            reason="A passing fault at Meta.",
            after=wait_after_refusal(response.headers, throttled=False),
        )
    if code == 100 and subcode in _WRONG_ACCOUNT:
        return _pause(code, subcode, BY_ACCOUNT_CODE[33])
    if code is not None and (code in BY_ACCOUNT_CODE or 200 <= code <= 299):
        return _pause(code, subcode, BY_ACCOUNT_CODE.get(code, PERMISSION))
    if code in _EVENT_CODES:
        reason, advice = BY_SUBCODE.get(subcode or 0, UNKNOWN_EVENT_PROBLEM)
        return Judgement(
            verdict=Verdict.SPLIT,
            code=code,
            subcode=subcode,
            reason=reason,
            advice=advice,
            index=_index(error),
            blamed="user_data.fbc" if subcode == _CLICK_ID else None,
        )
    return None


def _judge_unknown(response: Response, code: int | None, subcode: int | None) -> Judgement:
    """Judge an error that isn't known by the status, if that says anything."""
    judgement = evolve(_judge_status(response), code=code, subcode=subcode)
    if judgement.verdict is Verdict.LATER:
        reason = f"Meta answered with an unknown error (HTTP {response.status})."
        return evolve(judgement, reason=reason, advice="")
    return judgement


def _judge_status(response: Response) -> Judgement:
    """Judge an answer without any error that is known: HTML of a proxy, half a body, none at all."""
    status = response.status
    if 200 <= status < 300:
        return Judgement(
            verdict=Verdict.LATER,
            reason=f"The answer (HTTP {status}) isn't how Meta takes events: something between may have given it.",
            advice="Check base_url and proxies.",
        )
    if 300 <= status < 400:
        return Judgement(
            verdict=Verdict.PAUSE,
            reason=f"Meta's address answered with a redirect (HTTP {status}).",
            advice="Check base_url: requests with a token never follow redirects.",
        )
    if status == 429:
        return Judgement(
            verdict=Verdict.THROTTLED,
            reason="Too many requests (HTTP 429).",
            after=wait_after_refusal(response.headers, throttled=True),
        )
    if status == 413:
        return Judgement(verdict=Verdict.SPLIT, reason="The request is too large (HTTP 413).")
    if status in (401, 403, 404, 407):
        return Judgement(
            verdict=Verdict.PAUSE,
            reason=f"Access was denied without an error code of Meta's that is known (HTTP {status}).",
            advice="Check base_url, pixel_id, the token and proxies.",
        )
    return Judgement(
        verdict=Verdict.LATER,
        reason=f"No usable answer (HTTP {status}).",
        after=wait_after_refusal(response.headers, throttled=False),
    )


def _pause(code: int, subcode: int | None, words: tuple[str, str]) -> Judgement:
    return Judgement(verdict=Verdict.PAUSE, code=code, subcode=subcode, reason=words[0], advice=words[1])


def _index(error: dict[str, Any]) -> int | None:
    """Find the position of the event at fault: some answers carry a path such as ``$['data'][3]``."""
    if type(index := error.get("event_index")) is int:
        return index
    for key in ("error_user_msg", "message"):
        text = error.get(key)
        found = _INDEX.search(text) if isinstance(text, str) else None
        if found:
            return int(found[1])
    return None


def _code(value: Any) -> int | None:
    return value if type(value) is int else None  # true and false are integers to isinstance()


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
