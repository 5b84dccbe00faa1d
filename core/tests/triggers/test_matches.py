"""What a trigger means: known answers."""

from typing import Any

import pytest

from capi_actions.triggers import compile_trigger

EVENT = {
    "type": "track",
    "event": "Order Completed",
    "messageId": "m-1",
    "userId": "007",
    "anonymousId": None,
    "integrations": {"All": True},
    "properties": {
        "n": 5,
        "text": "5",
        "yes": True,
        "empty": "",
        "nothing": None,
        "list": [{"id": "a"}, "b"],
        "we.ird": {"k": 1},
        "sp ace": "y",
        "and": "x",
        "0": "zero",
        "ünï": "x",
        "quote": 'it\'s "so"',
        "slash": "a\\b",
        "stars": "2 * 3 = 6",
    },
}


def matches(text: str, event: Any = EVENT) -> bool:
    return compile_trigger(text).matches(event)


@pytest.mark.parametrize(
    "text",
    [
        'type = "track" or type = "page" and event = "nope"',  # and binds tighter
        'event = "nope" and type = "page" or type = "track"',
        '((type = "track"))',
        'type = "track" and (event = "a" or (event = "b" or (event = "Order Completed")))',
        'type="track"AND(NOT event="a"Or event="b")',
        '!(type = "page")',
        '!type = "page" and !event = "a"',
        'not not type = "track"',
        'not (type = "page" or event = "a")',
        "type = 'track'",
        "type = track",
        'type = "track", event = "Order Completed"',
        'type = "track"\r\nand event = "Order Completed"\r\n',
        'type\u00a0=\u00a0"track"',
        'messageId = "m-1" and anonymousId = null and integrations.All = true',
        'event!="a"',
        "properties.n>=5 and properties.n<6 and properties.n>-1",
    ],
)
def test_ours_is_what_the_text_says(text: str) -> None:
    """The reference gets each of these wrong or takes none of them."""
    assert matches(text)


@pytest.mark.parametrize(
    "text",
    [
        "properties.list[0].id = a",
        "properties.list.0.id = a",
        r"properties.list\[0\].id = a",
        r"properties.list.\0.id = a",
        'properties["list"][ 0 ]["id"] = a',
        "properties.list[1] = b",
        'properties."we.ird".k = 1',
        r"properties.we\.ird.k = 1",
        r"properties.sp\ ace = y",
        'properties . "sp ace" = y',
        "properties.and = x",
        "properties.0 = zero",
        "properties.ünï = x",
        r'properties.quote = "it\'s \"so\""',
        r'properties.quote = "it' + "'" + r's \"so\""',
        r'properties.slash = "a\b"',
        r'properties.slash = "a\\b"',
    ],
)
def test_every_key_can_be_reached(text: str) -> None:
    """By dots, brackets, backslashes or quotes."""
    assert matches(text)


@pytest.mark.parametrize(
    "text",
    [
        "properties.list[2] != null",
        "properties.list[01] != null",
        "properties.list.length != null",
        "properties.text.length != null",
        "properties.text.0 != null",
        "properties.empty.x != null",
        "properties.n.x != null",
        "properties.constructor != null",
        "properties.list.²  != null",
        "type.x != null",
    ],
)
def test_nothing_leaks_from_the_language_underneath(text: str) -> None:
    """Texts have no keys, lists only their items, and walking through an empty value finds nothing."""
    assert not matches(text)


VALUES = ["", "a", "b", "abc", "5", 5, 6, 0, -1, 1.5, True, False, None, [], ["b"], {"b": 1}]
TEXTS, NUMBERS, OTHERS = VALUES[:5], VALUES[5:10], VALUES[10:]


def but(*excluded: object) -> list[object]:
    return [value for value in VALUES if repr(value) not in map(repr, excluded)]


@pytest.mark.parametrize(
    ("text", "accepted"),
    [
        ('x = "5"', ["5"]),
        ('x != "5"', but("5")),
        ("x = 5", [5]),
        ("x != 5", [6, 0, -1, 1.5]),
        ("x >= 5", [5, 6]),
        ("x <= 1.5", [0, -1, 1.5]),
        ('x < "6"', [5, 0, -1, 1.5]),
        ('x > "-1"', [5, 6, 0, 1.5]),
        ("x = true", [True]),
        ("x != true", but(True)),
        ("x = FALSE", [False]),
        ("x = null", [None]),
        ("x != Null", but(None)),
        ('contains(x, "b")', ["b", "abc"]),
        ('!contains(x, "b")', ["", "a", "5"]),
        ('not contains(x, "b")', ["", "a", "5"]),
        ('!(contains(x, "b"))', but("b", "abc")),
        ('!!contains(x, "b")', ["b", "abc", *NUMBERS, *OTHERS]),
        ("contains(x, 5)", ["5"]),
        ('contains(x, "")', TEXTS),
        ('match(x, "a*")', ["a", "abc"]),
        ('!match(x, "a*")', ["", "b", "5"]),
        ('starts_with(x, "a")', ["a", "abc"]),
        ('!ends_with(x, "c")', ["", "a", "b", "5"]),
        ('not x = "5"', but("5")),
        ("not x = 5", but(5)),
        ('x == "5"', []),
        ('not x == "5"', VALUES),
        ('x > "abc"', []),
        ('x > ""', []),
        ("x >= true", []),
        ("x < null", []),
    ],
)
def test_what_each_operator_accepts(text: str, accepted: list[object]) -> None:
    """Equal never converts, numbers compare with numbers, texts are searched in texts."""
    matching = [value for value in VALUES if matches(text, {"x": value})]

    assert list(map(repr, accepted)) == list(map(repr, matching))


@pytest.mark.parametrize(
    "text", ["x = 5", 'x != "5"', "x != null", "x.y = null", '!contains(x, "b")', "not x = 5"]
)
def test_missing_and_null_are_the_same(text: str) -> None:
    """For every operator."""
    assert matches(text, {}) is matches(text, {"x": None})


@pytest.mark.parametrize(
    ("pattern", "text", "is_match"),
    [
        ("foo", "foo", True),
        ("foo", "xfoo", False),
        ("*", "", True),
        ("**", "anything", True),
        ("", "", True),
        ("", "a", False),
        ("a*b*c", "a1b2c", True),
        ("a*b*c", "abc", True),
        ("a*b*c", "acb", False),
        ("aba*ba", "aba", False),
        ("*a*a*", "a", False),
        ("*a*a*", "aa", True),
        ("*der*", "Order", True),
        ("*\n*", "a\nb", True),
        (r"2 \* 3*", "2 * 3 = 6", True),
        (r"2 \* 3*", "2 x 3 = 6", False),
        (r"a\\\\*", "a\\b", True),
        (r"a\b*", "a\\bc", True),
        ("A*", "abc", False),
    ],
)
def test_a_star_is_any_run_of_characters(pattern: str, text: str, is_match: bool) -> None:
    """Anywhere in the pattern, as often as one likes; a backslash makes it a plain star."""
    assert is_match is matches(f'match(x, "{pattern}")', {"x": text})


def test_names_and_ids_are_compared_as_they_are_written() -> None:
    """An id of digits is a text in every event, so no quotes are needed around it."""
    assert matches("userId = 007") and not matches("userId = 7")
    assert matches("event = 1.50 and name = true", {"event": "1.50", "name": "true"})
    assert matches("userId = true", {"userId": True})
    assert not matches("properties.text = 5")


@pytest.mark.parametrize("event", [None, 5, "x", "", [], True, [("type", "track")]])
def test_what_is_no_object_does_not_match(event: object) -> None:
    """Not even a trigger that every event matches."""
    assert not matches("x = null", event)
    assert matches("x = null", {})


def test_large_numbers_keep_their_last_digit() -> None:
    """Ids beyond 2**53 are compared exactly."""
    assert matches("x = 9007199254740993", {"x": 9007199254740993})
    assert not matches("x = 9007199254740993", {"x": 9007199254740992})
    assert matches("x < 1e308", {"x": 10**300}) and not matches("x < 1e308", {"x": 10**400})


@pytest.mark.parametrize(
    ("text", "type_", "name", "expected"),
    [
        ('type = "track"', "track", None, True),
        ('type = "track"', None, None, False),
        ('type = "track" and properties.n > 1', "page", "x", False),
        ('type = "track" and properties.n > 1', "track", "x", None),
        ('type = "track" or properties.n > 1', "track", "x", True),
        ('!(type = "track" and properties.n > 1)', "page", None, True),
        ('!(type = "track" and properties.n > 1)', "track", None, None),
        ("event != null", None, "x", True),
        ("event != null", None, None, None),
        ('event != "x"', None, None, True),
        ("type > 5", "track", None, False),
        ("type > 5", None, None, None),
        ("type.x = null", "track", None, True),
        ("type.x = null", None, None, None),
        ('!contains(event, "x")', None, "abc", True),
        ('!contains(event, "x")', None, None, False),
    ],
)
def test_type_and_name_decide_when_they_can(
    text: str, type_: str | None, name: str | None, expected: bool | None
) -> None:
    """So that most triggers need not look at most events; a None is a missing or an odd value."""
    assert expected is compile_trigger(text).evaluate_partially(type_, name)
