"""The same events through Meta's own Python SDK, as its users call it."""

from datetime import datetime
from typing import Any

import orjson
from facebook_business.adobjects.serverside.action_source import ActionSource
from facebook_business.adobjects.serverside.content import Content
from facebook_business.adobjects.serverside.custom_data import CustomData
from facebook_business.adobjects.serverside.event import Event
from facebook_business.adobjects.serverside.event_request import EventRequest
from facebook_business.adobjects.serverside.user_data import UserData
from facebook_business.api import FacebookAdsApi
from facebook_business.session import FacebookSession


def send_with_sdk(lines: list[bytes], url: str, batch: int) -> None:
    """Send events in batches to a server on loopback."""
    FacebookSession.GRAPH = url
    FacebookAdsApi.init(access_token="unused", crash_log=False)
    for start in range(0, len(lines), batch):
        events = [_event(orjson.loads(line)) for line in lines[start : start + batch]]
        EventRequest(pixel_id="1", events=events).execute()


def _event(event: dict[str, Any]) -> Event:
    context, properties = event["context"], event["properties"]
    traits = context["traits"]
    address = traits["address"]
    user = UserData(
        email=traits["email"],
        phone=traits["phone"],
        first_name=traits["firstName"],
        last_name=traits["lastName"],
        date_of_birth=traits["birthday"],
        city=address["city"],
        state=address["state"],
        zip_code=address["postalCode"],
        country_code="us",  # it refuses names of countries
        external_id=event["userId"],
        client_ip_address=context["ip"],
        client_user_agent=context["userAgent"],
        fbc=properties["fbc"],
        fbp=properties["fbp"],
    )
    custom = CustomData(
        currency=properties["currency"],
        value=properties["revenue"],
        order_id=properties["order_id"],
        contents=[
            Content(
                product_id=product["product_id"], quantity=product["quantity"], item_price=product["price"]
            )
            for product in properties["products"]
        ],
    )
    return Event(
        event_name="Purchase",
        event_time=int(datetime.fromisoformat(event["timestamp"]).timestamp()),
        event_source_url=context["page"]["url"],
        event_id=event["messageId"],
        action_source=ActionSource.WEBSITE,
        user_data=user,
        custom_data=custom,
    )
