"""The destination's own answers."""

import json

import pytest
from capi_actions import EventError, JsonObject, Response, Secret, Verdict
from capi_actions.testing import make_batch

from capi_actions_acme.destination import DAY, Account, Settings

ACCOUNT = Account(Settings(url="https://platform.example/events", token=Secret("sesame")))


def test_a_request_holds_all_items() -> None:
    """In their order, with the token in a header."""
    request = ACCOUNT.envelope(make_batch(b'{"id":"1"}', b'{"id":"2"}'))

    assert json.loads(request.body) == [{"id": "1"}, {"id": "2"}]
    assert request.headers["authorization"] == "Bearer sesame"


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.DONE),
        (400, Verdict.SPLIT),
        (401, Verdict.PAUSE),
        (429, Verdict.THROTTLED),
        (503, Verdict.LATER),
    ],
)
def test_answers_are_judged_by_their_status(status: int, verdict: Verdict) -> None:
    """What isn't the platform's own answer, such as a proxy's error page, means: try it again."""
    assert ACCOUNT.judge(Response(status=status, headers={}, body=b"")).verdict is verdict


@pytest.mark.parametrize("no_id", [{}, {"id": None}, {"id": ""}, {"id": " "}])
def test_an_item_without_an_id_gets_one_of_its_content(no_id: JsonObject) -> None:
    """The same each time, so that a repeat can be recognised."""
    data: JsonObject = {"at": 1_700_000_000, **no_id}

    prepared = ACCOUNT.prepare(data, "", lambda: "of the content")

    assert (prepared.event_id, data["id"]) == ("of the content", "of the content")
    assert prepared.deadline == 1_700_000_000 + DAY


def test_an_item_keeps_its_own_id() -> None:
    """And the event's content isn't hashed for nothing."""
    data: JsonObject = {"at": 1_700_000_000, "id": "m-1"}

    prepared = ACCOUNT.prepare(data, "", lambda: pytest.fail("has an id"))

    assert (prepared.event_id, data["id"]) == ("m-1", "m-1")


def test_items_without_a_time_or_too_old_are_refused() -> None:
    """Before anything is sent."""
    with pytest.raises(EventError):
        ACCOUNT.prepare({}, "", str)
    assert [problem.path for problem in ACCOUNT.check({"at": 0}, now=DAY + 1.0)] == ["$.at"]
