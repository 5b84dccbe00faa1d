"""Click and browser ids: ``fbc`` and ``fbp``."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import Plugins, Secret
from capi_actions.testing import build_item
from capi_actions_facebook.click_ids import (
    fbc_from_url,
    is_browser_id,
    is_click_id,
    is_expired,
    newest_click_id,
    query_of_click,
)
from capi_actions_facebook.destination import Facebook
from capi_actions_facebook.facts import CLICK_ID_MAX_AGE
from capi_actions_facebook.fields.user_data import wire_user_data
from capi_actions_facebook.settings import Settings
from support.vectors import read_vectors

SEEN = 1_795_454_652
CLICK_IDS = st.text("abcdefXYZ0189_-", min_size=1, max_size=60)
INDEXES = st.integers(0, 20)
TIMES = st.integers(10**12, 2 * 10**12)
APPENDICES = st.sampled_from(["", ".AQ", ".Ag", ".Aw", ".BA", ".BQ", ".Bg"]) | st.text(
    "abcdefXYZ0189_-", min_size=8, max_size=8
).map(".{}".format)
PLACEHOLDERS = ["undefined", "null", "NaN", "None", "true", "", "[object Object]", "UNDEFINED"]


@given(CLICK_IDS, st.integers(10**9, 2 * 10**9))
def test_the_click_id_is_never_altered(fbclid: str, seen: int) -> None:
    """It is case-sensitive; a changed one is what Meta's diagnostics complain about most."""
    fbc = fbc_from_url(f"https://shop.example/p?a=1&fbclid={fbclid}&b=2#top", seen)

    assert f"fb.1.{seen}000.{fbclid}" == fbc
    assert is_click_id(str(fbc))


@given(st.text())
def test_any_url_gives_a_good_click_id_or_none(url: str) -> None:
    """URLs come from browsers and are written by strangers."""
    for text in (url, f"https://a.example/?fbclid={url}"):
        fbc = fbc_from_url(text, 1_700_000_000)
        assert fbc is None or is_click_id(fbc)


@pytest.mark.parametrize(
    "url",
    [
        *("", "https://a.example/", "https://a.example/?fbclid=", "http://[", "?xfbclid=a", "#?fbclid=a"),
        *(f"https://a.example/?fbclid={word}" for word in PLACEHOLDERS),
        *("?fbclid=a.b", "?fbclid=a%20b", "?fbclid=%22a%22"),
    ],
)
def test_without_a_click_id_there_is_none(url: str) -> None:
    """A key that only ends like it isn't it, nor what a program writes in place of a value."""
    assert fbc_from_url(url, 1_700_000_000) is None


@given(INDEXES, TIMES, CLICK_IDS, APPENDICES)
def test_any_subdomain_index_and_any_known_appendix_pass(
    index: int, time: int, click: str, appendix: str
) -> None:
    """The index is the depth of the domain that the cookie was set for."""
    assert is_click_id(f"fb.{index}.{time}.{click}{appendix}")
    assert is_browser_id(f"fb.{index}.{time}.1098115397{appendix}")


@given(INDEXES, TIMES, CLICK_IDS, st.data())
def test_damaged_ids_are_none(index: int, time: int, click: str, data: st.DataObject) -> None:
    """What programs do to cookies: no value, quotes, spaces, parts too few or too many."""
    start = f"fb.{index}.{time}"
    damaged = data.draw(
        st.sampled_from(
            [
                *(f"{start}.{word}" for word in PLACEHOLDERS),
                *(f"{start}.{word}.AQICAQMC" for word in PLACEHOLDERS),
                *(start, click, f'"{start}.{click}"', f"{start}.{click} {click}", f"{start}.'{click}'"),
                *(f"{start}.{click}.x", f"{start}.{click}.a.b", f"{start}.{click}.AQICAQMC.AQICAQMC"),
                *(
                    f"fb.x.{time}.{click}",
                    f"fb.{index}.now.{click}",
                    f"GA1.1.{time}.{click}",
                    f"fb.-1.{time}.{click}",
                ),
            ]
        )
    )

    assert not is_click_id(damaged)
    assert not is_browser_id(damaged)


@given(st.text(max_size=30) | st.builds("fb.1.1796008738000.{}".format, st.text(max_size=20)))
def test_a_browser_id_ends_in_a_number(text: str) -> None:
    """Meta documents a random number; anything else is another cookie, or a mishap."""
    if is_browser_id(text):
        assert text.split(".")[3].isdigit()


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("fb.1.1554763741205.AbCdEfGhIjKlMnOpQrStUvWxYz1234567890", True),
        ("fb.2.1554763741205.IwAR2F4-dbP0l7Mn1IawQQGCINEz7PYXQvwjNwB_qa2ofrHyiLjcbCRxTDMgk", True),
        ("fb.1.1554763741205.IwAR2F4.AQICAQMC", True),
        ("fb.3.1554763741205.a", True),
        ("fb.1.today.a", False),
        ("fb.1.1554763741205.", False),
        ("fb.1.1554763741205.a b", False),
        ("IwAR2F4", False),
        ("fb.1.1554763741205.a\n", False),
        ("fb.1.1554763741205.nullable", True),
    ],
)
def test_known_click_ids(text: str, good: bool) -> None:
    """The form of the docs, with and without the parameter builder's appendix."""
    assert good is is_click_id(text)


@pytest.mark.parametrize(
    ("fbc", "urls", "newest"),
    [
        (None, ["https://a.example/?fbclid=New"], f"fb.1.{SEEN}000.New"),
        ("fb.1.1795000000000.Old", ["https://a.example/?fbclid=New"], f"fb.1.{SEEN}000.New"),
        (
            "fb.2.1795000000000.Same.AQICAQMC",
            ["https://a.example/?fbclid=Same"],
            "fb.2.1795000000000.Same.AQICAQMC",
        ),
        ("fb.1.1795000000000.Old", [None, "", "https://a.example/"], "fb.1.1795000000000.Old"),
        (None, [None, "?fbclid=Query", "https://b.example/?fbclid=Referrer"], f"fb.1.{SEEN}000.Query"),
        (None, ["?fbclid=undefined", "https://b.example/?fbclid=Referrer"], f"fb.1.{SEEN}000.Referrer"),
        ("undefined", ["?a=b"], None),
        (" fb.1.1795000000000.Old\n", [], "fb.1.1795000000000.Old"),
    ],
)
def test_a_newer_click_beats_the_cookie(fbc: str | None, urls: list[str | None], newest: str | None) -> None:
    """The URL is of this click; the cookie, of this one or of an earlier one, and then it knows when it was."""
    assert newest == newest_click_id(fbc, urls, SEEN)


@pytest.mark.parametrize(
    "page",
    [
        {"url": "https://a.example/?fbclid=IwAR-x_1"},
        {"url": "https://a.example/", "search": "?utm=1&fbclid=IwAR-x_1"},
        {"url": "https://a.example/", "search": "fbclid=IwAR-x_1"},
        {
            "url": "https://a.example/",
            "search": "?utm=1",
            "referrer": "https://a.example/landing?fbclid=IwAR-x_1",
        },
    ],
)
def test_the_click_id_is_found_in_the_page(page: dict[str, str], plugins: Plugins) -> None:
    """Canonical URLs have lost it, and single-page shops have it in the referrer."""
    event = {"type": "page", "timestamp": "2026-11-23T17:24:12Z", "userId": "u", "context": {"page": page}}
    user = build_item(plugins, "facebook.page_view", event)["user_data"]

    assert user["fbc"] == "fb.1.1795454652000.IwAR-x_1"
    assert "fbclid" not in user


def test_a_click_id_that_a_server_has_kept_can_be_mapped(plugins: Plugins) -> None:
    """Alone, as it stands in a column of an export."""
    prebuilt = plugins.actions["facebook.page_view"].mapping
    mapping = {**prebuilt, "user_data": {**prebuilt["user_data"], "fbclid": {"@path": "$.properties.click"}}}
    event = {"type": "page", "timestamp": "2026-11-23T17:24:12Z", "properties": {"click": "IwAR-x_1"}}

    user = build_item(plugins, "facebook.page_view", event, mapping=mapping)["user_data"]

    assert user == {"fbc": "fb.1.1795454652000.IwAR-x_1"}


def lines() -> Iterator[dict[str, Any]]:
    """What Meta's parameter builder 1.3.2 for Python gave for pages, referrers and cookies on a clock at SEEN.

    It was told that the domain is example.com, and its random numbers were 0.
    """
    yield from read_vectors("meta/click_ids.jsonl")


def unmarked(value: str | None) -> str | None:
    """Return an id without the builder's own mark and index."""
    return value and re.sub(r"^fb\.[0-9]+\.", "fb.", re.sub(r"\.AQI[ACD]AQMC$", "", value))


def test_the_parameter_builder_s_answers_are_ours_where_they_are_good() -> None:
    """It is Meta's own word on which of URL, referrer and cookie counts.

    It passes on what no click can have given, and what Meta calls invalid: any four or five parts (``a.b.c.d``), the
    word "undefined", an empty last part, spaces, and click ids with a dot, which it can't read back itself.  There,
    ours is none, or what comes next in its order.
    """
    answers = list(lines())
    wrong, garbage = [], 0
    for line in answers:
        cookies = {key: line[key] for key in ("fbc", "fbp") if line[key] is not None}
        ours = wire_user_data(cookies, line["url"], line["referrer"], SEEN)
        theirs = unmarked(line["builder_fbc"])
        if theirs and not is_click_id(theirs.replace("fb.", "fb.1.", 1)):
            garbage += 1
            if "fbc" in ours and not is_click_id(ours["fbc"]):
                wrong.append(line)
        elif theirs != unmarked(ours.get("fbc")):
            wrong.append(line)

    assert wrong == []
    assert len(answers) == 440
    assert garbage == 141


def test_the_parameter_builder_s_browser_ids_are_ours_where_the_cookie_is_good() -> None:
    """For a damaged cookie it makes a new browser, which only a server that sets the cookie may do."""
    for line in lines():
        if line["fbp"] is not None:
            kept = line["builder_fbp"].startswith(line["fbp"]) and is_browser_id(line["fbp"])
            ours = wire_user_data({"fbp": line["fbp"]}, None, None, SEEN).get("fbp")
            assert ours == (line["fbp"] if kept else None)


@pytest.mark.parametrize("fbp", ["undefined", "fb.1.1796008738000.NaN", "GA1.1.1.2"])
def test_a_damaged_browser_id_is_no_identity(fbp: str, plugins: Plugins) -> None:
    """So that an event without any other is refused here, and not with all others by Meta (2804050)."""
    event = {"type": "page", "timestamp": "2026-11-23T17:24:12Z", "context": {"fbp": fbp}}

    assert build_item(plugins, "facebook.page_view", event)["user_data"] == {}


@given(st.integers(-CLICK_ID_MAX_AGE, CLICK_ID_MAX_AGE), st.sampled_from([1, 10**3, 10**6]))
def test_click_ids_of_more_than_90_days_ago_are_expired(distance: int, unit: int) -> None:
    """Whatever unit the cookie's time has."""
    created = SEEN - CLICK_ID_MAX_AGE + distance

    assert (distance < 0) is is_expired(f"fb.1.{created * unit}.IwAR", SEEN)


@given(
    st.from_regex(r"fb\.[0-9]{1,2}\.[0-9]{9,17}\.[A-Za-z.]{1,12}", fullmatch=True)
    | st.builds(
        lambda time, length: f"fb.1.{str(time).ljust(length, '0')[:length]}.IwAR",
        st.integers(SEEN - CLICK_ID_MAX_AGE - 200_000, SEEN - CLICK_ID_MAX_AGE + 200_000),
        st.integers(9, 17),
    )
    | st.text(max_size=30),
    st.just(SEEN) | st.integers(-(2**62), 2**62),
)
def test_a_click_id_s_age_is_that_of_its_time_as_a_number(fbc: str, event_time: int) -> None:
    """The quick comparison as text decides as this does, whatever has come for a click id or a time."""
    digits = fbc.split(".")[2] if is_click_id(fbc) else ""
    limit = event_time - CLICK_ID_MAX_AGE

    assert is_expired(fbc, event_time) is (bool(digits) and int(digits) < limit * 10 ** (len(digits) - 10))


def test_an_expired_click_id_is_left_out_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """The event is sent without it; one line is enough for millions."""
    facebook = Facebook(Settings(pixel_id="123", access_token=Secret("sesame")))
    for _ in range(3):
        data = {"event_time": SEEN, "user_data": {"fbc": "fb.1.1700000000000.IwAR", "em": "x"}}
        facebook.prepare(data, "", lambda: "id")
        assert data["user_data"] == {"em": "x"}

    (record,) = caplog.records
    assert "pixel 123: a click id (fbc) of over 90 days ago is left out" in record.getMessage()


@pytest.mark.parametrize(
    ("text", "is_click"),
    [
        ("IwAR2abcdefgh", True),
        (" PAZXh0bgNhZW0CMTEAAR-_x\n", True),
        ("sale", False),
        ("newsletter", False),
        ("/", False),
        ("?IwAR2abcdefgh", False),
        ("IwAR2 abcdefgh", False),
        ("Sale", False),
        ("null", False),
        ("", False),
    ],
)
def test_a_word_in_the_query_s_place_is_no_click_id(text: str, is_click: bool) -> None:
    """Some libraries write a page's query without its question mark: `sale` would be everybody's click."""
    assert (f"fbclid={text.strip()}" if is_click else None) == query_of_click(text)
