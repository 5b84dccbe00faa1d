"""What a person must fix stops the destination, keeps its items, and leaves others alone."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from capi_actions.delivery import Summary
from capi_actions.model import Batch, Judgement, Pause, Request, Response, Verdict

MakeWorld = Callable[..., Any]
MakeAccount = Callable[..., Any]
NOW = 1_800_000_000.0


def test_a_permanent_fault_pauses_the_destination(make_world: MakeWorld, make_account: MakeAccount) -> None:
    """One request is enough to see it; all items stay."""
    world = make_world(
        lambda ids: {
            "verdict": "pause",
            "code": 190,
            "subcode": 463,
            "reason": "Expired.",
            "advice": "Renew it.",
        },
        {"shop": make_account(max_items=2)},
    )
    world.put(*"abcde")

    assert world.deliverer().drain(NOW + 100) == Summary(requests=1, released=2, paused=("shop",))

    why = Judgement(verdict=Verdict.PAUSE, code=190, subcode=463, reason="Expired.", advice="Renew it.")
    assert world.outbox.paused() == {"shop": Pause(judgement=why, since=NOW)}
    assert world.left() == 5


def test_other_destinations_go_on(make_world: MakeWorld, make_account: MakeAccount) -> None:
    """Their accounts are fine."""
    world = make_world(
        lambda ids: {"verdict": "pause"} if "a" in ids else None,
        {"one": make_account(), "two": make_account()},
    )
    world.put("a", destination="one")
    world.put("b", destination="two")

    world.deliverer().drain()

    assert dict(world.platform.arrived) == {"b": 1}


def test_after_resuming_everything_is_sent(make_world: MakeWorld) -> None:
    """With the same bytes as before."""
    world = make_world(lambda ids: {"verdict": "pause"})
    world.put("a", "b")
    world.deliverer().drain()

    world.platform.behave = lambda ids: None
    world.outbox.resume("shop")

    assert world.deliverer().drain() == Summary(delivered=2, requests=1)
    assert all(len(bodies) == 1 for bodies in world.platform.bodies.values())


def test_a_pause_in_the_middle_of_a_split_keeps_all_items(make_world: MakeWorld) -> None:
    """The token died meanwhile."""
    world = make_world()
    world.platform.behave = lambda ids: {"verdict": "split" if len(world.platform.requests) < 3 else "pause"}
    world.put(*"abcdefgh")

    world.deliverer().drain()

    assert world.left() == 8
    assert world.dead() == {}


def broken(account: Any, method: str, fault: Any) -> Any:
    """Give an account a method that raises or returns nonsense, and tells what it knows in its message."""

    def envelope(batch: Batch) -> Request:
        if isinstance(fault, type):
            raise fault(f"MARKER {batch.bodies[0]!r}")
        return fault  # type: ignore[no-any-return]

    def judge(response: Response) -> Judgement:
        if isinstance(fault, type):
            raise fault(f"MARKER {response.body!r}")
        return fault  # type: ignore[no-any-return]

    setattr(account, method, {"envelope": envelope, "judge": judge}[method])
    return account


@pytest.mark.parametrize("method", ["envelope", "judge"])
@pytest.mark.parametrize("fault", [KeyError, RecursionError, AssertionError, None, "nonsense"])
def test_a_broken_plugin_pauses_its_destination_and_loses_nothing(
    make_world: MakeWorld, make_account: MakeAccount, caplog: Any, method: str, fault: Any
) -> None:
    """The reason names the fault and its place, and quotes nothing: the message may hold an event."""
    world = make_world(accounts={"shop": broken(make_account(), method, fault), "other": make_account()})
    world.put("a", text="MARKER")
    world.put("b", destination="other")

    world.deliverer().drain()

    pause = world.outbox.paused()["shop"]
    reason = pause.judgement.reason
    assert f"The destination's plugin has a fault in {method}() (" in reason
    if isinstance(fault, type):
        assert f"({fault.__name__} in {method}, " in reason
        assert ".py:" in reason
    else:
        expected = {"envelope": "Request", "judge": "Judgement"}[method]
        assert f"(it should return {expected}, but returned {type(fault).__name__})" in reason
    assert "MARKER" not in pause.judgement.reason + caplog.text
    assert world.left() == 1
    assert world.platform.arrived["b"] == 1


@pytest.mark.parametrize("name", ["max_items", "max_bytes"])
@pytest.mark.parametrize("fault", [KeyError, SystemExit, None, 0, True, 2.5])
@pytest.mark.parametrize("forever", [False, True])
def test_a_limit_that_fails_later_pauses_its_destination_alone(
    make_world: MakeWorld, make_account: MakeAccount, caplog: Any, name: str, fault: Any, forever: bool
) -> None:
    """It may be a property that reads a setting or a file; the other destinations go on."""

    class Broken(make_account):  # type: ignore[misc, valid-type]
        def __getattribute__(self, attribute: str) -> Any:
            if attribute == name and isinstance(fault, type):
                raise fault("MARKER")
            return fault if attribute == name else super().__getattribute__(attribute)

    world = make_world(accounts={"shop": Broken(), "other": make_account()})
    world.put("a", "b", text="MARKER")
    world.put("c", destination="other")
    stop = threading.Event()

    def stop_when_sent(summary: Summary) -> None:
        if summary.paused and summary.delivered:
            stop.set()

    if forever:
        summary = world.deliverer(poll_interval=0.01, linger=0.0).forever(stop, stop_when_sent)
    else:
        summary = world.deliverer().drain()

    assert (("shop",), 1, 2) == (summary.paused, summary.delivered, world.left())
    reason = world.outbox.paused()["shop"].judgement.reason
    cause = (
        f"{fault.__name__} in " if isinstance(fault, type) else "it should be a whole number above 0, but is "
    )
    assert f"The destination's plugin has a fault in {name} ({cause}" in reason
    assert "MARKER" not in reason + caplog.text


@pytest.mark.parametrize(
    "judgement",
    [
        Judgement(verdict="nonsense"),  # type: ignore[arg-type]
        Judgement(verdict=Verdict.DEAD, reason=None),  # type: ignore[arg-type]
        Judgement(verdict=Verdict.DEAD, advice=5),  # type: ignore[arg-type]
    ],
)
def test_a_nonsensical_judgement_is_the_plugins_fault(
    make_world: MakeWorld, make_account: MakeAccount, judgement: Judgement
) -> None:
    """Better to ask a person than to guess what was meant."""
    world = make_world(accounts={"shop": broken(make_account(), "judge", judgement)})
    world.put("a")

    assert world.deliverer().drain() == Summary(requests=1, released=1, paused=("shop",))


@pytest.mark.parametrize(
    ("details", "kept"),
    [
        ({"code": 2**63, "subcode": -(2**70)}, (None, None, "")),
        ({"code": "100", "subcode": True}, (None, None, "")),
        ({"reason": "lone \ud800 surrogate"}, (None, None, "lone ? surrogate")),
        ({"reason": "x" * 1_000_000}, (None, None, "x" * 1_000)),
        ({"after": "soon", "refused_field": 7, "index": "x"}, (None, None, "")),
        ({"after": 10**400, "code": 1}, (1, None, "")),
    ],
)
def test_what_a_platform_answers_cannot_break_the_outbox(
    make_world: MakeWorld, make_account: MakeAccount, details: dict[str, Any], kept: tuple[Any, ...]
) -> None:
    """Plugins pass codes and texts on as they come."""
    account = broken(make_account(), "judge", Judgement(verdict=Verdict.DEAD, **details))
    world = make_world(accounts={"shop": account})
    world.put("a")

    assert world.deliverer(drop_refused_field=True).drain() == Summary(requests=1, buried=1)

    (letter,) = world.outbox.dead()
    assert (letter.code, letter.subcode, letter.reason) == kept


@pytest.mark.parametrize("fault", [KeyError("MARKER"), RecursionError("MARKER")])
def test_a_broken_transport_keeps_the_items_for_later(
    make_world: MakeWorld, caplog: Any, fault: Exception
) -> None:
    """It may be the moment's fault; it ends with the deadline at the latest."""
    world = make_world(lambda ids: fault)
    world.put("a")

    summary = world.deliverer().drain()

    assert summary == Summary(requests=1, released=1, last_errors=summary.last_errors)
    assert "the transport has a fault" in summary.last_errors["shop"]
    assert "the transport has a fault" in world.recorder.reports[0].judgement.reason
    assert type(fault).__name__ in world.recorder.reports[0].judgement.reason
    assert "MARKER" not in caplog.text
    assert world.left() == 1
