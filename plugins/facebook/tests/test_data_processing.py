"""Limited Data Use: which options, countries and states go together."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import EventError, Plugins
from capi_actions.testing import build_item
from capi_actions_facebook.facts import STATES
from capi_actions_facebook.fields.data_processing import wire_data_processing
from capi_actions_facebook.mapping_lint import lint_mapping

KEY = "data_processing_options"


def sent(plugins: Plugins, **mapped: Any) -> dict[str, Any]:
    """Return the keys of a page view that limit data use."""
    event = {"type": "page", "timestamp": "2026-11-23T17:24:12Z", "userId": "u"}
    mapping = {**plugins.actions["facebook.page_view"].mapping, **mapped}
    data = build_item(plugins, "facebook.page_view", event, mapping=mapping)
    return {key: value for key, value in data.items() if key.startswith(KEY)}


@pytest.mark.parametrize("options", [True, "true", 1, "LDU", ["LDU"], [True]])
def test_switched_on_meta_finds_out_where_unless_told(options: Any, plugins: Plugins) -> None:
    """However it is written."""
    limited = {KEY: ["LDU"], f"{KEY}_country": 0, f"{KEY}_state": 0}

    assert limited == sent(plugins, **{KEY: options})


@pytest.mark.parametrize("options", [None, "", False, "false", 0, ["false"]])
def test_switched_off_nothing_is_said(options: Any, plugins: Plugins) -> None:
    """As the reference has it."""
    assert sent(plugins, **{KEY: options, f"{KEY}_country": 1, f"{KEY}_state": 1000}) == {}


def test_an_empty_list_says_that_data_use_is_not_limited(plugins: Plugins) -> None:
    """Meta documents it as a way to say so."""
    assert sent(plugins, **{KEY: []}) == {KEY: []}


@pytest.mark.parametrize("options", ["ldu", "yes", ["LDU", "x"], {}])
def test_other_options_are_refused(options: Any, plugins: Plugins) -> None:
    """Data whose use should be limited is not sent without a limit because of a typing error."""
    with pytest.raises(EventError, match="must be"):
        sent(plugins, **{KEY: options})


@given(st.sampled_from([None, 0, 1]), st.sampled_from([None, *STATES]))
def test_country_and_state_go_together_or_are_refused(country: int | None, state: int | None) -> None:
    """0 and 0, or the United States and one of its states that Meta knows."""
    try:
        limited = wire_data_processing(["LDU"], country, state)
    except EventError as error:
        assert [(country or 0, state or 0)] != [(0, 0)]
        assert not (country == 1 and state)
        assert [2804019] == [problem.code for problem in error.problems]
    else:
        assert (limited[f"{KEY}_country"], bool(limited[f"{KEY}_state"])) in {(0, False), (1, True)}


@pytest.mark.parametrize(
    ("country", "state", "path", "words"),
    [
        (1, 0, "_state", "a state is needed: 1000 (California) to 1013 (Rhode Island)"),
        (1, None, "_state", "a state is needed"),
        (0, 1000, "_state", "with country 0 Meta finds out the state, too"),
        (None, 1000, "_country", "a state needs its country: 1"),
    ],
)
def test_the_message_says_what_is_missing(
    country: Any, state: Any, path: str, words: str, plugins: Plugins
) -> None:
    """And a constant is told before the first event."""
    mapped = {KEY: True, f"{KEY}_country": country, f"{KEY}_state": state}
    with pytest.raises(EventError) as caught:
        sent(plugins, **mapped)
    lint_problems = [problem for problem in lint_mapping("facebook.lead", mapped) if KEY in problem.path]

    assert words in caught.value.message
    assert (
        [f"$.{KEY}{path}"]
        == [problem.path for problem in caught.value.problems]
        == [item.path for item in lint_problems]
    )


@pytest.mark.parametrize("state", [999, 1014, 1, -1, "CA"])
def test_states_that_meta_does_not_know_are_refused(state: Any, plugins: Plugins) -> None:
    """1000 to 1013, as of 2026-11-23; the message has them, also for what is no number."""
    with pytest.raises(EventError, match=r"Data Processing State must be .* 0, 1000, 1001, .*, or 1013"):
        sent(plugins, **{KEY: True, f"{KEY}_country": 1, f"{KEY}_state": state})


def test_a_region_without_the_options_is_told() -> None:
    """Somebody believes that data use is limited, and it isn't."""
    messages = [
        problem.message
        for problem in lint_mapping("facebook.lead", {f"{KEY}_country": 1, f"{KEY}_state": 1000})
    ]

    assert [f"has no effect without {KEY}: map that to true, too"] == [
        message for message in messages if KEY in message
    ]
