"""The plugin facade: what is offered is found, what is broken is refused by name."""

import inspect
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
from capi_actions.plugins.loading import Candidate


def plugin(name: str = "acme", **hooks: Any) -> SimpleNamespace:
    """Make a plugin that offers the given things by hook."""
    namespace = SimpleNamespace(__name__=name)
    for hook, offered in hooks.items():
        setattr(namespace, hook, hookimpl(lambda offered=offered: offered))
        getattr(namespace, hook).__name__ = hook
    return namespace


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
    observers: list[Any] = list(plugins.observer_factories())
    assert observers == [("acme", list)]


def test_the_core_offers_its_own_things_through_the_same_hooks() -> None:
    """So that anyone can replace or add to them."""
    plugins = Plugins(builtin)

    assert len(plugins.directives) == 13
    assert "urllib3" in plugins.transports
    assert "sqlite" in plugins.outboxes


@pytest.mark.parametrize(
    ("hook", "offered", "expected"),
    [
        (
            "capi_actions",
            [type("Ping", (), {})],
            "objects of capi_actions.Action, but offered the class Ping; put @action above it",
        ),
        ("capi_actions", ["ping"], "objects of capi_actions.Action, but offered str"),
        ("capi_actions", "ping", "must return a list, but returned str"),
        ("capi_actions", None, "must return a list, but returned NoneType"),
        ("capi_destinations", [dict], "subclasses of capi_actions.Destination, but offered the class dict"),
        ("capi_directives", [an_action("a.b")], "Directive, but offered Action"),
        ("capi_normalizers", [str.lower], "Normalizer, but offered method_descriptor"),
        ("capi_commands", [print], "click.Command, but offered builtin_function_or_method"),
    ],
)
def test_offering_the_wrong_thing_is_refused_by_name(hook: str, offered: Any, expected: str) -> None:
    """The author reads which plugin, which hook, what is expected and what was offered."""
    with pytest.raises(PluginError) as caught:
        Plugins(plugin("acme", **{hook: offered}))

    assert caught.value.plugin == "acme"
    assert hook in str(caught.value)
    assert expected in str(caught.value)


def test_a_plugin_that_is_there_twice_is_refused() -> None:
    """Two entry points of one name: pluggy's own loader drops the second without a word."""
    with pytest.raises(PluginError, match="several plugins have this name: two of no package"):
        Plugins(plugin("acme", capi_report=[list]), plugin("acme", capi_report=[list]))


def test_a_misspelt_hook_is_refused() -> None:
    """It would never be called."""
    with pytest.raises(PluginError, match=r"there is no hook 'capi_action'; did you mean 'capi_actions'\?$"):
        Plugins(plugin("acme", capi_action=[]))
    with pytest.raises(
        PluginError, match=r"there is no hook 'capi_qqqqqqqqqqqqq'; there are: capi_actions, capi_commands"
    ):
        Plugins(plugin("acme", capi_qqqqqqqqqqqqq=[]))


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

    with pytest.raises(PluginError) as caught:
        Plugins(Acme())
    assert str(caught.value) == "plugin 'Acme': capi_actions() must take no arguments, but it takes config"


def test_a_class_in_place_of_an_object_is_refused() -> None:
    """An entry point that names the class: its hooks lack the object that they are methods of."""

    class Acme:
        @hookimpl
        def capi_actions(self) -> list[Action]:
            return []

    with pytest.raises(PluginError, match=r"capi_actions\(\) must take no arguments, but it takes self"):
        Plugins(Acme)
    assert Plugins(Acme()).actions == {}


@pytest.mark.parametrize(
    "option", sorted(inspect.signature(type(hookimpl).__call__).parameters.keys() - {"self", "function"})
)
def test_every_option_of_a_hook_works_or_is_refused(option: str) -> None:
    """An option without effect lets its author believe that something has an order, or is wrapped."""
    reasons = {
        "tryfirst": "the order of plugins doesn't matter",
        "trylast": "the order of plugins doesn't matter",
        "wrapper": "each plugin is called by itself",
        "hookwrapper": "each plugin is called by itself",
    }
    options: dict[str, Any] = {option: "capi_actions" if option == "specname" else True}
    marked = hookimpl(**options)(lambda: [an_action("acme.ping")])
    acme = SimpleNamespace(__name__="acme", capi_actions=marked)

    if option in ("specname", "optionalhook"):
        assert list(Plugins(acme).actions) == ["acme.ping"]
    else:
        with pytest.raises(PluginError) as caught:
            Plugins(acme)
        assert str(caught.value) == (
            f"plugin 'acme': capi_actions() is marked with {option}=True, which has no effect on"
            f" capi_actions(): {reasons[option]}; remove the option"
        )


def test_an_option_without_effect_is_refused_under_another_name_too() -> None:
    """The sentence names the function, which the author looks for, and the hook that it implements."""
    offer = hookimpl(specname="capi_actions", trylast=True)(lambda: [an_action("acme.ping")])

    with pytest.raises(PluginError) as caught:
        Plugins(SimpleNamespace(__name__="acme", offer=offer))
    assert str(caught.value).startswith(
        "plugin 'acme': offer() is marked with trylast=True, which has no effect on capi_actions(): "
    )


def test_an_optional_hook_may_be_unknown() -> None:
    """So that one plugin can use a hook of a later core and be loaded by this one."""
    acme = SimpleNamespace(
        __name__="acme",
        capi_of_tomorrow=hookimpl(optionalhook=True)(lambda later, arguments: [5]),
        capi_actions=hookimpl(lambda: [an_action("acme.ping")]),
    )

    assert [(info.name, info.hooks) for info in Plugins(acme).describe()] == [
        ("acme", {"capi_actions": ("acme.ping",)})
    ]


def test_options_that_are_switched_off_are_taken() -> None:
    """They say what holds anyway."""
    acme = SimpleNamespace(
        __name__="acme",
        capi_actions=hookimpl(tryfirst=False, wrapper=False)(lambda: [an_action("acme.ping")]),
    )

    assert list(Plugins(acme).actions) == ["acme.ping"]


def test_hooks_may_have_another_name_and_arguments_that_nobody_gives() -> None:
    """pluggy's own freedoms stay."""

    class Acme:
        @hookimpl(specname="capi_actions")
        def offer(self, more: object = None, *others: object) -> list[Action]:
            return [an_action("acme.ping")]

    assert list(Plugins(Acme()).actions) == ["acme.ping"]


def test_one_object_under_two_names_is_refused() -> None:
    """Two entry points that lead to one module."""
    acme = plugin("acme", capi_report=[list])
    candidates = [Candidate(name, "", lambda: acme) for name in ("one", "two")]

    with pytest.raises(PluginError, match="plugin 'two': it is the same as the plugin 'one'"):
        Plugins(*candidates)


def test_the_provider_of_an_offer_is_known() -> None:
    """For messages about what fails later."""
    plugins = Plugins(plugin("one", capi_actions=[an_action("a.b")]), plugin("two", capi_report=[list]))

    assert plugins.provider("capi_actions", "a.b") == "one"
    observers: list[Any] = list(plugins.observer_factories())
    assert observers == [("two", list)]


def test_every_hookspec_answers_with_nothing_by_itself() -> None:
    """A spec's body is its neutral answer."""
    from capi_actions import hookspecs

    assert dict.fromkeys(HOOKS, ()) == {hook: getattr(hookspecs, hook)() for hook in HOOKS}
    assert callable(hookspec)


def lower(profile: str = "plain", key: str = "em", **options: Any) -> Normalizer:
    """Make a normalizer that lower-cases."""
    return Normalizer(profile=profile, key=key, normalize=str.lower, otherwise="raw", **options)


def test_normalizers_of_several_profiles_give_all_their_hashes() -> None:
    """`a+b` matches by either."""
    upper = Normalizer(profile="loud", key="em", normalize=str.upper, otherwise="raw")
    plugins = Plugins(plugin(capi_normalizers=[lower(), upper]))

    both = plugins.hashers("plain+loud")["em"]("x")

    assert both == [plugins.hashers("plain")["em"]("x"), plugins.hashers("loud")["em"]("x")]


def test_a_plugin_can_replace_a_normalizer_per_key_whatever_the_order() -> None:
    """The others of the profile stay."""
    original = plugin("one", capi_normalizers=[lower(), lower(key="fn")])
    better = plugin(
        "two",
        capi_normalizers=[
            Normalizer(profile="plain", key="em", normalize=str.upper, otherwise="raw", replaces=True)
        ],
    )

    for plugins in (Plugins(original, better), Plugins(better, original)):
        hashers = plugins.hashers("plain")
        assert hashers["em"]("a") != hashers["fn"]("a")
        assert hashers["em"]("a") == hashers["em"]("A")


def test_an_unknown_profile_lists_those_there_are() -> None:
    """A misspelt profile must not silently hash otherwise."""
    plugins = Plugins(plugin(capi_normalizers=[lower(), lower("loud")]))

    with pytest.raises(KeyError, match="no normalization profile 'pixle'; there are: loud, plain"):
        plugins.hashers("pixle")
    assert plugins.hashers("") == {}


def test_descriptions_list_what_each_plugin_offers() -> None:
    """For `capi plugins`."""
    (info,) = Plugins(plugin(capi_actions=[an_action("acme.b"), an_action("acme.a")])).describe()

    assert (info.name, info.hooks) == ("acme", {"capi_actions": ("acme.a", "acme.b")})
