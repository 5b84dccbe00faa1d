"""The linter: what can never be true, and what always is."""

import pytest

from capi_actions.triggers import compile_trigger


def warnings(text: str) -> list[str]:
    return [problem.message for problem in compile_trigger(text).lint()]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('type = "track" and type = "page"', 'type = "track" and type = "page" can\'t both be true'),
        ('type = "trak"', "type = \"trak\" is never true: no event has this type; did you mean 'track'?"),
        ("type = Identify", "no event has this type; did you mean 'identify'?"),
        ("type = order", "no event has this type; there are: alias, group, identify, page, screen, track"),
        ("type = null", "type = null is never true: every event has a type"),
        ('event == "x"', 'event == "x" is never true: == is no operator of this language; write event = "x"'),
        ("x = 1 and x = 2", "x = 1 and x = 2 can't both be true"),
        ('x = null and x = "a"', 'x = null and x = "a" can\'t both be true'),
        ("n > 5 and n < 3", "n > 5 and n < 3 can't both be true"),
        ("n > 5 and n <= 5", "n > 5 and n <= 5 can't both be true"),
        ("n > 5 and n = true", "n > 5 and n = true can't both be true"),
        ('n > "abc"', 'n > "abc" is never true: > compares numbers'),
        ('x = "a" and x != "a"', 'x = "a" and x != "a" can\'t both be true'),
        ('x = "a" and not x = "a"', 'x = "a" and not x = "a" can\'t both be true'),
        ('x = 5 and contains(x, "5")', 'x = 5 and contains(x, "5") can\'t both be true'),
        ('x = "abc" and !contains(x, "b")', 'x = "abc" and !contains(x, "b") can\'t both be true'),
        ('contains(x, "ab") and !contains(x, "b")', "can't both be true"),
        ('match(x, "a*") and starts_with(x, "b")', "can't both be true"),
        ('ends_with(x, "a") and match(x, "*b")', "can't both be true"),
        ('match(x, "a*b*c") and !match(x, "a*c")', "can't both be true"),
        ('match(x, "a") and x = "b"', "can't both be true"),
        ('!contains(x, "")', '!contains(x, "") is never true'),
        ('x.y = "a" and x = null', "can't both be true"),
        ('x.y.z > 1 and starts_with(x, "a")', "can't both be true"),
        ("n != 1 and n >= 1 and n <= 1", "n != 1, n >= 1 and n <= 1 can't all be true"),
        ('type = "page" and (type = "track" or type = "group")', 'type = "page" and type = "track"'),
        ("not (a = 1 or not a = 1)", "not a = 1 and a = 1 can't both be true"),
        ('!(type != "trak")', 'not type != "trak" is never true'),
    ],
)
def test_a_trigger_that_can_never_match_is_reported_with_the_reason(text: str, reason: str) -> None:
    """Most likely a slip, and no event would ever show it."""
    (message,) = warnings(text)

    assert message.startswith("this trigger never matches: ")
    assert reason in message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'type = "track" or type = "trak"',
            'the part type = "trak" never matches: type = "trak" is never true: no event has this type; '
            "did you mean 'track'?",
        ),
        (
            'type = "track" and (event = "a" or (b = 1 and (type = "page" or c = 1)))',
            'the part type = "page" never matches: type = "track" and type = "page" can\'t both be true',
        ),
        (
            'type = "track" and (event != "a" or event != "b")',
            'every event has event != "a" or event != "b": did you mean and instead of or?',
        ),
        ('type != "trak"', "type != \"trak\" is always true: no event has this type; did you mean 'track'?"),
        (
            'not type = "trak"',
            "not type = \"trak\" is always true: no event has this type; did you mean 'track'?",
        ),
    ],
)
def test_a_part_that_is_never_or_always_true_is_reported(text: str, message: str) -> None:
    """The rest of the trigger works, which hides the slip."""
    assert [message] == warnings(text)


@pytest.mark.parametrize(
    "text",
    [
        'type = "track" and event = "Order Completed"',
        " or ".join(f'type = "{kind}"' for kind in ("track", "page", "screen", "identify", "group", "alias")),
        "type != null",
        "x != 1 and x != 2",
        "not (x = 1) and not (x = 2)",
        "n > 5 and n < 6",
        "n > 1e300 and not n = 1e301",
        'x != "a" and x != null',
        'match(x, "aba*") and match(x, "*ba") and !match(x, "aba*ba")',
        'starts_with(x, "a") and starts_with(x, "ab") and ends_with(x, "b") and !contains(x, "c")',
        'x = "abc" and !contains(x, "d")',
        'x.y = "a" and x != null',
        'x.y = null and x = "a"',
        "x.y = 1 and x.z = 2",
        'x = "a" or x = "b"',
        'not (x = "a" and y = "b")',
        'type = "track" and (event = "a" or event = "b") and (n = 1 or n = 2)',
        'plan = "pro" and shop.id = 5 and timestamp != null and contains(writeKey, "x")',
    ],
)
def test_what_makes_sense_is_left_alone(text: str) -> None:
    """A linter that cries wolf is switched off."""
    assert warnings(text) == []


@pytest.mark.parametrize(
    ("text", "field", "meant"),
    [
        ('Type = "track"', "Type", "type"),
        ('type = "track" and EVENT = "x"', "EVENT", "event"),
        ("not (a = 1 or contains(propertys.name, x))", "propertys", "properties"),
        ("userid = 1 and userid = 2", "userid", "userId"),
        ("anonymous_id != null", "anonymous_id", "anonymousId"),
    ],
)
def test_a_misspelt_field_is_reported_once(text: str, field: str, meant: str) -> None:
    """It is missing in every event, which no error shows."""
    assert warnings(text)[-1] == f"events have no field {field}; did you mean {meant!r}?"
    assert len([message for message in warnings(text) if "no field" in message]) == 1


def test_only_the_first_reasons_are_listed() -> None:
    """Enough to see the mistake."""
    (three,) = warnings("x = 0 and (x = 1 or x = 2 or x = 3)")
    (many,) = warnings(f"x = 0 and ({' or '.join(f'x = {number}' for number in range(1, 30))})")

    assert three.count("can't both be true") == many.count("can't both be true") == 3
    assert "more reasons" not in three
    assert many.endswith("; and 26 more reasons")


def test_all_problems_are_warnings() -> None:
    """A trigger that makes no sense can be used all the same."""
    for text in (
        'type = "trak"',
        "a = 1 or x = 1 and x = 2",
        'type != "trak"',
        'a != "1" or a != "2"',
        "Event = 1",
    ):
        (problem,) = compile_trigger(text).lint()
        assert problem.severity == "warning"


def test_long_parts_are_cut() -> None:
    """The message stays readable."""
    long = "x" * 4000
    (message,) = warnings(f'a = 1 or x = "{long}" and x = "y{long}"')

    assert message == (
        f'the part x = "{"x" * 94}… never matches: x = "{"x" * 94}… and x = "y{"x" * 93}… can\'t both be true'
    )


@pytest.mark.parametrize(
    ("joiner", "part"),
    [
        (" and ", "(a{n}=1 or a{n}=2)"),
        (" and ", "(a=1 or b=2) and (a=3 or b=4)"),
        (" and ", "(a!=1 or b!={n})"),
        (" and ", "a!={n}"),
        (" and ", "a!={n}.5 and a<{n}"),
        (" and ", "!contains(a,{n})"),
        (" and ", 'a{n}.b!="" and a{n}!=""'),
        (" or ", "a={n} and a=x{n}"),
        (" or ", "a!=x{n}"),
        (" or ", "(a=1 or a={n}) and a!={n}"),
    ],
)
def test_large_triggers_do_not_keep_the_linter_busy(joiner: str, part: str) -> None:
    """The work is bounded: after 300,000 checks of a condition it stops and reports nothing more."""
    parts = [part.format(n=number) for number in range(9900 // len(joiner + part.format(n=999)))]

    assert isinstance(compile_trigger(joiner.join(parts)).lint(), tuple)
