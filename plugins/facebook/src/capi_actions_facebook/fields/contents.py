"""What was bought or looked at: the items of ``contents``."""

from collections.abc import Mapping, Sequence
from typing import Any

from capi_actions import EventError, Field, Problem

CONTENT_FIELDS: Mapping[str, Field] = {
    "id": Field(type="string", label="ID", description="The product's id in the catalog."),
    "quantity": Field(type="integer", label="Quantity"),
    "item_price": Field(
        type="number", label="Item Price", description="Price of one piece, after discounts."
    ),
    "delivery_category": Field(
        type="string", label="Delivery Category", description="`in_store`, `curbside` or `home_delivery`."
    ),
    "title": Field(type="string", label="Title"),
    "description": Field(type="string", label="Description"),
    "brand": Field(type="string", label="Brand"),
    "category": Field(type="string", label="Category"),
}
_DELIVERY = frozenset({"in_store", "curbside", "home_delivery"})


def check_contents(contents: Sequence[Mapping[str, Any]]) -> None:
    """Hold that every item is one that Meta takes (``graph-api.md`` §4; error subcode 2804008).

    :raises EventError: naming each item that isn't.
    """
    for item in contents:
        if "delivery_category" in item or not item.get("id"):
            break
    else:
        return  # nearly always: 0.3 µs for three instead of 0.6
    problems = []
    for index, item in enumerate(contents):
        if not item.get("id"):
            problems.append(
                Problem(
                    f"contents[{index}] must include an 'id' parameter.", f"$.contents[{index}].id", 2804008
                )
            )
        elif item.get("delivery_category", "in_store") not in _DELIVERY:
            problems.append(
                Problem(
                    f"contents[{index}].delivery_category must be one of {{in_store, home_delivery, curbside}}.",
                    f"$.contents[{index}].delivery_category",
                    2804008,
                )
            )
    if problems:
        raise EventError(problems)
