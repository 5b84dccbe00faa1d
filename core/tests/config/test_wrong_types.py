"""Any TOML value in any place: a sentence of our own with a path, and not a word of Python's."""

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import date, datetime, time
from enum import Enum
from typing import Any, Literal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import ConfigError, Plugins
from capi_actions.config import read_config
from capi_actions.config.structure import structure
from capi_actions.errors import Diagnostics
from capi_actions.pipeline.pipeline import Pipeline

WHOLE: dict[str, Any] = {
    "destinations": {
        "main": {
            "type": "acme",
            "account": "a",
            "token": {"env": "ACME_TOKEN"},
            "url": "http://127.0.0.1:9",
            "size": 10,
            "factor": 1.0,
            "loud": False,
            "normalization": "plain",
            "tag": "t",
            "mappings": [
                {
                    "action": "acme.ping",
                    "trigger": 'type = "track"',
                    "mapping": {"name": {"@path": "$.event"}, "tag": {"@if": {"exists": "a", "then": "b"}}},
                    "enabled": True,
                },
                {"action": "acme.page", "trigger": 'type = "page"', "mapping_file": "missing.json"},
            ],
        }
    },
    "outbox": {"type": "sqlite", "path": "x.sqlite3", "busy_seconds": 1.0},
    "transport": {
        "type": "urllib3",
        "connections": 1,
        "max_answer_bytes": 1_000,
        "max_seconds": 1.0,
        "ca_file": "x.pem",
    },
    "delivery": {"workers": 1, "keep_dead_days": 1, "drop_refused_field": False},
}
PYTHON_S = re.compile(
    r"object has|attribute|NoneType|<class|\b(str|int|dict|bool|float|datetime|tuple|None|True|False)\b|convert|iterab"
)
MARKER = "marker-of-a-value"


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the keys that lead to every value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from places(item, (*path, key))


scalars = st.one_of(
    st.sampled_from(
        [MARKER, "", 0, -1, 10**30, -(10**400), 0.5, float("inf"), float("-inf"), float("nan"), True, False]
    ),
    st.just(datetime(2026, 11, 23, 12)),
    st.just(date(2026, 11, 23)),
    st.just(time(12)),
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "env"]), inner, max_size=2)
    ),
)


Check = Callable[[dict[str, Any]], dict[str, str]]


@pytest.fixture(scope="session")
def errors_of(plugins: Plugins, toml: Callable[[dict[str, Any]], str]) -> Check:
    """Read and compile a configuration; give its errors by path."""

    def check(config: dict[str, Any]) -> dict[str, str]:
        try:
            Pipeline.build(read_config(toml(config), plugins, strict=False), plugins)
        except ConfigError as error:
            return {problem.path: problem.message for problem in error.problems}
        return {}

    return check


@given(st.sampled_from(list(places(WHOLE))), values)
def test_no_wrong_value_is_answered_in_python(errors_of: Check, place: tuple[Any, ...], value: Any) -> None:
    """Whoever writes a configuration needn't know the language that reads it."""
    config = deepcopy(WHOLE)
    inner: Any = config
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value

    errors = errors_of(config)

    # It is wrong as it is, in two places: no such file, no such variable.
    assert errors
    for path, message in errors.items():
        assert path.startswith("$")
        assert not PYTHON_S.search(message), (path, message)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("abc", "text in quotes"),
        ([1], "a list"),
        (5, "a whole number"),
        (0.5, "a number"),
        (False, "true or false"),
        (date(2026, 11, 23), "a date"),
        (datetime(2026, 11, 23, 12), "a date and time"),
        (time(12), "a time"),
    ],
)
def test_a_mapping_should_be_a_table(errors_of: Check, value: object, words: str) -> None:
    """The known answer beside the property."""
    config = deepcopy(WHOLE)
    config["destinations"]["main"]["mappings"][0]["mapping"] = value

    errors = errors_of(config)

    assert errors["$.destinations.main.mappings[0].mapping"] == f"should be a table, but it is {words}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"a = {'9' * 5_000}", "the configuration holds a number that is too long"),
        (f"a = {'[' * 100_000}", "the configuration is nested too deeply"),
    ],
)
def test_what_python_can_not_read_is_said_in_a_sentence(plugins: Plugins, text: str, message: str) -> None:
    """Both are TOML."""
    with pytest.raises(ConfigError) as caught:
        read_config(text, plugins)

    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("table", "key", "message"),
    [
        ("delivery", "workers", "should be from 1 to 1,000"),
        ("delivery", "keep_dead_days", "should be from 1 to 36,500"),
        ("outbox", "busy_seconds", "should be from 0 to 600"),
        ("transport", "max_seconds", "should be from 0.1 to 30"),
    ],
)
def test_numbers_beyond_all_measure_are_refused(errors_of: Check, table: str, key: str, message: str) -> None:
    """Else Python's own limits would end the program when it is too late to say where."""
    config = deepcopy(WHOLE)
    config[table][key] = 10**400

    assert errors_of(config)[f"$.{table}.{key}"] == message


class Colour(Enum):
    """Not one of TOML's types."""

    RED = "red"
    BLUE = "blue"


@attrs.frozen(kw_only=True)
class Corner:
    """A table inside settings."""

    name: str = attrs.field(default="n")


@attrs.frozen(kw_only=True)
class Settings:
    """Settings of types that a plugin may use."""

    names: list[str] = attrs.Factory(list)
    numbers: dict[str, int] = attrs.Factory(dict)
    some: list[str] | None = None
    colour: Colour = Colour.RED
    size: Literal["s", "m"] = "s"
    corner: Corner = attrs.Factory(Corner)
    day: date | None = None


@pytest.mark.parametrize(
    ("key", "value", "path", "message"),
    [
        ("names", "abc", "", "should be a list, but it is text in quotes"),
        ("names", ["a", 5], "[1]", "should be text in quotes, but it is a whole number"),
        ("names", {"a": 1}, "", "should be a list, but it is a table"),
        ("numbers", {"a": "b"}, ".a", "should be a whole number, but it is text in quotes"),
        ("numbers", [1], "", "should be a table, but it is a list"),
        ("some", 5, "", "should be a list, but it is a whole number"),
        ("colour", MARKER, "", "should be one of red, blue"),
        ("colour", ["red"], "", "should be one of red, blue"),
        ("size", MARKER, "", "should be one of s, m"),
        ("corner", 5, "", "should be a table, but it is a whole number"),
        ("corner", {"name": 5}, ".name", "should be text in quotes, but it is a whole number"),
        ("day", MARKER, "", "doesn't fit here"),
    ],
)
def test_settings_of_plugins_may_be_of_other_types(key: str, value: Any, path: str, message: str) -> None:
    """A text is no list of its characters, and no value is quoted."""
    diagnostics = Diagnostics()

    assert structure({key: value}, Settings, diagnostics.under("$.it")) is None
    assert {problem.path: problem.message for problem in diagnostics} == {f"$.it.{key}{path}": message}


def test_settings_of_other_types_that_fit_are_taken() -> None:
    """Else the test above would prove little."""
    table = {"names": ["a"], "numbers": {"a": 1}, "some": ["b"], "colour": "blue", "size": "m"}
    diagnostics = Diagnostics()
    settings = structure(table, Settings, diagnostics)

    expected = Settings(names=["a"], numbers={"a": 1}, some=["b"], colour=Colour.BLUE, size="m")
    assert (expected, []) == (settings, list(diagnostics))
