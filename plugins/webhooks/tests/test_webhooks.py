"""Bodies of webhooks become events of the Segment spec; what can't be read says where."""

import json
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capi_actions import EventError, Plugins
from capi_actions.testing import PluginConformance, json_objects, json_values
from capi_actions_webhooks import plugin
from capi_actions_webhooks.shopify import convert_shopify
from capi_actions_webhooks.stripe import THREE_DECIMAL, ZERO_DECIMAL, convert_stripe, major_units
from capi_actions_webhooks.woocommerce import convert_woocommerce

CONVERTERS = {
    "shopify": convert_shopify,
    "shopify-refund": convert_shopify,
    "stripe": convert_stripe,
    "woocommerce": convert_woocommerce,
}


class TestConformance(PluginConformance):
    plugin = plugin
    config = MappingProxyType({})

    @pytest.fixture(autouse=True)
    def _use_bodies(self, bodies: Any) -> None:
        """Take the bodies of the other tests."""
        shopify = [bodies["shopify"], bodies["shopify-refund"]]
        examples = {"shopify": shopify, "stripe": [bodies["stripe"]], "woocommerce": [bodies["woocommerce"]]}
        type(self).input_examples = examples


def test_a_shopify_order(bodies: Any) -> None:
    """Person, browser, click, and money without shipping and tax as revenue, as the spec has it."""
    assert convert_shopify(bodies["shopify"]) == [
        {
            "type": "track",
            "event": "Order Completed",
            "messageId": "shopify-order-5501234567890",
            "timestamp": "2026-11-30T08:59:58-05:00",
            "userId": "207119551",
            "context": {
                "ip": "203.0.113.7",
                "userAgent": "Mozilla/5.0",
                "page": {
                    "url": "https://shop.example/products/tea?fbclid=IwAR123",
                    "referrer": "https://l.facebook.com/",
                },
                "traits": {
                    "email": "ada@example.com",
                    "phone": "+15145550100",
                    "firstName": "Ada",
                    "lastName": "Lovelace",
                    "address": {
                        "street": "1 Main St",
                        "city": "Montreal",
                        "state": "QC",
                        "postalCode": "H2X 1Y4",
                        "country": "CA",
                    },
                },
            },
            "properties": {
                "order_id": "5501234567890",
                "order_name": "#1001",
                "currency": "CAD",
                "total": 119.65,
                "revenue": 100,
                "tax": 9.65,
                "shipping": 10,
                "subtotal": 100,
                "discount": 5,
                "coupon": "WELCOME",
                "products": [
                    {
                        "product_id": "632910392",
                        "variant_id": "808950810",
                        "sku": "TEA-1",
                        "name": "Tea",
                        "price": 50,
                        "quantity": 2,
                    }
                ],
            },
        }
    ]


def test_a_shopify_refund(bodies: Any) -> None:
    """What was paid back, by transactions that succeeded; before any, what the products were worth."""
    (refunded,) = convert_shopify(bodies["shopify-refund"])
    bodies["shopify-refund"]["transactions"] = []
    (promised,) = convert_shopify(bodies["shopify-refund"])

    assert (refunded["event"], refunded["messageId"]) == ("Order Refunded", "shopify-refund-929361464")
    assert refunded["properties"] == {
        "order_id": "5501234567890",
        "refund_id": "929361464",
        "currency": "CAD",
        "total": 54.83,
        "products": [{"product_id": "632910392", "price": 50, "quantity": 1}],
    }
    assert promised["properties"]["total"] == 54.83


def test_a_stripe_checkout(bodies: Any) -> None:
    """Amounts in the major unit; the webhook's body and the session alone make the same event but for the time."""
    (event,) = convert_stripe(bodies["stripe"])
    (alone,) = convert_stripe(bodies["stripe"]["data"]["object"])

    assert event == {
        "type": "track",
        "event": "Order Completed",
        "messageId": "stripe-cs_test_a1",
        "timestamp": 1796029200,
        "userId": "cus_1",
        "context": {
            "traits": {
                "email": "ada@example.com",
                "phone": "+33123456789",
                "name": "Ada Lovelace",
                "address": {"street": "1 rue", "city": "Paris", "postalCode": "75001", "country": "FR"},
            }
        },
        "properties": {
            "order_id": "cs_test_a1",
            "payment_id": "pi_1",
            "currency": "EUR",
            "total": 25.98,
            "revenue": 20,
            "tax": 0.98,
            "shipping": 5,
            "subtotal": 20,
            "discount": 0,
            "products": [
                {"product_id": "prod_1", "sku": "price_1", "name": "Tea", "price": 10, "quantity": 2}
            ],
        },
    }
    assert {**event, "timestamp": 1796029000} == alone


def test_a_woocommerce_order(bodies: Any) -> None:
    """With times in UTC, and an id that another shop's order of the same number doesn't have."""
    body = bodies["woocommerce"]
    (event,) = convert_woocommerce(body)
    (other,) = convert_woocommerce({**body, "order_key": "wc_order_other"})

    assert event["messageId"].startswith("woocommerce-order-727-")
    assert event["messageId"] != other["messageId"]
    assert "wc_order" not in json.dumps(event)
    assert (event["event"], event["timestamp"], event["userId"]) == (
        "Order Completed",
        "2026-11-30T17:01:00Z",
        "26",
    )
    assert event["context"]["traits"]["address"]["postalCode"] == "94103"
    assert event["properties"] == {
        "order_id": "727",
        "currency": "USD",
        "total": 29.35,
        "revenue": 18,
        "tax": 1.35,
        "shipping": 10,
        "discount": 0,
        "products": [{"product_id": "93", "sku": "TEA-1", "name": "Tea", "price": 9, "quantity": 2}],
    }


@pytest.mark.parametrize(
    ("status", "paid", "refunds", "names"),
    [
        ("pending", None, [], []),
        ("on-hold", None, [], []),
        ("failed", None, [], []),
        ("processing", None, [], ["Order Completed"]),
        ("completed", "2026-11-30T17:01:00", [], ["Order Completed"]),
        ("shipped", "2026-11-30T17:01:00", [], ["Order Completed"]),
        ("shipped", None, [], []),
        ("cancelled", None, [], ["Order Cancelled"]),
        ("completed", None, [{"id": 5, "total": "-5.00"}], ["Order Completed", "Order Refunded"]),
        (
            "refunded",
            None,
            [{"id": 5, "total": "-5"}, {"id": 6, "total": "-24.35"}],
            ["Order Completed", "Order Refunded", "Order Refunded"],
        ),
    ],
)
def test_a_woocommerce_order_s_status_decides(
    bodies: Any, status: str, paid: str | None, refunds: list[Any], names: list[str]
) -> None:
    """Each webhook of an order repeats the events of the earlier ones, with the same ids."""
    body = {**bodies["woocommerce"], "status": status, "date_paid_gmt": paid, "refunds": refunds}
    events = convert_woocommerce(body)
    refunded = [event["properties"]["total"] for event in events if event["event"] == "Order Refunded"]

    assert names == [event["event"] for event in events]
    assert len(names) == len({event["messageId"] for event in events})
    assert refunded == [abs(float(refund["total"])) for refund in refunds]


@pytest.mark.parametrize("name", ["shopify", "stripe", "woocommerce"])
def test_what_is_no_order_makes_no_event_or_an_error(bodies: Any, name: str) -> None:
    """Test orders and unpaid ones would count as purchases; something else was saved by mistake."""
    if name == "shopify":
        bodies[name]["test"] = True
    elif name == "stripe":
        bodies[name]["data"]["object"]["payment_status"] = "unpaid"
    else:
        bodies[name]["status"] = "pending"

    assert CONVERTERS[name](bodies[name]) == []
    for other in {"shopify", "stripe", "woocommerce"} - {name}:
        with pytest.raises(EventError, match=r"neither|no order"):
            CONVERTERS[name]({key: value for key, value in bodies[other].items() if key != "line_items"})
    assert convert_stripe({"object": "event", "type": "payment_intent.created"}) == []


def test_stripe_s_currencies_are_those_of_its_list() -> None:
    """https://docs.stripe.com/currencies, read 2026-11-30: 16 without decimals, of which UGX is written with two."""
    assert len(ZERO_DECIMAL) == 15
    for code, worth in {
        "JPY": 1250,
        "KRW": 1250,
        "UGX": 12.5,
        "ISK": 12.5,
        "EUR": 12.5,
        "KWD": 1.25,
        "TND": 1.25,
    }.items():
        assert worth == major_units(Decimal(1250), code)
    assert not ZERO_DECIMAL & THREE_DECIMAL


@given(
    st.integers(-(10**14), 10**14),
    st.sampled_from([*sorted(ZERO_DECIMAL | THREE_DECIMAL), "EUR", "USD", "UGX"]),
)
def test_amounts_of_stripe_keep_every_digit(amount: int, currency: str) -> None:
    """In every currency: no binary fraction on the way."""
    factor = 1 if currency in ZERO_DECIMAL else 1000 if currency in THREE_DECIMAL else 100
    text = json.dumps(major_units(Decimal(amount), currency))

    assert amount == json.loads(text, parse_float=Decimal, parse_int=Decimal) * factor


@given(st.decimals(0, 10**9, places=2), st.decimals(0, 10**4, places=2))
def test_amounts_of_shops_keep_every_digit(total: Decimal, tax: Decimal) -> None:
    """Also those that are a difference."""
    body = {"id": 1, "line_items": [], "total_price": str(total), "total_tax": str(tax)}
    (event,) = convert_shopify(body)
    written = json.loads(json.dumps(event["properties"]), parse_float=Decimal, parse_int=Decimal)

    assert (total, total - tax) == (written["total"], written["revenue"])


@pytest.mark.parametrize(
    ("name", "path", "value", "where"),
    [
        ("shopify", ["id"], None, "$.id: is missing"),
        ("shopify", ["total_price"], "12,50", "$.total_price: should be a number of a usual size"),
        ("shopify", ["total_price"], "1e999999999", "$.total_price: should be a number of a usual size"),
        ("shopify", ["total_price"], "1234567890123.4567", "$.total_price: has more than 15 digits"),
        ("shopify", ["line_items", 0, "price"], [], "$.line_items[0].price: should be a number"),
        ("shopify", ["customer"], "x", "$.customer: should be an object"),
        ("shopify", ["line_items"], {}, "$.line_items: should be a list of objects"),
        ("shopify", ["email"], 5, "$.email: should be text"),
        ("stripe", ["data", "object", "currency"], None, "$.data.object.currency: is missing"),
        ("stripe", ["data", "object", "id"], 1.5, "$.data.object.id: should be an id"),
        ("woocommerce", ["billing"], [], "$.billing: should be an object"),
    ],
)
def test_a_value_of_the_wrong_type_is_located(
    bodies: Any, name: str, path: list[Any], value: Any, where: str
) -> None:
    """Nothing is guessed about money and people."""
    parent = bodies[name]
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value

    with pytest.raises(EventError) as caught:
        CONVERTERS[name](bodies[name])
    assert str(caught.value).startswith(where)


def test_long_ids_keep_every_digit() -> None:
    """Shopify's have 13 digits and more; a float would lose the last ones."""
    (event,) = convert_shopify({"id": 9007199254740993, "line_items": [{"product_id": 123.0}]})

    assert event["messageId"] == "shopify-order-9007199254740993"
    assert event["properties"]["products"] == [{"product_id": "123"}]


def damaged(body: Any) -> st.SearchStrategy[Any]:
    """The body, with some value replaced by any other."""
    if isinstance(body, dict) and body:
        keys = st.sampled_from(sorted(body))
        return keys.flatmap(
            lambda key: (damaged(body[key]) | json_values(3)).map(lambda value: {**body, key: value})
        )
    if isinstance(body, list) and body:
        return damaged(body[0]).map(lambda value: [value, *body[1:]])
    return json_values(3)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), name=st.sampled_from(sorted(CONVERTERS)))
def test_any_object_gives_events_or_a_located_error(bodies: Any, data: st.DataObject, name: str) -> None:
    """Whatever somebody posts to the address of a webhook; twice the same gives the same."""
    body = data.draw(json_objects() | damaged(bodies[name]))
    try:
        events = CONVERTERS[name](body)
    except EventError as error:
        assert all(problem.path.startswith("$") for problem in error.problems)
    else:
        assert events == CONVERTERS[name](body)
        assert all(event["type"] == "track" and event["messageId"] for event in events)
        json.dumps(events, allow_nan=False)


def test_formats_are_found_by_their_names() -> None:
    """As `--format` takes them."""
    assert {"shopify", "stripe", "woocommerce"} == set(Plugins(plugin).inputs)
