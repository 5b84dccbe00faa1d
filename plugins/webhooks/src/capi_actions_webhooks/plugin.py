"""What this distribution offers to capi-actions: formats for ``capi send --format``."""

from collections.abc import Sequence

from capi_actions import InputFormat, hookimpl
from capi_actions_webhooks.shopify import convert_shopify
from capi_actions_webhooks.stripe import convert_stripe
from capi_actions_webhooks.woocommerce import convert_woocommerce


@hookimpl
def capi_inputs() -> Sequence[InputFormat]:
    """Offer the formats."""
    return [
        InputFormat(
            name="shopify", convert=convert_shopify, description="Shopify: orders/create, refunds/create"
        ),
        InputFormat(name="stripe", convert=convert_stripe, description="Stripe: checkout.session.completed"),
        InputFormat(
            name="woocommerce",
            convert=convert_woocommerce,
            description="WooCommerce: order.created, order.updated",
        ),
    ]
