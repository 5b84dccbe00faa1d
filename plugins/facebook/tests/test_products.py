"""The directive ``@products``."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import MISSING, Plugins
from capi_actions.mapping import compile_mapping
from capi_actions.testing import json_values
from capi_actions_facebook.products import products


@given(json_values())
def test_every_item_has_an_id_whatever_comes(event: Any) -> None:
    """Meta refuses a whole request for one item without an id."""
    for shape in (event, {"properties": event}, {"properties": {"products": event}}):
        contents = products(shape)
        assert contents is MISSING or all(isinstance(item["id"], str) and item["id"] for item in contents)


@given(st.lists(st.none() | st.just({}) | st.just({"name": "x"}) | st.just({"product_id": "p", "price": 2})))
def test_items_without_an_id_are_left_out_and_the_rest_stay(listed: list[Any]) -> None:
    """One bad product must not cost the order."""
    good = [{"id": "p", "item_price": 2} for product in listed if product and "product_id" in product]

    assert (good or MISSING) == products({"properties": {"products": listed}})


@pytest.mark.parametrize(
    ("properties", "contents"),
    [
        (
            {"product_id": "a", "quantity": "2", "price": "9.5"},
            [{"id": "a", "quantity": 2, "item_price": 9.5}],
        ),
        ({"sku": "s"}, [{"id": "s"}]),
        ({"product_id": 7, "sku": "s"}, [{"id": "7"}]),
        ({"product_id": "", "sku": "s", "quantity": 1.5}, [{"id": "s"}]),
        ({"product_id": "a", "price": "free", "quantity": "nan"}, [{"id": "a"}]),
        ({"products": [{"id": 1}], "product_id": "outer"}, [{"id": "1"}]),
        ({"id": "not a product's"}, MISSING),
        ({"query": "shoes"}, MISSING),
        ({"products": []}, MISSING),
        ({"products": [], "product_id": "outer"}, [{"id": "outer"}]),
        ({"products": [{"name": "no id"}], "product_id": "outer"}, MISSING),
    ],
)
def test_known_answers(properties: dict[str, Any], contents: Any) -> None:
    """The products list wins; ids in the order of Segment's spec; numbers also as text."""
    assert contents == products({"properties": properties})


def test_it_can_be_used_in_any_mapping(plugins: Plugins) -> None:
    """It is a directive like the core's own."""
    mapping = compile_mapping({"contents": {"@products": {}}}, plugins.directives)

    assert mapping({"properties": {"products": [{"sku": "a"}]}}) == {"contents": [{"id": "a"}]}
    assert mapping({}) == {}
