"""Bodies of webhooks, written after the systems' documentation."""

import copy
from typing import Any

import pytest

SHOPIFY_ORDER: dict[str, Any] = {
    "id": 5501234567890,
    "name": "#1001",
    "test": False,
    "created_at": "2026-11-30T09:00:00-05:00",
    "processed_at": "2026-11-30T08:59:58-05:00",
    "currency": "CAD",
    "total_price": "119.65",
    "subtotal_price": "100.00",
    "total_tax": "9.65",
    "total_discounts": "5.00",
    "total_shipping_price_set": {"shop_money": {"amount": "10.00", "currency_code": "CAD"}},
    "email": "ada@example.com",
    "phone": None,
    "browser_ip": "203.0.113.7",
    "landing_site": "/products/tea?fbclid=IwAR123",
    "referring_site": "https://l.facebook.com/",
    "order_status_url": "https://shop.example/1/orders/abc/authenticate?key=secret",
    "client_details": {"browser_ip": "203.0.113.7", "user_agent": "Mozilla/5.0"},
    "discount_codes": [{"code": "WELCOME", "amount": "5.00", "type": "fixed_amount"}],
    "customer": {"id": 207119551, "first_name": "Ada", "last_name": "Lovelace", "phone": "+15145550100"},
    "billing_address": {
        "address1": "1 Main St",
        "city": "Montreal",
        "province": "Quebec",
        "province_code": "QC",
        "zip": "H2X 1Y4",
        "country": "Canada",
        "country_code": "CA",
    },
    "line_items": [
        {
            "id": 1,
            "product_id": 632910392,
            "variant_id": 808950810,
            "sku": "TEA-1",
            "title": "Tea",
            "price": "50.00",
            "quantity": 2,
        }
    ],
}
SHOPIFY_REFUND: dict[str, Any] = {
    "id": 929361464,
    "order_id": 5501234567890,
    "created_at": "2026-11-30T10:00:00-05:00",
    "refund_line_items": [
        {
            "id": 1,
            "quantity": 1,
            "subtotal": 50.0,
            "total_tax": 4.83,
            "line_item": {"product_id": 632910392, "price": "50.00", "quantity": 2},
        }
    ],
    "transactions": [
        {"kind": "refund", "status": "success", "amount": "54.83", "currency": "CAD"},
        {"kind": "refund", "status": "failure", "amount": "54.83", "currency": "CAD"},
    ],
}
STRIPE_EVENT: dict[str, Any] = {
    "id": "evt_1",
    "object": "event",
    "type": "checkout.session.completed",
    "created": 1796029200,
    "data": {
        "object": {
            "id": "cs_test_a1",
            "object": "checkout.session",
            "amount_subtotal": 2000,
            "amount_total": 2598,
            "client_reference_id": None,
            "created": 1796029000,
            "currency": "eur",
            "customer": "cus_1",
            "customer_details": {
                "email": "ada@example.com",
                "name": "Ada Lovelace",
                "phone": "+33123456789",
                "address": {
                    "line1": "1 rue",
                    "city": "Paris",
                    "state": None,
                    "postal_code": "75001",
                    "country": "FR",
                },
            },
            "line_items": {
                "object": "list",
                "data": [
                    {
                        "description": "Tea",
                        "quantity": 2,
                        "price": {"id": "price_1", "product": "prod_1", "unit_amount": 1000},
                    }
                ],
            },
            "payment_intent": "pi_1",
            "payment_status": "paid",
            "total_details": {"amount_discount": 0, "amount_shipping": 500, "amount_tax": 98},
        }
    },
}
WOO_ORDER: dict[str, Any] = {
    "id": 727,
    "status": "processing",
    "currency": "USD",
    "order_key": "wc_order_58d2d042d1d",
    "date_created_gmt": "2026-11-30T17:00:00",
    "date_paid_gmt": "2026-11-30T17:01:00",
    "date_modified_gmt": "2026-11-30T18:00:00",
    "discount_total": "0.00",
    "shipping_total": "10.00",
    "total": "29.35",
    "total_tax": "1.35",
    "customer_id": 26,
    "customer_ip_address": "203.0.113.7",
    "customer_user_agent": "Mozilla/5.0",
    "billing": {
        "first_name": "Ada",
        "last_name": "Lovelace",
        "address_1": "969 Market",
        "city": "San Francisco",
        "state": "CA",
        "postcode": "94103",
        "country": "US",
        "email": "ada@example.com",
        "phone": "(555) 555-5555",
    },
    "line_items": [
        {
            "id": 315,
            "name": "Tea",
            "product_id": 93,
            "variation_id": 0,
            "quantity": 2,
            "sku": "TEA-1",
            "price": 9,
        }
    ],
    "coupon_lines": [],
    "refunds": [],
}
BODIES = {
    "shopify": SHOPIFY_ORDER,
    "shopify-refund": SHOPIFY_REFUND,
    "stripe": STRIPE_EVENT,
    "woocommerce": WOO_ORDER,
}


@pytest.fixture
def bodies() -> dict[str, dict[str, Any]]:
    """A copy of each body, to be changed."""
    return copy.deepcopy(BODIES)
