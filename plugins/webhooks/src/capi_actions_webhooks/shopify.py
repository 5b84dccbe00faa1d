"""Shopify's webhooks ``orders/create`` and ``refunds/create``.

Source: https://shopify.dev/docs/api/admin-rest/latest/resources/order and …/refund, whose shapes the webhooks have
(read 2026-11-30).
"""

from decimal import Decimal
from urllib.parse import urlsplit

from capi_actions import EventError, Json, JsonObject
from capi_actions_webhooks.body import Body, compact, event, number

_RETURNED = ("refund", "void")  # kinds of transactions that give money back


def convert_shopify(body: JsonObject) -> list[JsonObject]:
    """Return the event of an order or a refund; nothing for a test order.

    :raises EventError: when it is neither, or a part of it can't be read.
    """
    root = Body(body)
    if "refund_line_items" in body:
        return [_refund(root)]
    if "line_items" in body:
        return [] if body.get("test") is True else [_order(root)]
    raise EventError.of(
        "is neither an order (with line_items) nor a refund (with refund_line_items) of Shopify"
    )


def _order(order: Body) -> JsonObject:
    order_id = order.required_identifier("id")
    total, tax = order.amount("total_price"), order.amount("total_tax")
    shipping = order.object("total_shipping_price_set").object("shop_money").amount("amount")
    return event(
        "Order Completed",
        f"shopify-order-{order_id}",
        order.text("processed_at") or order.text("created_at"),
        userId=order.object("customer").identifier("id"),
        context=_context(order),
        properties=compact(
            order_id=order_id,
            order_name=order.text("name"),
            checkout_id=order.text("checkout_token"),
            currency=order.currency("currency"),
            total=number(total),
            revenue=number(None if total is None else total - (tax or 0) - (shipping or 0)),
            tax=number(tax),
            shipping=number(shipping),
            subtotal=number(order.amount("subtotal_price")),
            discount=number(order.amount("total_discounts")),
            coupon=",".join(filter(None, (code.text("code") for code in order.objects("discount_codes")))),
            products=[_product(item) for item in order.objects("line_items")],
        ),
    )


def _refund(refund: Body) -> JsonObject:
    refund_id, order_id = refund.required_identifier("id"), refund.required_identifier("order_id")
    returned = [
        transaction
        for transaction in refund.objects("transactions")
        if transaction.text("kind") in _RETURNED and transaction.text("status") == "success"
    ]
    items = refund.objects("refund_line_items")
    amounts = [transaction.amount("amount") for transaction in returned]
    if not returned:  # nothing was paid back yet: what the products were worth
        amounts = [amount for item in items for amount in (item.amount("subtotal"), item.amount("total_tax"))]
    currencies = [
        *(transaction.currency("currency") for transaction in returned),
        *(item.object("subtotal_set").object("shop_money").currency("currency_code") for item in items),
    ]
    total = sum(filter(None, amounts), Decimal(0))
    return event(
        "Order Refunded",
        f"shopify-refund-{refund_id}",
        refund.text("processed_at") or refund.text("created_at"),
        properties=compact(
            order_id=order_id,
            refund_id=refund_id,
            currency=next(filter(None, currencies), None),
            total=number(total),
            products=[
                {**_product(item.object("line_item")), **compact(quantity=number(item.amount("quantity")))}
                for item in items
            ],
        ),
    )


def _product(item: Body) -> JsonObject:
    return compact(
        product_id=item.identifier("product_id"),
        variant_id=item.identifier("variant_id"),
        sku=item.text("sku"),
        name=item.text("title") or item.text("name"),
        variant=item.text("variant_title"),
        brand=item.text("vendor"),
        price=number(item.amount("price")),
        quantity=number(item.amount("quantity")),
    )


def _context(order: Body) -> JsonObject:
    client, customer = order.object("client_details"), order.object("customer")
    address = next(
        filter(
            lambda place: place.value,
            (
                order.object("billing_address"),
                order.object("shipping_address"),
                customer.object("default_address"),
            ),
        ),
        Body({}),
    )
    return compact(
        ip=client.text("browser_ip") or order.text("browser_ip"),
        userAgent=client.text("user_agent"),
        page=compact(url=_landing_page(order), referrer=order.text("referring_site")),
        traits=compact(
            email=order.text("email") or order.text("contact_email") or customer.text("email"),
            phone=order.text("phone") or address.text("phone") or customer.text("phone"),
            firstName=customer.text("first_name") or address.text("first_name"),
            lastName=customer.text("last_name") or address.text("last_name"),
            address=_address(address),
        ),
    )


def _address(address: Body) -> Json:
    return compact(
        street=address.text("address1"),
        city=address.text("city"),
        state=address.text("province_code") or address.text("province"),
        postalCode=address.text("zip"),
        country=address.text("country_code") or address.text("country"),
    )


def _landing_page(order: Body) -> str | None:
    """Return the address of the page where the visit began: its ``fbclid`` names the click.

    The order's own page is no substitute: its address holds a key to the order.
    """
    page = order.text("landing_site")
    if page is None or page.startswith(("https://", "http://")):
        return page
    try:
        host = urlsplit(order.text("order_status_url") or "").hostname
    except ValueError:
        host = None
    return f"https://{host}{page}" if host and page.startswith("/") else None
