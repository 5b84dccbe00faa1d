"""The demo's people and events.

The people don't exist; with their raw values stands what the real pixel (version 2.9.324) sent for them.
The events are of the kinds that real libraries send.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

from attrs import frozen

from capi_actions import JsonObject

_DATA = files("capi_actions_sandbox") / "demo" / "data"
_AGENT = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0"
)


@frozen
class Sample:
    """One event, and the expected hashes of its person.

    :ivar event: as a library would send it, dated a little before now.
    :ivar hashes: what the real pixel sent for this person, by Meta's key.
    """

    event: JsonObject
    hashes: Mapping[str, str]

    @property
    def title(self) -> str:
        """The event's name, or its type when it has none."""
        return str(self.event.get("event") or f"{self.event['type']} call")


def samples(now: datetime | None = None) -> Iterator[Sample]:
    """Yield the sample events, dated within the last hour."""
    start = (now or datetime.now(UTC)) - timedelta(minutes=50)
    people: Sequence[Mapping[str, Any]] = json.loads((_DATA / "people.json").read_text(encoding="utf-8"))
    for number, line in enumerate((_DATA / "events.jsonl").read_text(encoding="utf-8").splitlines()):
        event = json.loads(line)
        person = people[event.pop("person")]
        event["messageId"] = f"demo-{number:02}"
        event["timestamp"] = (start + timedelta(minutes=number)).isoformat()
        yield Sample(_with_person(event, person["person"]), person["ud"])


def _with_person(event: JsonObject, person: Mapping[str, str]) -> JsonObject:
    traits = {
        "email": person["em"],
        "phone": person["ph"],
        "firstName": person["fn"],
        "lastName": person["ln"],
        "birthday": person["db"],
        "gender": person["ge"],
        "address": {
            "city": person["ct"],
            "state": person["st"],
            "postalCode": person["zp"],
            "country": person["country"],
        },
    }
    page = {"url": "https://shop.example/p/0?fbclid=IwAR0AbC-_x", "path": "/p/0", "title": "Product"}
    context: JsonObject = {"ip": "203.0.113.42", "userAgent": _AGENT, "page": page, "locale": "en-US"}
    if event["type"] == "identify":  # the traits of a group call describe the company
        event["traits"] = traits
    else:
        context["traits"] = traits
    return {**event, "userId": person["external_id"], "context": context}
