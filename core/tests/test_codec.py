"""Events from JSON, items to JSON."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import MISSING, EventError
from capi_actions.codec import (
    EVENT_TYPES,
    content_id,
    decode_event,
    decode_json,
    encode_item,
    event_from_python,
    message_id,
)
from capi_actions.testing import json_objects, json_values


@given(json_values())
def test_any_json_is_read_as_it_is(value: Any) -> None:
    """Lone surrogates in escapes and long integers included."""
    assert value == decode_json(json.dumps(value))


@given(st.binary() | st.text())
def test_anything_else_is_an_event_error(line: bytes | str) -> None:
    """Never another exception, and never the line's own content in the message."""
    try:
        decode_event(line)
    except EventError as error:
        assert len(str(error)) < 200


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (b"{'type':'track'}", "is not JSON"),
        (b'{"type":"track","a":NaN}', "NaN is no JSON number"),
        (b'{"type":"track","a":-Infinity}', "-Infinity is no JSON number"),
        (b'{"type":"track","a":"\xff"}', "is not UTF-8 text: wrong byte at position 21"),
        (b'{"type":"track","a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "is nested too deeply"),
        (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, "is nested too deeply"),
        (b"[]", "an event must be a JSON object, but this is an array"),
        (b"null", "but this is null"),
        (b"true", "but this is a boolean"),
        (b"1.5", "but this is a number"),
        (b'"track"', "but this is a string"),
        (b"{}", "$.type: type must be one of alias, group, identify, page, screen, track, but it is missing"),
        (b'{"type":"Track"}', "but it is another word; did you mean 'track'?"),
        (b'{"type":"buy"}', "but it is another word"),
        (b'{"type":5}', "but it is a number"),
        (b'{"type":["track"]}', "but it is an array"),
    ],
)
def test_what_is_no_event_says_why(line: bytes, why: str) -> None:
    """Someone has to mend the sender."""
    with pytest.raises(EventError) as caught:
        decode_event(line)

    assert why in str(caught.value)


@pytest.mark.parametrize("kind", sorted(EVENT_TYPES))
def test_all_calls_of_the_spec_are_events(kind: str) -> None:
    """Whether an action takes them is another matter."""
    assert {"type": kind} == decode_event(json.dumps({"type": kind}))


def test_of_doubled_keys_the_last_one_counts() -> None:
    """As nearly every JSON reader has it."""
    assert decode_event(b'{"type":"track","a":1,"type":"page","a":2}') == {"type": "page", "a": 2}


def test_long_integers_survive() -> None:
    """Lead ids and others have more digits than a float."""
    assert decode_event(b'{"type":"track","id":12345678901234567}')["id"] == 12345678901234567


@given(json_objects())
def test_items_are_utf8_json_whatever_is_in_them(data: dict[str, Any]) -> None:
    """Platforms refuse a whole request for one escape of a lone surrogate."""
    encoded = encode_item(data)

    assert orjson.loads(encoded) is not None
    assert "\\ud8" not in encoded.decode().lower().replace("\\\\", "")


def test_a_lone_surrogate_becomes_the_replacement_character() -> None:
    """Half an emoji in a title must not cost the event."""
    assert '{"a":"x\ufffdy😀"}'.encode() == encode_item({"a": "x\ud83dy\ud83d\ude00"})


@pytest.mark.parametrize("value", [object(), {1, 2}, MISSING, [MISSING], {"b": MISSING}])
def test_what_json_can_not_hold_is_an_event_error(value: object) -> None:
    """A plugin's build may return anything."""
    with pytest.raises(EventError, match="can't be written as JSON"):
        encode_item({"a": value})


@pytest.mark.parametrize("other", ["x", "\ud800", 2**64])
def test_an_item_is_never_so_deep_that_its_request_is_too_deep(other: object) -> None:
    """Platforms refuse a whole request for it: 254 levels, of which two are the request's own."""
    deep: Any = {"other": other}
    for _ in range(251):
        deep = {"a": deep}

    assert encode_item(deep).startswith(b'{"a":{"a":{"a":')
    with pytest.raises(EventError, match="nested too deeply"):
        encode_item({"a": deep})


def test_items_nested_too_deeply_are_event_errors() -> None:
    """Not recursion errors."""
    deep: Any = 1
    for _ in range(5_000):
        deep = [deep]

    with pytest.raises(EventError, match="nested too deeply"):
        encode_item({"a": deep})
    with pytest.raises(EventError, match="nested too deeply"):
        content_id({"a": deep})


@pytest.mark.parametrize(
    ("given_id", "text"),
    [
        ("m-1", "m-1"),
        (123, "123"),
        (1.0, "1"),
        (0, "0"),
        ("x\ud83d", "x\ufffd"),
        ("", None),
        (True, None),
        ({}, None),
    ],
)
def test_a_message_id_is_text(given_id: Any, text: str | None) -> None:
    """Some libraries count in numbers, and the platform gets their text."""
    assert message_id({"messageId": given_id}) == text
    assert message_id({}) is None


@pytest.mark.parametrize(
    "number", ["18446744073709551616", "1e21", "-9007199254740993.0", "1e300", "9" * 300]
)
def test_a_message_id_that_lost_digits_is_refused(number: str) -> None:
    """Others would have the same, and the platform would drop all but one of these events."""
    line = f'{{"type":"track","messageId":{number}}}'
    with pytest.raises(EventError, match="has lost digits, so that other events may have the same: write it"):
        decode_event(line)
    with pytest.raises(EventError, match=r"\$\.messageId"):
        event_from_python(json.loads(line))


MANY = 200_001


@pytest.mark.parametrize(
    "values",
    [
        "[]," * MANY,
        "1," * MANY,
        "[" * MANY * 2,
        '{"":' * MANY,
        '{"a":[]},' * (MANY // 2),
        "[" * MANY * 100,
        '"x",' * MANY,
    ],
    ids=["lists", "numbers", "deep lists", "deep objects", "objects", "30 MB", "texts"],
)
def test_a_line_may_hold_only_so_many_values(values: str) -> None:
    """Each takes up to 100 times its bytes once it is read: it is refused before."""
    line = f'{{"type":"track","a":[{values}'

    for text in (line, line.encode()):
        with pytest.raises(EventError, match="holds more than 200,000 values"):
            decode_json(text)
        with pytest.raises(EventError, match="holds more than 200,000 values"):
            decode_event(text)


@pytest.mark.parametrize(
    "text", ["," * 3 * MANY, "[{" * MANY, '\\",[' * MANY, "\\\\" * MANY + ","], ids=range(4)
)
def test_only_values_count_not_what_texts_hold(text: str) -> None:
    """A text may hold any number of commas and brackets."""
    line = f'{{"type":"track","a":"{text}"}}'

    assert decode_event(line) == json.loads(line) == decode_event(line.encode())


def test_as_many_values_as_allowed_are_read() -> None:
    """Counted are the commas and brackets outside of texts: three beside the list's own commas."""
    line = '{"type":"track","a":[' + ",".join(["1"] * (MANY - 3)) + "]}"

    assert len(decode_event(line)["a"]) == MANY - 3


@pytest.mark.parametrize(
    "line",
    ['"' + '\\"' * 5 * MANY, '"' * 5 * MANY + "x", '"\\' * 5 * MANY, '"' + "\\" * 9 * MANY],
    ids=["escaped", "quotes", "quotes and escapes", "escapes"],
)
def test_counting_ends_on_any_text(line: str) -> None:
    """Also on what is no JSON at all: a search that begins anew at every quote would take hours."""
    with pytest.raises(EventError):
        decode_json("," * MANY + line)


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_different_numbers_are_never_one_message_id(number: float) -> None:
    """An id is exact, or refused."""
    try:
        event = decode_event(json.dumps({"type": "track", "messageId": number}))
    except EventError:
        return

    text = message_id(event)
    assert text is not None
    assert json.loads(text) == number


@given(json_objects())
def test_the_same_content_has_the_same_id(event: dict[str, Any]) -> None:
    """Whatever the order of its keys; so that repeats of an event without an id are dropped."""
    assert content_id(event) == content_id(dict(reversed(event.items())))


@given(json_objects(), json_objects())
def test_other_content_has_another_id(one: dict[str, Any], two: dict[str, Any]) -> None:
    """Else different events would be dropped as repeats."""
    same = json.dumps(one, sort_keys=True) == json.dumps(two, sort_keys=True)

    assert (content_id(one) == content_id(two)) is same
