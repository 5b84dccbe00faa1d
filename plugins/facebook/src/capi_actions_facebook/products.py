"""The directives that read the products of a Segment e-commerce event."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from capi_actions import MISSING, CleanResolver, Compiler, Directive, Json, Resolver, note_dropped
from capi_actions_facebook.facts import DELIVERY_CATEGORIES
from capi_actions_facebook.fields.contents import CONTENT_FIELDS, USUAL_QUANTITIES, UsualContents
from capi_actions_facebook.placeholders import NO_IDS

# Segment's e-commerce spec, in the order in which it recommends them.  A bare `id` counts inside a
# `products` list only: at the top of an event it may be the id of anything.
_IDS = ("product_id", "sku")
_IDS_IN_LIST = (*_IDS, "id")
_strip = str.strip
_NO_IDS = NO_IDS | {""}  # once white space around them is gone
_LARGEST_EXACT = 2**53  # greater doubles have lost digits: of an id, another product's would be left

# As the pixel's own check of amounts has it, without a sign of JavaScript or Python: 12, -0.5.
_DECIMAL = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?")


def products(event: Json) -> Any:
    """Return the event's products as ``contents``.

    They come from the list ``products``; if there is none, or it is empty, the event itself may be about
    one product (Product Viewed).  Products without an id, and entries that aren't objects, are left out: Meta
    refuses the whole request for one of them (error subcode 2804008).  Amounts that can't be read are passed
    on, so that the check of the field reports them.

    :returns: a list of ``{"id", "quantity"?, "item_price"?, "delivery_category"?}``, or MISSING when there
        is none.
    """
    usual = usual_products(event)
    return plain_products(event) if usual is None else list(usual)  # fields take a list for many values


def plain_products(event: Json) -> Any:
    """Return what :func:`products` does, product by product."""
    listed, ids = _product_list(event)
    if ids is _IDS:
        _note_unread_list(event)
    candidates = [_content(product, ids) for product in listed if isinstance(product, dict)]
    contents = list(filter(None, candidates))
    if len(contents) < len(listed) and ids is _IDS_IN_LIST:
        note_dropped("$.contents", "products without an id, or that are no objects")
    return contents or MISSING


def usual_products(event: Json) -> UsualContents | None:
    """Return what :func:`products` does if all products have usual ids, quantities and prices, else None.

    Nearly always: three products in 1 µs; with calls for each 2.4.
    """
    try:
        listed = event["properties"]["products"]
        if type(listed) is not list:
            return None
        contents = UsualContents()
        for product in listed:
            id_, quantity, price = product["product_id"], product["quantity"], product["price"]
            if (
                _strip(id_) in _NO_IDS  # TypeError if it is no text
                or type(quantity) is not int
                or quantity not in USUAL_QUANTITIES
                or not ((type(price) is float and price - price == 0) or type(price) is int)
                or "delivery_category" in product
            ):
                return None
            contents.append({"id": id_, "quantity": quantity, "item_price": price})
    except (KeyError, TypeError, IndexError):
        return None
    return contents or None


def product_ids(event: Json) -> Any:
    """Return the ids of the event's products, as :func:`products` finds them, or MISSING when there is none."""
    usual = usual_product_ids(event)
    return plain_product_ids(event) if usual is None else usual


def usual_product_ids(event: Json) -> list[str] | None:
    """Return what :func:`product_ids` does if all products have a text for an id, which says something, else None."""
    try:
        listed = event["properties"]["products"]
        texts = [product["product_id"] for product in listed]
        return texts if texts and type(listed) is list and _NO_IDS.isdisjoint(map(_strip, texts)) else None
    except (KeyError, TypeError, IndexError):
        return None


def plain_product_ids(event: Json) -> Any:
    """Return what :func:`product_ids` does, product by product."""
    listed, ids = _product_list(event)
    candidates = [_id(product, ids) for product in listed if isinstance(product, dict)]
    return [id_ for id_ in candidates if id_ is not None] or MISSING


def product_count(event: Json) -> Any:
    """Return how many items the event's products are together, or MISSING when it has none.

    A product without a usable quantity counts as one item.
    """
    listed, ids = _product_list(event)
    counts = [
        _count(product) for product in listed if isinstance(product, dict) and _id(product, ids) is not None
    ]
    return sum(counts) or MISSING


def _product_list(event: Json) -> tuple[Sequence[Any], tuple[str, ...]]:
    """Return the objects that may be products, and the keys under which their ids may stand."""
    properties = event.get("properties") if isinstance(event, dict) else None
    if not isinstance(properties, dict):
        return (), _IDS
    listed = properties.get("products")
    if listed.__class__ is list and listed:
        return listed, _IDS_IN_LIST
    if listed.__class__ is dict and listed:
        return (listed,), _IDS_IN_LIST
    return (properties,), _IDS


def _note_unread_list(event: Json) -> None:
    """Note that there are products, but not as a list: a text that holds JSON, a number."""
    properties = event.get("properties") if isinstance(event, dict) else None
    if isinstance(properties, dict) and (listed := properties.get("products")):
        kind = "a text" if isinstance(listed, str) else "something else"
        note_dropped("$.contents", f"the event's products are {kind}, where a list of objects should be")


def _content(product: dict[str, Any], ids: tuple[str, ...]) -> dict[str, Any] | None:
    id_ = _id(product, ids)
    if id_ is None:
        return None
    content: dict[str, Any] = {"id": id_}
    quantity = _amount(product.get("quantity"), "quantity")
    # Meta counts pieces: half a kilogram has no quantity.
    if quantity.__class__ is float and not quantity.is_integer():
        note_dropped("$.contents[].quantity", "it has a fraction, and Meta counts pieces")
    elif quantity is not None:
        content["quantity"] = (
            int(quantity) if quantity.__class__ is float and _is_exact(quantity) else quantity
        )
    price = _amount(product.get("price"), "item_price")
    if price is not None:
        content["item_price"] = price
    category = product.get("delivery_category")
    if category.__class__ is str and category in DELIVERY_CATEGORIES:
        content["delivery_category"] = category
    elif category not in (None, ""):
        note_dropped("$.contents[].delivery_category", f"it is none of {', '.join(DELIVERY_CATEGORIES)}")
    return content


def _id(product: dict[str, Any], keys: tuple[str, ...]) -> str | None:
    """Return a product's id: a text, neither blank nor a placeholder, or a number that has kept all its digits."""
    for key in keys:
        id_: Any = product.get(key)
        kind = id_.__class__
        if kind is str:
            if id_.strip() not in _NO_IDS:
                return str(id_)
        elif kind is int:
            return str(id_)
        elif kind is float and _is_exact(id_):
            return str(int(id_)) if id_.is_integer() else repr(id_)
    return None


def _is_exact(number: float) -> bool:
    return -_LARGEST_EXACT < number < _LARGEST_EXACT


def _amount(value: Any, key: str = "") -> Any:
    """Return a number for a number and its text, None for nothing, and whatever else it is as it is.

    :param key: of ``contents``, for the note about an amount that is left out; "" for none.
    """
    kind = value.__class__
    if kind is bool or (kind is float and value - value != 0):  # infinite or not a number
        if key:
            note_dropped(f"$.contents[].{key}", "it is no number")
        return None
    if kind is not str:
        return value
    text = value.strip()
    if not text:
        return None
    match = _DECIMAL.fullmatch(value)
    return value if match is None else float(value) if match[1] else int(value)


def _count(product: dict[str, Any]) -> int:
    quantity = _amount(product.get("quantity"))
    if quantity.__class__ is float and quantity.is_integer() and _is_exact(quantity):
        quantity = int(quantity)
    return quantity if quantity.__class__ is int and 0 < quantity < _LARGEST_EXACT else 1


def _without_options(name: str, resolve: Resolver) -> Callable[[Json, Compiler], Resolver]:
    def compile_(value: Json, compiler: Compiler) -> Resolver:
        if value != {}:
            compiler.problem(f"should be {{}}: {name} takes no options")
        for key in ("products", *_IDS, "quantity", "price", "delivery_category"):
            compiler.reads(f"properties.{key}")
        return resolve

    return compile_


PRODUCTS = Directive(
    name="@products",
    compile=_without_options(
        "@products", CleanResolver(resolve=products, clean=usual_products, properties=CONTENT_FIELDS)
    ),
    description="Facebook `contents` from the event's `products` list, or from the one product it is about.",
    copies_event=False,
)
PRODUCT_IDS = Directive(
    name="@product_ids",
    compile=_without_options("@product_ids", CleanResolver(resolve=product_ids, clean=usual_product_ids)),
    description="The ids of the products that `@products` finds.",
    copies_event=False,
)
PRODUCT_COUNT = Directive(
    name="@product_count",
    compile=_without_options("@product_count", product_count),
    description="How many items those products are together.",
    copies_event=False,
)
