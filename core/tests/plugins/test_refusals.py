"""What could never work is refused when plugins are loaded: by the plugin's name, with what would be right."""

import re
from types import SimpleNamespace
from typing import Any

import click
import pytest
from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import (
    Action,
    Destination,
    Directive,
    Field,
    Judgement,
    Normalizer,
    OutboxFactory,
    PluginError,
    Plugins,
    Prepared,
    Problem,
    Request,
    TransportFactory,
    Verdict,
    hookimpl,
)


def alter(offer: Any, **changes: Any) -> Any:
    """Return what a plugin offers with attributes that no type checker would let pass."""
    return evolve(offer, **changes)


PING = Action(name="acme.ping", title="", description="", trigger=None, fields={}, build=dict)
LOWER = Normalizer(profile="acme", key="em", normalize=str.lower, otherwise="raw")
X: Any = Directive(name="@x", compile=print)  # type: ignore[arg-type]


@frozen
class Settings:
    """Nothing to set."""


class Acme(Destination):
    """A whole destination type."""

    name = "acme"
    settings_type = Settings

    def prepare(self, data: Any, group: str, content_id: Any) -> Prepared:
        return Prepared("", 0, 0, group)

    def check(self, data: Any, now: float) -> list[Problem]:
        return []

    def envelope(self, batch: Any) -> Request:
        return Request(method="POST", url="", headers={}, body=b"")

    def judge(self, response: Any) -> Judgement:
        return Judgement(verdict=Verdict.DONE)


TYPES = "capi_destinations"


def kind(**members: Any) -> type[Destination]:
    """Make a destination type that differs in some members."""
    return type("Odd", (Acme,), members)


def offering(hook: str, offered: object) -> object:
    """Make a plugin."""
    return SimpleNamespace(__name__="plug", **{hook: hookimpl(lambda: [offered])})


@pytest.mark.parametrize(
    ("offered", "what"),
    [
        (kind(name=5), "destinations that have name, but offered the class Odd"),
        (
            kind(settings_type=dict),
            "destinations that have settings_type, an attrs class, but offered the class Odd",
        ),
        (dict, "subclasses of capi_actions.Destination, but offered the class dict"),
        (Acme(Settings()), "subclasses of capi_actions.Destination, but offered Acme"),
    ],
)
def test_what_is_no_destination_type_is_refused(offered: object, what: str) -> None:
    """With what would be one."""
    with pytest.raises(PluginError) as caught:
        Plugins(offering(TYPES, offered))

    assert str(caught.value) == f"plugin 'plug': capi_destinations() must offer {what}"


@pytest.mark.parametrize(
    ("hook", "offered", "why"),
    [
        ("capi_actions", alter(PING, name="ping"), "the name 'ping' must be a destination type, a dot and one word"),
        ("capi_actions", alter(PING, name="acme.two words"), "the name 'acme.two words' must be a destination type"),
        ("capi_actions", alter(PING, name="acme."), "the name 'acme.' must be a destination type"),
        ("capi_actions", alter(PING, build=None), "build of 'acme.ping' can't be called"),
        ("capi_actions", alter(PING, trigger=5), "the trigger of 'acme.ping' must be text or None"),
        ("capi_actions", alter(PING, fields=[]), "the fields of 'acme.ping' must be a dict of capi_actions.Field"),
        ("capi_actions", alter(PING, fields={"x": 5}), "the field 'x' of 'acme.ping' must be a capi_actions.Field"),
        ("capi_directives", alter(X, name="x"), "the name 'x' must be an at sign and one word, such as '@phone_e164'"),
        ("capi_directives", alter(X, name="@x y"), "the name '@x y' must be an at sign and one word"),
        ("capi_directives", alter(X, compile="abc"), "compile of '@x' can't be called"),
        ("capi_normalizers", alter(LOWER, normalize="abc"), "normalize of 'acme/em' can't be called"),
        ("capi_normalizers", alter(LOWER, profile="a+b"), "the name 'a+b/em' must be profile and key, one word each"),
        ("capi_normalizers", alter(LOWER, key=""), "the name 'acme/' must be profile and key, one word each"),
        ("capi_normalizers", alter(LOWER, otherwise="row"), "otherwise of 'acme/em' must be 'raw' or 'drop'"),
        ("capi_transports", TransportFactory(name="x", make=5), "make of 'x' can't be called"),  # type: ignore[arg-type]
        ("capi_outboxes", OutboxFactory(name="x", make="y"), "make of 'x' can't be called"),  # type: ignore[arg-type]
        ("capi_transports", TransportFactory(name=" ", make=print), "the name ' ' must be text"),  # type: ignore[arg-type]
        ("capi_commands", click.Command("two words"), "the name 'two words' must be one word"),
        (TYPES, kind(name="my acme"), "the name 'my acme' must be one word, such as 'acme'"),
        (TYPES, kind(max_items="many"), "max_items must be a whole number above 0, but it is 'many'"),
        (TYPES, kind(max_items=0), "max_items must be a whole number above 0, but it is 0"),
        (TYPES, kind(max_items=True), "max_items must be a whole number above 0, but it is True"),
        (TYPES, kind(max_bytes=1e6), "max_bytes must be a whole number above 0, but it is 1000000.0"),
        (TYPES, kind(prepare=lambda self, data: None), "prepare() must be a method that takes (self, data, "),
        (TYPES, kind(check=lambda self, *, now: []), "check() must be a method that takes (self, data, now)"),
        (TYPES, kind(envelope=lambda self, group, bodies: 1), "envelope() must be a method that takes (self, b"),
        (TYPES, kind(probe=lambda self: None), "probe() must be a method that takes (self, now)"),
        (TYPES, kind(judge=5), "judge() must be a method that takes (self, response)"),
        (TYPES, kind(lint_settings=lambda self, more: []), "lint_settings() must be a method that takes (self)"),
        (TYPES, kind(lint_mapping=lambda self: []), "lint_mapping() must be a method that takes (self,"),
        (TYPES, kind(__init__=lambda self: None), "Odd() must take the settings and nothing else"),
        (TYPES, kind(default_profile=5), "default_profile() failed (TypeError in"),
        (TYPES, kind(default_profile=lambda: None), "default_profile() must return text, but returned NoneType"),
    ],
)  # fmt: skip
def test_an_offer_that_can_not_work_is_refused(hook: str, offered: object, why: str) -> None:
    """Before it is used for the first time, and by the plugin's name instead of a traceback."""
    with pytest.raises(PluginError) as caught:
        Plugins(offering(hook, offered))

    message = str(caught.value).replace("(): Odd.", "(): ")
    assert message.startswith(f"plugin 'plug': {hook}(): {why}")


def test_what_only_looks_odd_is_taken() -> None:
    """Static methods, further arguments with defaults, names that are longer, limits that settings decide."""

    class Odd(Acme):
        name = "acme-2"

        @staticmethod
        def judge(response: Any, strict: bool = False) -> Judgement:
            return Judgement(verdict=Verdict.DONE)

        @classmethod
        def check(cls, *arguments: Any) -> list[Problem]:
            return []

        @property
        def max_items(self) -> int:  # type: ignore[override]
            return 5

    assert list(Plugins(offering("capi_destinations", Odd)).destinations) == ["acme-2"]
    for name in ("acme.ping.v2", "acme.ping-2", "ácme.ping"):
        action = alter(PING, name=name, fields={"x": Field(type="string")})
        assert list(Plugins(offering("capi_actions", action)).actions) == [name]
    assert Plugins(offering("capi_normalizers", alter(LOWER, normalize=lambda text: None))).hashers("acme")


@given(name=st.text())
def test_names_of_actions_are_a_type_and_a_name(name: str) -> None:
    """Whatever is accepted can be taken apart at the dot, and put into a sentence."""
    try:
        (action,) = Plugins(offering("capi_actions", alter(PING, name=name))).actions.values()
    except PluginError as error:
        assert not re.fullmatch(r"[a-z]+\.[a-z]+", name)
        assert repr(name) in error.problem
    else:
        assert action.destination
        assert [action.name] == action.name.split()
        assert action.name.isprintable()
