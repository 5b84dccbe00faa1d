"""``custom_data``: contents, and what a Purchase needs."""

from collections.abc import Callable
from typing import Any

import pytest

from capi_actions_sandbox import SandboxOptions, check_events
from capi_actions_sandbox.options import known_currencies, refused_currencies

Subcode = Callable[..., int | None]


def purchase(**custom: Any) -> dict[str, Any]:
    """Give the changes that make an event a purchase."""
    return {"event_name": "Purchase", "custom_data": custom}


@pytest.mark.parametrize("value", [1, 0, 12.5, -1, "12.50", "1e3"])
def test_a_purchase_has_a_value(subcode: Subcode, value: Any) -> None:
    """A number, or one as text."""
    assert subcode(**purchase(value=value, currency="EUR")) is None


@pytest.mark.parametrize(
    "value", [None, "", "twelve", True, [], {}, "nan", "1,50", "1_000", " 1 ", "٣", float("inf")]
)
def test_a_purchase_without_a_usable_value_is_refused(subcode: Subcode, value: Any) -> None:
    """What can't be read as an amount counts as missing."""
    assert subcode(**purchase(value=value, currency="EUR")) == 2804009


def test_an_endless_number_is_no_amount(subcode: Subcode) -> None:
    """Python's integers know no end; floats do."""
    assert subcode(**purchase(value=10**400, currency="EUR")) == 2804009


@pytest.mark.parametrize("currency", [None, ""])
def test_a_purchase_without_currency_is_refused(subcode: Subcode, currency: Any) -> None:
    """After the value was looked at."""
    assert subcode(**purchase(value=1, currency=currency)) == 2804010


@pytest.mark.parametrize("currency", ["MRU", "mru", "EURO", "€", "12A", 978, ["EUR"], "ÄÖÜ"])
def test_a_wrong_currency_is_refused(subcode: Subcode, currency: Any) -> None:
    """MRU is in ISO 4217, and was refused all the same in a real call."""
    assert subcode(**purchase(value=1, currency=currency)) == 2804011


def test_currencies_are_a_switch(subcode: Subcode) -> None:
    """Meta publishes no list for this API; those of its other products are the strict choice."""
    strict = SandboxOptions(currencies=known_currencies())
    assert subcode(**purchase(value=1, currency="XYZ")) is None
    assert subcode(strict, **purchase(value=1, currency="XYZ")) == 2804011
    assert subcode(strict, **purchase(value=1, currency="usd")) is None
    assert refused_currencies() == {"MRU"}
    assert len(known_currencies()) == 66


def test_other_events_need_neither(subcode: Subcode) -> None:
    """Only Purchase does, and only in this spelling."""
    assert subcode(event_name="AddToCart", custom_data={"currency": "MRU"}) is None
    assert subcode(event_name="purchase") is None


@pytest.mark.parametrize("custom", [None, [], {}])
def test_a_purchase_needs_custom_data(subcode: Subcode, custom: Any) -> None:
    """Without any, the value is what is missing first."""
    assert subcode(event_name="Purchase", custom_data=custom) == 2804009


@pytest.mark.parametrize(
    "contents", ["[]", {}, 1, [1], ["a"], [{}], [{"id": ""}], [{"id": None}], [{"id": "1"}, {}]]
)
def test_contents_are_objects_with_ids(subcode: Subcode, contents: Any) -> None:
    """In every event, not only in purchases."""
    assert subcode(custom_data={"contents": contents}) == 2804008


def test_unknown_keys_of_contents_are_a_switch(
    make_event: Callable[..., dict[str, Any]], subcode: Subcode
) -> None:
    """One report says that they are refused; the documentation doesn't."""
    custom = {"contents": [{"id": 1, "quantity": 2}, {"id": 2, "name": "x"}]}
    assert subcode(custom_data=custom) is None
    event = make_event(custom_data=custom)
    failure = check_events([event], event["event_time"], SandboxOptions(strict_contents=True))
    assert failure is not None
    assert failure.msg == """Unexpected key "name" on param "$['data'][0]['custom_data']['contents'][1]\""""
    assert subcode(SandboxOptions(strict_contents=True), custom_data={"contents": [{"id": 1}]}) is None


def test_properties_of_one_s_own_are_taken(subcode: Subcode) -> None:
    """custom_data is open."""
    assert subcode(custom_data={"colour": "blue", "nested": {"a": [1, None]}}) is None
