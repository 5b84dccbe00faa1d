"""What Meta's answers mean."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import Response, Verdict
from capi_actions.testing import json_values
from capi_actions_facebook.verdicts import judge

PAUSING = {3, 10, 102, 104, 190, 200, 294, 803, 2635}
THROTTLING = {4, 17, 32, 613, 80000, 80003, 80004, 80014}


def _answer(entry: dict[str, Any]) -> Response:
    """Build the answer that an entry of errors.jsonl describes."""
    if "raw_body" in entry:
        body = entry["raw_body"].encode()
    elif entry.get("success"):
        body = json.dumps(entry["body"]).encode()
    else:
        error = {
            "message": entry["message"],
            "type": entry["type"],
            "code": entry["code"],
            "error_subcode": entry["subcode"],
            "is_transient": entry["is_transient"],
            "error_user_title": entry["title"],
            "error_user_msg": entry["msg"],
        }
        body = json.dumps(
            {"error": {key: value for key, value in error.items() if value is not None}}
        ).encode()
    return Response(status=entry["http_status"] or 400, headers={}, body=body)


def _expected(entry: dict[str, Any]) -> Verdict:
    code, subcode = entry["code"], entry.get("subcode")
    if entry.get("success"):
        return Verdict.DONE
    if code in THROTTLING:
        return Verdict.THROTTLED
    if entry["retryable"]:
        return Verdict.LATER
    if code in PAUSING or (code == 100 and subcode in (33, 34)):
        return Verdict.PAUSE
    return Verdict.SPLIT


def test_every_known_answer_gets_the_verdict_of_its_class(vectors: Callable[[str], list[Any]]) -> None:
    """All entries of errors.jsonl; a wrong class loses events or repeats them for ever."""
    entries = vectors("meta/errors.jsonl")
    wrong = [
        (entry["code"], entry.get("subcode"), judge(_answer(entry)).verdict, _expected(entry))
        for entry in entries
        if judge(_answer(entry)).verdict is not _expected(entry)
    ]

    assert wrong == []
    assert len(entries) >= 75


@given(st.binary() | json_values().map(lambda value: json.dumps(value).encode()), st.integers(100, 599))
def test_any_answer_has_a_verdict(body: bytes, status: int) -> None:
    """Half bodies, HTML, other people's JSON: something always follows, and only a real success is one."""
    judgement = judge(Response(status=status, headers={}, body=body))

    assert judgement.verdict is Verdict.DONE or judgement.reason


@given(json_values(), json_values(), json_values(), st.integers(400, 599))
def test_odd_members_of_an_error_do_no_harm(code: Any, subcode: Any, text: Any, status: int) -> None:
    """Types aren't promised by anyone."""
    error = {
        "code": code,
        "error_subcode": subcode,
        "message": text,
        "error_user_msg": text,
        "is_transient": subcode,
    }
    judge(Response(status=status, headers={}, body=json.dumps({"error": error}).encode()))


@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [
        (200, b"", Verdict.LATER),
        (200, b"<html>please log in</html>", Verdict.LATER),
        (200, b'{"events_received":1', Verdict.LATER),
        (200, b'{"events_received":0,"messages":["none stored"]}', Verdict.LATER),
        (200, b'{"events_received":-1}', Verdict.LATER),
        (200, b'{"events_received":true}', Verdict.LATER),
        (200, b'{"events_received":"1"}', Verdict.LATER),
        (200, b'{"events_received":1.0}', Verdict.LATER),
        (200, b'{"events_received":null}', Verdict.LATER),
        (400, b'{"events_received":1}', Verdict.LATER),
        (302, b"", Verdict.PAUSE),
        (400, b"<html>", Verdict.LATER),
        (401, b"", Verdict.PAUSE),
        (404, b"not found", Verdict.PAUSE),
        (413, b"", Verdict.SPLIT),
        (429, b"", Verdict.THROTTLED),
        (500, b"", Verdict.LATER),
        (503, b"<html>", Verdict.LATER),
        (400, b'{"error":{"code":999999}}', Verdict.LATER),
        (400, b'{"error":{"code":100,"is_transient":true}}', Verdict.LATER),
        (200, b'{"error":{"code":999999}}', Verdict.LATER),
        (200, b'{"error":{}}', Verdict.LATER),
        (200, b'{"error":"none","events_received":1}', Verdict.LATER),
        (302, b'{"error":{}}', Verdict.PAUSE),
        (403, b'{"error":{"code":999999}}', Verdict.PAUSE),
        (429, b'{"error":{"code":999999}}', Verdict.THROTTLED),
        (500, b'{"error":{"code":"190"}}', Verdict.LATER),
    ],
)
def test_broken_answers(status: int, body: bytes, verdict: Verdict) -> None:
    """What proxies, edges and half connections give."""
    assert verdict is judge(Response(status=status, headers={}, body=body)).verdict


@pytest.mark.parametrize("status", [100, 200, 201, 204, 302, 307, 400, 401, 403, 404, 413, 429, 500, 503])
@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        ({"code": 190, "error_subcode": 463}, Verdict.PAUSE),
        ({"code": 100, "error_subcode": 33}, Verdict.PAUSE),
        ({"code": 100, "error_subcode": 2804003}, Verdict.SPLIT),
        ({"code": 4}, Verdict.THROTTLED),
        ({"code": 2}, Verdict.LATER),
        ({"code": 999999, "is_transient": True}, Verdict.LATER),
    ],
)
def test_metas_codes_count_whatever_the_status(status: int, error: dict[str, Any], verdict: Verdict) -> None:
    """The status isn't reliable: a dead token was seen with 500, a passing fault with 400."""
    judgement = judge(Response(status=status, headers={}, body=json.dumps({"error": error}).encode()))

    assert (judgement.verdict, judgement.code) == (verdict, error["code"])
    assert judgement.subcode == error.get("error_subcode")


def test_an_unknown_error_keeps_its_codes_and_is_told_as_such() -> None:
    """Somebody may want to look it up; and nothing between is to blame for it."""
    body = b'{"error":{"code":999999,"error_subcode":7}}'
    judgement = judge(Response(status=200, headers={}, body=body))

    assert (judgement.code, judgement.subcode) == (999999, 7)
    assert judgement.reason == "Meta answered with an unknown error (HTTP 200)."


@pytest.mark.parametrize(
    ("message", "verdict"),
    [
        ("Invalid appsecret_proof provided in the API argument", Verdict.PAUSE),
        ("API calls from the server require an appsecret_proof argument", Verdict.PAUSE),
        ("(#100) Invalid parameter", Verdict.SPLIT),
        (["appsecret"], Verdict.SPLIT),
        (None, Verdict.SPLIT),
    ],
)
def test_a_wrong_proof_of_the_app_s_secret_pauses(message: Any, verdict: Verdict) -> None:
    """It has the code of refused events, and no subcode: without this, every event would become a dead letter."""
    body = json.dumps({"error": {"code": 100, "message": message, "type": "GraphMethodException"}}).encode()

    assert verdict is judge(Response(status=400, headers={}, body=body)).verdict


def test_true_is_no_code() -> None:
    """To Python it equals 1, a passing fault of Meta's."""
    judgement = judge(Response(status=403, headers={}, body=b'{"error":{"code":true,"error_subcode":true}}'))

    assert (judgement.verdict, judgement.code, judgement.subcode) == (Verdict.PAUSE, None, None)


@pytest.mark.parametrize("rest", [b"", b',"messages":[],"fbtrace_id":"A"', b',"error":null'])
def test_success_tells_how_many_events_were_taken(rest: bytes) -> None:
    """Delivery compares it with what was sent."""
    judgement = judge(Response(status=200, headers={}, body=b'{"events_received":990' + rest + b"}"))

    assert (judgement.verdict, judgement.taken) == (Verdict.DONE, 990)


def test_success_beside_an_error_is_none() -> None:
    """Whatever made such an answer, its events can't be taken for delivered."""
    body = b'{"events_received":1,"error":{"code":190}}'

    assert judge(Response(status=200, headers={}, body=body)).verdict is Verdict.PAUSE


def test_the_language_of_an_answer_does_not_matter() -> None:
    """Titles come in the token owner's language."""
    texts = ["Event Timestamp Too Old", "Timestamp de l’évènement trop ancien"]
    judgements = [
        judge(
            Response(
                status=400,
                headers={},
                body=json.dumps(
                    {"error": {"code": 100, "error_subcode": 2804003, "error_user_title": text}}
                ).encode(),
            )
        )
        for text in texts
    ]

    assert texts == [judgement.platform_message for judgement in judgements]
    assert len({evolve(judgement, platform_message="") for judgement in judgements}) == 1


@pytest.mark.parametrize(
    ("error", "index"),
    [
        ({"error_user_msg": "The parameter $['data'][7]['user_data'] is required"}, 7),
        ({"message": 'Unexpected key "x" on param "$[\'data\'][12]".'}, 12),
        ({"event_index": 3}, 3),
        ({"error_user_msg": "Event Timestamp Too Old"}, None),
    ],
)
def test_the_position_of_the_bad_event_is_used_when_there_is_one(
    error: dict[str, Any], index: int | None
) -> None:
    """It saves the search."""
    body = json.dumps({"error": {"code": 100, "error_subcode": 2804019, **error}}).encode()

    assert index == judge(Response(status=400, headers={}, body=body)).index


def test_a_malformed_click_id_names_the_field_to_leave_out() -> None:
    """Then the event can be sent without it, when the settings allow."""
    body = b'{"error":{"code":100,"error_subcode":2804001}}'

    assert judge(Response(status=400, headers={}, body=body)).refused_field == "user_data.fbc"


def _refused(status: int, code: int, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status=status, headers=named, body=json.dumps({"error": {"code": code}}).encode())


@pytest.mark.parametrize(("code", "after"), [(2, None), (4, 3600.0)])
def test_an_accounts_reset_is_waited_for_when_throttled_and_not_after_a_passing_fault(
    code: int, after: float | None
) -> None:
    """Else each passing fault would make the destination rest for an hour."""
    usage = '{"acc_id_util_pct":9.67,"reset_time_duration":3600}'

    assert after == judge(_refused(500, code, x_ad_account_usage=usage)).after
    assert judge(Response(status=500, headers={"x-ad-account-usage": usage}, body=b"")).after is None
    assert judge(Response(status=429, headers={"x-ad-account-usage": usage}, body=b"")).after == 3600


@pytest.mark.parametrize(
    "header", ["x-app-usage", "x-ad-account-usage", "x-business-use-case-usage"], ids=lambda name: name[2:]
)
@pytest.mark.parametrize(("used", "after"), [(79, None), (80, 2.0), (94, 2.0), (95, 30.0), (100, 30.0)])
def test_success_near_the_limit_asks_for_a_wait(header: str, used: int, after: float | None) -> None:
    """Slowing down before the wall costs seconds, running into it minutes."""
    usage: dict[str, Any] = {
        "x-app-usage": {"call_count": used, "total_cputime": 1, "total_time": 1},
        "x-ad-account-usage": {"acc_id_util_pct": used},
        "x-business-use-case-usage": {"123": [{"type": "ads_management", "total_time": used}]},
    }
    body = b'{"events_received":1,"messages":[]}'
    judgement = judge(Response(status=200, headers={header: json.dumps(usage[header])}, body=body))

    assert (judgement.verdict, judgement.after) == (Verdict.DONE, after)


REGAIN = json.dumps({"123": [{"type": "ads_management", "estimated_time_to_regain_access": 5}]})


@pytest.mark.parametrize(
    ("headers", "after"),
    [
        ({}, None),
        ({"retry-after": "120"}, 120.0),
        ({"x-business-use-case-usage": REGAIN}, 300.0),
        ({"retry-after": "120", "x-business-use-case-usage": REGAIN}, 300.0),
    ],
)
@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [
        (400, b'{"error":{"code":4}}', Verdict.THROTTLED),
        (400, b'{"error":{"code":80004,"error_subcode":2446079}}', Verdict.THROTTLED),
        (429, b"", Verdict.THROTTLED),
        (503, b'{"error":{"code":2}}', Verdict.LATER),
        (503, b"<html>", Verdict.LATER),
    ],
)
def test_a_named_wait_is_passed_on(
    headers: dict[str, str], after: float | None, status: int, body: bytes, verdict: Verdict
) -> None:
    """Meta knows best when it takes requests again; asking earlier makes it last longer."""
    judgement = judge(Response(status=status, headers=headers, body=body))

    assert (judgement.verdict, judgement.after) == (verdict, after)
