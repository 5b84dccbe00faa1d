"""Page addresses without personal data in their queries."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import Secret
from capi_actions_facebook.destination import Facebook
from capi_actions_facebook.page_urls import without_personal_parameters
from capi_actions_facebook.settings import Settings

SHOP = "https://shop.example/a"
PERSONAL = [
    "email=ada@example.com",
    "email=ada%40example.com",
    "e=ADA%40Example.COM",
    "x=ada%2Btag%40mail.example.co.uk",
    "next=https%3A%2F%2Fshop.example%2F%3Fe%3Dada%2540example.com",
    "to=Ada%20%3Cada%40example.com%3E",
    "to=Ada+<ada@example.com>",
    "list=bob%40example.com,ada%40example.com",
    "ada@example.com",
    "phone=%2B14155552671",
    "phone=+14155552671",
    "phone=4155552671",
    "tel=+44%2020%207946%200958",
    "q=(415)%20555-2671",
    "mailto=mailto:ada@example.com",
]
HARMLESS = [
    "fbclid=IwAR0a1B2c3D4e5F6g7H8i9J0",
    "utm_source=newsletter&utm_campaign=2026-11",
    "order=1234567890123",
    "t=1795000000",
    "date=2026-11-23",
    "lat=37.7749295&lng=-122.4194155",
    "q=50%25+off",
    "q=%E4%BD%A0%E5%A5%BD",
    "em=" + "f" * 64,
    "handle=@ada",
    "image=logo@2x",
    "x",
    "x=",
    "=x",
    "",
    "&&",
    "a=b=c",
    "q=%",
    "q=%zz",
]


@pytest.mark.parametrize("parameter", PERSONAL)
@pytest.mark.parametrize(
    ("before", "after", "left"),
    [
        ("", "", ""),
        ("a=1&", "", "?a=1"),
        ("", "&b=2", "?b=2"),
        ("a=1&", "&b=2", "?a=1&b=2"),
        ("", "#top", "#top"),
    ],
)
def test_personal_parameters_are_left_out(parameter: str, before: str, after: str, left: str) -> None:
    """In any place, and however they are encoded."""
    assert SHOP + left == without_personal_parameters(f"{SHOP}?{before}{parameter}{after}")


@pytest.mark.parametrize("query", HARMLESS)
@pytest.mark.parametrize("mark", ["?", "#", "?x=1#"])
def test_all_else_stays(query: str, mark: str) -> None:
    """Click ids, campaigns and what nobody understands are what the address is sent for."""
    assert f"{SHOP}{mark}{query}" == without_personal_parameters(f"{SHOP}{mark}{query}")


def test_fragments_have_parameters_too() -> None:
    """Single-page shops keep them there."""
    assert f"{SHOP}?a=1#x=1" == without_personal_parameters(f"{SHOP}?a=1#email=ada@example.com&x=1")
    assert SHOP == without_personal_parameters(f"{SHOP}#email=ada@example.com")


@given(
    st.sampled_from(["", SHOP, "/a", "android-app://x", "[", "https://[", "a b"]),
    st.lists(
        st.tuples(st.booleans(), st.sampled_from(PERSONAL), st.text(st.characters(exclude_characters="&?#"))),
        min_size=1,
        max_size=6,
    ),
)
def test_what_remains_is_the_address_byte_for_byte(start: str, parts: list[tuple[bool, str, str]]) -> None:
    """Minus whole parameters: nothing is encoded anew or moved."""
    pairs = [personal if is_personal else text for is_personal, personal, text in parts]
    query = "&".join(pairs)
    left = without_personal_parameters(f"{start}?{query}")

    assert left.startswith(start)
    kept = left[len(start) :].removeprefix("?").split("&") if left != start else []
    remaining = iter(pairs)
    assert all(pair in remaining for pair in kept)  # in their order
    assert not any(personal in kept for is_personal, personal, _ in parts if is_personal)
    assert left == without_personal_parameters(left)


@given(st.text() | st.text(st.sampled_from("?#&=%@+4015 /.:ax")))
def test_any_text_may_stand_where_an_address_should(text: str) -> None:
    """Events come from strangers."""
    left = without_personal_parameters(text)

    assert len(left) <= len(text)
    assert left == without_personal_parameters(left)


@pytest.mark.parametrize(
    "keys", [("event_source_url",), ("referrer_url",), ("event_source_url", "referrer_url"), ()]
)
def test_events_lose_them_by_default(keys: tuple[str, ...]) -> None:
    """Meta forbids them; who has asked Meta may keep them."""
    url = f"{SHOP}?email=ada@example.com&x=1"
    for stripped, expected in ((True, f"{SHOP}?x=1"), (False, url)):
        options: dict[str, Any] = {} if stripped else {"strip_personal_parameters": False}
        facebook = Facebook(Settings(pixel_id="1", access_token=Secret("t"), **options))
        data: dict[str, Any] = {"event_time": 1, "event_id": "e", **dict.fromkeys(keys, url)}
        facebook.prepare(data, "", lambda: "id")

        assert dict.fromkeys(keys, expected) == {key: data[key] for key in keys}
