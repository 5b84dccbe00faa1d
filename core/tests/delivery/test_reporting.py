"""Observers, log and summary hear of every outcome, and of no personal data and no token."""

import logging
from collections.abc import Callable
from typing import Any

import pytest

from capi_actions.delivery import Deliverer
from capi_actions.errors import TransportError
from capi_actions.model import Judgement, Report, Verdict
from capi_actions.testing import make_batch

MakeWorld = Callable[..., Any]
MARKERS = ("BODYMARKER", "TOKENMARKER", "EVENTMARKER")


def test_observers_hear_of_every_outcome(make_world: MakeWorld) -> None:
    """One report a request, with the number of items, the codes and the size."""
    world = make_world(lambda ids: {"verdict": "split", "code": 100, "subcode": 7} if "c" in ids else None)
    world.put(*"abcd")

    world.deliverer().drain()

    assert world.recorder.outcomes == [("split", 4), ("done", 2), ("dead", 1), ("done", 1)]
    dead = world.recorder.reports[2]
    assert dead == Report(
        destination="shop",
        items=1,
        judgement=Judgement(verdict=Verdict.DEAD, code=100, subcode=7),
        requested=True,
        seconds=dead.seconds,
        request_bytes=len(b'[{"id": "c"}]'),
    )
    assert dead.seconds > 0


def test_reports_say_whether_there_was_a_request(make_world: MakeWorld, make_account: Any) -> None:
    """Else metrics would count requests that never were: too old, too large, or too large together."""
    world = make_world(accounts={"shop": make_account(max_bytes=2_000)})
    envelope = world.accounts["shop"].envelope
    world.accounts["shop"].envelope = lambda batch: envelope(
        make_batch(*[body.ljust(700) for body in batch.bodies])
    )
    world.put("old", after=-1)
    world.put("large", after=100, text="x" * 3_000)
    world.put("a", "b", "c")

    world.deliverer().drain()

    reports = world.recorder.reports
    outcomes = [(str(report.judgement.verdict), report.items, report.requested) for report in reports]
    assert sorted(outcomes) == [
        ("dead", 1, False),
        ("dead", 1, False),
        ("done", 1, True),
        ("done", 2, True),
        ("split", 3, False),
    ]
    assert all((report.seconds > 0) is report.requested for report in reports)


def test_an_observer_that_raises_is_logged_once_and_does_no_harm(world: Any, caplog: Any) -> None:
    """Metrics must not stop deliveries, nor fill the log; others get the report nevertheless."""

    class Faulty:
        def observe(self, report: Report) -> None:
            raise ZeroDivisionError("BODYMARKER")

    deliverer = Deliverer(
        world.outbox,
        world.accounts,
        world.platform,
        [Faulty(), world.recorder],
        clock=world.clock,
        sleep=world.clock.sleep,
    )
    for name in "abc":
        world.put(name)
        deliverer.drain()

    messages = [record.getMessage() for record in caplog.records if "observer" in record.getMessage()]
    assert len(messages) == 1
    assert messages[0].startswith("the observer Faulty raised ZeroDivisionError in observe, ")
    assert "BODYMARKER" not in caplog.text
    assert world.platform.arrived == {"a": 1, "b": 1, "c": 1}
    assert len(world.recorder.reports) == 3


SENTENCES = {
    "done": "2 items delivered",
    "later": "2 items will be retried",
    "throttled": "2 items will be retried, as the platform limits requests",
    "dead": "2 items can't be delivered",
    "pause": "paused, 2 items wait",
}


@pytest.mark.parametrize(
    ("verdict", "level"),
    [
        ("done", logging.DEBUG),
        ("later", logging.WARNING),
        ("throttled", logging.WARNING),
        ("dead", logging.WARNING),
        ("pause", logging.ERROR),
    ],
)
def test_log_records_carry_the_figures(make_world: MakeWorld, caplog: Any, verdict: str, level: int) -> None:
    """For people as a sentence, for machines as attributes."""
    world = make_world(lambda ids: {"verdict": verdict, "code": 4, "subcode": 5, "reason": "Because."})
    world.put("a", "b")

    with caplog.at_level(logging.DEBUG, "capi_actions.delivery"):
        world.deliverer().drain()

    (record,) = caplog.records
    assert (record.name, record.levelno) == ("capi_actions.delivery", level)
    assert record.getMessage() == f"shop: {SENTENCES[verdict]}. Because."
    assert (record.destination, record.verdict, record.items) == ("shop", verdict, 2)
    assert (record.code, record.subcode, record.request_bytes) == (4, 5, len(b'[{"id": "a"},{"id": "b"}]'))
    assert record.seconds >= 0


@pytest.mark.parametrize(
    "behave",
    [
        lambda ids: None,
        lambda ids: {"verdict": "later"},
        lambda ids: {"verdict": "split", "refused_field": "text"},
        lambda ids: {"verdict": "pause"},
        lambda ids: {"verdict": "nonsense"},
        lambda ids: TransportError("broke", sent=True),
        lambda ids: ValueError("TOKENMARKER BODYMARKER"),
    ],
)
def test_nothing_personal_and_no_token_is_reported(make_world: MakeWorld, caplog: Any, behave: Any) -> None:
    """Neither in the log, whatever is logged of a record, nor in what observers and dead letters get to read."""
    world = make_world(behave)
    world.put("EVENTMARKER-1", "EVENTMARKER-2", text="BODYMARKER")

    with caplog.at_level(logging.DEBUG):
        for _ in range(3):
            world.deliverer(drop_refused_field=True).drain()
            world.clock.now += 10

    texts = [*(str(vars(record)) for record in caplog.records), repr(world.recorder.reports), caplog.text]
    texts += [letter.reason + letter.advice for letter in world.outbox.dead()]
    texts += [repr(pause) for pause in world.outbox.paused().values()]
    for marker in MARKERS:
        assert not any(marker in text for text in texts)


def test_a_platform_s_own_words_are_cleaned_before_anyone_gets_them(
    make_world: MakeWorld, caplog: Any
) -> None:
    """They may quote the request: observers, the log and the dead letter get them masked, in one line."""
    message = "The e-mail\njohn@example.com of\x1b[2J +49 170 1234567 isn't hashed" + "." * 2_000
    answer = {
        "verdict": "split",
        "code": 100,
        "reason": "It is bad.",
        "platform_message": message,
        "platform_field": "user_data.em (john@example.com)",
        "trace_id": "AbC_1-d",
    }
    world = make_world(lambda ids: answer)
    world.put("a")
    with caplog.at_level(logging.INFO, "capi_actions.delivery"):
        world.deliverer().drain()

    (letter,) = world.outbox.dead()
    (judgement,) = {report.judgement for report in world.recorder.reports}
    assert letter.platform_message.startswith(
        "The e-mail [removed] of\N{REPLACEMENT CHARACTER}[2J [removed] isn't hashed."
    )
    assert len(letter.platform_message) <= 1_000
    assert (letter.platform_field, letter.trace_id) == ("user_data.em ([removed])", "AbC_1-d")
    assert (letter.platform_message, letter.trace_id) == (judgement.platform_message, judgement.trace_id)
    (record,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert 'It is bad. The platform said: "The e-mail [removed]' in record.getMessage()
    assert record.trace_id == "AbC_1-d"
    assert "john" not in caplog.text
    assert "1234567" not in caplog.text


@pytest.mark.parametrize("trace_id", ["a b", "a@b.co", "x" * 101, "a\n", "ä"])
def test_what_is_no_trace_id_is_left_out(make_world: MakeWorld, trace_id: str) -> None:
    """It is shown as it is, so it must not hold anything else."""
    world = make_world(lambda ids: {"verdict": "dead", "trace_id": trace_id})
    world.put("a")
    world.deliverer().drain()

    assert [letter.trace_id for letter in world.outbox.dead()] == [""]
