"""Facts about Meta's platform that change with time, each with its source and the date when it was read.

Sources are named as in ``docs/reference/sources.md``.  Rules that came from running a program of Meta's stand beside
the code that follows them: normalization, click ids, currencies.  The sandbox has the same facts a second time, on
purpose; ``tests/together/test_facts.py`` compares the two.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

CHECKED = date(2026, 11, 23)
"""The oldest of the days on which these facts were read: since then no comparison has left one out."""

CHECK_INTERVAL = timedelta(days=90)
"""Meta publishes a version about every four months, and tells of its changes with it."""

DAY = 86_400  # seconds
HOUR = 3_600

# Last day of each version of the Graph API.  "versions", read 2026-11-30.
LAST_DAYS: Mapping[int, date] = {
    16: date(2025, 5, 14),
    17: date(2025, 9, 12),
    18: date(2026, 1, 26),
    19: date(2026, 5, 21),
    20: date(2026, 9, 24),
    21: date(2027, 1, 21),
    22: date(2027, 5, 20),
    23: date(2027, 10, 8),
    24: date(2028, 2, 18),
    25: date(2028, 7, 29),
}
OLDEST_VERSION = min(LAST_DAYS)

# The newest one whose end is announced, so that everybody can see how long it works.  Nothing here needs a newer one.
DEFAULT_VERSION = f"v{max(LAST_DAYS)}.0"

# Released on 2026-11-04; its end isn't announced, nor that of 26.  "versions", read 2026-11-30.
NEWEST_VERSION = 27

# "using the API", read 2026-11-23.
MAX_EVENTS = 1000  # in one request
PARTNER_AGENT_LIMIT = 23  # it has fewer characters, and at least 2 letters

# Seconds between an event and the request.  "server event", read 2026-11-23.
MAX_AGE = 7 * DAY
MAX_AGE_IN_STORE = 62 * DAY  # with the action source physical_store

# Seconds after the original event, until which Meta takes an event that adds to it.  "original event" and
# "attribution data", read 2026-11-30.
APPEND_WINDOWS: Mapping[str, int] = {"AppendValue": 7 * DAY, "AppendAttribution": 48 * HOUR}

# Seconds.  Meta's own isn't documented; RudderStack's transformer allows this much (read 2026-11-23).
FUTURE_TOLERANCE = 60

# Seconds.  Browsers keep the cookie this long; Meta complains about older ones.
# "click and browser id", read 2026-11-23.
CLICK_ID_MAX_AGE = 90 * DAY

# "server event", read 2026-11-23.
ACTION_SOURCES: Mapping[str, str] = {
    "email": "Email",
    "website": "Website",
    "app": "App",
    "phone_call": "Phone call",
    "chat": "Chat",
    "physical_store": "Physical store",
    "system_generated": "System generated",
    "other": "Other",
    "business_messaging": "Business messaging",
}

# Limited Data Use.  "server event", read 2026-11-23.
COUNTRIES: Mapping[int, str] = {0: "Meta finds out", 1: "United States"}
STATES: Mapping[int, str] = {
    0: "Meta finds out",
    1000: "California",
    1001: "Colorado",
    1002: "Connecticut",
    1003: "Florida",
    1004: "Oregon",
    1005: "Texas",
    1006: "Montana",
    1007: "Delaware",
    1008: "Nebraska",
    1009: "New Hampshire",
    1010: "New Jersey",
    1011: "Minnesota",
    1012: "Maryland",
    1013: "Rhode Island",
}

# "server event", read 2026-11-23.  Its table has this key in the event, its example in custom_data.
CUSTOMER_SEGMENTS = (
    *("new_customer_to_business", "new_customer_to_business_line"),
    *("new_customer_to_product_area", "new_customer_to_medium"),
    *("existing_customer_to_business", "existing_customer_to_business_line"),
    *("existing_customer_to_product_area", "existing_customer_to_medium"),
    "customer_in_loyalty_program",
)

# "offline events", read 2026-11-23.
STORE_KEYS = ("store_page_id", "brand_page_id", "store_code")

# The value of event_source in custom_data, and the action source that goes with it.  "CRM events", read 2026-11-30.
CRM_EVENT_SOURCE, CRM_ACTION_SOURCE = "crm", "system_generated"

# Combinations of keys that fit too many people: the whole set, or a part of it.
# "customer information", read 2026-11-23.
TOO_BROAD = (
    frozenset({"ct", "country", "st", "zp", "ge", "client_user_agent"}),
    frozenset({"db", "client_user_agent"}),
    frozenset({"fn", "ge"}),
    frozenset({"ln", "ge"}),
)

# At least, at most.  "customer information", read 2026-11-23.
LEAD_ID_DIGITS = (15, 17)

# "server event" and "errors", read 2026-11-23.
CHANNEL_KEYS: Mapping[str, Sequence[tuple[Sequence[str], int]]] = {
    "messenger": ((("page_id",), 2804069), (("page_scoped_user_id",), 2804019)),
    "whatsapp": ((("page_id", "whatsapp_business_account_id"), 2804116), (("ctwa_clid",), 2804071)),
    "instagram": ((("ig_account_id",), 2804079), (("ig_sid",), 2804075)),
}
"""Messaging channel to the keys that it needs: of each group one, and the subcode when there is none."""

MESSAGING_EVENT_NAMES = frozenset(
    """
    LeadSubmitted QualifiedLead Purchase AddToCart InitiateCheckout ViewContent OrderCreated OrderShipped
    OrderDelivered OrderCanceled OrderReturned CartAbandoned RatingProvided ReviewProvided
    """.split()
)

# "custom data", read 2026-11-23.
DELIVERY_CATEGORIES = ("in_store", "curbside", "home_delivery")
# "custom data" and, for the others, "catalog ads", read 2026-11-30.  The last two are called as their catalogs are;
# no example of Meta's has them.
CONTENT_TYPES = ("product", "product_group", "flight", "hotel", "vehicle", "destination", "home_listing")

# The lists in currencies.py were read on this day.
CURRENCIES_READ = date(2026, 11, 23)


def age_warning(today: date) -> str | None:
    """Return a sentence if these facts were last compared with their sources more than 90 days ago, else None."""
    age = today - CHECKED
    if age <= CHECK_INTERVAL:
        return None
    return (
        f"the facts about Meta were last checked on {CHECKED}, {age.days} days ago:"
        " compare capi_actions_facebook/facts.py with docs/reference/sources.md and date what you read"
    )
