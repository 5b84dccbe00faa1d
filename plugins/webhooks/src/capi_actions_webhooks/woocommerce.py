"""WooCommerce's webhooks ``order.created`` and ``order.updated``.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#order-properties (read 2026-11-30).
"""

from hashlib import sha256

from capi_actions import EventError, JsonObject
from capi_actions_webhooks.body import Body, compact, event, number

_PAID = ("processing", "completed", "refunded")
_UNPAID = ("pending", "on-hold", "failed", "checkout-draft", "auto-draft", "trash")


def convert_woocommerce(body: JsonObject) -> list[JsonObject]:
    """Return the events of an order: completed, cancelled, and one for each refund; nothing while it isn't paid.

    Each update repeats the events of those before, with the same ids.

    :raises EventError: when it is no order, or a part of it can't be read.
    """
    order = Body(body)
    status = order.text("status")
    if "line_items" not in body or "billing" not in body or status is None:
        raise EventError.of("is no order of WooCommerce: it should have status, billing and line_items")
    if status in _UNPAID:
        return []
    if status == "cancelled":
        return [_event("Order Cancelled", order, _message_id("cancelled", order), "date_modified")]
    # A shop's own status, such as "shipped", comes after the payment.
    events = [] if status not in _PAID and _time(order, "date_paid") is None else [_order_completed(order)]
    return events + [_order_refunded(order, refund) for refund in order.objects("refunds")]


def _order_completed(order: Body) -> JsonObject:
    return _event("Order Completed", order, _message_id("order", order), "date_paid")


def _order_refunded(order: Body, refund: Body) -> JsonObject:
    refund_id, total = refund.required_identifier("id"), refund.amount("total")
    return event(
        "Order Refunded",
        f"{_message_id('refund', order)}-{refund_id}",
        _time(order, "date_modified") or _time(order, "date_created"),
        userId=order.identifier("customer_id"),
        context=_context(order),
        properties=compact(
            order_id=order.required_identifier("id"),
            refund_id=refund_id,
            currency=order.currency("currency"),
            total=number(None if total is None else abs(total)),
        ),
    )


def _event(name: str, order: Body, message_id: str, time_key: str) -> JsonObject:
    total, tax, shipping = order.amount("total"), order.amount("total_tax"), order.amount("shipping_total")
    return event(
        name,
        message_id,
        _time(order, time_key) or _time(order, "date_created"),
        userId=order.identifier("customer_id"),
        context=_context(order),
        properties=compact(
            order_id=order.required_identifier("id"),
            currency=order.currency("currency"),
            total=number(total),
            revenue=number(None if total is None else total - (tax or 0) - (shipping or 0)),
            tax=number(tax),
            shipping=number(shipping),
            discount=number(order.amount("discount_total")),
            coupon=",".join(filter(None, (line.text("code") for line in order.objects("coupon_lines")))),
            products=[_product(item) for item in order.objects("line_items")],
        ),
    )


def _product(item: Body) -> JsonObject:
    return compact(
        product_id=item.identifier("product_id"),
        variant_id=item.identifier("variation_id"),
        sku=item.text("sku"),
        name=item.text("name"),
        price=number(item.amount("price")),
        quantity=number(item.amount("quantity")),
    )


def _context(order: Body) -> JsonObject:
    billing = order.object("billing")
    return compact(
        ip=order.text("customer_ip_address"),
        userAgent=order.text("customer_user_agent"),
        traits=compact(
            email=billing.text("email"),
            phone=billing.text("phone"),
            firstName=billing.text("first_name"),
            lastName=billing.text("last_name"),
            address=compact(
                street=billing.text("address_1"),
                city=billing.text("city"),
                state=billing.text("state"),
                postalCode=billing.text("postcode"),
                country=billing.text("country"),
            ),
        ),
    )


def _message_id(kind: str, order: Body) -> str:
    """Return an id that is the same in every webhook about the order.

    Every shop counts its orders from 1: the order's key, which is random, tells shops apart.  It is hashed, as it
    opens the order's page.
    """
    key = order.text("order_key")
    shop = f"-{sha256(key.encode('utf-8', 'replace')).hexdigest()[:8]}" if key else ""
    return f"woocommerce-{kind}-{order.required_identifier('id')}{shop}"


def _time(order: Body, key: str) -> str | None:
    """Return a time of the order in UTC: the shop writes the zone into the key, not into the time."""
    moment = order.text(f"{key}_gmt")
    return moment if moment is None or moment.endswith("Z") else f"{moment}Z"
