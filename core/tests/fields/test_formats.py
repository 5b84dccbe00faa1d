"""Named formats of strings."""

from collections.abc import Callable
from datetime import date, time
from ipaddress import IPv4Address, IPv6Address
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from capi_actions.fields import compile_fields
from capi_actions.fields.formats import FORMATS, MAX_LENGTH
from capi_actions.model import Field

Refusal = Callable[..., str]

GOOD = {
    "date": ["2024-02-29"],
    "time": ["10:00:00Z", "10:00:00", "23:59:60+02:00", "10:00:00.5-0330"],
    "date-time": ["2024-01-01T00:00:00Z", "2024-01-01 00:00:00", "2024-01-01t00:00:00.123z"],
    "date-like": ["2024-01-01", "1714566896"],
    "duration": ["P1D", "PT36H", "P1Y2M3DT4H5M6S", "P2W"],
    "email": ["a@b.co", "A+b.c@mail.example-shop.io", "o'neil@x.yz"],
    "hostname": ["localhost", "a.b", "x1.example.com."],
    "ipv4": ["1.2.3.4"],
    "ipv6": ["::1", "2001:db8::ff00:42:8329", "::ffff:1.2.3.4"],
    "uri": ["https://x.example/a?b#c", "mailto:a@b", "urn:x:y", "https://[::1]:80/%20"],
    "uri-reference": ["/a", "#x", "a/b", "https://x"],
    "uri-template": ["/{a}", "/{+a,b:3}/{c*}{?d}", "/x%20y"],
    "uuid": ["123e4567-e89b-12d3-a456-426614174000", "urn:uuid:123E4567-E89B-12D3-A456-426614174000"],
    "json-pointer": ["", "/a~1b/0"],
    "relative-json-pointer": ["0#", "1/a"],
    "regex": [
        "",
        "a+",
        r"\p{L}\u{1F600}",
        "(?<n>a)(?:b)(?=c)(?!d)(?<=e)(?<!f)",
        "[^\\]x]{1,2}?",
        "a{1",
        "a|b$",
        "{",
    ],
    "text": ["anything"],
    "password": ["anything"],
}
BAD = {
    "date": ["2023-02-29", "2024-1-1", "20240101", "x"],
    "time": ["25:00:00Z", "10:00", "10:61:00", "10:00:00+2"],
    "date-time": ["2024-01-01", "2024-01-01T24:00:00Z", "2024-01-32T00:00:00Z", "2024-01-01_00:00:00Z"],
    "date-like": ["May 5", ""],
    "duration": ["P", "PT", "1D", "P1H", "P1W2D"],
    "email": [
        "a@b",
        "a b@c.d",
        "ü@b.co",
        '"q"@b.co',
        "a@@b.co",
        "a.@b.co",
        "a@-b.co",
        "a@" + "b" * 64 + ".co",
        "@b.co",
    ],
    "hostname": ["-a.b", "a_b", "a..b", "", "a." * 127 + "a.b"],
    "ipv4": ["256.1.1.1", "01.2.3.4", "1.2.3", "1.2.3.4\n"],
    "ipv6": ["1::2::3", "fe80::1%eth0", "::g"],
    "uri": ["x.example", "//x", "https://x y", "https://ü.example", "https://x/%2", ":x", "1a:b"],
    "uri-reference": ["a b", "<x>"],
    "uri-template": ["/{a", "/a}", "/{}", "/{a b}", "/{a:0}"],
    "uuid": ["x", "123e4567e89b12d3a456426614174000", "{123e4567-e89b-12d3-a456-426614174000}"],
    "json-pointer": ["a", "/~2"],
    "relative-json-pointer": ["#", "01#", "/a"],
    "regex": ["(", ")", "[", "a)", "*", "a|+", "(?", "(?<1>a)", "\\", "a**", "(+a)", "^*"],
    "text": [],
    "password": [],
}


def test_every_format_has_examples() -> None:
    """Of both kinds, where both exist."""
    assert list(FORMATS) == list(GOOD) == list(BAD)


@pytest.mark.parametrize(("name", "text"), [(name, text) for name in GOOD for text in GOOD[name]])
def test_text_in_the_format_passes(name: str, text: str) -> None:
    """As it is."""
    assert FORMATS[name].fits(text)


@pytest.mark.parametrize(("name", "text"), [(name, text) for name in BAD for text in BAD[name]])
def test_other_text_does_not(name: str, text: str) -> None:
    """Each one lacks something."""
    assert not FORMATS[name].fits(text)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("date", "date"),
        ("date-time", "date and time"),
        ("email", "email address"),
        ("ipv4", "IPv4 address"),
        ("uri", "URI"),
        ("uuid", "uuid"),
        ("regex", "regular expression"),
    ],
)
def test_sentences_name_formats_in_words(refusal: Refusal, name: str, words: str) -> None:
    """In lists, too; numbers are text by then."""
    sentence = f"must be a valid {words} string but it was not."

    assert f"$.a: A {sentence}" == refusal("(", type="string", format=name)
    assert f"$.a[0]: The value at /a/0 {sentence}" == refusal(
        ["("], type="string", format=name, multiple=True
    )


STANDARD = {
    "date": st.dates().map(date.isoformat),
    "time": st.times().map(time.isoformat),
    "date-time": st.datetimes().map(str),
    "ipv4": st.ip_addresses(v=4).map(str),
    "ipv6": st.ip_addresses(v=6).map(str),
    "uuid": st.uuids().map(str),
}


@given(st.data(), st.sampled_from(sorted(STANDARD)))
def test_what_the_standard_library_writes_passes(data: st.DataObject, name: str) -> None:
    """A second opinion on what the formats are."""
    assert FORMATS[name].fits(data.draw(STANDARD[name]))


READERS: dict[str, Callable[[str], Any]] = {
    "date": date.fromisoformat,
    "ipv4": IPv4Address,
    "ipv6": IPv6Address,
    "uuid": UUID,
}


@given(st.text("0123456789abcdef:.-", max_size=40), st.sampled_from(sorted(READERS)))
@example("2024-02-29", "date")
@example("1.2.3.4", "ipv4")
def test_what_passes_can_be_read(text: str, name: str) -> None:
    """Again by the standard library."""
    if FORMATS[name].fits(text):
        READERS[name](text)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("part", ["(", "[", "\\", "a", "a.", "a@", "/", "{a}", "1", "%", "::", "a{1}"])
def test_long_text_takes_no_long_time_nor_stack(name: str, part: str) -> None:
    """As long as it may be, in every format: nothing backtracks or recurses."""
    text = part * (MAX_LENGTH // len(part))

    assert FORMATS[name].fits(text) in (True, False)
    assert FORMATS[name].fits(text[:-1] + "\n") in (True, False)


def test_text_has_a_sensible_length(refusal: Refusal) -> None:
    """Beyond it only plain strings are taken."""
    text = "/" * (MAX_LENGTH + 1)
    plain = compile_fields({"a": Field(type="string", format="text")})

    assert FORMATS["uri-reference"].fits(text[1:])
    assert refusal(text, type="string", format="uri-reference").endswith("but it was not.")
    assert plain({"a": text}) == {"a": text}


def test_a_point_in_time_checks_itself() -> None:
    """A format beside it changes nothing; the reference has it so in places."""
    check = compile_fields({"a": Field(type="datetime", format="date")})
    assert check({"a": "2024-05-01T12:34:56Z"}) == {"a": "2024-05-01T12:34:56Z"}
