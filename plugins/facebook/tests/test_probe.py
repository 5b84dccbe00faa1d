"""What `capi check --online` and `capi preview --summary` ask of a Facebook destination."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import Judgement, Response, Secret, Verdict
from capi_actions_facebook.destination import Facebook
from capi_actions_facebook.settings import Settings
from capi_actions_facebook.validation import check_event
from capi_actions_facebook.value_warnings import phone_warning


def facebook(**settings: Any) -> Facebook:
    """Make a destination."""
    return Facebook(Settings(**{"pixel_id": "123", "access_token": Secret("sesame"), **settings}))


def answer(code: int | None, subcode: int | None = None, status: int = 400, **more: Any) -> Judgement:
    """Judge an error as the answer to a probe."""
    error = {"code": code, "error_subcode": subcode, "message": "Invalid parameter", **more}
    body = json.dumps({"error": error}).encode()
    return facebook().judge_probe(Response(status=status, headers={}, body=body))


def test_the_probe_can_not_be_stored() -> None:
    """Its only event lacks what every event needs, and is half a century too old."""
    request = facebook(test_event_code="TEST1").probe(0.0)
    body = json.loads(request.body)
    (event,) = body["data"]

    assert request.method == "POST"
    assert request.url.endswith("/123/events")
    assert body["test_event_code"] == "TEST1"
    assert "user_data" not in event
    assert 2804003 in [problem.code for problem in check_event({**event, "user_data": {"em": "x"}}, 1.7e9)]


@pytest.mark.parametrize("subcode", [2804019, 2804003, 2804050, None])
def test_a_refusal_of_the_content_means_yes(subcode: int | None) -> None:
    """Meta looked at the event, so it had accepted token and pixel."""
    assert answer(100, subcode).verdict is Verdict.DONE


@pytest.mark.parametrize(
    ("code", "subcode"),
    [(190, 463), (190, None), (200, None), (10, None), (100, 33), (803, None), (2635, None)],
)
def test_a_refusal_of_the_account_means_no(code: int, subcode: int | None) -> None:
    """With the reason and the advice that delivery would give."""
    judgement = answer(code, subcode)

    assert judgement.verdict is Verdict.PAUSE
    assert judgement.reason
    assert judgement.advice


def test_every_known_answer_is_judged_as_delivery_would(vectors: Callable[[str], list[Any]]) -> None:
    """Only a refusal of the event itself is a yes."""
    for entry in vectors("meta/errors.jsonl"):
        if entry.get("success") or "raw_body" in entry:
            continue
        body = json.dumps(
            {
                "error": {
                    "code": entry["code"],
                    "error_subcode": entry["subcode"],
                    "is_transient": entry["is_transient"],
                }
            }
        ).encode()
        response = Response(status=entry["http_status"] or 400, headers={}, body=body)
        usual, probed = facebook().judge(response), facebook().judge_probe(response)
        assert probed.verdict is (Verdict.DONE if usual.verdict is Verdict.SPLIT else usual.verdict), entry


def test_an_answer_that_takes_the_event_means_no() -> None:
    """It isn't Meta that takes an event without user data."""
    taken = Response(status=200, headers={}, body=b'{"events_received":1}')

    assert facebook().judge_probe(taken).verdict is Verdict.PAUSE


def test_meta_s_own_words_come_with_the_judgement() -> None:
    """Title and explanation, the field that they name, and the id for its support."""
    path = "The parameter $['data'][0]['user_data']['em'] is wrong"
    named = answer(100, 2804019, error_user_title="Wrong", error_user_msg=path, fbtrace_id="AbC_-1")
    judged = facebook().judge(
        Response(
            status=400,
            headers={"x-fb-trace-id": "XyZ"},
            body=json.dumps(
                {
                    "error": {
                        "code": 100,
                        "message": "Invalid",
                        "error_data": {"blame_field_specs": [["event_time"]]},
                    }
                }
            ).encode(),
        )
    )
    located = facebook().judge(
        Response(
            status=400,
            headers={},
            body=json.dumps(
                {
                    "error": {
                        "code": 100,
                        "error_user_title": "Wrong",
                        "error_user_msg": path,
                        "fbtrace_id": "A",
                    }
                }
            ).encode(),
        )
    )

    assert named.verdict is Verdict.DONE
    assert (
        judged.platform_message,
        judged.platform_field,
        judged.trace_id,
    ) == ("Invalid", "event_time", "XyZ")
    assert (f"Wrong: {path}", "data.0.user_data.em", "A") == (
        located.platform_message,
        located.platform_field,
        located.trace_id,
    )


@given(
    st.recursive(
        st.none() | st.text() | st.integers() | st.booleans(),
        lambda part: (
            st.lists(part)
            | st.dictionaries(
                st.sampled_from(
                    ["error_data", "blame_field_specs", "error_user_msg", "message", "fbtrace_id", "code"]
                ),
                part,
            )
        ),
    )
)
def test_any_error_gives_texts(error: Any) -> None:
    """What stands in an answer is anybody's."""
    body = json.dumps(
        {"error": {"code": 100, "error_data": error, **(error if isinstance(error, dict) else {})}}
    )
    judgement = facebook().judge(Response(status=400, headers={}, body=body.encode()))

    texts = (judgement.platform_message, judgement.platform_field, judgement.trace_id)
    assert all(isinstance(text, str) for text in texts)


@pytest.mark.parametrize(
    ("phone", "has_warning"),
    [
        ("+49 170 1234567", False),
        ("4917012345678", False),
        ("0049 170 1234567", False),
        ("0170 1234567", True),
        ("(650) 555-1212", True),
        ("16505551212", False),
        ("e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176", False),
        ("", False),
        ("private", False),
    ],
)
def test_phones_without_a_country_code_get_a_warning(phone: str, has_warning: bool) -> None:
    """They are hashed as they are, and then fit nobody."""
    assert has_warning is bool(facebook().value_warning("ph", phone))
    assert not facebook().value_warning("em", phone)
    assert phone not in phone_warning(phone) or not phone


def test_match_keys_name_what_an_event_lacks_too() -> None:
    """A share of 0 % is the most useful one."""
    keys = facebook().match_keys({"user_data": {"em": ["a"], "subscription_id": "s", "fn": []}})

    assert (keys["em"], keys["ph"], keys["fn"], keys["subscription_id"]) == (True, False, False, True)
    assert not any(facebook().match_keys({}).values())


def test_the_account_is_the_pixel() -> None:
    """Two destinations with one pixel count everything twice."""
    assert facebook().account == "123"
