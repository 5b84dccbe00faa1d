"""The plugin facade: what is offered is found, what is broken is refused by name."""

from types import SimpleNamespace
from typing import Any

import click
import pytest

from capi_actions import (
    Action,
    Directive,
    Normalizer,
    PluginError,
    Plugins,
    TransportFactory,
    builtin,
    hookimpl,
)
from capi_actions.hookspecs import hookspec
from capi_actions.plugins import HOOKS


def plugin(name: str = "acme", **hooks: Any) -> SimpleNamespace:
    """Make a plugin that offers the given things by hook."""
    made = SimpleNamespace(__name__=name)
    for hook, offered in hooks.items():
        setattr(made, hook, hookimpl(lambda offered=offered: offered))
        getattr(made, hook).__name__ = hook
    return made


def an_action(name: str) -> Action:
    """Make an action that does nothing."""
    return Action(name=name, title=name, description="", trigger=None, fields={}, build=dict)


def test_what_is_offered_is_found_by_name() -> None:
    """One door for everything that plugins bring."""
    plugins = Plugins(
        plugin(
            capi_actions=[an_action("acme.ping")],
            capi_directives=[Directive(name="@x", compile=lambda value, compiler: lambda payload: value)],
            capi_commands=[click.Command("acme")],
            capi_transports=[TransportFactory(name="carrier pigeon", make=lambda: None)],  # type: ignore[arg-type,return-value]
            capi_report=[list],
        )
    )

    assert list(plugins.actions_of("acme")) == ["acme.ping"]
    assert plugins.actions_of("other") == {}
    assert list(plugins.directives) == ["@x"]
    assert list(plugins.commands) == ["acme"]
    assert list(plugins.transports) == ["carrier pigeon"]
    assert plugins.observers == [list]


def test_the_core_offers_its_own_things_through_the_same_hooks() -> None:
    """So that anyone can replace or add to them."""
    plugins = Plugins(builtin)

    assert len(plugins.directives) == 13
    assert "urllib3" in plugins.transports
    assert "sqlite" in plugins.outboxes


@pytest.mark.parametrize(
    ("hook", "offered", "wanted"),
    [
        ("capi_actions", ["ping"], "objects of capi_actions.model.action.Action, but gave str"),
        ("capi_actions", "ping", "must return a list, but gave str"),
        ("capi_actions", None, "must return a list, but gave NoneType"),
        ("capi_destinations", [dict], "subclasses of capi_actions.Destination, but gave the class dict"),
        ("capi_directives", [an_action("a.b")], "Directive, but gave Action"),
        ("capi_normalizers", [str.lower], "Normalizer, but gave method_descriptor"),
        ("capi_commands", [print], "click.core.Command, but gave builtin_function_or_method"),
    ],
)
def test_offering_the_wrong_thing_is_refused_by_name(hook: str, offered: Any, wanted: str) -> None:
    """The author reads which plugin, which hook, what was wanted and what was given."""
    with pytest.raises(PluginError) as caught:
        Plugins(plugin("acme", **{hook: offered}))

    assert caught.value.plugin == "acme"
    assert hook in str(caught.value)
    assert wanted in str(caught.value)


def test_a_doubled_name_is_refused_and_both_plugins_are_named() -> None:
    """Which of two actions of one name would run is nobody's guess."""
    one, two = (plugin(name, capi_actions=[an_action("acme.ping")]) for name in ("one", "two"))

    with pytest.raises(PluginError, match=r"plugin 'two'.*'acme\.ping' is already used by 'one'"):
        Plugins(one, two)


def test_a_plugin_that_is_there_twice_is_refused() -> None:
    """Two entry points of one name: pluggy's own loader drops the second without a word."""
    with pytest.raises(PluginError, match="two plugins have this name"):
        Plugins(plugin("acme"), plugin("acme"))


def test_a_misspelt_hook_is_refused() -> None:
    """It would never be called."""
    with pytest.raises(PluginError, match=r"capi_action.*the hooks are: capi_destinations"):
        Plugins(plugin("acme", capi_action=[]))


def test_an_unmarked_hook_is_refused() -> None:
    """The decorator is easily forgotten, and the function then never called."""
    with pytest.raises(PluginError, match=r"capi_actions\(\) isn't marked: put @hookimpl above it"):
        Plugins(SimpleNamespace(__name__="acme", capi_actions=list))


def test_wrong_arguments_are_refused() -> None:
    """Hooks take nothing."""

    class Acme:
        @hookimpl
        def capi_actions(self, config: object) -> list[Action]:
            return []

    with pytest.raises(PluginError, match="config"):
        Plugins(Acme())


def test_every_hookspec_answers_with_nothing_by_itself() -> None:
    """A spec's body is its neutral answer."""
    from capi_actions import hookspecs

    assert dict.fromkeys(HOOKS, ()) == {hook: getattr(hookspecs, hook)() for hook in HOOKS}
    assert callable(hookspec)


def lower(profile: str = "plain", key: str = "em", **options: Any) -> Normalizer:
    """Make a normalizer that lower-cases."""
    return Normalizer(profile=profile, key=key, normalize=str.lower, **options)


def test_normalizers_of_several_profiles_give_all_their_hashes() -> None:
    """`a+b` matches by either."""
    upper = Normalizer(profile="loud", key="em", normalize=str.upper)
    plugins = Plugins(plugin(capi_normalizers=[lower(), upper]))

    both = plugins.hashers("plain+loud")["em"]("x")

    assert both == [plugins.hashers("plain")["em"]("x"), plugins.hashers("loud")["em"]("x")]


def test_a_plugin_can_replace_a_normalizer_per_key_whatever_the_order() -> None:
    """The others of the profile stay."""
    original = plugin("one", capi_normalizers=[lower(), lower(key="fn")])
    better = plugin(
        "two", capi_normalizers=[Normalizer(profile="plain", key="em", normalize=str.upper, replaces=True)]
    )

    for plugins in (Plugins(original, better), Plugins(better, original)):
        hashers = plugins.hashers("plain")
        assert hashers["em"]("a") != hashers["fn"]("a")
        assert hashers["em"]("a") == hashers["em"]("A")


def test_replacing_twice_or_unasked_is_refused() -> None:
    """Else the load order would decide how people are hashed."""
    with pytest.raises(PluginError, match="plain/em"):
        Plugins(plugin("one", capi_normalizers=[lower()]), plugin("two", capi_normalizers=[lower()]))
    with pytest.raises(PluginError, match="plain/em"):
        Plugins(*(plugin(name, capi_normalizers=[lower(replaces=True)]) for name in ("one", "two")))


def test_an_unknown_profile_lists_those_there_are() -> None:
    """A misspelt profile must not silently hash otherwise."""
    plugins = Plugins(plugin(capi_normalizers=[lower(), lower("loud")]))

    with pytest.raises(KeyError, match="no normalization profile 'pixle'; there are: loud, plain"):
        plugins.hashers("pixle")
    assert plugins.hashers("") == {}


def test_offers_say_who_brings_what() -> None:
    """For `capi plugins`."""
    (offer,) = Plugins(plugin(capi_actions=[an_action("acme.b"), an_action("acme.a")])).offers()

    assert (offer.name, offer.hooks) == ("acme", {"capi_actions": ("acme.a", "acme.b")})
