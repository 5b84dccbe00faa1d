"""The fields of commerce events and leads: their ``custom_data``."""

import logging
import re
from functools import cache
from typing import Any

from attrs import define

from capi_actions import EventError, JsonObject, Problem, field, from_path, note_dropped, note_uncertain
from capi_actions_facebook.currencies import currency_code
from capi_actions_facebook.facts import CONTENT_TYPES, DELIVERY_CATEGORIES
from capi_actions_facebook.fields.contents import CONTENT_FIELDS, UsualContents, contents_problems
from capi_actions_facebook.fields.crm import CrmFields
from capi_actions_facebook.fields.event import ServerEvent
from capi_actions_facebook.placeholders import NO_IDS, is_event_id, is_name
from capi_actions_facebook.presets import first_amount_of, path, when

_strip = str.strip
_LARGEST_COUNT = 10**15
_LOGGER = logging.getLogger("capi_actions.facebook")


@define(kw_only=True, slots=False)
class CommerceEvent(ServerEvent):
    """A server event with value, currency and products in its ``custom_data``.

    An action of your own subclasses it and sets ``meta_name``; :meth:`add_custom` adds further keys.
    Source: "custom data" in ``docs/reference/sources.md``.
    """

    currency: str | None = from_path(
        "$.properties.currency", label="Currency", description="ISO 4217, in any case: `EUR`."
    )
    value: float | None = field(label="Value", description="What it is worth, in the currency's major unit.")
    content_ids: list[str] | None = field(
        {"@product_ids": {}},
        label="Content IDs",
        description="Ids of the products; by default of all that `contents` lists.",
    )
    content_name: str | None = field(
        label="Content Name", description="Name of the page or product.", usable=is_name
    )
    content_type: str | None = field(
        when("$.properties.content_type", path("$.properties.content_type"), "product"),
        label="Content Type",
        description="`product` or `product_group`; sent beside `contents` or `content_ids` only.",
    )
    content_category: str | None = field(
        label="Content Category", description="Category of the page or product.", usable=is_name
    )
    contents: list[dict[str, Any]] | None = field(
        {"@products": {}},
        label="Contents",
        description="The products; by default all of the event's `products`, those without an id left out.",
        properties=CONTENT_FIELDS,
    )
    delivery_category: str | None = from_path(
        "$.properties.delivery_category",
        label="Delivery Category",
        description="`in_store`, `curbside` or `home_delivery`; anything else is left out.",
        usable=DELIVERY_CATEGORIES.__contains__,
    )
    num_items: int | None = field(label="Number of Items", description="How many items the checkout has.")
    net_revenue: float | None = field(label="Net Revenue", description="Margin of the event.")
    order_id: str | None = from_path(
        "$.properties.order_id", label="Order ID", description="Id of the order.", usable=is_name
    )
    item_number: str | None = field(
        label="Item Number",
        description="Offline events: tells several events of one order, time and name apart, such as its lines.",
        usable=is_event_id,
    )

    def build(self) -> JsonObject:
        """Return the server event.

        :raises EventError: when Meta would refuse the request because of currency or contents.
        """
        values = self.__dict__  # an attribute that an instance lacks takes twice as long as its key
        custom = self.custom_properties() if "custom_data" in values and self.custom_data else {}
        if self.currency:
            custom["currency"] = currency_code(self.currency)
        if self.value is not None:
            custom["value"] = self.value
        if "net_revenue" in values and self.net_revenue is not None:
            custom["net_revenue"] = self.net_revenue
        if "num_items" in values and self.num_items is not None:
            custom["num_items"] = _check_count(self.num_items)
        self._add_contents(custom)
        if "delivery_category" in values and self.delivery_category:
            self._add_delivery_category(custom)
        if self.order_id:
            custom["order_id"] = self.order_id
            if "+" in self.order_id:
                _note_lost_digits(self.order_id)
        if "item_number" in values and self.item_number:
            self._add_item_number(custom)
        self.add_custom(custom)
        data = self.server_event(self.meta_name)
        data["custom_data"] = custom
        return data

    def _add_contents(self, custom: JsonObject) -> None:
        """Add what the event is about."""
        values, contents = self.__dict__, self.contents
        if self.content_ids and (content_ids := list(filter(_strip, self.content_ids))):
            custom["content_ids"] = content_ids
        if contents is not None:
            if type(contents) is UsualContents:
                contents = list(contents)
            elif problems := contents_problems(contents, "$.contents"):
                raise EventError(problems)
            custom["contents"] = contents
        if "content_name" in values and self.content_name:
            custom["content_name"] = self.content_name
        if contents is not None or self.content_ids:
            if self.content_type in CONTENT_TYPES:
                custom["content_type"] = self.content_type
            elif self.content_type:
                custom["content_type"] = _content_type(self.content_type)
        if "content_category" in values and self.content_category:
            custom["content_category"] = self.content_category

    def _add_item_number(self, custom: JsonObject) -> None:
        """Add what tells events of one order apart, unless it would be the same for all."""
        if not self.item_number or not is_event_id(self.item_number):
            note_dropped("$.custom_data.item_number", "it is blank or a placeholder")
        else:
            custom["item_number"] = self.item_number

    def _add_delivery_category(self, custom: JsonObject) -> None:
        """Add how the order is delivered, if Meta knows the word."""
        if self.delivery_category in DELIVERY_CATEGORIES:
            custom["delivery_category"] = self.delivery_category
        else:
            custom.pop("delivery_category", None)  # all properties may be in custom_data
            words = ", ".join(DELIVERY_CATEGORIES)
            note_dropped("$.custom_data.delivery_category", f"it is none of {words}")

    def add_custom(self, custom: JsonObject) -> None:
        """Add the keys that only this kind of event has.  Override it; here it adds none.

        :param custom: the event's ``custom_data``, to be changed in place.
        """


@define(kw_only=True, slots=False)
class LeadEvent(CommerceEvent, CrmFields):
    """A commerce event about somebody who becomes a customer, or shows interest.

    Its trigger may name identify calls, too.  An action of your own subclasses it and sets ``meta_name``.
    """

    value: float | None = field(
        first_amount_of("$.properties.value", "$.properties.revenue", "$.properties.price"),
        label="Value",
        description="What it is worth, in the currency's major unit.",
    )
    predicted_ltv: float | None = field(
        label="Predicted Lifetime Value", description="What the customer is expected to bring in all."
    )
    status: str | None = field(label="Status", description="Status of the registration.")

    def add_custom(self, custom: JsonObject) -> None:
        """Add the expected value, the status of the registration, and the CRM."""
        if self.predicted_ltv is not None:
            custom["predicted_ltv"] = self.predicted_ltv
        if self.status:
            custom["status"] = self.status
        self.add_crm(custom)


def _content_type(text: str) -> str:
    """Return a content type that isn't written as Meta's are: in small letters, or ``product`` for a placeholder."""
    word = text.strip().lower()
    if word in CONTENT_TYPES:
        return word
    if not word or word in NO_IDS:
        note_dropped("$.custom_data.content_type", "it is a placeholder: product is sent")
        return "product"
    note_uncertain(
        "$.custom_data.content_type", "that Meta doesn't list: product and product_group are usual"
    )
    return text


def _check_count(count: float) -> float:
    """Return a number of items.

    :raises EventError: when it has lost digits.
    """
    if -_LARGEST_COUNT < count < _LARGEST_COUNT:
        return count
    message = "must be a whole number of at most 15 digits"
    raise EventError([Problem(message, "$.num_items")])


# What spreadsheets make of long numbers: 1.23457E+12.
_SCIENTIFIC = re.compile(r"[0-9]+(?:[.,][0-9]+)?[eE][+][0-9]{1,3}")


def _note_lost_digits(order_id: str) -> None:
    if _SCIENTIFIC.fullmatch(order_id.strip()):
        uncertainty = "in scientific notation: digits are lost, and different orders may have the same id"
        note_uncertain("$.custom_data.order_id", uncertainty)
        _log_lost_digits()


@cache
def _log_lost_digits() -> None:
    _LOGGER.warning(
        "an order id is a number in scientific notation, such as 1.23457E+12: its last digits are lost, and different"
        " orders may have the same; write it as text"
    )
