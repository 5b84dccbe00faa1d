"""One name, two plugins: both are named, and nobody's guess decides which of the two is used."""

from types import SimpleNamespace
from typing import Any

import click
import pytest
from attrs import evolve

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
from capi_actions.plugins import PluginInfo
from capi_actions.plugins.loading import Candidate
from capi_actions.plugins.registry import Registry

NEUTRAL = r"'x' is offered by 'acm' \(acm 1\) and 'zzz' \(zzz 1\); rename it in one of them, or uninstall one"


def installed(name: str, **hooks: list[Any]) -> Candidate:
    """Return a plugin as `pip install` brings it: with a package."""
    functions = {hook: hookimpl(lambda offered=offered: offered) for hook, offered in hooks.items()}
    return Candidate(name, f"{name} 1", lambda: SimpleNamespace(**functions))


def an_action(name: str) -> Action:
    """Make an action that does nothing."""
    return Action(name=name, title=name, description="", trigger=None, fields={}, build=dict)


def lower(profile: str = "plain", key: str = "em", **options: Any) -> Normalizer:
    """Make a normalizer that lower-cases."""
    return Normalizer(profile=profile, key=key, normalize=str.lower, otherwise="raw", **options)


def refusal(*candidates: Candidate, builtins: tuple[object, ...] = ()) -> str:
    """Return why these plugins can't be loaded together."""
    with pytest.raises(PluginError) as caught:
        Plugins(*builtins, *candidates)
    return str(caught.value)


def described(*candidates: Candidate) -> dict[str, PluginInfo]:
    """Return descriptions by name, also of plugins that are refused."""
    return {info.name: info for info in Registry(candidates).describe()}


@pytest.mark.parametrize(
    ("hook", "one", "two"),
    [
        ("capi_commands", click.Command("x"), click.Command("x")),
        ("capi_transports", *[TransportFactory(name="x", make=click.Command)] * 2),  # type: ignore[arg-type]
    ],
)
def test_both_plugins_and_their_packages_are_named(hook: str, one: object, two: object) -> None:
    """Which of the two was there first is the alphabet's doing: neither is to blame."""
    rivals = installed("acm", **{hook: [one]}), installed("zzz", **{hook: [two]})

    with pytest.raises(PluginError, match=NEUTRAL):
        Plugins(*rivals)
    assert {info.error for info in described(*rivals).values()} == {
        f"{hook}(): 'x' is offered by 'acm' (acm 1) and 'zzz' (zzz 1); rename it in one of them, or uninstall one"
    }


def test_all_are_named_when_there_are_more() -> None:
    """Else the next one would come up after the first is gone."""
    rivals = [installed(name, capi_commands=[click.Command("x")]) for name in ("a", "b", "c")]

    assert "'x' is offered by 'a' (a 1), 'b' (b 1) and 'c' (c 1);" in refusal(*rivals)


def test_an_action_belongs_to_the_plugin_with_the_destination_type(acme_candidate: Candidate) -> None:
    """Another package's action of that name is what is wrong, whatever the alphabet says."""
    for name in ("aaa", "zzz"):
        other = installed(name, capi_actions=[an_action("acme.ping")])
        candidates = sorted([acme_candidate, other], key=lambda candidate: candidate.name)

        assert refusal(*candidates) == (
            f"plugin {name!r}: capi_actions(): 'acme.ping' of 'acme' (acme-for-tests 1.0) is also offered by"
            f" {name!r} ({name} 1); rename it there, or uninstall that"
        )
        infos = described(*candidates)
        assert infos["acme"].error == infos[name].error
        assert "acme.ping" in infos["acme"].hooks["capi_actions"]


def test_a_profile_belongs_to_the_plugin_whose_destination_type_uses_it(acme_candidate: Candidate) -> None:
    """And what would make the other one right is said."""
    acm = installed("acm", capi_normalizers=[lower()])

    assert refusal(acm, acme_candidate) == (
        "plugin 'acm': capi_normalizers(): 'plain/em' of 'acme' (acme-for-tests 1.0) is also offered by 'acm'"
        " (acm 1); set replaces=True on the one to use, or uninstall that"
    )


def test_names_of_the_core_belong_to_the_core() -> None:
    """It is the first that is loaded, but that isn't why."""
    thief = installed("acm", capi_directives=[Directive(name="@path", compile=print)])  # type: ignore[arg-type]

    assert refusal(thief, builtins=(builtin,)) == (
        "plugin 'acm': capi_directives(): '@path' of 'capi_actions.builtin' is also offered by 'acm' (acm 1);"
        " rename it there, or uninstall that"
    )


def test_replacing_twice_or_unasked_is_refused() -> None:
    """Else the load order would decide how people are hashed."""
    one, two = (installed(name, capi_normalizers=[lower()]) for name in ("one", "two"))
    three, four = (installed(name, capi_normalizers=[lower(replaces=True)]) for name in ("three", "four"))

    assert refusal(one, two) == (
        "plugin 'one': capi_normalizers(): 'plain/em' is offered by 'one' (one 1) and 'two' (two 1);"
        " set replaces=True on the one to use, or uninstall one"
    )
    assert refusal(one, three, four) == (
        "plugin 'three': capi_normalizers(): 'plain/em' is offered by 'three' (three 1) and 'four' (four 1),"
        " each with replaces=True; uninstall one"
    )
    assert Plugins(one, three).hashers("plain")


def test_a_plugin_can_clash_with_itself() -> None:
    """Which of the two it means is nobody's guess."""
    twice = installed("acm", capi_actions=[an_action("acme.ping"), an_action("acme.ping")])

    assert refusal(twice) == "plugin 'acm' (acm 1): capi_actions(): it offers 'acme.ping' twice"


def test_both_of_one_entry_point_name_are_marked() -> None:
    """Either may be the one to uninstall."""
    one, two = (
        evolve(installed("same", capi_report=[list]), distribution=name) for name in ("one 1", "two 1")
    )
    why = "several plugins have this name: one of one 1, one of two 1"

    assert [(info.distribution, info.error) for info in Registry((one, two)).describe()] == [
        ("one 1", why),
        ("two 1", why),
    ]


def test_replacing_nothing_is_refused() -> None:
    """A misspelt profile would leave people hashed as before, without a word."""
    one = installed("one", capi_normalizers=[lower("pixel")])
    typo = installed("two", capi_normalizers=[lower("pixl", replaces=True)])

    assert refusal(one, typo) == (
        "plugin 'two' (two 1): capi_normalizers(): 'pixl/em' replaces nothing: no other plugin offers it;"
        " did you mean 'pixel/em'?"
    )
    assert described(one, typo)["one"].error is None


def test_a_default_profile_that_nobody_offers_is_refused(plugins: Plugins) -> None:
    """Each configuration of the destination type would fail, and its user is not the one to mend it."""
    acme = plugins.destinations["acme"]
    without = installed("one", capi_destinations=[acme])
    with_another = installed("two", capi_normalizers=[lower("pixel")])

    assert refusal(without, with_another) == (
        "plugin 'one' (one 1): the default profile of its destination type 'acme':"
        " no normalization profile 'plain'; there are: pixel"
    )


def test_what_is_missing_is_not_blamed_while_plugins_can_not_be_loaded() -> None:
    """What is to be replaced may be what couldn't be loaded."""
    broken = installed("one", capi_normalizers=[lower(), 5])
    replacing = installed(
        "two", capi_normalizers=[lower(replaces=True)], capi_actions=[an_action("one.ping")]
    )
    infos = described(broken, replacing)

    assert infos["one"].error is not None
    assert (infos["two"].error, infos["two"].notes) == (None, ())


def test_an_action_for_nobodys_destination_type_is_noted(acme_candidate: Candidate) -> None:
    """It isn't broken: the other package may come, or be left out on purpose."""
    other = installed("other", capi_actions=[an_action("acne.ping")])

    assert "acne.ping" in Plugins(acme_candidate, other).actions
    assert described(acme_candidate, other)["other"].notes == (
        "the action 'acne.ping' can't be used: no plugin offers the destination type 'acne'; did you mean 'acme'?",
    )
