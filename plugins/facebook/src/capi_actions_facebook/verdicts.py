"""What Meta's responses mean: the verdict, with its reason and advice in words.

A response is judged by code, subcode and ``is_transient``, then by HTTP status; never by message text.  The
status comes last because it isn't reliable: temporary faults were seen with 400, expired tokens with 500.
Source: "errors" in ``docs/reference/sources.md``.
"""

import re
from collections.abc import Mapping
from typing import Any

import orjson
from attrs import evolve

from capi_actions import Judgement, Response, Verdict
from capi_actions_facebook.rate_limits import wait_after_refusal, wait_after_success

_THROTTLING = frozenset({4, 17, 32, 613, *range(80_000, 80_015)})
_TRANSIENT = frozenset({1, 2, 341, 368, 5000, 21009})
_EVENT_CODES = frozenset({100, 105, 2804030})
_ACCOUNT_SUBCODES = frozenset({33, 34})  # subcodes of 100 that are about the pixel, not about an event
_CLICK_ID_SUBCODE = 2804001
_FIELD = re.compile(r"\$((?:\['[\w.-]{1,60}'\]|\[[0-9]{1,4}\]){1,8})")
_TRACE_HEADER = "x-fb-trace-id"
_INDEX = re.compile(r"\['data'\]\[([0-9]{1,4})\]")

# Subcode of code 100 -> (reason, advice): an event that Meta refuses.
BY_SUBCODE: Mapping[int, tuple[str, str]] = {
    2804001: (
        "The click id (fbc) is malformed.",
        "Leave fbc out, or rebuild it from the fbclid of the page's URL.",
    ),
    2804003: ("The event is too old.", "Send events within 7 days, in-store events within 62 days."),
    2804004: ("The event's time lies in the future.", "Check the clock of the machine that made the event."),
    2804008: ("The list of products is malformed.", "Every entry of contents needs an id."),
    2804009: ("The purchase has no value.", "Map the field value."),
    2804010: ("The purchase has no currency.", "Map the field currency."),
    2804011: ("Meta doesn't take this currency.", "Use a currency that Meta Ads supports."),
    2804016: ("A personal value isn't hashed.", "Don't write personal data into unhashed fields."),
    2804019: (
        "A required parameter is missing, or there is one that Meta doesn't know.",
        "Look at the mapping.",
    ),
    2804023: ("The value has no currency.", "Map the field currency."),
    2804036: (
        "The lead id is wrong, or the lead was deleted.",
        "Keep lead ids as whole numbers of 15 to 17 digits.",
    ),
    2804043: (
        "The device information (extinfo) is malformed.",
        "Map the OS version and the extinfo version.",
    ),
    2804050: (
        "The event's user data fits too many people.",
        "Map an e-mail address, phone, external id or click id.",
    ),
    2804066: (
        "This event name isn't allowed in a conversation.",
        "Use one of the names for business messaging.",
    ),
    2804069: ("The page id is missing.", "Map user_data.page_id."),
    2804071: ("The click id of the WhatsApp ad is missing.", "Map user_data.ctwa_clid."),
    2804072: ("The page id doesn't belong to the WhatsApp click id.", "Map the page that the ad belongs to."),
    2804075: ("The Instagram-scoped id is missing.", "Map user_data.ig_sid."),
    2804079: ("The Instagram account id is missing.", "Map user_data.ig_account_id."),
    2804087: (
        "The click id of the WhatsApp ad is unknown or expired.",
        "Send ctwa_clid unchanged and in time.",
    ),
    2804116: (
        "Both the page id and the WhatsApp business account id are missing.",
        "Map user_data.page_id or user_data.whatsapp_business_account_id.",
    ),
}
_UNKNOWN_SUBCODE = (
    "Meta refuses this event and doesn't say why.",
    "Look up the subcode in Meta's support pages.",
)

# Code -> (reason, advice): an account that a person must look after.
BY_ACCOUNT_CODE: Mapping[int, tuple[str, str]] = {
    3: ("The app lacks a capability.", "Check the app's permissions in Meta's developer console."),
    10: ("The permission was not granted, or was removed.", "Give the token's owner access to the dataset."),
    33: (
        "The pixel doesn't exist, or the token has no access to it.",
        "Check pixel_id, and the token's access.",
    ),
    102: ("The session has ended.", "Make a new access token in Events Manager."),
    104: (
        "The app requires a proof of its secret.",
        "Set app_secret to the secret of the app that the token is of.",
    ),
    190: (
        "Meta refused the access token: expired, revoked or mistyped.",
        "Make a new access token in Events Manager.",
    ),
    294: ("The app may not use the Marketing API.", "Give the app the permission ads_management."),
    803: ("The pixel doesn't exist.", "Check pixel_id."),
    2635: ("This version of Meta's API has ended.", "Set api_version to a newer one."),
}
# Without a subcode, as a refused event may be; the parameter's name is the same in every language.
_PROOF = "appsecret_proof"
_WRONG_PROOF = (
    "The proof of the app's secret is missing or wrong.",
    "Set app_secret to the secret of the app that the token is of.",
)
_PERMISSION = ("The token lacks a permission.", "Give the token's owner access to the dataset.")


def judge(response: Response) -> Judgement:
    """Return what a response means for the events of its request."""
    body = _object(response.body)
    error = body.get("error")
    if isinstance(error, dict):
        code, subcode = _code(error.get("code")), _code(error.get("error_subcode"))
        judgement = _judge_error(response, error, code, subcode) or _judge_unknown_error(
            response, code, subcode
        )
        return evolve(
            judgement,
            platform_message=_message(error),
            platform_field=_blamed_field(error),
            trace_id=_text(error.get("fbtrace_id")) or response.headers.get(_TRACE_HEADER, ""),
        )
    received = body.get("events_received")
    if error is None and 200 <= response.status < 300 and type(received) is int and received > 0:
        return Judgement(verdict=Verdict.DONE, after=wait_after_success(response.headers), taken=received)
    return evolve(_judge_status(response), trace_id=response.headers.get(_TRACE_HEADER, ""))


def judge_probe(response: Response) -> Judgement:
    """Return what the response to a request means whose only event has to be refused."""
    judgement = judge(response)
    if judgement.verdict is Verdict.SPLIT and judgement.code in _EVENT_CODES:
        reason = "Meta accepted token and pixel, and refused the event of this check, as it should"
        return Judgement(verdict=Verdict.DONE, code=judgement.code, subcode=judgement.subcode, reason=reason)
    if judgement.verdict is Verdict.DONE:
        reason = "Meta took the event of this check, which it should refuse: is base_url Meta's address?"
        return evolve(judgement, verdict=Verdict.PAUSE, reason=reason, advice="Check base_url.")
    return judgement


def _judge_error(
    response: Response, error: dict[str, Any], code: int | None, subcode: int | None
) -> Judgement | None:
    """Return the judgement by Meta's own codes, or None when they aren't known."""
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
            reason="A temporary fault at Meta.",
            after=wait_after_refusal(response.headers, throttled=False),
        )
    if code == 100 and subcode in _ACCOUNT_SUBCODES:
        return _pause(code, subcode, BY_ACCOUNT_CODE[33])
    if code is not None and (code in BY_ACCOUNT_CODE or 200 <= code <= 299):
        return _pause(code, subcode, BY_ACCOUNT_CODE.get(code, _PERMISSION))
    if code == 100 and subcode is None and _PROOF in str(error.get("message")):
        return _pause(code, subcode, _WRONG_PROOF)
    if code in _EVENT_CODES:
        reason, advice = BY_SUBCODE.get(subcode or 0, _UNKNOWN_SUBCODE)
        return Judgement(
            verdict=Verdict.SPLIT,
            code=code,
            subcode=subcode,
            reason=reason,
            advice=advice,
            index=_index(error),
            refused_field="user_data.fbc" if subcode == _CLICK_ID_SUBCODE else None,
        )
    return None


def _judge_unknown_error(response: Response, code: int | None, subcode: int | None) -> Judgement:
    """Return the judgement by the status, with the unknown codes, so that they can be looked up."""
    judgement = evolve(_judge_status(response), code=code, subcode=subcode)
    if judgement.verdict is Verdict.LATER:
        reason = f"Meta answered with an unknown error (HTTP {response.status})."
        return evolve(judgement, reason=reason, advice="")
    return judgement


def _judge_status(response: Response) -> Judgement:
    """Return the judgement of a response without a known error: a proxy's HTML, half a body, no body."""
    status = response.status
    if 200 <= status < 300:
        return Judgement(
            verdict=Verdict.LATER,
            reason=f"The answer (HTTP {status}) isn't Meta's: it may come from a proxy in between.",
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
            reason=f"Access was denied without a known error code of Meta's (HTTP {status}).",
            advice="Check base_url, pixel_id, the token and proxies.",
        )
    return Judgement(
        verdict=Verdict.LATER,
        reason=f"No usable answer (HTTP {status}).",
        after=wait_after_refusal(response.headers, throttled=False),
    )


def _pause(code: int, subcode: int | None, explanation: tuple[str, str]) -> Judgement:
    reason, advice = explanation
    return Judgement(verdict=Verdict.PAUSE, code=code, subcode=subcode, reason=reason, advice=advice)


def _message(error: dict[str, Any]) -> str:
    """Return Meta's own words: title and explanation where it gives them, which say more than its message."""
    title, explanation = _text(error.get("error_user_title")), _text(error.get("error_user_msg"))
    message = _text(error.get("message"))
    if explanation:
        return f"{title}: {explanation}" if title else explanation
    return f"{title}: {message}" if title and message else title or message


def _blamed_field(error: dict[str, Any]) -> str:
    """Return the field that Meta names: in ``error_data``, or as a path such as ``$['data'][0]['user_data']``.

    Source: "errors" in ``docs/reference/sources.md``.
    """
    data = error.get("error_data")
    if isinstance(data, str):
        data = _object(data.encode("utf-8", "replace"))
    specs = data.get("blame_field_specs") if isinstance(data, dict) else None
    if isinstance(specs, list) and specs:
        keys = specs[0] if isinstance(specs[0], list) else specs
        if keys and all(isinstance(key, str | int) for key in keys):
            return ".".join(map(str, keys))
    for key in ("error_user_msg", "message"):
        match = _FIELD.search(_text(error.get(key)))
        if match:
            return ".".join(re.findall(r"[\w.-]+", match[1]))
    return ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _index(error: dict[str, Any]) -> int | None:
    """Return the position of the refused event: some responses name a path such as ``$['data'][3]``."""
    if type(index := error.get("event_index")) is int:
        return index
    for key in ("error_user_msg", "message"):
        text = error.get(key)
        match = _INDEX.search(text) if isinstance(text, str) else None
        if match:
            return int(match[1])
    return None


def _code(value: Any) -> int | None:
    return value if type(value) is int else None  # true and false are integers to isinstance()


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
