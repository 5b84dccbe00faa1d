"""The events that are measured: a 1.5 kB "Order Completed" with 3 products, and a page view.

How often names and places come back decides what remembering their hashes is worth.  Here a tenth of the
given names, three tenths of the family names and a fifth of the cities are rare ones, which hardly ever come back;
zip codes and dates of birth are spread evenly over all there are.  That is the traffic of a large country's
shop; a regional one sees more repeats.
"""

from datetime import UTC, datetime
from random import Random
from typing import Any

import orjson

_AGENT = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0"
)
_FIRST = "Jane John Mary Ana Luis Zoë Chloé Noah Emma Liam Olivia Ben Mia Tom Ida Max".split()
_LAST = "Doe Smith García Müller O'Connor Nguyen Rossi Novák Jensen Kowalski Dubois Silva".split()
_CITIES = "San Francisco|New York|Berlin|São Paulo|Paris|Springfield|Portland|Austin".split("|")
_STATES = "California|New York|Texas|Oregon|Florida|Ohio".split("|")
_SYLLABLES = "ba ber dol en fi gra hil is ka lo mar ne or pe qui ro sta tu vel wy".split()


def purchases(count: int, seed: int = 1) -> list[bytes]:
    """Make different people's orders; names and places repeat as they do in real traffic."""
    random = Random(seed)
    return [orjson.dumps(_purchase(random, number)) for number in range(count)]


def pages(count: int, seed: int = 1) -> list[bytes]:
    """Make page views of anonymous visitors."""
    random = Random(seed)
    return [orjson.dumps(_page(random, number)) for number in range(count)]


def _common(random: Random, number: int) -> dict[str, Any]:
    return {
        "messageId": f"ajs-next-{number:08x}-{random.getrandbits(64):016x}",
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "anonymousId": f"23adfd82-aa0f-45a7-a756-{number:012x}",
        "context": {
            "ip": f"203.0.113.{number % 250 + 1}",
            "locale": "en-US",
            "timezone": "America/Los_Angeles",
            "library": {"name": "analytics.js", "version": "2.11.1"},
            "userAgent": _AGENT,
            "page": {
                "path": "/checkout/thanks",
                "title": "Shop",
                "url": "https://shop.example.com/checkout/thanks",
                "referrer": "https://www.example.com/",
            },
        },
    }


def _clicks() -> dict[str, str]:
    created = int(datetime.now(UTC).timestamp()) * 1000 - 86_400_000  # older than 90 days, fbc is left out
    return {"fbc": f"fb.1.{created}.AbCdEfGhIjKlMnOpQrStUv", "fbp": f"fb.1.{created}.1098115397"}


def _page(random: Random, number: int) -> dict[str, Any]:
    return {
        "type": "page",
        "name": "Home",
        **_common(random, number),
        "properties": {"title": "Shop", **_clicks()},
    }


def _word(random: Random, usual: list[str], rare: float) -> str:
    if random.random() >= rare:
        return random.choice(usual)
    return "".join(random.choice(_SYLLABLES) for _ in range(4)).capitalize()


def _purchase(random: Random, number: int) -> dict[str, Any]:
    event = {
        "type": "track",
        "event": "Order Completed",
        "userId": f"user {number}",
        **_common(random, number),
    }
    event["context"]["traits"] = {
        "email": f"Jane.Doe{number}@Example.com",
        "phone": f"+1 (415) 555-{number % 10000:04d}",
        "firstName": _word(random, _FIRST, rare=0.1),
        "lastName": _word(random, _LAST, rare=0.3),
        "gender": random.choice(["f", "m"]),
        "birthday": f"19{random.randrange(40, 99)}-{random.randrange(1, 13):02d}-{random.randrange(1, 29):02d}",
        "address": {
            "street": "6th Street",
            "city": _word(random, _CITIES, rare=0.2),
            "state": random.choice(_STATES),
            "postalCode": f"{random.randrange(10000, 99999)}",
            "country": random.choice(["US", "United States", "Germany", "BR"]),
        },
    }
    event["properties"] = {
        "order_id": f"50314b8e{number}",
        "total": 30.0,
        "revenue": 25.5,
        "shipping": 3.5,
        "tax": 2.0,
        "currency": "usd",
        "coupon": "hasbros",
        "products": [
            {
                "product_id": f"507f1f77bcf86cd7994390{position:02d}",
                "sku": f"45790-{position}",
                "name": "Monopoly: 3rd Edition",
                "price": 19.0 + position,
                "quantity": position + 1,
                "category": "Games",
                "url": "https://www.example.com/product/path",
            }
            for position in range(3)
        ],
        **_clicks(),
    }
    return event
