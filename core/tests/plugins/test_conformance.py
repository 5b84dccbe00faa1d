"""The conformance suite passes plugins that keep their contract, and fails those that don't."""

from collections import Counter
from threading import Lock
from types import SimpleNamespace
from typing import Any

import pytest

from capi_actions import Directive, EventError, Normalizer, action, field, from_path, hookimpl
from capi_actions.testing import PluginConformance


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


def test_a_good_plugin_passes(acme: Any) -> None:
    """All tests of the suite, on an action that builds an item from every event."""
    good = suite(acme, capi_actions=[ping()])
    tests = [getattr(good, name) for name in dir(good) if name.startswith("test_")]
    for test in tests:
        if test is not None:
            test()

    assert good.test_any_event_gives_an_item_or_an_event_error in tests


def test_what_a_plugin_does_not_offer_is_not_tested(acme: Any) -> None:
    """Sixty tests that pass because there is nothing to test would look like a promise."""
    names = {name for name in dir(suite(acme, capi_actions=[ping()])) if name.startswith("test_")}
    offered = {name for name in names if getattr(suite(acme, capi_actions=[ping()]), name) is not None}

    assert "test_events_reach_build" in offered
    assert not {name for name in offered if "envelope" in name or "lease" in name or "observer" in name}
    assert names - offered > {"test_observers_are_quick", "test_nobody_listens", "test_tries_add_up"}


def test_an_action_that_always_raises_fails(acme: Any) -> None:
    """The engine makes an EventError of what it raises, which must not count as a refusal."""
    with pytest.raises(ZeroDivisionError, match="in the plugin"):
        try_events(suite(acme, capi_actions=[ping(build=fails)]))


def try_events(tried: PluginConformance) -> None:
    """Run the suite's test of any event."""
    tried.test_any_event_gives_an_item_or_an_event_error()


def test_an_action_that_raises_on_some_events_fails(acme: Any) -> None:
    """Authors see their own exception, with its traceback."""

    def build(self: Any) -> dict[str, Any]:
        return {"time": self.time, "length": {"Order": 5}[self.value]}

    with pytest.raises(KeyError, match="Order Completed") as caught:
        try_events(suite(acme, capi_actions=[ping(build=build, value=from_path("$.event"))]))
    assert caught.traceback[-1].name == "build"


def test_a_normalizer_that_raises_fails(acme: Any) -> None:
    """It is called for the action's field."""
    normalizer = Normalizer(profile="plain", key="tried", normalize=fails, otherwise="raw")
    hashing = ping(value=from_path("$.event", hashed="tried"))

    with pytest.raises(ZeroDivisionError):
        try_events(suite(acme, capi_actions=[hashing], capi_normalizers=[normalizer]))


def test_a_directive_that_raises_fails(acme: Any) -> None:
    """It is used by the action's prebuilt mapping."""
    directive = Directive(name="@tried", compile=lambda value, compiler: fails)
    tried = suite(acme, capi_actions=[ping(value=field({"@tried": {}}))], capi_directives=[directive])

    with pytest.raises(ZeroDivisionError):
        try_events(tried)
    with pytest.raises(ZeroDivisionError):
        tried.test_prebuilt_mappings_can_be_compiled()


def test_refusing_an_event_with_an_event_error_passes_unless_all_are_refused(acme: Any) -> None:
    """Then nothing of it was tested; an example that it takes helps."""

    def build(self: Any) -> dict[str, Any]:
        if self.value != "Rare":
            raise EventError.of("no")
        return {"time": self.time}

    tried = suite(acme, capi_actions=[ping(build=build, value=from_path("$.event"))])
    try_events(tried)
    with pytest.raises(
        AssertionError, match=r"acme\.tried made no item of any of 400 events, mostly because of: no"
    ):
        tried.test_events_reach_build()
    type(tried).event_examples = [{"type": "track", "event": "Rare"}]
    tried.test_events_reach_build()


def test_an_action_that_builds_something_else_each_time_fails(acme: Any) -> None:
    """A repeated event would give another item, and be counted twice."""
    numbers = iter(range(9))

    with pytest.raises(AssertionError):
        try_events(suite(acme, capi_actions=[ping(build=lambda self: {"time": next(numbers)})]))


class Watcher:
    """An observer with every method that delivery may call; ``calls`` counts them."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self._lock = Lock()

    def _count(self, name: str) -> None:
        with self._lock:
            self.calls[name] += 1

    def configure(self, config: Any) -> None:
        """Get the configuration."""
        assert () == config.destinations
        self._count("configure")

    def watch(self, read: Any) -> None:
        """Get a way to read the outbox."""
        assert {"shop"} == set(read())
        self._count("watch")

    def expect(self, destinations: Any) -> None:
        """Get the names of destinations."""
        assert "shop" in destinations
        self._count("expect")

    def observe(self, report: Any) -> None:
        """Get what became of items."""
        assert report.destination
        self._count("observe")

    def observe_event(self, report: Any) -> None:
        """Get what became of an event."""
        assert report.outcome
        self._count("observe_event")

    def observe_events(self, report: Any, number: int) -> None:
        """Get what became of several."""
        assert number > 1
        self._count("observe_events")

    def observe_outbox_error(self, error: Any) -> None:
        """Get why nothing can be stored."""
        assert str(error)
        self._count("observe_outbox_error")

    def close(self) -> None:
        """Hear that delivery ends."""
        self._count("close")


OBSERVER_TESTS = (
    "test_observers_are_made_without_arguments",
    "test_any_report_is_taken",
    "test_threads_share_an_observer",
    "test_observers_are_quick",
)


def test_a_good_observer_passes_and_each_of_its_methods_is_called(acme: Any) -> None:
    """A method that no test calls could do anything."""
    made: list[Watcher] = []

    def make() -> Watcher:
        made.append(Watcher())
        return made[-1]

    tried = suite(acme, capi_report=[make])
    for name in OBSERVER_TESTS:
        getattr(tried, name)()

    methods = {name for name in vars(Watcher) if not name.startswith("_")}
    assert methods == set(sum((watcher.calls for watcher in made), Counter()))


def test_an_observer_needs_one_method_alone(acme: Any) -> None:
    """The others are there for those who need them."""
    tried = suite(acme, capi_report=[lambda: SimpleNamespace(observe=lambda report: None)])
    for name in OBSERVER_TESTS:
        getattr(tried, name)()


@pytest.mark.parametrize(
    "method",
    [
        *("configure", "watch", "expect", "observe", "observe_event", "observe_events"),
        *("observe_outbox_error", "close"),
    ],
)
def test_an_observer_that_raises_fails(acme: Any, method: str) -> None:
    """Whichever method it is; delivery would go on without it."""
    observer = type("Failing", (Watcher,), {method: fails})

    with pytest.raises(ZeroDivisionError, match="in the plugin"):
        suite(acme, capi_report=[observer]).test_any_report_is_taken()


def test_an_observer_that_fails_in_some_thread_fails(acme: Any) -> None:
    """Nobody sees an exception in a thread."""
    with pytest.raises(ZeroDivisionError, match="in the plugin"):
        suite(
            acme, capi_report=[type("Failing", (Watcher,), {"observe": fails})]
        ).test_threads_share_an_observer()


@pytest.mark.parametrize("offered", [list, lambda: SimpleNamespace(observe=5), lambda: None])
def test_what_can_t_observe_fails(acme: Any, offered: Any) -> None:
    """The message says which method is missing."""
    with pytest.raises(AssertionError, match=r"must have a method observe\(report\), but \w+ has none"):
        suite(acme, capi_report=[offered]).test_observers_are_made_without_arguments()


def test_a_factory_that_raises_fails(acme: Any) -> None:
    """Authors see their own exception."""
    with pytest.raises(ZeroDivisionError, match="in the plugin"):
        suite(acme, capi_report=[fails]).test_observers_are_made_without_arguments()


def test_a_slow_observer_fails(acme: Any) -> None:
    """Delivery waits for it; how slow is too slow is the suite's own figure."""
    tried = suite(acme, capi_report=[Watcher])
    type(tried).slowest = 0.0

    with pytest.raises(AssertionError, match=r"observe\(\) of Watcher"):
        tried.test_observers_are_quick()
