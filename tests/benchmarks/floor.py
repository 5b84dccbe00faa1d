"""The floor: one event's way written by hand, for exactly two events and nothing else.

No triggers, no mapping language, no validation, no messages: what a careful engineer would write if
those two kinds of events were all there will ever be.  Normalization follows the pixel's rules as
far as these events need them.
"""

import re
from datetime import datetime
from hashlib import sha256
from typing import Any

import orjson

_ADDRESS = re.compile(
    r"[a-z0-9_!#$%&'*+/=?^`{|}~-]+(?:\.[a-z0-9_!#$%&'*+/=?^`{|}~-]+)*@(?:[a-z0-9-]+\.)+[a-z0-9-]+"
)
_NOT_DIGITS = re.compile(r"[^0-9]+")
_NOT_LETTERS = re.compile(r"[^a-z]+")
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_NAME = re.compile(r"[\s!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]+")
_SPACE = re.compile(r"\s+")
_DATE = re.compile(r"[0-9]+")


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def floor_purchase(line: bytes, states: dict[str, str], countries: dict[str, str]) -> bytes:
    """Turn an Order Completed event into a Purchase."""
    event: dict[str, Any] = orjson.loads(line)
    context, properties = event["context"], event["properties"]
    traits = context["traits"]
    address = traits["address"]
    email = traits["email"].lower().strip()
    year, month, day = _DATE.findall(traits["birthday"])
    state = _NOT_LETTERS.sub("", address["state"].lower())
    country = _NOT_LETTERS.sub("", address["country"].lower())
    gender = traits["gender"].strip().lower()
    user = {
        "external_id": [_hash(_SPACE.sub("", event["userId"]).lower())],
        "ph": _hash(_NOT_DIGITS.sub("", traits["phone"]).lstrip("0")),
        "ge": _hash(gender if gender in ("f", "m") else traits["gender"]),
        "db": _hash(f"{year}{month}{day}"),
        "ln": _hash(_NAME.sub("", traits["lastName"]).lower()),
        "fn": _hash(_NAME.sub("", traits["firstName"]).lower()),
        "ct": _hash(_NOT_WORD.sub("", address["city"].lower())),
        "st": _hash(states.get(state, state)[:2]),
        "zp": _hash(address["postalCode"].lower().partition("-")[0].strip()),
        "country": _hash(country if len(country) == 2 else countries[country]),
        "client_ip_address": context["ip"],
        "client_user_agent": context["userAgent"],
        "fbc": properties["fbc"],
        "fbp": properties["fbp"],
    }
    if _ADDRESS.fullmatch(email):
        user["em"] = _hash(email)
    contents = [
        {"id": product["product_id"], "quantity": product["quantity"], "item_price": product["price"]}
        for product in properties["products"]
    ]
    return orjson.dumps(
        {
            "event_name": "Purchase",
            "event_time": int(datetime.fromisoformat(event["timestamp"]).timestamp()),
            "event_source_url": context["page"]["url"],
            "event_id": event["messageId"],
            "action_source": "website",
            "user_data": user,
            "referrer_url": context["page"]["referrer"],
            "custom_data": {
                "currency": properties["currency"].upper(),
                "value": properties["revenue"],
                "content_ids": [product["product_id"] for product in properties["products"]],
                "contents": contents,
                "content_type": "product",
                "order_id": properties["order_id"],
            },
        }
    )


def floor_page(line: bytes) -> bytes:
    """Turn a page event of an anonymous visitor into a PageView."""
    event: dict[str, Any] = orjson.loads(line)
    context, properties = event["context"], event["properties"]
    return orjson.dumps(
        {
            "event_name": "PageView",
            "event_time": int(datetime.fromisoformat(event["timestamp"]).timestamp()),
            "event_source_url": context["page"]["url"],
            "event_id": event["messageId"],
            "action_source": "website",
            "user_data": {
                "external_id": [_hash(_SPACE.sub("", event["anonymousId"]).lower())],
                "client_ip_address": context["ip"],
                "client_user_agent": context["userAgent"],
                "fbc": properties["fbc"],
                "fbp": properties["fbp"],
            },
            "referrer_url": context["page"]["referrer"],
        }
    )
