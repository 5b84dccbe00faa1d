"""Payloads that are meant to hurt."""

from collections.abc import Callable
from typing import Any

import pytest

from capi_actions.errors import EventError
from capi_actions.fields import CheckFields

Compiled = Callable[..., CheckFields]

TYPES = ["string", "number", "integer", "boolean", "datetime", "object"]


def deep(make: Callable[[Any], Any]) -> Any:
    """Nest a value 5,000 deep."""
    value: Any = 1
    for _ in range(5_000):
        value = make(value)
    return value


@pytest.mark.parametrize("multiple", [True, False])
@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("value", [deep(lambda inner: [inner]), deep(lambda inner: {"a": inner})])
def test_depth_harms_nobody(compiled: Compiled, kind: str, multiple: bool, value: Any) -> None:
    """It passes through free-form objects and is refused elsewhere, also when a condition looks at it."""
    condition = {"fieldKey": "a", "operator": "is", "value": ["x", 1]}
    check = compiled(
        a={"type": kind, "multiple": multiple},
        b={"type": "object", "multiple": True, "properties": {"c": {"type": "string", "required": True}}},
        n={"type": "string", "required": {"conditions": [condition]}},
    )
    try:
        assert {"a"} == check({"a": value}).keys()
    except EventError as error:
        assert str(error).startswith("$.a")
    with pytest.raises(EventError, match=r"^\$\.b"):
        check({"b": value})


@pytest.mark.parametrize("kind", TYPES)
def test_ten_megabytes_of_text_are_no_trouble(compiled: Compiled, kind: str) -> None:
    """Neither digits nor letters."""
    check = compiled(a={"type": kind})
    for text in ("9" * 10_000_000, "x" * 10_000_000, " " * 10_000_000):
        try:
            clean = check({"a": text})
        except EventError as error:
            assert kind != "string"
            assert len(str(error)) < 200
        else:
            assert clean == {"a": text}
            assert kind == "string"


def test_a_million_wrong_items_are_not_all_listed(compiled: Compiled) -> None:
    """A hundred are enough to see what is wrong."""
    rule = {"conditions": [{"fieldKey": "a", "operator": "is"}]}
    check = compiled(
        a={"type": "number", "multiple": True},
        b={"type": "object", "multiple": True, "properties": {"c": {"type": "string", "required": rule}}},
    )
    payloads: list[dict[str, Any]] = [
        {"a": ["x"] * 1_000_000},
        {"b": [{}] * 1_000_000},
        {"b": [5] * 1_000_000},
    ]
    for payload in payloads:
        with pytest.raises(EventError) as caught:
            check(payload)

        *listed, last = caught.value.problems
        assert len(listed) == 100
        assert str(last) == "The root value has more problems than are listed here."


def test_a_hundred_thousand_keys_are_no_trouble(compiled: Compiled) -> None:
    """Unknown ones go, known ones stay."""
    payload = {str(number): number for number in range(100_000)}

    assert compiled(**{"5": {"type": "string"}})(payload) == {"5": "5"}


def test_keys_that_python_or_paths_know_are_keys(compiled: Compiled) -> None:
    """Odd characters are quoted in paths, so that no path has two meanings."""
    keys = ["__proto__", "a.b", "a b", "it's", "", "a/b~"]
    check = compiled(**{key: {"type": "number"} for key in keys})
    with pytest.raises(EventError) as caught:
        check(dict.fromkeys(keys, "x"))

    assert [problem.path for problem in caught.value.problems] == [
        "$.__proto__",
        "$['a.b']",
        "$['a b']",
        "$['it\\'s']",
        "$['']",
        "$['a/b~']",
    ]
    assert caught.value.problems[-1].message == (
        "The value at /a~1b~0 must be a number but it was a text with letters; write 12.50:"
        " digits with a point for decimals, no thousands separators or currency sign."
    )


def test_lone_surrogates_are_text(compiled: Compiled) -> None:
    """Whether a platform takes them is the encoder's matter."""
    assert compiled(a={"type": "string", "maximum": 1})({"a": "\ud800"}) == {"a": "\ud800"}
