"""Known answers for every filter."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from capi_actions.mapping.liquid.filters import DISABLED, FILTERS

EVENT: dict[str, Any] = {
    "s": "Hello World",
    "sp": "  x y  ",
    "n": 42,
    "neg": -3.7,
    "l": [1, 2, 3],
    "o": [{"k": 1, "v": "a"}, {"k": 2}, None],
    "html": "<p>a &amp; b</p><!-- c --><script>x</script><b",
    "cjk": "你好 hello 世界",
    "words": "one two  three",
    "lines": "a\r\nb\nc",
    "u": "Straße É",
    "d": "2024-03-05T07:08:09.123Z",
    "ts": 1714566896,
    "t": True,
    "f": False,
    "none": None,
    "e": "",
    "object": {"a": [1, {}]},
}

LINES = Path(__file__).with_name("liquid_filters.jsonl").read_text(encoding="utf-8").splitlines()
CASES = [json.loads(line) for line in LINES]
"""What LiquidJS 10.27.2 gave with TZ=UTC; but where ``ours`` is true, which leaves nothing to chance and
shows a date in UTC when the zone is unknown."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["expression"]))
def test_filters_give_what_liquidjs_gives(case: dict[str, Any], render: Callable[..., Any]) -> None:
    """Character for character."""
    assert render(f"{{{{ {case['expression']} }}}}", **EVENT) == case["answer"]


def test_every_filter_has_an_answer() -> None:
    """And none is both on and off."""
    assert sorted({case["filter"] for case in CASES}) == sorted(FILTERS)
    assert all(case["filter"] in case["expression"] for case in CASES)
    assert not DISABLED & FILTERS.keys()


def test_now_is_now(render: Callable[..., Any]) -> None:
    """In UTC."""
    before = datetime.now(UTC).timestamp()
    stamps = [int(render(f"{{{{ '{word}' | date: '%s' }}}}")) for word in ("now", "today")]

    assert all(before - 1 <= stamp <= datetime.now(UTC).timestamp() + 1 for stamp in stamps)


@pytest.mark.parametrize(
    "code", ["sha256", "base64_encode", "url_encode", "uri_escape", "cgi_escape", "hmac_sha256: 'k'"]
)
def test_lone_surrogates_are_taken_for_the_character_that_replaces_them(
    code: str, render: Callable[..., Any]
) -> None:
    """No UTF-8 can hold them."""
    assert render(f"{{{{ x | {code} }}}}", x="a\ud800") == render(f"{{{{ x | {code} }}}}", x="a\ufffd")


@pytest.mark.parametrize(
    ("day", "weeks"), [("2023-01-01", "00/00"), ("2023-01-08", "01/01"), ("2024-12-31", "52/52")]
)
def test_weeks_are_counted_as_in_liquidjs(day: str, weeks: str, render: Callable[..., Any]) -> None:
    """From the first Sunday, or Monday, of the year."""
    assert render(f"{{{{ '{day}' | date: '%U/%W' }}}}") == weeks


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        ("big | floor", "Infinity"),
        ("big | minus: big", "NaN"),
        ("big | minus: big | ceil", "0"),
        ("big | modulo: 5", "NaN"),
        ("1 | round: 400", "NaN"),
        ("huge | plus: 0", "Infinity"),
        ("minus_huge | abs", "Infinity"),
        ("huge", "Infinity"),
        ("big | divided_by: 0", "Infinity"),
        ("-1 | divided_by: 0", "-Infinity"),
        ("big | date: '%Y'", "Infinity"),
        ("huge | date: '%Y'", "Infinity"),
        ("big | json", "null"),
        ("s | slice: big, huge", ""),
        ("s | truncate: big", "abc"),
        ("s | truncatewords: big", "abc"),
        ("s | json: big", '"abc"'),
        ("'0x' | append: s | to_integer", "2748"),
        ("'9007199254740993' | plus: 0", "9007199254740992"),
        ("'12e500' | to_integer", "Infinity"),
    ],
)
def test_numbers_beyond_all_bounds_are_no_error(
    expression: str, answer: str, render: Callable[..., Any]
) -> None:
    """As in JavaScript, where nothing overflows."""
    event = {"big": float("inf"), "huge": 10**400, "minus_huge": -(10**400), "s": "abc"}

    assert render(f"{{{{ {expression} }}}}", **event) == answer
