"""``user_data``: hashes, ids, and enough to know a person by."""

from collections.abc import Callable
from hashlib import md5, sha256
from itertools import chain, combinations
from typing import Any

import pytest

from capi_actions_sandbox import SandboxOptions, check_events
from capi_actions_sandbox.checks.shape import HASHED_KEYS

Subcode = Callable[..., int | None]
HASH = sha256(b"x").hexdigest()
MD5 = md5(b"x", usedforsecurity=False).hexdigest()
AGENT = "Mozilla/5.0"


@pytest.mark.parametrize("key", sorted(HASHED_KEYS))
def test_a_raw_value_is_refused_under_every_key_that_must_be_hashed(
    make_event: Callable[..., dict[str, Any]], key: str
) -> None:
    """With the key in Meta's sentence, and never the value."""
    event = make_event(user_data={"external_id": "1", key: "raw value"})
    failure = check_events([event], event["event_time"], SandboxOptions())
    assert failure is not None
    assert failure.subcode == 2804016
    assert (failure.msg or "").startswith(f"The {key} parameter isn’t hashed. Hash all")
    assert "raw value" not in str(failure)


@pytest.mark.parametrize(
    "value",
    [
        HASH,
        HASH.upper(),
        [HASH],
        [HASH, MD5],
        MD5,
        f"{HASH}.AQ",
        f"{HASH}.AQICAQMC",
        f"{HASH}.a-_Z09-_",
        [],
        None,
    ],
)
def test_hashes_are_taken(subcode: Subcode, value: Any) -> None:
    """Alone or in a list, and with the appendix of Meta's parameter builder."""
    assert subcode(user_data={"external_id": "1", "em": value}) is None


@pytest.mark.parametrize(
    "value",
    [
        "",
        [""],
        [HASH, "x"],
        [None],
        [[HASH]],
        HASH[:-1],
        HASH + "0",
        HASH[:-1] + "g",
        HASH[:-2] + "  ",
        HASH[:-1] + "٠",
        f"{HASH}.A",
        f"{HASH}.AQI",
        f"{HASH}.AQ\n",
        f"x{HASH[1:]}.AQ",
        f"{MD5}.AQ",
        MD5[:-1] + "g",
        1,
        {},
        True,
    ],
)
def test_what_is_no_hash_is_refused(subcode: Subcode, value: Any) -> None:
    """Also an empty string, which slips through many a tool."""
    assert subcode(user_data={"external_id": "1", "em": value}) == 2804016


def test_nested_lists_end_nowhere_deep(subcode: Subcode) -> None:
    """Depth is somebody else's choice."""
    deep: Any = HASH
    for _ in range(100_000):
        deep = [deep]
    assert subcode(user_data={"external_id": "1", "em": deep}) == 2804016
    while isinstance(deep, list):  # else Python frees it recursively
        deep = deep.pop()


def test_md5_is_a_switch(subcode: Subcode) -> None:
    """Official tools leave it alone as hashed; the documentation knows SHA-256 only."""
    strict = SandboxOptions(strict_hashes=True)
    assert subcode(strict, user_data={"em": HASH}) is None
    assert subcode(strict, user_data={"em": MD5}) == 2804016


@pytest.mark.parametrize(
    "key", ["external_id", "client_ip_address", "client_user_agent", "fbp", "madid", "anon_id"]
)
def test_other_keys_go_unhashed(subcode: Subcode, key: str) -> None:
    """An external id should be hashed, but needn't be."""
    assert subcode(user_data={"em": HASH, key: "plain text"}) is None


@pytest.mark.parametrize("fbc", ["fb.1.1554763741205.AbC-_1", "fb.0.1.x", "fb.2.1.a.AQ", "fb.1.1.a.AQICAQMC"])
def test_click_ids_are_taken(subcode: Subcode, fbc: str) -> None:
    """Four parts, or five with an appendix."""
    assert subcode(user_data={"fbc": fbc}) is None


@pytest.mark.parametrize(
    "fbc", ["", "x", "fb.x.1.x", "fb.1.x.x", "fb.1.1.", "fb.1.1", "FB.1.1.x", "fb.1.1.a b", 5, ["fb.1.1.x"]]
)
def test_other_click_ids_are_refused(subcode: Subcode, fbc: Any) -> None:
    """One cookie that somebody cut short is enough."""
    assert subcode(user_data={"em": HASH, "fbc": fbc}) == 2804001


@pytest.mark.parametrize("lead", [10**14, 10**17 - 1, "123456789012345", "12345678901234567", None])
def test_lead_ids_are_taken(subcode: Subcode, lead: Any) -> None:
    """15 to 17 digits, as number or text."""
    assert subcode(user_data={"em": HASH, "lead_id": lead}) is None


@pytest.mark.parametrize(
    "lead", [10**14 - 1, 10**17, 1e15, "12345", "x" * 15, "١" * 15, -(10**15), True, [1], 10**400]
)
def test_other_lead_ids_are_refused(subcode: Subcode, lead: Any) -> None:
    """Also a float: that is how JavaScript loses the last digits."""
    assert subcode(user_data={"em": HASH, "lead_id": lead}) == 2804036


BROAD = [
    {"ct", "country", "st", "zp", "ge", "client_user_agent"},
    {"db", "client_user_agent"},
    {"fn", "ge"},
    {"ln", "ge"},
]
WEAK = sorted(set().union(*BROAD))


def subsets(keys: list[str]) -> list[set[str]]:
    """Give all subsets."""
    return [
        set(combination)
        for combination in chain.from_iterable(combinations(keys, size) for size in range(len(keys) + 1))
    ]


def test_the_minimum_match_rule_holds_for_all_combinations(subcode: Subcode) -> None:
    """All 512 subsets of the weak keys, against the rule as it is written down; one strong key saves any."""
    wrong = []
    for keys in subsets(WEAK):
        user_data = {key: AGENT if key == "client_user_agent" else HASH for key in keys}
        expected = 2804050 if any(keys <= broad for broad in BROAD) else None
        if subcode(user_data=user_data) != expected or subcode(
            user_data={**user_data, "client_ip_address": "::1"}
        ):
            wrong.append(keys)
    assert wrong == []
    assert len(subsets(WEAK)) == 512


def test_an_empty_value_matches_nobody(subcode: Subcode) -> None:
    """A key alone says nothing."""
    assert subcode(user_data={"em": [], "ct": HASH}) == 2804050
    assert subcode(user_data={"em": None, "fn": HASH, "ge": HASH}) == 2804050
    assert subcode(user_data={"external_id": "", "country": HASH}) == 2804050
