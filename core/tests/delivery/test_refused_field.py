"""A field that keeps an item from passing can be left out, if the settings allow, and the report says so."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions.delivery import Summary
from capi_actions.delivery.chunks import without_field

MakeWorld = Callable[..., Any]


def refuse_malformed(world: Any, refused_field: str | None = "user_data.fbc") -> None:
    """Refuse items that still have a malformed field, in the words of the platform."""

    def behave(ids: list[str]) -> Any:
        bad = [name for name in ids if "malformed" in last_body(world, name)]
        if bad:
            return {
                "verdict": "split",
                "code": 100,
                "subcode": 1,
                "reason": "Malformed.",
                "refused_field": refused_field,
            }
        return None

    world.platform.behave = behave
    world.platform.bodies = Latest()


class Latest(dict[str, Any]):
    """Keeps what was seen of each id, in order."""

    def setdefault(self, key: str, default: Any = None) -> Any:
        if key not in self:
            self[key] = Ordered()
        return self[key]


class Ordered(list[str]):
    """A list that can be added to like a set."""

    def add(self, value: str) -> None:
        self.append(value)


def last_body(world: Any, name: str) -> str:
    """What was sent of an item the last time."""
    return str(world.platform.bodies[name][-1])


def test_a_repaired_item_arrives_without_the_field(world: Any) -> None:
    """The others as they are; the report names field and refusal."""
    refuse_malformed(world)
    world.put("a", "b", "c", user_data={"em": "x", "fbc": "fine"})
    world.put("bad", user_data={"em": "x", "fbc": "malformed"})

    summary = world.deliverer(drop_refused_field=True).drain()

    assert (summary.delivered, summary.repaired, summary.buried) == (4, 1, 0)
    assert json.loads(last_body(world, "bad")) == {"id": "bad", "user_data": {"em": "x"}}
    assert json.loads(last_body(world, "a"))["user_data"]["fbc"] == "fine"
    (judgement,) = [
        report.judgement
        for report in world.recorder.reports
        if report.judgement.refused_field and report.items == 1
    ]
    assert (judgement.verdict, judgement.code, judgement.subcode, judgement.refused_field) == (
        "done",
        100,
        1,
        "user_data.fbc",
    )
    assert (
        judgement.reason
        == "The event was delivered without user_data.fbc, for which it had been refused. Malformed."
    )


def test_without_the_option_no_field_is_dropped(world: Any) -> None:
    """What is sent is what the mapping built, unless the settings say otherwise."""
    refuse_malformed(world)
    world.put("bad", user_data={"em": "x", "fbc": "malformed"})

    assert world.deliverer().drain() == Summary(buried=1, requests=1)


def test_an_item_is_repaired_once(world: Any) -> None:
    """If that doesn't help, it is dead, as it was: whoever replays it gets all of it."""
    refuse_malformed(world)
    world.put("bad", user_data={"em": "malformed", "fbc": "malformed"})

    assert world.deliverer(drop_refused_field=True).drain() == Summary(buried=1, requests=2)

    (letter,) = world.outbox.dead()
    assert json.loads(letter.item.body) == {"id": "bad", "user_data": {"em": "malformed", "fbc": "malformed"}}
    assert letter.tries == 2


def test_no_second_field_is_left_out(make_world: MakeWorld) -> None:
    """An item that needs more than one repair needs a person."""
    refused_field = iter(["user_data.fbc", "user_data.em"])
    world = make_world(lambda ids: {"verdict": "split", "refused_field": next(refused_field)})
    world.put("bad", user_data={"em": "x", "fbc": "x", "ph": "x"})

    assert world.deliverer(drop_refused_field=True).drain() == Summary(buried=1, requests=2)


@pytest.mark.parametrize("refused_field", [None, "user_data.none", "no.such", "id.x", "", "user_data.fbc.x"])
def test_what_cannot_be_left_out_is_not_tried(world: Any, refused_field: str | None) -> None:
    """There is nothing to send that would be different."""
    refuse_malformed(world, refused_field)
    world.put("bad", user_data={"em": "x", "fbc": "malformed"})

    assert world.deliverer(drop_refused_field=True).drain() == Summary(buried=1, requests=1)


def test_an_error_during_repair_keeps_the_whole_item(world: Any) -> None:
    """The next run begins with the original bytes."""
    refuse_malformed(world)
    refuse = world.platform.behave
    world.platform.behave = lambda ids: (
        {"verdict": "later"} if len(world.platform.requests) == 2 else refuse(ids)
    )
    world.put("bad", user_data={"em": "x", "fbc": "malformed"})

    summary = world.deliverer(drop_refused_field=True).drain(world.clock.now + 10)

    assert (summary.repaired, summary.requests) == (1, 4)
    assert ["malformed" in body for body in world.platform.bodies["bad"]] == [True, False, True, False]


objects = st.recursive(
    st.none() | st.integers(-(2**53), 2**53) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab.", max_size=2), inner, max_size=3)
    ),
)


@given(objects, st.text("ab.", max_size=5))
def test_only_the_named_field_is_left_out(data: Any, path: str) -> None:
    """Whatever the item and the path: one member less, all else unchanged, or nothing."""
    repaired = without_field(json.dumps(data).encode(), path)

    if repaired is not None:
        left = json.loads(repaired)
        *parents, key = path.split(".")
        container, original = left, data
        for parent in parents:
            container, original = container[parent], original[parent]
        assert key not in container
        assert container
        container[key] = original[key]
        assert left == data


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 5000 + b"]" * 5000])
def test_what_is_no_json_cannot_be_repaired(body: bytes) -> None:
    """An item of some other plugin."""
    assert without_field(body, "a") is None
