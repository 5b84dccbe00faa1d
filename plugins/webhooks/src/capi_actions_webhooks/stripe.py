"""Stripe's webhooks ``checkout.session.completed`` and ``checkout.session.async_payment_succeeded``.

Source: https://docs.stripe.com/api/checkout/sessions/object, https://docs.stripe.com/api/events/object and
https://docs.stripe.com/currencies (read 2026-11-30).
"""

from decimal import Decimal

from capi_actions import EventError, JsonObject
from capi_actions_webhooks.body import Body, compact, event, number

ZERO_DECIMAL = frozenset("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split())
"""Currencies whose amounts are whole units.

Stripe's list has UGX, too, but its special cases say that UGX, like ISK, is written with two decimals that are
always 00: 5 UGX is 500.
"""

THREE_DECIMAL = frozenset("BHD JOD KWD OMR TND".split())
"""Currencies whose amounts are thousandths.  All others are hundredths."""

_TYPES = ("checkout.session.completed", "checkout.session.async_payment_succeeded")
_PAID = ("paid", "no_payment_required")


def convert_stripe(body: JsonObject) -> list[JsonObject]:
    """Return the event of a paid checkout; nothing for other webhooks, and for a checkout that isn't paid yet.

    :param body: the webhook's body, or a checkout session by itself.
    :raises EventError: when it is neither, or a part of it can't be read.
    """
    root = Body(body)
    created = root.amount("created")
    if body.get("object") == "checkout.session":
        session = root
    elif body.get("object") == "event":
        if root.text("type") not in _TYPES:
            return []
        session = root.object("data").object("object")
    else:
        raise EventError.of(
            'is neither an event nor a checkout session of Stripe: its "object" says which it is', "$.object"
        )
    if session.text("payment_status") not in _PAID:
        return []
    return [_order(session, created)]


def major_units(amount: Decimal | None, currency: str | None) -> int | float | None:
    """Return an amount of Stripe's, which is in the smallest unit, in the currency's major unit.

    >>> major_units(Decimal(1250), "EUR"), major_units(Decimal(1250), "JPY"), major_units(Decimal(1250), "KWD")
    (12.5, 1250, 1.25)
    """
    if amount is None:
        return None
    decimals = 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2
    return number(amount.scaleb(-decimals))


def _order(session: Body, created: Decimal | None) -> JsonObject:
    session_id, currency = session.required_identifier("id"), session.currency("currency")
    if currency is None:
        raise session.error("currency", "is missing: what an amount is worth depends on it")
    details = session.object("total_details")
    total, tax, shipping = (
        session.amount("amount_total"),
        details.amount("amount_tax"),
        details.amount("amount_shipping"),
    )
    revenue = None if total is None else total - (tax or 0) - (shipping or 0)
    return event(
        "Order Completed",
        f"stripe-{session_id}",
        number(created if created is not None else session.amount("created")),
        userId=session.text("client_reference_id") or _id_of(session, "customer"),
        context=compact(traits=_traits(session)),
        properties=compact(
            order_id=session_id,
            payment_id=_id_of(session, "payment_intent"),
            currency=currency,
            total=major_units(total, currency),
            revenue=major_units(revenue, currency),
            tax=major_units(tax, currency),
            shipping=major_units(shipping, currency),
            subtotal=major_units(session.amount("amount_subtotal"), currency),
            discount=major_units(details.amount("amount_discount"), currency),
            products=[_product(item, currency) for item in session.object("line_items").objects("data")],
        ),
    )


def _product(item: Body, currency: str) -> JsonObject:
    price = item.object("price")
    return compact(
        product_id=_id_of(price, "product") or price.identifier("id"),
        sku=price.identifier("id"),
        name=item.text("description"),
        price=major_units(price.amount("unit_amount"), currency),
        quantity=number(item.amount("quantity")),
    )


def _traits(session: Body) -> JsonObject:
    person = session.object("customer_details")
    address = person.object("address")
    return compact(
        email=person.text("email") or session.text("customer_email"),
        phone=person.text("phone"),
        name=person.text("name"),  # in full: the destination's mapping splits it, by one rule for all events
        address=compact(
            street=address.text("line1"),
            city=address.text("city"),
            state=address.text("state"),
            postalCode=address.text("postal_code"),
            country=address.text("country"),
        ),
    )


def _id_of(parent: Body, key: str) -> str | None:
    """Return the id of a member that is an id, or, expanded, an object with one."""
    return (
        parent.object(key).identifier("id") if isinstance(parent.value.get(key), dict) else parent.text(key)
    )
