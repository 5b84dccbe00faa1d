"""Actions of another package, built on the base classes that this one exports."""

from types import SimpleNamespace
from typing import Any

import pytest

import capi_actions_facebook
import capi_actions_facebook.plugin
from capi_actions import JsonObject, Plugins, action, builtin, field, from_path, hookimpl
from capi_actions.testing import build_item
from capi_actions_facebook import CommerceEvent, LeadEvent, ServerEvent


@action("facebook.ring", title="Ring", trigger='type = "track" and event = "Rang"')
class Ring(ServerEvent):
    """Somebody rings the bell: a server event with a key of its own."""

    door: str = from_path("$.properties.door", label="Door")

    def build(self) -> JsonObject:
        """Return the server event."""
        data = self.server_event("Ring")
        data["custom_data"] = {**self.custom_properties(), "door": self.door}
        return data


@action("facebook.rent", title="Rent", trigger='type = "track" and event = "Car Rented"')
class Rent(CommerceEvent):
    """A car is rented."""

    meta_name = "Rent"

    days: int | None = field({"@path": "$.properties.days"}, label="Days")

    def add_custom(self, custom: JsonObject) -> None:
        """Add the number of days."""
        if self.days is not None:
            custom["days"] = self.days


@action("facebook.join", title="Join", trigger='type = "identify"')
class Join(LeadEvent):
    """Somebody joins the club."""

    meta_name = "Join"


@pytest.fixture(scope="module")
def plugins() -> Plugins:
    """This plugin and another package's."""
    other = SimpleNamespace(__name__="acme", capi_actions=hookimpl(lambda: [Ring, Rent, Join]))
    return Plugins(builtin, capi_actions_facebook.plugin, other)


def event(**members: Any) -> dict[str, Any]:
    return {"messageId": "m-1", "timestamp": "2026-11-23T17:24:12Z", "userId": "u", **members}


def test_a_server_event_has_the_common_fields_and_the_subclass_s_own(plugins: Plugins) -> None:
    """The subclass writes `build`."""
    ring = event(type="track", event="Rang", properties={"door": "back"}, context={"ip": "203.0.113.42"})
    data = build_item(plugins, "facebook.ring", ring)

    assert (data["event_name"], data["event_time"], data["event_id"]) == ("Ring", 1795454652, "m-1")
    assert data["user_data"]["client_ip_address"] == "203.0.113.42"
    assert data["custom_data"] == {"door": "back"}


def test_a_commerce_event_has_currency_products_and_the_subclass_s_own(plugins: Plugins) -> None:
    """`meta_name` names it, `add_custom` adds to its `custom_data`."""
    properties = {"currency": "eur", "days": 3, "products": [{"product_id": "car"}]}
    data = build_item(
        plugins, "facebook.rent", event(type="track", event="Car Rented", properties=properties)
    )

    assert data["event_name"] == "Rent"
    assert data["custom_data"] == {
        "currency": "EUR",
        "content_ids": ["car"],
        "contents": [{"id": "car"}],
        "content_type": "product",
        "days": 3,
    }


def test_a_lead_event_takes_the_person_from_identify_calls(plugins: Plugins) -> None:
    """Whose traits are at the top of the event."""
    data = build_item(plugins, "facebook.join", event(type="identify", traits={"email": "a@b.co"}))

    assert (data["event_name"], set(data["user_data"])) == ("Join", {"em", "external_id"})


@pytest.mark.parametrize("name", ["ServerEvent", "CommerceEvent", "LeadEvent"])
def test_the_base_classes_are_exported_and_documented(name: str) -> None:
    """Other packages build on them: they are no detail of ours."""
    assert name in capi_actions_facebook.__all__
    assert getattr(capi_actions_facebook, name).__doc__
    assert f":class:`{name}`" in str(capi_actions_facebook.__doc__)
