"""Directives of plugins."""

from collections.abc import Callable
from typing import Any

import pytest

from capi_actions.errors import ConfigError, EventError
from capi_actions.mapping import BUILTIN, compile_mapping
from capi_actions.model import MISSING, Compiler, Directive


def with_(name: str, compile_: Callable[[Any, Compiler], Any]) -> dict[str, Directive]:
    """Return the built-in directives and one more."""
    return {**BUILTIN, name: Directive(name=name, compile=compile_)}


def test_a_directive_is_a_name_and_a_function(resolve: Callable[..., Any]) -> None:
    """As short as that."""

    def compile_(value: Any, compiler: Compiler) -> Any:
        read = compiler.compile(value)
        return lambda payload: read(payload).upper()

    shout = with_("@shout", compile_)

    assert resolve({"a": {"@shout": {"@template": "hi {{name}}"}}}, {"name": "Ada"}, shout) == {"a": "HI ADA"}


def test_it_stands_wherever_a_built_in_one_does(resolve: Callable[..., Any]) -> None:
    """In conditions, shapes, merges; and what it leaves out is left out."""
    get = with_("@get", lambda value, compiler: lambda payload: payload.get(value, MISSING))
    mapping = {
        "if": {"@if": {"exists": {"@get": "x"}, "then": {"@get": "y"}, "else": {"@get": "z"}}},
        "items": {"@arrayPath": [{"@get": "l"}, {"id": {"@get": "id"}}]},
        "list": [{"@get": "nope"}],
        "merge": {
            "@merge": {"direction": "right", "objects": [{"a": 1}, {"@get": "o"}, {"b": {"@get": "nope"}}]}
        },
        "none": {"@get": "nope"},
    }
    event = {"y": 1, "z": 2, "l": [{"id": 3}, {}], "o": {"c": 4}}

    assert resolve(mapping, event, get) == {
        "if": 2,
        "items": [{"id": 3}, {}],
        "list": [None],
        "merge": {"a": 1, "c": 4},
    }


def test_it_reports_problems_where_they_are(problems: Callable[..., Any]) -> None:
    """In the value, in a member, in an item; as a predicate or a sentence."""

    def compile_(value: Any, compiler: Compiler) -> Any:
        compiler.problem("should be nicer")
        compiler.problem("has a fault", "list/1/x")
        compiler.problem("This is a sentence.", "member")
        return compiler.compile({"@path": 5}, "inner")

    assert problems({"a": {"@odd": 1}}, with_("@odd", compile_)) == [
        ("$.a.@odd", "/a/@odd should be nicer."),
        ("$.a.@odd.list[1].x", "/a/@odd/list/1/x has a fault."),
        ("$.a.@odd.member", "This is a sentence."),
        (
            "$.a.@odd.inner.@path",
            "/a/@odd/inner/@path should be a string or a mapping directive but it is a number.",
        ),
    ]


def test_it_may_refuse_an_event(refusal: Callable[..., str]) -> None:
    """And say where in the mapping it stands."""

    def compile_(value: Any, compiler: Compiler) -> Any:
        path = compiler.path

        def resolve(payload: Any) -> Any:
            raise EventError.of("no such thing", path)

        return resolve

    assert refusal({"a": [{"@odd": 1}]}, {}, with_("@odd", compile_)) == "$.a[0].@odd: no such thing"


@pytest.mark.parametrize(
    "error", [ValueError("ada@example.com"), RecursionError(), ConfigError.of("x"), KeyError("y")]
)
def test_its_failures_cost_that_event_only(error: Exception, refusal: Callable[..., str]) -> None:
    """Named after the directive, without what the error quotes."""

    def compile_(value: Any, compiler: Compiler) -> Any:
        def resolve(payload: Any) -> Any:
            raise error

        return resolve

    message = refusal({"a": {"@odd": 1}}, {}, with_("@odd", compile_))

    assert message.startswith(
        f"$.a.@odd: @odd failed on this event ({type(error).__name__} in resolve, {__file__}:"
    )
    assert "ada" not in message


def test_its_failure_to_compile_is_a_problem_of_the_mapping(problems: Callable[..., Any]) -> None:
    """Beside all others."""

    def compile_(value: Any, compiler: Compiler) -> Any:
        return value["missing"]

    (place, message), other = problems({"a": {"@odd": {}}, "b": {"@nope": 1}}, with_("@odd", compile_))

    assert place == "$.a.@odd"
    assert message.startswith("@odd can't be compiled: its plugin failed (KeyError in compile_, ")
    assert other == ("$.b", "/b has an invalid directive: @nope.")


def test_what_it_gives_must_be_a_function(problems: Callable[..., Any]) -> None:
    """Said before any event comes."""
    reported = problems({"a": {"@odd": 1}}, with_("@odd", lambda value, compiler: None))

    assert reported == [("$.a.@odd", "@odd can't be compiled: its plugin returned no function")]


def test_it_can_say_what_it_reads() -> None:
    """Which then is among the mapping's paths."""

    def compile_(value: Any, compiler: Compiler) -> Any:
        compiler.reads("context.ip")
        return lambda payload: 1

    assert compile_mapping({"a": {"@odd": 1}}, with_("@odd", compile_)).paths == ("$.context.ip",)
