"""Faults of plugins that only show when they are used: each is reported in a sentence, and no command dies of it."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from time import time
from types import SimpleNamespace
from typing import Any

import pytest

from capi_actions import (
    ConfigError,
    Destination,
    EventError,
    OutboxFactory,
    PluginError,
    Plugins,
    Problem,
    TransportFactory,
    builtin,
    hookimpl,
)
from capi_actions.config import Config, read_config
from capi_actions.errors import Diagnostics
from capi_actions.pipeline.pipeline import Pipeline, Refusal, check_mappings
from capi_actions.runtime import Runtime

MARKER = "ada@marker.example"
EVENT = {"type": "track", "event": "Order", "messageId": "m", "timestamp": int(time()), "email": MARKER}
ACCOUNT = '[destinations.main]\ntype = "acme"\naccount = "a"\ntoken = "sesame"\n'

Loaded = Callable[..., tuple[Plugins, Config]]


@pytest.fixture
def odd(plugins: Plugins, tmp_path: Path) -> Loaded:
    """Load the small platform with some members of its destination type, or some hooks, replaced."""

    def load(text: str = "", hooks: Any = None, **members: Any) -> tuple[Plugins, Config]:
        kind = type("Odd", (plugins.destinations["acme"],), members)
        offered = {
            "capi_destinations": [kind],
            "capi_actions": list(plugins.actions.values()),
            "capi_normalizers": list(plugins._normalizers.values()),
            **(hooks or {}),
        }
        functions = {hook: hookimpl(lambda values=values: values) for hook, values in offered.items()}
        loaded = Plugins(builtin, SimpleNamespace(__name__="plug", **functions))
        return loaded, read_config(ACCOUNT + text, loaded, tmp_path, strict=False)

    return load


def refusal(loaded: tuple[Plugins, Config]) -> str:
    """Return why the event is refused."""
    plugins, config = loaded
    (outcome,) = Pipeline.build(config, plugins).process(EVENT, time())
    assert isinstance(outcome, Refusal)
    assert MARKER not in str(outcome)
    return str(outcome.error)


@pytest.mark.parametrize(
    ("members", "why"),
    [
        (
            {"check": lambda self, data, now: [f"{MARKER} is bad"]},
            "check() of the destination type acme must give capi_actions.Problem, but gave str",
        ),
        (
            {"check": lambda self, data, now: None},
            "the destination type acme failed on this event (prepare() must give Prepared and check() Problems)",
        ),
        (
            {"prepare": lambda self, data, group, content_id: None},
            "the destination type acme failed on this event (prepare() must give Prepared and check() Problems)",
        ),
    ],
)
def test_what_a_destination_gives_is_looked_at(odd: Loaded, members: Any, why: str) -> None:
    """And where it is wrong, the plugin is named and not the line of the core that stumbles over it."""
    assert refusal(odd(**members)) == why


@pytest.mark.parametrize(
    "prepared",
    [
        ("m", 1.5, 2, ""),
        ("m", 1, 2.0, ""),
        ("m", 2, 1, ""),
        ("m", 1, 2**70, ""),
        (5, 1, 2, ""),
        ("m", 1, 2, None),
        ("m", True, 2, ""),
    ],
)
def test_an_item_that_no_outbox_could_store_is_refused_alone(odd: Loaded, prepared: Any) -> None:
    """It would cost all items that are stored with it."""
    why = refusal(odd(prepare=lambda self, data, group, content_id: prepared))

    assert why == "the destination type acme gave it no usable id or times"


def test_where_a_destination_itself_fails_is_said(odd: Loaded) -> None:
    """By its own function and line."""

    def check(self: Destination, data: Any, now: float) -> Iterator[Problem]:
        problems: dict[str, list[Problem]] = {}
        yield from problems[MARKER]

    assert "failed on this event (KeyError in check, " in refusal(odd(check=check))


@pytest.mark.parametrize("make", [EventError, ConfigError])
def test_an_error_is_made_of_problems(make: Any) -> None:
    """`EventError("has no time")` would fail where it is printed, long after it was raised."""
    with pytest.raises(TypeError, match=r"made with \.of\(text\)"):
        make("has no time")


@pytest.mark.parametrize(
    ("give", "why"),
    [
        (lambda *_: [MARKER], "must give capi_actions.Problem, but gave str"),
        (lambda *_: None, "must give capi_actions.Problem, but gave NoneType"),
        (lambda *_: [][0], "failed (IndexError in <lambda>, "),
    ],
)
def test_bad_advice_is_a_warning(odd: Loaded, give: Any, why: str) -> None:
    """It is no reason not to send."""
    plugins, config = odd(
        lint_settings=lambda self: give(), lint_mapping=lambda self, action, mapping: give(action)
    )
    *_, settings = config.warnings
    diagnostics = Diagnostics()
    check_mappings(config, plugins, diagnostics)
    (mapping,) = diagnostics

    assert str(settings).startswith(
        f"$.destinations.main: lint_settings() of the destination type acme {why}"
    )
    assert (mapping.path, mapping.severity) == ("$.destinations.main.mapping", "warning")
    assert mapping.message.startswith(f"lint_mapping() of the destination type acme {why}")
    assert MARKER not in f"{settings}{mapping}"


def _returning(value: object, self: object) -> object:
    return value


def test_limits_that_settings_decide_are_checked_when_they_are_known(odd: Loaded) -> None:
    """Else delivery would stumble over them, with everything accepted already."""
    for limit in ("many", 0, 2.0, None):
        _, config = odd(max_items=property(partial(_returning, limit)))
        (error,) = config.errors
        assert (error.path, error.message) == (
            "$.destinations.main",
            f"plugin 'plug': Odd.max_items must be a whole number above 0, but it is {limit!r}",
        )
    _, config = odd(max_items=property(lambda self: 5))
    assert config.errors == ()


def test_a_destination_that_can_not_be_made_names_its_plugin(odd: Loaded) -> None:
    """Its entry point's name, as `capi plugins` lists it, not the destination type's."""

    def fail(self: Destination, settings: Any) -> None:
        raise ZeroDivisionError(MARKER)

    _, config = odd(__init__=fail)
    (error,) = config.errors

    assert error.path == "$.destinations.main"
    assert error.message.startswith(
        "plugin 'plug': its destination can't be made (ZeroDivisionError in fail, "
    )
    assert MARKER not in error.message


def fails() -> None:
    """Fail."""
    raise ZeroDivisionError(MARKER)


@pytest.mark.parametrize(
    ("hook", "offered", "text", "why"),
    [
        ("capi_report", fails, "", "its observer can't be made: ZeroDivisionError in fails, "),
        (
            "capi_report",
            dict,
            "",
            "capi_report(): what it makes must have a method observe(report), but dict has none",
        ),
        (
            "capi_transports",
            TransportFactory(name="no", make=fails),  # type: ignore[arg-type]
            '[transport]\ntype = "no"',
            "its transport 'no' can't be opened: ZeroDivisionError in fails, ",
        ),
        (
            "capi_outboxes",
            OutboxFactory(name="no", make=fails),  # type: ignore[arg-type]
            '[outbox]\ntype = "no"',
            "its outbox 'no' can't be opened: ZeroDivisionError in fails, ",
        ),
    ],
)
def test_what_can_not_be_opened_names_its_plugin(
    odd: Loaded, hook: str, offered: Any, text: str, why: str
) -> None:
    """As `capi plugins` lists it."""
    plugins, config = odd(text, {hook: [offered]})

    with pytest.raises(PluginError) as caught:
        Runtime.open(config, plugins)
    assert str(caught.value).startswith(f"plugin 'plug': {why}")


class Deaf:
    """An observer whose methods can't be called as delivery does it."""

    def observe(self, report: object) -> None:
        """Do nothing."""


async def _later(self: object, *_: object) -> None:
    """Do nothing, later."""


@pytest.mark.parametrize(
    ("members", "method"),
    [
        ({"observe": lambda self: None}, "observe"),
        ({"observe": lambda self, report, more: None}, "observe"),
        ({"observe": _later}, "observe"),
        ({"observe_events": lambda self, report: None}, "observe_events"),
        ({"close": lambda self, now: None}, "close"),
        ({"configure": _later}, "configure"),
    ],
)
def test_an_observer_that_cannot_be_called_is_refused_by_name(
    odd: Loaded, members: dict[str, Any], method: str
) -> None:
    """An `async` method did nothing, and nobody was told; for the others the core's own line was named."""
    plugins, config = odd(hooks={"capi_report": [type("Odd", (Deaf,), members)]})

    problem = f"{method}\\(\\) of Odd must be a plain function that takes what capi_actions.Observer says"
    with pytest.raises(PluginError, match=problem):
        Runtime.open(config, plugins)


@pytest.mark.parametrize("kind", ["transport", "outbox"])
def test_an_async_method_of_a_transport_or_outbox_is_refused_by_name(odd: Loaded, kind: str) -> None:
    """Nothing would be sent or stored."""
    factory = {"transport": TransportFactory, "outbox": OutboxFactory}[kind]
    made = type("Odd", (), {"send": _later, "close": lambda self: None, "put": _later})
    plugins, config = odd(
        f'[{kind}]\ntype = "odd"\n',
        {f"capi_{kind}{'e' * (kind == 'outbox')}s": [factory(name="odd", make=made)]},
    )

    with pytest.raises(PluginError, match=r"(send|put)\(\).* and isn't async"):
        Runtime.open(config, plugins)


@pytest.mark.parametrize("profile", [property(lambda self: 1 / 0), 5])
def test_a_profile_that_fails_is_an_error_of_the_destination(odd: Loaded, profile: Any) -> None:
    """It ended `capi check` with a traceback."""
    _, config = odd(profile=profile)

    (problem,) = config.errors
    assert "$.destinations.main" == problem.path
    assert "plugin 'plug': " in problem.message
