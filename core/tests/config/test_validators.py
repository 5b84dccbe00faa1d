"""Validators of a plugin's settings: what they refuse is the user's to correct, what they break at the author's."""

from typing import Any

import attrs
import pytest
from attrs import Attribute, field, frozen, validators
from hypothesis import example, given
from hypothesis import strategies as st

from capi_actions.config.structure import structure
from capi_actions.errors import Diagnostics

MARKER = "marker-of-a-value"


def problems(into: Any, **table: Any) -> dict[str, str]:
    """Structure a table of settings; give what is wrong by path."""
    diagnostics = Diagnostics()
    settings = structure(table, into, diagnostics, plugin="acme")
    assert (settings is None) is bool(diagnostics.errors)
    return {problem.path: problem.message for problem in diagnostics}


def at_most_the_limit(settings: Any, attribute: "Attribute[int]", value: int) -> None:
    if value > settings.limit:
        raise ValueError(f"{attribute.name} should be at most the limit")


def at_most_double(settings: Any, attribute: "Attribute[int]", value: int) -> None:
    if value > settings.double():
        raise ValueError(f"{attribute.name} should be at most double the limit")


@frozen(kw_only=True)
class Limited:
    """Settings that depend on each other."""

    limit: int = 10
    size: int = field(default=1, validator=at_most_the_limit)
    width: int = field(default=1, validator=at_most_double)
    name: str = field(default="n", validator=validators.max_len(3))

    def double(self) -> int:
        """Compute something of another setting."""
        return 2 * self.limit


def test_all_validators_run_beside_a_value_of_the_wrong_type() -> None:
    """attrs itself runs none then, and stops at the first that objects."""
    assert problems(Limited, size=11, width=21, name="long", colour="red") == {
        "$.size": "should be at most the limit",
        "$.width": "should be at most double the limit",
        "$.name": "Length of 'name' must be <= 3: 4",
        "$": "'colour' isn't known here; there are: limit, name, size, width",
    }


def test_a_validator_that_needs_a_wrong_value_waits_until_that_is_right() -> None:
    """It can't say anything yet, and is no fault of the plugin."""
    expected = {"$.limit": "should be a whole number, but it is text in quotes"}

    assert expected == problems(Limited, limit="many", size=11, width=21)


def breaks(settings: Any, attribute: "Attribute[str]", value: str) -> None:
    MARKER.no_such_method(value)  # type: ignore[attr-defined]


def is_misspelt(settings: Any, attribute: "Attribute[str]", value: str) -> None:
    settings.lmit  # noqa: B018  what a plugin's author may write


def fails(settings: Any, attribute: "Attribute[str]", value: str) -> None:
    raise KeyError(value)


def has_no_length(settings: Any, attribute: "Attribute[str]", value: str) -> None:
    len(5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("validator", "error"),
    [
        (breaks, "AttributeError in breaks, "),
        (is_misspelt, "AttributeError in is_misspelt, "),
        (fails, "KeyError in fails, "),
        (has_no_length, "TypeError in has_no_length, "),
    ],
)
@pytest.mark.parametrize("others", [{}, {"other": "wrong"}])
def test_a_validator_that_fails_is_told_as_the_plugins(validator: Any, error: str, others: Any) -> None:
    """With its line and without its text, which may quote the value; a fault that is swallowed is never mended."""
    into = attrs.make_class(
        "Settings", {"name": field(type=str, validator=validator), "other": field(type=int, default=1)}
    )
    messages = problems(into, name=MARKER, **others)

    assert messages["$.name"].startswith(f"plugin 'acme': its validator failed ({error}")
    assert MARKER not in messages["$.name"]
    assert set(messages) == {"$.name", *(f"$.{key}" for key in others)}


def test_a_class_that_fails_is_told_as_the_plugins() -> None:
    """The same for what it does with values that are right one by one."""

    @frozen
    class Settings:
        first: int
        second: int

        def __attrs_post_init__(self) -> None:
            if self.first > self.second:
                raise ValueError("first should be less than second")
            raise KeyError(MARKER)

    assert problems(Settings, first=2, second=1) == {"$": "first should be less than second"}
    (message,) = problems(Settings, first=1, second=2).values()
    assert message.startswith("plugin 'acme': its validator failed (KeyError in __attrs_post_init__, ")
    assert MARKER not in message


def test_attrs_own_type_check_is_the_users_to_correct() -> None:
    """It raises a TypeError, in Python's words and with the value."""
    into = attrs.make_class("Settings", {"name": field(type=Any, validator=validators.instance_of(str))})

    assert problems(into, name=5) == {"$.name": "should be text in quotes"}


@frozen(kw_only=True)
class Door:
    """A table with a setting that has a validator, one that hasn't, and one that is required."""

    name: str
    width: int = field(default=1, validator=validators.in_(range(1, 4)))
    height: int = field(default=1, validator=validators.in_(range(1, 4)))
    colours: list[str] = field(factory=list)


@frozen(kw_only=True)
class House:
    """A table with tables below it, and below those."""

    front: Door
    back: Door | None = None
    others: list[Door] = field(factory=list)
    named: dict[str, Door] = field(factory=dict)
    floors: dict[str, list[Door]] = field(factory=dict)


@frozen(kw_only=True)
class Street:
    """The table itself."""

    first: House
    length: int = field(default=1, validator=validators.in_(range(1, 4)))
    houses: dict[str, House] = field(factory=dict)


def door() -> dict[str, Any]:
    """A table without faults."""
    return {"name": "n", "width": 1, "height": 1, "colours": ["red"]}


def house() -> dict[str, Any]:
    """One with five doors."""
    doors = {"others": [door(), door()], "named": {"side": door()}, "floors": {"up": [door()]}}
    return {"front": door(), "back": door(), **doors}


DOORS = ["front", "back", "others[0]", "others[1]", "named.side", "floors.up[0]"]
FAULTS: dict[str, tuple[str, Any]] = {
    "width": ("width", 9),
    "height": ("height", 9),
    "colours": ("colours", "red"),
    "name": ("name", None),
    "colour": ("", 1),  # no such key
}
PLACES = [
    (house_path, door_path, key)
    for house_path in ("first", "houses.a")
    for door_path in DOORS
    for key in FAULTS
]


def inside(table: Any, path: str) -> Any:
    """Return what is at a path."""
    for key in path.replace("[", ".").replace("]", "").split("."):
        table = table[int(key) if key.isdigit() else key]
    return table


@example(set(range(len(PLACES))))
@given(st.sets(st.integers(0, len(PLACES) - 1)))
def test_no_fault_in_a_table_hides_another_however_deep(numbers: set[int]) -> None:
    """A person who corrects all that is reported is done."""
    table: dict[str, Any] = {"first": house(), "houses": {"a": house()}, "length": 9}
    expected = ["$.length"]
    for number in sorted(numbers):
        house_path, door_path, key = PLACES[number]
        place, value = FAULTS[key]
        inside(table, f"{house_path}.{door_path}")[key] = value
        expected.append(f"$.{house_path}.{door_path}.{place}".rstrip("."))
    diagnostics = Diagnostics()

    assert structure(table, Street, diagnostics, plugin="acme") is None
    assert sorted(expected) == sorted(problem.path for problem in diagnostics)


def test_tables_without_faults_are_taken() -> None:
    """Else the property would prove little."""
    inner = Door(name="n", colours=["red"])
    whole = House(
        front=inner,
        back=inner,
        others=[inner, inner],
        named={"side": inner},
        floors={"up": [inner]},
    )
    diagnostics = Diagnostics()

    assert Street(first=whole, houses={"a": whole}) == structure(
        {"first": house(), "houses": {"a": house()}}, Street, diagnostics
    )
    assert [] == list(diagnostics)


def test_a_fault_of_a_table_below_names_plugin_and_place() -> None:
    """The same as in the table itself."""
    into = attrs.make_class("Inner", {"name": field(type=str, validator=fails)})
    outer = attrs.make_class("Outer", {"inner": field(type=into)})
    ((path, message),) = problems(outer, inner={"name": MARKER}).items()

    assert "$.inner.name" == path
    assert message.startswith("plugin 'acme': its validator failed (KeyError in fails, ")
    assert MARKER not in message
