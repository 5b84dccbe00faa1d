"""Errors point at a character and say what belongs there."""

import pytest

from capi_actions.errors import ConfigError, TriggerError
from capi_actions.triggers import compile_trigger
from capi_actions.triggers.parser import MAX_DEPTH, MAX_LENGTH


def error(text: str) -> TriggerError:
    with pytest.raises(TriggerError) as caught:
        compile_trigger(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("", 0, 'expected a condition such as type = "track", but found the end of the trigger'),
        ("typo", 4, "expected an operator (=, !=, <, <=, > or >=) after the field, but found the end"),
        ("type = ", 7, "expected a value after =, but found the end of the trigger"),
        ('type * "x"', 5, "expected an operator (=, !=, <, <=, > or >=) after the field, but found '*'"),
        ('event in ("x")', 6, "but found 'in'"),
        ('type = "track" foo', 15, "expected and, or, or the end of the trigger, but found 'foo'"),
        ('type = "track" "x"', 15, "but found '\"'"),
        ('type = "track")', 14, "expected and, or, or the end of the trigger, but found ')'"),
        ('a = 1 and (type = "x"', 21, "expected and, or, or the closing ) of the ( at position 10"),
        ('type = "track', 13, 'expected the closing " of the text that begins at 7'),
        (r'type = "track\"', 15, 'expected the closing " of the text that begins at 7'),
        ("type = “track”", 7, "found '“'; write a straight quote"),
        ("a = 1 && b = 2", 6, "found '&'; write and"),
        ("a = 1 || b = 2", 6, "found '|'; write or"),
        ("a <> 1", 3, "expected a value after <, but found '>'; write !="),
        ("a => 1", 3, "found '>'; write >="),
        ("a =< 1", 3, "found '<'; write <="),
        ("a = = 1", 4, "found '='"),
        ("and a = 1", 0, "found 'and'"),
        ("a = 1 and", 9, "expected a condition"),
        ("a = 1, ", 7, "expected a condition"),
        ("a = and", 4, "expected a value after ="),
        ("not", 3, "expected a condition"),
        ("()", 1, "expected a condition"),
        ("null = a", 0, "found 'null'"),
        ('"track" = type', 0, "found '\"'"),
        (
            "length(a) > 2",
            0,
            "expected a field, or one of the functions contains, match, starts_with, ends_with",
        ),
        ("contains()", 9, "expected a field such as event, but found ')'"),
        ('contains("x", event)', 9, "expected a field such as event"),
        ("contains(event)", 14, 'expected a comma and a text, as in contains(event, "text")'),
        ("contains(event,)", 15, "expected a text such as \"Order\", but found ')'"),
        ("contains(event, x", 17, "expected the closing ) of contains("),
        ("contains(event, x) = true", 19, "found '='"),
        ("a..b = 1", 2, "expected a key after the dot, but found '.'"),
        ("a[x] = 1", 2, "expected an index such as 0, or a key in quotes"),
        ("a[0 = 1", 4, "expected a closing ], but found '='"),
        ("a = b.c", 5, "expected the end of the value 'b', but found '.'; text of more than letters"),
        ("a = 5abc", 5, "expected the end of the value '5', but found 'abc'"),
        ("a = 1.2.3", 7, "expected the end of the value '1.2', but found '.'"),
        ("a = 5.", 6, "expected a digit, but found the end"),
        ("a = -x", 5, "expected a digit, but found 'x'"),
        ("a = 1e", 6, "expected a digit"),
        ("a = " + "9" * 400, 4, "expected a number of less than 309 digits"),
        ("a\\", 1, "found '\\'"),
        ("a = \ud800", 4, "found the character U+D800"),
        ("a = 1 \x00", 6, "found the character U+0000"),
        ("$.a = 1", 0, "found '$'"),
    ],
)
def test_the_first_wrong_character_is_named(text: str, position: int, message: str) -> None:
    """With what was found, what was expected, and what to write instead of a usual slip."""
    refusal = error(text)

    assert position == refusal.position
    assert message in str(refusal)
    assert f"(position {position})\n" in str(refusal)


def test_the_excerpt_has_a_caret_under_the_character() -> None:
    """So that nobody has to count, even behind line breaks and in a long text."""
    short = 'type = "page"\nor event ? "a"'
    long = 'event = "' + "x" * 50 + '"\nor type ? "page" and event = "' + "y" * 50 + '"'
    excerpts = [str(error(text)).split("\n")[1:] for text in (short, long)]

    assert excerpts == [
        ['  type = "page" or event ? "a"', " " * 25 + "^"],
        ["  …" + "x" * 40 + '" or type ? "page" and event = "…', " " * 53 + "^"],
    ]


def test_an_error_can_be_handled_as_any_other_of_the_configuration() -> None:
    """It has a problem with a path, as all have."""
    refusal = error("typo")

    assert isinstance(refusal, ConfigError)
    assert refusal.path == "$"
    assert str(refusal) == refusal.message == refusal.problems[0].message


@pytest.mark.parametrize("text", [None, 5, ["type"], {}])
def test_what_is_no_text_is_refused(text: object) -> None:
    """A trigger that a program put together wrongly is a configuration error too."""
    compile_anything: object = compile_trigger
    assert callable(compile_anything)

    with pytest.raises(TriggerError, match=f"not {type(text).__name__}"):
        compile_anything(text)


def test_the_length_is_bounded() -> None:
    """A configuration can't make the parser work for ever."""
    longest = "a = 1".ljust(MAX_LENGTH)

    assert str(compile_trigger(longest)) == "a = 1"
    assert error(longest + " ").position == MAX_LENGTH
    assert "at most 10000 characters" in str(error("(" * 1_000_000))


@pytest.mark.parametrize("level", ["(", "!", "not ", "!(", "not (", "(b = null or a = 1 and "])
def test_the_depth_is_bounded_without_a_recursion_error(level: str) -> None:
    """What is allowed can be read, written, compared, asked and checked; one level more is refused."""
    per_level = level.count("(") + level.count("!") + level.count("not")
    levels = MAX_DEPTH // per_level
    deepest = level * levels + "x = null" + ")" * level.count("(") * levels
    trigger = compile_trigger(deepest)

    assert trigger == compile_trigger(deepest)
    assert trigger.tree == compile_trigger(str(trigger)).tree
    assert trigger.matches({})
    assert trigger.evaluate_partially(None, None) is None
    assert "never matches" not in "".join(map(str, trigger.lint()))
    assert repr(trigger.tree)
    too_deep = error("(" + deepest + ")")
    assert "nested 100 deep at most" in str(too_deep)
    assert MAX_DEPTH * len(level) // per_level >= too_deep.position > 0


def test_long_flat_triggers_are_fine() -> None:
    """A thousand names are one level, and each of them is found."""
    trigger = compile_trigger(" or ".join(f"a={number}" for number in range(1000)))

    assert trigger.matches({"a": 999}) and not trigger.matches({"a": 1000})
    assert trigger.lint() == ()
