"""Event filters: nothing passes one that says no or fails, and none reaches further than its answer."""

from collections import Counter
from collections.abc import Callable, Sequence
from copy import deepcopy
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from capi_actions import (
    ConfigError,
    DestinationInfo,
    EventError,
    EventFilter,
    EventFunction,
    Held,
    Item,
    JsonObject,
    Plugins,
    builtin,
    hookimpl,
)
from capi_actions.codec import check_event
from capi_actions.config import read_config
from capi_actions.errors import Diagnostics
from capi_actions.pipeline import HeldBack, Pipeline, Refusal, check_mappings
from capi_actions.testing import events

NOW = 1_000_000
DESTINATION = '[destinations.{}]\ntype = "acme"\naccount = "a"\ntoken = "sesame"\n'
TWO = DESTINATION.format("first") + DESTINATION.format("second")

Build = Callable[..., Pipeline]


def with_filters(acme: Plugins, filters: Sequence[EventFilter]) -> Plugins:
    """Return the small platform's plugins and one that offers filters."""
    offers = {
        "capi_destinations": list(acme.destinations.values()),
        "capi_actions": list(acme.actions.values()),
        "capi_normalizers": list(acme._normalizers.values()),
        "capi_events": list(filters),
    }
    hooks = {hook: hookimpl(lambda offered=offered: offered) for hook, offered in offers.items()}
    return Plugins(builtin, SimpleNamespace(__name__="plug", **hooks))


@pytest.fixture(scope="module")
def build(plugins: Plugins) -> Build:
    """Compile a configuration with filters of a plugin."""

    def built(*filters: EventFilter, text: str = TWO) -> Pipeline:
        loaded = with_filters(plugins, filters)
        return Pipeline.build(read_config(text, loaded), loaded)

    return built


def shared(function: EventFunction, name: str = "enrich") -> EventFilter:
    """Return a filter for all destinations."""
    return EventFilter(name=name, apply=function)


def own(function: Callable[[str, JsonObject], JsonObject | Held], name: str = "own") -> EventFilter:
    """Return a filter that also gets the destination's name."""

    def bind(info: DestinationInfo) -> EventFunction:
        return lambda event: function(info.name, event)

    return EventFilter(name=name, apply_for=bind)


def a_ping(**members: Any) -> JsonObject:
    """Return an event that Acme takes."""
    return {"type": "track", "event": "Order", "messageId": "m1", "timestamp": NOW, **members}


def test_an_enricher_s_event_is_what_triggers_and_mappings_read(build: Build) -> None:
    """It comes before both."""

    def enrich(event: JsonObject) -> JsonObject:
        return {**event, "type": "track", "event": "Renamed"}

    outcomes = build(shared(enrich)).process(a_ping(type="page"), NOW)

    assert [outcome.destination for outcome in outcomes] == ["first", "second"]
    assert all(isinstance(outcome, Item) and b'"Renamed"' in outcome.body for outcome in outcomes)


def test_a_filter_of_one_destination_leaves_the_others_alone(build: Build) -> None:
    """Each gets the event as its own filters leave it."""

    def rename(name: str, event: JsonObject) -> JsonObject | Held:
        if name == "second":
            return Held("not here")
        event["event"] = name
        return event

    item, held = build(own(rename)).process(a_ping(), NOW)

    assert isinstance(item, Item) and b'"first"' in item.body
    assert HeldBack(destination="second", message_id="m1", filter="own", reason="not here") == held


def test_filters_run_in_the_documented_order(plugins: Plugins) -> None:
    """Shared ones, then those for a destination, by name; the core's last: it must see the event that goes out."""
    filters = [
        own(lambda name, event: event, "a"),
        shared(dict, "z"),
        shared(dict, "b"),
        own(lambda name, event: event, "a2"),
    ]

    loaded = with_filters(plugins, filters)

    assert [event_filter.name for _, event_filter in loaded.event_filters()] == [
        "b",
        "z",
        "a",
        "a2",
        "consent",
    ]
    assert [plugin.rpartition(".")[2] for plugin, _ in loaded.event_filters()] == ["plug"] * 4 + ["builtin"]


def test_consent_sees_what_an_enricher_added(build: Build) -> None:
    """A lookup of preferences is a usual enricher."""
    enricher = shared(lambda event: {**event, "integrations": {"All": False}})

    outcomes = build(enricher).process(a_ping(), NOW)

    assert [outcome.filter for outcome in outcomes if isinstance(outcome, HeldBack)] == ["consent", "consent"]


def _raise(error: BaseException) -> Any:
    raise error


async def _async(event: JsonObject) -> JsonObject:
    return event


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        (lambda event: event["Ada"], "failed (KeyError in <lambda>, "),
        (lambda event: _raise(EventError.of("Ada")), "failed (EventError in _raise, "),
        (lambda event: _raise(SystemExit("Ada")), "failed (SystemExit in _raise, "),
        (lambda event: _raise(RecursionError("Ada")), "failed (RecursionError in _raise, "),
        (lambda event: Held("  "), "failed (ValueError in <lambda>, "),
        (lambda event: Held({"Ada": 1}), "failed (ValueError in <lambda>, "),  # type: ignore[arg-type]
        (lambda event: None, "must return an event or Held, but returned NoneType"),
        (lambda event: True, "must return an event or Held, but returned bool"),
        (lambda event: [event], "must return an event or Held, but returned list"),
        (lambda event: {}, "returned what is no event: type must be one of "),
        (lambda event: {**event, "type": "Ada"}, "returned what is no event: type must be one of "),
        (
            lambda event: {**event, "x": object()},
            "returned what is no event: a Python object can't be written as JSON",
        ),
        (lambda event: event.setdefault("me", event), "returned what is no event: "),
    ],
)
@pytest.mark.parametrize("kind", [shared, lambda function: own(lambda _, event: function(event))])
def test_a_filter_that_fails_holds_the_event_back(
    build: Build, kind: Any, function: Any, problem: str
) -> None:
    """What could not be checked is not sent.  The plugin is named, and the line, but nothing of the event."""
    outcomes = build(kind(function)).process(a_ping(userId="Ada"), NOW)

    assert [outcome.destination for outcome in outcomes] == ["first", "second"]
    for outcome in outcomes:
        assert isinstance(outcome, HeldBack)
        assert outcome.failed
        assert outcome.reason.startswith(f"the filter {outcome.filter} of plugin 'plug' {problem}")
        assert "Ada" not in outcome.reason


def test_a_filter_that_returns_a_coroutine_holds_the_event_back(build: Build) -> None:
    """Nobody awaits it."""
    coroutines: list[Any] = []

    def start(event: JsonObject) -> Any:
        coroutines.append(_async(event))
        return coroutines[-1]

    first, _ = build(shared(start)).process(a_ping(), NOW)
    for coroutine in coroutines:
        coroutine.close()

    assert isinstance(first, HeldBack) and first.failed
    assert first.reason.endswith("must return an event or Held, but returned coroutine")


def test_a_filter_that_fails_on_one_destination_holds_nothing_else_back(build: Build) -> None:
    """Its fault costs what it touches."""

    def fail(name: str, event: JsonObject) -> JsonObject:
        return event if name == "first" else _raise(ValueError())

    item, held = build(own(fail)).process(a_ping(), NOW)

    assert isinstance(item, Item)
    assert isinstance(held, HeldBack) and held.failed


def test_long_and_unprintable_reasons_can_be_printed_and_stored(build: Build) -> None:
    """Half a character can't be written as JSON."""
    first, _ = build(shared(lambda event: Held("\ud800" * 500))).process(a_ping(), NOW)

    assert isinstance(first, HeldBack)
    assert first.reason == "\ufffd" * 200


@pytest.mark.parametrize(
    ("bind", "problem"),
    [
        (lambda info: 5, "must return a function, but returned int"),
        (lambda info: info.nothing, "failed (AttributeError in <lambda>, "),
        (lambda info: _raise(SystemExit()), "failed (SystemExit in _raise, "),
    ],
)
def test_a_filter_that_can_not_be_bound_is_an_error_of_the_configuration(
    plugins: Plugins, bind: Any, problem: str
) -> None:
    """Found at start and by `capi check`, for each destination."""
    loaded = with_filters(plugins, [EventFilter(name="odd", apply_for=bind)])
    config = read_config(TWO, loaded)
    diagnostics = Diagnostics()
    check_mappings(config, loaded, diagnostics)

    with pytest.raises(ConfigError) as caught:
        Pipeline.build(config, loaded)

    assert list(caught.value.problems) == diagnostics.errors
    assert [error.path for error in diagnostics.errors] == ["$.destinations.first", "$.destinations.second"]
    assert f"plugin 'plug': apply_for of its event filter 'odd' {problem}" in diagnostics.errors[0].message


def test_a_filter_may_have_nothing_to_do_at_a_destination(build: Build) -> None:
    """Then it costs nothing there."""
    outcomes = build(EventFilter(name="idle", apply_for=lambda info: None)).process(a_ping(), NOW)

    assert [Item, Item] == [type(outcome) for outcome in outcomes]


def vandalize(value: Any) -> None:
    """Change all objects and lists in a value."""
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for member in list(members):
        vandalize(member)
    if isinstance(value, dict):
        value["vandal"] = 1
    elif isinstance(value, list):
        value.append("vandal")


@given(events(names=st.sampled_from(["Order", "Other"])))
def test_what_a_filter_changes_reaches_neither_the_caller_nor_other_destinations(
    build: Build, event: JsonObject
) -> None:
    """Each gets a copy of its own."""
    assume(not isinstance(event.get("messageId"), float))  # one that has lost digits makes it no event
    seen: list[JsonObject] = []
    kept: list[JsonObject] = []

    def spoil(name: str, event: JsonObject) -> JsonObject:
        seen.append(deepcopy(event))
        for former in kept:  # what was returned belongs to the filter no more
            vandalize(former)
        vandalize(event)
        kept.append(event)
        return event

    original = deepcopy(event)
    build(own(spoil)).process(event, NOW)

    assert original == event
    assert [event, event] == seen
    assert check_event(kept[0])["vandal"] == 1


@given(st.lists(events(names=st.sampled_from(["Order", "Crash"])), max_size=5), st.randoms())
def test_every_event_is_accounted_for_at_every_destination(
    build: Build, batch: list[JsonObject], random: Any
) -> None:
    """Held back, or taken by no mapping, or with one item or refusal: each event once at each destination."""
    text = TWO + '[[destinations.second.mappings]]\naction = "acme.page"\ntrigger = "type = page"\n'
    calls = Counter[str]()

    def sometimes(name: str, event: JsonObject) -> JsonObject | Held:
        calls[name] += 1
        match random.randrange(4):
            case 0:
                return Held("bad luck")
            case 1:
                raise ValueError
        return event

    pipeline = build(own(sometimes), text=text.replace("type = page", "type = 'page'"))
    kinds = Counter[type]()
    unmatched = 0
    for event in batch:
        outcomes = pipeline.process(event, NOW)
        kinds.update(map(type, outcomes))
        for name in ("first", "second"):
            unmatched += not any(outcome.destination == name for outcome in outcomes)

    assert len(batch) * 2 == kinds[Item] + kinds[Refusal] + kinds[HeldBack] + unmatched
    assert {"first": len(batch), "second": len(batch)} == calls or not batch


def test_ids_that_are_made_of_content_do_not_depend_on_filters(build: Build) -> None:
    """The same event sent again after a plugin was updated must not count twice."""
    event = a_ping()
    del event["messageId"]
    numbers = iter(range(10))

    plain = build().process(event, NOW)
    enriched = build(shared(lambda event: {**event, "number": next(numbers)})).process(event, NOW)

    assert {item.event_id for item in plain if isinstance(item, Item)} == {
        item.event_id for item in enriched if isinstance(item, Item)
    }
