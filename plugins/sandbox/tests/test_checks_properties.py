"""What holds for the checks as a whole."""

import copy
from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from capi_actions_sandbox import SandboxOptions, check_events
from capi_actions_sandbox.checks.shape import EVENT_KEYS, USER_KEYS
from capi_actions_sandbox.checks.times import unix_time

NOW = 1_795_000_000.0
HASH = "0" * 64

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(HASH),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
events = values | st.fixed_dictionaries(
    {
        "event_name": st.sampled_from(["Lead", "Purchase"]) | values,
        "event_time": st.just(NOW) | values,
        "action_source": st.sampled_from(["website", "app", "business_messaging"]) | values,
        "user_data": st.just({"em": HASH})
        | st.dictionaries(st.sampled_from(sorted(USER_KEYS)), values, max_size=4),
    },
    optional=dict.fromkeys(
        sorted(EVENT_KEYS - {"event_name", "event_time", "action_source", "user_data"}), values
    ),
)


@given(st.lists(events, max_size=4), st.booleans())
def test_any_events_are_taken_or_refused_and_left_as_they_were(batch: list[Any], strict: bool) -> None:
    """Nothing but a failure with a known code comes out, twice the same."""
    options = SandboxOptions.strict() if strict else SandboxOptions()
    before = copy.deepcopy(batch)
    failure = check_events(batch, NOW, options)
    assert failure == check_events(batch, NOW, options)
    assert repr(batch) == repr(before)
    if failure is not None:
        assert (failure.code, failure.status, failure.type) == (100, 400, "OAuthException")
        assert failure.index is not None
        assert failure.body("A")


@given(st.lists(events, max_size=4))
def test_a_batch_is_refused_for_one_of_its_events(batch: list[Any]) -> None:
    """All or nothing: exactly when one of them would be refused alone, and the index names such a one."""
    alone = [check_events([event], NOW, SandboxOptions()) for event in batch]
    together = check_events(batch, NOW, SandboxOptions())
    assert (together is None) == all(failure is None for failure in alone)
    if together is not None:
        culprit = alone[together.index or 0]
        assert culprit is not None
        assert culprit.subcode == together.subcode


@given(st.lists(events, max_size=4))
def test_what_the_strict_take_the_lenient_take(batch: list[Any]) -> None:
    """Strictness only ever refuses more."""
    if check_events(batch, NOW, SandboxOptions.strict()) is None:
        assert check_events(batch, NOW, SandboxOptions()) is None


def test_the_reference_s_requests_are_taken(vectors: Callable[[str], list[dict[str, Any]]]) -> None:
    """All that the reference destination sends in its own tests, but four without an OS version."""
    results: Counter[int | None] = Counter()
    for line in vectors("segment/facebook.jsonl"):
        for event in line.get("request", {"data": []})["data"]:
            failure = check_events([event], unix_time(event["event_time"]) or 0, SandboxOptions())
            results[failure.subcode if failure else None] += 1
    assert results == {None: 72, 2804043: 4}
