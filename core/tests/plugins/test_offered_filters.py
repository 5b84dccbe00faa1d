"""Event filters that can't work are refused when plugins are loaded, by name."""

from types import SimpleNamespace
from typing import Any

import pytest
from attrs import make_class

from capi_actions import EventFilter, PluginError, Plugins, builtin, hookimpl


def plugin(*filters: Any, name: str = "plug", **hooks: Any) -> SimpleNamespace:
    """Make a plugin that offers filters."""
    return SimpleNamespace(
        __name__=name,
        capi_events=hookimpl(lambda: list(filters)),
        **{hook: hookimpl(lambda offered=offered: offered) for hook, offered in hooks.items()},
    )


async def wait(event: Any) -> Any:
    """Do what no filter may."""
    return event


@pytest.mark.parametrize(
    ("offered", "problem"),
    [
        (
            dict,
            "must offer objects of capi_actions.EventFilter, but offered the class dict",
        ),
        (EventFilter(name="bots"), "'bots' must have either apply or apply_for"),
        (
            EventFilter(name="bots", apply=dict, apply_for=lambda destination: None),
            "'bots' must have either apply or apply_for",
        ),
        (EventFilter(name="no bots", apply=dict), "the name 'no bots' must be one word, such as 'bots'"),
        (
            EventFilter(name="bots", apply=lambda: None),  # type: ignore[arg-type,misc]
            "apply of 'bots' must be a function that takes an event and nothing else",
        ),
        (
            EventFilter(name="bots", apply=5),  # type: ignore[arg-type]
            "apply of 'bots' must be a function that takes an event and nothing else",
        ),
        (
            EventFilter(name="bots", apply_for=lambda a, b: None),  # type: ignore[arg-type,misc]
            "apply_for of 'bots' must be a function that takes a destination's description and nothing else",
        ),
        (EventFilter(name="bots", apply=wait), "apply of 'bots' must be a plain function, not async"),  # type: ignore[arg-type]
    ],
)
def test_a_filter_that_can_not_work_is_refused(offered: Any, problem: str) -> None:
    """At start, rather than with each event."""
    with pytest.raises(PluginError) as caught:
        Plugins(builtin, plugin(offered))

    assert caught.value.plugin == "plug"
    assert f"capi_events(){'' if problem.startswith('must offer') else ':'} {problem}" == caught.value.problem


def test_consent_can_not_be_replaced() -> None:
    """A plugin with a filter of that name is at fault, not the core."""
    with pytest.raises(PluginError, match=r"capi_events\(\): 'consent' of .* is also offered by 'plug'"):
        Plugins(plugin(EventFilter(name="consent", apply=dict)), builtin)


def test_what_filters_there_are_can_be_listed() -> None:
    """With `capi plugins`."""
    plugins = Plugins(builtin, plugin(EventFilter(name="bots", apply=dict)))

    offers = {info.name: info.hooks.get("capi_events") for info in plugins.describe()}

    assert offers == {"capi_actions.builtin": ("consent",), "plug": ("bots",)}


@pytest.mark.parametrize("setting", ["mappings", "consent_categories", "check_consent"])
def test_a_setting_that_the_core_reads_is_refused(plugins: Plugins, setting: str) -> None:
    """The plugin would never get it."""
    settings = make_class("Settings", [setting])
    acme = type("Acme", (plugins.destinations["acme"],), {"settings_type": settings})

    with pytest.raises(
        PluginError, match=f"Acme.settings_type must not have {setting}: the core reads it itself"
    ):
        Plugins(builtin, plugin(capi_destinations=[acme]))


@pytest.mark.parametrize("names", ["Acme", None, 5, [1], [" "], {"Acme"}])
def test_names_for_integrations_must_be_a_list_of_texts(plugins: Plugins, names: Any) -> None:
    """A text would be read letter by letter."""
    acme = type("Acme", (plugins.destinations["acme"],), {"integration_names": names})

    with pytest.raises(PluginError, match=r"Acme.integration_names must be a list of texts, but it is"):
        Plugins(builtin, plugin(capi_destinations=[acme]))
