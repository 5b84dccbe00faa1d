"""The conformance suite passes plugins that keep their contract, and fails those that don't."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import Phase, given, settings

from capi_actions import Directive, EventError, Normalizer, action, field, from_path, hookimpl
from capi_actions.testing import PluginConformance, events


def suite(acme: Any, **offered: list[Any]) -> PluginConformance:
    """Return the suite for a plugin that belongs to the small platform."""
    hooks = {hook: hookimpl(lambda values=values: values) for hook, values in offered.items()}

    class Suite(PluginConformance):
        plugin = SimpleNamespace(__name__="tried", **hooks)
        config = {"account": "a", "token": "sesame"}  # noqa: RUF012  as authors write it
        others = (acme,)

    return Suite()


@pytest.fixture
def acme(acme_candidate: Any) -> Any:
    """The small platform."""
    return acme_candidate.load()


def ping(**members: Any) -> type:
    """Return an action of the small platform with further members."""
    fields = {"time": field(1, required=True), "value": field("literal")}
    annotations = {"time": int, "value": str | None}
    body = {"build": lambda self: {"time": self.time}, "__annotations__": annotations, **fields, **members}
    return action("acme.tried", title="Tried")(type("Tried", (), body))


def fails(*_: Any) -> Any:
    """Fail."""
    raise ZeroDivisionError("in the plugin")


def refuses(*_: Any) -> Any:
    """Refuse the event."""
    raise EventError.of("no")


def test_a_good_plugin_passes(acme: Any) -> None:
    """All tests of the suite, on an action that builds an item from every event."""
    good = suite(acme, capi_actions=[ping()])
    for name in vars(PluginConformance):
        if name.startswith("test_"):
            getattr(good, name)()


def test_an_action_that_always_raises_fails(acme: Any) -> None:
    """The engine makes an EventError of what it raises, which must not count as a refusal."""
    tried = suite(acme, capi_actions=[ping(build=fails)])

    @settings(max_examples=5, phases=[Phase.generate], deadline=None)
    @given(event=events())
    def any_event(event: Any) -> None:
        inner_test()(tried, event)

    with pytest.raises(ZeroDivisionError, match="in the plugin"):
        any_event()


def inner_test() -> Callable[..., None]:
    """Return the suite's test of any event without Hypothesis, which shrinks a failure for a minute."""
    test: Any = PluginConformance.test_any_event_gives_an_item_or_an_event_error
    inner: Callable[..., None] = test.hypothesis.inner_test
    return inner


def try_one_event(tried: PluginConformance) -> None:
    """Run the test of any event on a single one."""
    inner_test()(tried, {"type": "track", "event": "Signed Up"})


def test_an_action_that_raises_on_some_events_fails(acme: Any) -> None:
    """Authors see their own exception, with its traceback."""

    def build(self: Any) -> dict[str, Any]:
        return {"time": self.time, "length": {"Order": 5}[self.value]}

    with pytest.raises(KeyError, match="Signed Up") as caught:
        try_one_event(suite(acme, capi_actions=[ping(build=build, value=from_path("$.event"))]))
    assert caught.traceback[-1].name == "build"


def test_a_normalizer_that_raises_fails(acme: Any) -> None:
    """It is called for the action's field."""
    normalizer = Normalizer(profile="plain", key="tried", normalize=fails)
    hashing = ping(value=from_path("$.event", hashed="tried"))

    with pytest.raises(ZeroDivisionError):
        try_one_event(suite(acme, capi_actions=[hashing], capi_normalizers=[normalizer]))


def test_a_directive_that_raises_fails(acme: Any) -> None:
    """It is used by the action's prebuilt mapping."""
    directive = Directive(name="@tried", compile=lambda value, compiler: fails)
    tried = suite(acme, capi_actions=[ping(value=field({"@tried": {}}))], capi_directives=[directive])

    with pytest.raises(ZeroDivisionError):
        try_one_event(tried)
    with pytest.raises(ZeroDivisionError):
        tried.test_prebuilt_mappings_can_be_compiled()


def test_refusing_an_event_with_an_event_error_passes(acme: Any) -> None:
    """Whether an action takes any event is a question for the plugin's own tests."""
    try_one_event(suite(acme, capi_actions=[ping(build=refuses)]))


def test_an_action_that_builds_something_else_each_time_fails(acme: Any) -> None:
    """A repeated event would give another item, and be counted twice."""
    numbers = iter(range(9))

    with pytest.raises(AssertionError):
        try_one_event(suite(acme, capi_actions=[ping(build=lambda self: {"time": next(numbers)})]))
