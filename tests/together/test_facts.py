"""Facts about Meta that stand in the Facebook plugin and in the sandbox are the same.

The sandbox is an independent oracle: it has every fact a second time and imports nothing of the plugin, so that a
mistake on one side shows when the plugin's events are sent to it.  A fact that changes at Meta has to be changed on
both sides; what was forgotten on one is found here.  Where the two differ on purpose, the difference is written out
with its reason.
"""

from typing import Any

import pytest

from capi_actions import EventError, as_action, unix_seconds
from capi_actions_facebook import (
    CommerceEvent,
    click_ids,
    currencies,
    facts,
    validation,
)
from capi_actions_facebook.actions.other import Custom, PageView
from capi_actions_facebook.destination import Facebook
from capi_actions_facebook.fields import app_data, contents, user_data
from capi_actions_facebook.normalization.pixel import RULES
from capi_actions_facebook.verdicts import BY_SUBCODE
from capi_actions_sandbox import SandboxOptions, check_events, options
from capi_actions_sandbox.checks import append, apps, commerce, messaging, people, privacy, shape
from capi_actions_sandbox.checks import times as time_checks
from capi_actions_sandbox.demo.run import HASHED_KEYS
from capi_actions_sandbox.refusals import known_failures

SANDBOX = SandboxOptions()
PAGE_VIEW = as_action(PageView)
assert PAGE_VIEW is not None
FIELDS = PAGE_VIEW.fields
NOW = 1_795_000_000


def choices(field: Any) -> set[Any]:
    """Return the values that a field accepts."""
    return {choice.value for choice in field.choices}


PAIRS: dict[str, tuple[Any, Any]] = {
    "last day of each API version": (facts.LAST_DAYS, SANDBOX.last_days),
    "oldest API version with a known end": (facts.OLDEST_VERSION, SANDBOX.oldest_version),
    "newest API version": (facts.NEWEST_VERSION, SANDBOX.latest_version),
    "events in one request": (Facebook.max_items, SANDBOX.max_events),
    "greatest age": (facts.MAX_AGE, time_checks.MAX_AGE),
    "greatest age in a store": (facts.MAX_AGE_IN_STORE, time_checks.MAX_AGE_IN_STORE),
    "time ahead of the clock": (facts.FUTURE_TOLERANCE, SANDBOX.future_tolerance),
    "action sources": (choices(FIELDS["action_source"]), shape.ACTION_SOURCES),
    "data processing countries": (choices(FIELDS["data_processing_options_country"]), privacy.COUNTRIES),
    "data processing states": (choices(FIELDS["data_processing_options_state"]), privacy.STATES),
    "combinations of keys that are too broad": (set(facts.TOO_BROAD), set(people.TOO_BROAD)),
    "digits of a lead id": (facts.LEAD_ID_DIGITS, people.LEAD_ID_DIGITS),
    "keys with a hash of the pixel": (set(RULES), set(HASHED_KEYS)),
    "keys of a product": (set(contents.CONTENT_FIELDS), commerce.CONTENT_KEYS),
    "currencies that are no longer ours but Meta's": (
        options.known_currencies() - currencies.LISTED_BY_META,
        options.known_currencies() & currencies.WITHDRAWN.keys(),
    ),
    "refused currencies": (currencies.REFUSED_BY_META, options.refused_currencies()),
    "parts of extinfo": (len(app_data.EXTINFO), apps.EXTINFO_PARTS),
    "position of the OS version in extinfo": (app_data.EXTINFO.index("osVersion"), apps.OS_VERSION),
    "versions of extinfo": (choices(app_data.APP_FIELDS["version"]), set(apps.EXTINFO_VERSIONS)),
    "seconds for which events are appended": (facts.APPEND_WINDOWS, append.WINDOWS),
    "customer segments": (set(facts.CUSTOMER_SEGMENTS), shape.SEGMENTS),
    "source of CRM events": (
        (facts.CRM_EVENT_SOURCE, facts.CRM_ACTION_SOURCE),
        (commerce.CRM_EVENT_SOURCE, commerce.CRM_ACTION_SOURCE),
    ),
    "messaging channels": (choices(FIELDS["messaging_channel"]), set(shape.CHANNEL_KEYS)),
    "event names of business messaging": (facts.MESSAGING_EVENT_NAMES, messaging.MESSAGING_EVENT_NAMES),
    "keys that each messaging channel needs": (
        facts.CHANNEL_KEYS,
        # No subcode is known for a missing page_scoped_user_id: the sandbox refuses it like any missing parameter.
        {
            channel: tuple((keys, subcode or shape.PARAMETER_ERROR) for keys, subcode in needed)
            for channel, needed in shape.CHANNEL_KEYS.items()
        },
    ),
}


@pytest.mark.parametrize("fact", PAIRS)
def test_the_plugin_and_the_sandbox_have_the_same_fact(fact: str) -> None:
    """If this fails, look the fact up at Meta and correct the wrong side."""
    facebook, sandbox = PAIRS[fact]

    assert facebook == sandbox


def test_the_sandbox_knows_every_key_of_an_event_that_the_plugin_sends() -> None:
    """It knows more, which other senders use: the plugin has no field for those."""
    values: dict[str, Any] = {
        "action_source": "app",
        "event_time": str(NOW),
        "user_data": {},
        "app_data_field": {"use_app_data": True},
        "event_id": "e-1",
        "event_source_url": "https://shop.example",
        "referrer_url": "https://search.example",
        "custom_data": {},
        "opt_out": False,
        "data_processing_options": ["LDU"],
        "messaging_channel": "messenger",
        "customer_segmentation": "new_customer_to_business",
        "store_data": {"store_code": "7"},
        "original_event_data": {"event_name": "Purchase"},
        "attribution_data": {"ad_id": "1"},
        "event_name": "Lead",
    }
    everything = Custom(**values).build()

    assert shape.EVENT_KEYS - everything.keys() == {"advanced_measurement_table"}
    assert everything.keys() <= shape.EVENT_KEYS


LEGACY_HASHES = {"f5first", "f5last", "fi", "dobd", "dobm", "doby"}


def test_the_sandbox_knows_every_key_of_user_data_that_the_plugin_sends() -> None:
    """And the parts of names and dates that other senders hash; the plugin sends the whole name and date."""
    sent = {user_data.wire_name(key) for key in user_data.USER_FIELDS} - {"fbclid"}  # which becomes fbc

    assert sent <= shape.USER_KEYS
    assert shape.USER_KEYS - sent == LEGACY_HASHES


def test_the_plugin_hashes_every_key_that_must_be_hashed() -> None:
    """And the external id, as the pixel does: Meta recommends it, and accepts one that isn't hashed."""
    hashed = {field.hashed for field in user_data.USER_FIELDS.values() if field.hashed}

    assert {"external_id"} == hashed - shape.HASHED_KEYS
    assert shape.HASHED_KEYS - hashed == LEGACY_HASHES


def test_currencies_differ_where_nothing_is_published() -> None:
    """Meta has no list for this API.

    The plugin accepts ISO 4217 without what is withdrawn or no money.  A strict sandbox accepts the lists of Meta's
    other products, which still have six currencies that were replaced; a lenient one accepts any code.
    """
    strict = options.known_currencies()

    assert strict - currencies.ACCEPTED == {"BGN", "HRK", "LTL", "LVL", "SKK", "VEF"}
    for currency in currencies.ACCEPTED:
        assert refused(event_name="Purchase", custom_data={"value": 1, "currency": currency}) is None


def refused(**members: Any) -> int | None:
    """Return the subcode with which the sandbox refuses an event with these members, or None."""
    event = {
        "event_name": "Lead",
        "event_time": NOW - 60,
        "action_source": "other",
        "user_data": {"external_id": "u"},
        **members,
    }
    failure = check_events([event], NOW, SANDBOX)
    return None if failure is None else failure.subcode


@pytest.mark.parametrize(
    ("fbc", "facebook", "sandbox"),
    [
        ("fb.1.1554763741205.IwAR2F4-dbP0l7Mn1IawQQ", True, True),
        ("fb.1.1554763741205.IwAR2F4.AQICAQMC", True, True),
        ("fb.3.1554763741205.IwAR2F4", True, True),
        ("fb.x.1554763741205.IwAR2F4", False, False),
        ("fb.1.today.IwAR2F4", False, False),
        ("IwAR2F4", False, False),
        # Too few digits of time, or a letter that no click id has: whether Meta refuses them isn't known.
        ("fb.1.1554.IwAR2F4", False, True),
        ("fb.1.1554763741205.Iwär", False, True),
        # A placeholder, or parts that no appendix is: neither is known to be refused.
        ("fb.1.1554763741205.undefined", False, True),
        ("fb.1.1554763741205.IwAR2F4.x.y", False, True),
    ],
)
def test_the_plugin_is_stricter_about_click_ids(fbc: str, facebook: bool, sandbox: bool) -> None:
    """A wrong one costs the request, a missing one only some matches; the sandbox refuses what is known."""
    assert facebook is click_ids.is_click_id(fbc)
    assert sandbox is (refused(user_data={"external_id": "u", "fbc": fbc}) is None)


@pytest.mark.parametrize(
    ("lead", "facebook", "sandbox"),
    [
        (10**14, True, True),
        (10**17 - 1, True, True),
        (10**14 - 1, False, False),
        (10**17, False, False),
        ("123456789012345", False, True),  # the plugin's field has turned it into a number before
    ],
)
def test_lead_ids_have_the_same_limits(lead: Any, facebook: bool, sandbox: bool) -> None:
    """Meta takes them as text too; the plugin always sends a number."""
    assert facebook is validation.is_lead_id(lead)
    assert sandbox is (refused(user_data={"external_id": "u", "lead_id": lead}) is None)


def test_the_plugin_converts_milliseconds_which_the_sandbox_refuses() -> None:
    """Libraries send them; Meta reads any number as seconds, so that they lie in the future."""
    milliseconds = (NOW - 60) * 1000

    assert unix_seconds(str(milliseconds)) == NOW - 60
    assert refused(event_time=milliseconds) == 2804004


def test_only_the_plugin_and_a_strict_sandbox_require_a_user_agent_of_websites() -> None:
    """It is documented as required, but a real call was accepted without."""
    with pytest.raises(EventError) as caught:
        CommerceEvent(action_source="website", event_time=str(NOW), user_data={}).build()

    assert caught.value.problems[0].code == shape.PARAMETER_ERROR
    assert refused(action_source="website") is None
    assert SandboxOptions.strict().strict_user_agent


def test_the_plugin_explains_every_refusal_of_an_event_that_the_sandbox_knows() -> None:
    """All but those of which only the number is known, and those that aren't about an event of this API."""
    served = {failure.subcode for failure in known_failures() if failure.code == 100 and failure.subcode}
    without_text = {2804007, 2804014, 2804017, 2804048}
    about_something_else = {33, 34, 38, 1815356}

    assert set(BY_SUBCODE) <= served
    assert without_text | about_something_else == served - set(BY_SUBCODE)
