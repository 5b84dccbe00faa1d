"""What may be personal is found in texts, and masked in a platform's own words."""

import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from capi_actions.personal_data import find_personal_data, mask, personal_kind

HASH = "b5fc85e55755f9e0d030a10ab4429b6b2944855f9a0d60077fe832becbc41d72"
WORDS = st.sampled_from(["Invalid parameter", "em", "is not hashed:", "value", "in", "Paramètre incorrect"])


@pytest.mark.parametrize(
    "secret",
    [
        "john@example.com",
        "john.smith+news@mail.example.co.uk",
        "john%40example.com",
        "+49 170 1234567",
        "(650) 555-1212",
        "0170/1234567",
        "4917012345678",
        HASH,
        HASH.upper(),
        "5f4dcc3b5aa765d61d8327deb882cf99",
        "EAABsbCS1iHgBAKZCZCxZBq7",
        "?em=abc",
        "https://x.example/a?email=john&x=1",
        "access_token=abcdef",
        "Bearer abc.def",
        '"token": "abc"',
    ],
)
@given(before=WORDS, after=WORDS, quote=st.sampled_from(["", '"', "'"]))
def test_what_may_be_personal_is_masked(secret: str, before: str, after: str, quote: str) -> None:
    """Wherever it stands in a sentence."""
    masked = mask(f"{before} {quote}{secret}{quote} {after}")

    for part in re.findall(r"[\w.]{3,}", secret):
        kept = part in ("https", "access_token", "token", "Bearer", "x.example", "em")
        assert kept or part not in masked
    assert before in masked
    assert after in masked


@pytest.mark.parametrize(
    "text",
    [
        "Invalid parameter",
        "Unexpected key \"click_id\" on param \"$['data'][0]['user_data']\".",
        "(#100) Missing Permission",
        "Events need to be sent within 7 days (error 2804).",
        "The value 12.50 is too small.",
    ],
)
def test_what_helps_is_left(text: str) -> None:
    """A message without its words would be none."""
    assert text == mask(text)


@given(st.text())
@example("@" * 3_000)
@example("a" * 5_000 + "@")
@example("1 " * 3_000)
@example("https://" + "a" * 5_000)
def test_masking_takes_any_text_and_is_stable(text: str) -> None:
    """What was masked isn't masked into something else."""
    assert mask(mask(text)) == mask(text)


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("ada@example.com", "", "an e-mail address"),
        (" Ada@Example.com ", "", "an e-mail address"),
        ("mailto:ada@example.com", "", "an e-mail address"),
        ("+49 170 1234567", "", "a phone number"),
        ("+491701234567", "", "a phone number"),
        ("(650) 555-1212", "", "a phone number"),
        ("tel:+1-650-555-1212", "", "a phone number"),
        ("4917012345678", "phone", "a phone number"),
        ("4917012345678", "contact_phone_number", "a phone number"),
        ("4917012345678", "order_id", None),
        ("203.0.113.195", "", None),
        ("2001:db8::1", "", None),
        ("2026-11-30", "", None),
        ("2026-11-30 12:30:00", "", None),
        ("30.11.2026", "", None),
        ("1732924800", "", None),
        ("12.50", "", None),
        ("978-3-16-148410-0", "", "a phone number"),
        ("fb.1.1596403881668.1116446470", "", None),
        ("Mozilla/5.0 (X11) Chrome/120.0.6099.109", "", None),
        (HASH, "", None),
        ("@ada", "", None),
    ],
)
def test_known_texts(text: str, name: str, kind: str | None) -> None:
    """An ISBN with dashes looks like a phone number; ids, dates, addresses and versions don't."""
    assert kind == personal_kind(text, name)


def test_fields_are_named_and_values_are_not() -> None:
    """Also inside of lists and addresses, which have their own names for parts."""
    data: dict[str, Any] = {
        "event_source_url": "https://shop.example/thanks?mail=ada%40example.com&page=2#tel=%2B49+170+1234567",
        "referrer_url": "https://shop.example/user/ada@example.com",
        "user_data": {"em": [HASH], "client_ip_address": "203.0.113.195"},
        "custom_data": {"note": "ada@example.com", "contents": [{"id": "1"}, {"id": "ada@example.com"}]},
    }
    findings = set(find_personal_data(data))

    assert findings == {
        ("$.event_source_url?mail", "an e-mail address"),
        ("$.event_source_url?tel", "a phone number"),
        ("$.referrer_url", "an e-mail address"),
        ("$.custom_data.note", "an e-mail address"),
        ("$.custom_data.contents[].id", "an e-mail address"),
    }


@given(
    st.recursive(
        st.none() | st.text() | st.integers(), lambda part: st.lists(part) | st.dictionaries(st.text(), part)
    )
)
def test_any_value_is_searched_without_a_fault(value: Any) -> None:
    """Events hold anything."""
    assert all(path.startswith("$") for path, _ in find_personal_data(value))
