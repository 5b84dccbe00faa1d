"""How faults are written down, and which request gets which."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import ConfigError
from capi_actions_sandbox import Fault
from capi_actions_sandbox.faults import PRESETS, SHAPES, FaultQueue, parse_fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("code=17,times=3", Fault(shape="error", code=17, times=3)),
        ("code=100,subcode=2804003,variant=1", Fault(shape="error", code=100, subcode=2804003, variant=1)),
        ("html502,rate=0.1", Fault(shape="html", status=502, rate=0.1, times=None)),
        ("html", Fault(shape="html")),
        (
            "redirect301, location=http://127.0.0.1:1/",
            Fault(shape="redirect", status=301, location="http://127.0.0.1:1/"),
        ),
        ("empty500", Fault(shape="empty", status=500)),
        ("reset", Fault(shape="reset")),
        ("reset,read", Fault(shape="reset", read=True)),
        ("lost", Fault(shape="reset", store=True)),
        ("half,store", Fault(shape="half", store=True)),
        ("dead_token", Fault(shape="error", code=190, subcode=463, times=None)),
        ("throttled,regain=5", Fault(shape="error", code=4, usage=100, regain=5)),
        ("pass,delay=1.5,times=null", Fault(delay=1.5, times=None)),
        ("rate=1,times=2,code=1", Fault(shape="error", code=1, rate=1, times=2)),
        ('retry_after=30,pixel="12",code=2', Fault(shape="error", code=2, retry_after=30, pixel="12")),
        ("message=Hello there,code=1", Fault(shape="error", code=1, message="Hello there")),
    ],
)
def test_text_orders_a_fault(text: str, fault: Fault) -> None:
    """The same syntax on the command line, in Python and over HTTP."""
    assert parse_fault(text) == fault


def test_objects_order_faults_too() -> None:
    """With everything that text has no words for."""
    order = {"shape": "error", "code": 9, "headers": {"X-Mine": "a, b"}, "title": None, "is_transient": True}
    assert parse_fault(order) == Fault(shape="error", code=9, headers={"X-Mine": "a, b"}, is_transient=True)


@pytest.mark.parametrize(
    ("order", "paths"),
    [
        ("sunshine", ["$.shape"]),
        ("", ["$.shape"]),
        ("error", ["$.code"]),
        ("code=seventeen,times=0,rate=2", ["$.code", "$.times", "$.rate"]),
        ("code=17,variant=9", ["$.variant"]),
        ("status=99", ["$.status"]),
        ("status=600", ["$.status"]),
        ("delay=601", ["$.delay"]),
        ("delay=NaN", ["$.delay"]),
        ("delay=true", ["$.delay"]),
        ("times=true", ["$.times"]),
        ("read=1", ["$.read"]),
        ("pixel=12", ["$.pixel"]),
        ({"headers": {"a b": "x"}}, ["$.headers"]),
        ({"headers": {"Content-Length": "5"}}, ["$.headers"]),
        ({"headers": {"x": "a\r\nb: c"}}, ["$.headers"]),
        ({"headers": {"x": 5}}, ["$.headers"]),
        ({"headers": []}, ["$.headers"]),
        ({"location": "http://ä/"}, ["$.location"]),
        ({"tmies": 3}, ["$"]),
        (5, ["$"]),
        (None, ["$"]),
        ([], ["$"]),
    ],
)
def test_a_wrong_order_is_refused_with_all_that_is_wrong(order: Any, paths: list[str]) -> None:
    """A rehearsal of the wrong thing is worse than none."""
    with pytest.raises(ConfigError) as caught:
        parse_fault(order)
    assert [problem.path for problem in caught.value.problems] == paths


@given(
    st.text(max_size=30)
    | st.dictionaries(
        st.sampled_from(["shape", "code", "times", "headers", "rate", "delay", "x"]),
        st.none() | st.integers() | st.floats() | st.text() | st.lists(st.integers()),
    )
)
def test_any_order_gives_a_fault_or_a_configuration_error(order: Any) -> None:
    """They come over HTTP, from anybody on this machine."""
    try:
        assert parse_fault(order).shape in SHAPES
    except ConfigError as error:
        assert error.problems


def test_a_fault_says_what_it_is() -> None:
    """For the log: what was ordered, and no more."""
    assert str(parse_fault("code=17,times=3")) == 'shape="error",code=17,times=3'
    assert str(parse_fault('pixel="1",rate=0.5')) == 'times=null,rate=0.5,pixel="1"'
    assert str(parse_fault("pass")) == 'shape="pass"'


def test_a_word_that_is_no_fault_is_named_beside_all_that_are() -> None:
    """Presets and settings, too: whoever looks for `lost` must find it."""
    with pytest.raises(ConfigError) as caught:
        parse_fault("lost,bogus")

    assert "there is no fault 'bogus'" in str(caught.value)
    for word in (*SHAPES, *PRESETS, "read", "store", "code=17"):
        assert word in str(caught.value)


def test_faults_come_in_the_order_in_which_they_were_queued() -> None:
    """So a list of them is a schedule, with pass as fair weather between."""
    queue = FaultQueue()
    one, fair, two = parse_fault("code=1,times=2"), parse_fault("pass,times=1"), parse_fault("code=2")
    queue.add(one, fair, two)
    assert [queue.take("5") for _ in range(6)] == [one, one, fair, two, None, None]


def test_a_fault_for_a_pixel_waits_for_it() -> None:
    """Destinations fail apart from each other."""
    queue = FaultQueue()
    mine, anybody_s = parse_fault('code=1,pixel="1"'), parse_fault("code=2,times=2")
    queue.add(mine, anybody_s)
    assert [queue.take("2"), queue.take("1"), queue.take("1"), queue.take("1")] == [
        anybody_s,
        mine,
        anybody_s,
        None,
    ]


def test_always_means_until_it_is_cleared() -> None:
    """A dead token stays dead until somebody acts."""
    queue = FaultQueue()
    queue.add(parse_fault("dead_token"))
    assert all(queue.take("1") for _ in range(100))
    assert queue.pending() == [(parse_fault("dead_token"), None)]
    assert queue.clear() == 1
    assert queue.take("1") is None


@pytest.mark.parametrize("rate", [0, 0.1, 0.9, 1])
def test_a_rate_is_met_on_average_and_the_same_each_time(rate: float) -> None:
    """Repeatable by the seed; within a tenth over 2,000 requests."""

    def played(seed: int) -> list[bool]:
        queue = FaultQueue(seed)
        queue.add(parse_fault({"code": 1, "rate": rate}))
        return [queue.take("1") is not None for _ in range(2000)]

    assert played(1) == played(1)
    assert abs(sum(played(1)) / 2000 - rate) <= 0.1
    assert rate in (0, 1) or played(1) != played(2)


def test_a_rate_with_a_number_of_times_ends() -> None:
    """Both may be given."""
    queue = FaultQueue()
    queue.add(parse_fault("code=1,rate=0.5,times=3"))
    assert sum(queue.take("1") is not None for _ in range(1000)) == 3
    assert queue.pending() == []
