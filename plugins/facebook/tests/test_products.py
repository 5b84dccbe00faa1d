"""Products: the directives, and what the prebuilt mappings send of them."""

import html
import json
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import MISSING, EventError, Field, Plugins
from capi_actions.fields import compile_fields
from capi_actions.mapping import compile_mapping
from capi_actions.testing import build_item, json_values
from capi_actions_facebook.fields.contents import (
    CONTENT_FIELDS,
    _log_commas,
    _problems,
    content_ids_problems,
    contents_problems,
)
from capi_actions_facebook.placeholders import NO_IDS
from capi_actions_facebook.products import (
    plain_product_ids,
    plain_products,
    product_count,
    product_ids,
    products,
    usual_product_ids,
    usual_products,
)
from capi_actions_facebook.validation import check_event


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
        ({"product_id": "a", "price": None, "quantity": ""}, [{"id": "a"}]),
        ({"product_id": "a", "price": " ", "quantity": True}, [{"id": "a"}]),
        ({"product_id": "a", "quantity": "0.75", "price": "3"}, [{"id": "a", "item_price": 3}]),
        ({"product_id": "a", "quantity": 2.0}, [{"id": "a", "quantity": 2}]),
        ({"product_id": 123.0}, [{"id": "123"}]),
        ({"product_id": 1000.0, "sku": "s"}, [{"id": "1000"}]),
        ({"product_id": 12.5}, [{"id": "12.5"}]),
        ({"product_id": "  ", "sku": "S1"}, [{"id": "S1"}]),
        ({"product_id": 1e21, "sku": "s"}, [{"id": "s"}]),
        ({"product_id": float("nan"), "sku": "s"}, [{"id": "s"}]),
        ({"product_id": float("inf")}, MISSING),
        ({"product_id": True, "sku": {"id": "x"}}, MISSING),
        ({"product_id": 2**64 - 1}, [{"id": "18446744073709551615"}]),
        (
            {"product_id": "a", "delivery_category": "curbside"},
            [{"id": "a", "delivery_category": "curbside"}],
        ),
        ({"product_id": "a", "delivery_category": "drone"}, [{"id": "a"}]),
        ({"products": {"sku": "single"}}, [{"id": "single"}]),
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


IDS = (
    st.text()
    | st.sampled_from(sorted(NO_IDS))
    | st.integers()
    | st.floats()
    | st.booleans()
    | st.none()
    | st.just({"id": "x"})
    | st.just(["x"])
)


@given(st.dictionaries(st.sampled_from(["product_id", "sku", "id"]), IDS))
def test_an_id_is_the_first_that_can_be_one(product: dict[str, Any]) -> None:
    """Documented order; no id is made of what has lost digits, and none is blank or a placeholder."""
    contents = products({"properties": {"products": [product]}})
    good = [
        id_
        for key in ("product_id", "sku", "id")
        if (isinstance(id_ := product.get(key), str) and id_.strip() and id_.strip() not in NO_IDS)
        or type(id_) is int
        or (isinstance(id_, float) and -(2**53) < id_ < 2**53)
    ]

    assert bool(good) is (contents is not MISSING)
    if good:
        (content,) = contents
        assert content["id"].strip()
        assert content["id"] == good[0] or float(content["id"]) == good[0] or content["id"] == str(good[0])
        assert product_ids({"properties": {"products": [product]}}) == [content["id"]]


@given(json_values())
def test_ids_and_count_are_those_of_the_products(event: Any) -> None:
    """Three directives, one reading of the event."""
    for shape in (event, {"properties": event}, {"properties": {"products": event}}):
        contents = products(shape)
        if contents is MISSING:
            assert (product_ids(shape), product_count(shape)) == (MISSING, MISSING)
        else:
            assert [content["id"] for content in contents] == product_ids(shape)
            assert product_count(shape) >= len(contents)


@pytest.mark.parametrize(
    ("quantities", "count"),
    [([2, 3], 5), ([None, "4"], 5), ([1.5, 2.0], 3), ([0, -3, "x"], 3), ([1e21, True], 2)],
)
def test_items_are_counted_by_their_quantities(quantities: list[Any], count: int) -> None:
    """What has no usable quantity is one item."""
    listed = [{"sku": "s", "quantity": quantity} for quantity in quantities]

    assert count == product_count({"properties": {"products": listed}})


def built(plugins: Plugins, action: str, properties: Any, **mapped: Any) -> dict[str, Any]:
    """Return the custom data that an action makes of a track call."""
    event = {
        "type": "track",
        "event": "E",
        "timestamp": "2026-11-23T17:24:12Z",
        "userId": "u",
        "properties": properties,
    }
    mapping = {**plugins.actions[action].mapping, **mapped}
    custom: dict[str, Any] = build_item(plugins, action, event, mapping=mapping)["custom_data"]
    return custom


ORDER = {"currency": "EUR", "revenue": 1}


@pytest.mark.parametrize("key", ["price", "quantity"])
@pytest.mark.parametrize(
    "text", ["9,99", "1,299.00", "1_000", "٣", "0x10", "free", "NaN", "1e400", "€9", "1 000", {}, [1, 2]]
)
def test_an_amount_of_a_product_that_can_not_be_read_is_told(key: str, text: Any, plugins: Plugins) -> None:
    """It used to vanish; the order's value is refused for the same text."""
    with pytest.raises(EventError) as caught:
        built(plugins, "facebook.purchase", {**ORDER, "products": [{"sku": "a"}, {"sku": "b", key: text}]})

    assert "it was a string" not in caught.value.message
    if isinstance(text, str):
        assert caught.value.message.endswith(f"; it came from $.properties.products[1].{key}.")
    if key == "price":
        with pytest.raises(EventError):
            built(plugins, "facebook.purchase", {**ORDER, "revenue": text})


@given(text=st.text() | st.from_regex(r"[+-]?[0-9 .,_e]{1,8}", fullmatch=True))
def test_a_price_as_text_is_read_as_the_value_is(text: str, plugins: Plugins) -> None:
    """The same number, or the same refusal; a blank one counts as none."""

    def read(properties: Any, *path: Any) -> Any:
        try:
            value: Any = built(
                plugins, "facebook.add_to_cart", properties, value={"@path": "$.properties.worth"}
            )
        except EventError as error:
            return error.message.partition(" must be ")[2].partition("; it came")[0]
        for key in path:
            value = value[key] if key in (0, *value) else None
        return value

    price = read({"product_id": "a", "price": text}, "contents", 0, "item_price")
    value = read({"worth": text}, "value")

    assert price == value or (text.strip() == "" and price is None)


def test_a_quantity_beyond_exact_numbers_is_refused(plugins: Plugins) -> None:
    """1e21 pieces are a mistake, and the digits are gone."""
    for quantity in (1e21, "9" * 30, 10**21, 2**53):
        with pytest.raises(EventError) as caught:
            built(plugins, "facebook.purchase", {**ORDER, "products": [{"sku": "a", "quantity": quantity}]})
        assert [2804008] == [problem.code for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("action", "properties", "custom"),
    [
        (
            "facebook.view_content",
            {"product_id": "a", "name": "Shoe", "category": "Shoes", "price": 5, "currency": "EUR"},
            {"content_name": "Shoe", "content_category": "Shoes", "value": 5, "currency": "EUR"},
        ),
        (
            "facebook.view_content",
            {"category": "Shoes", "products": [{"sku": "a"}]},
            {"content_category": "Shoes"},
        ),
        ("facebook.add_to_cart", {"sku": "a", "name": "Shoe"}, {"content_name": "Shoe"}),
        ("facebook.initiate_checkout", {"products": [{"sku": "a", "quantity": 2}]}, {"num_items": 2}),
        ("facebook.initiate_checkout", {"products": [{"sku": "a"}], "num_items": "7"}, {"num_items": 7}),
        ("facebook.purchase", {**ORDER, "products": [{"sku": "a"}]}, {"currency": "EUR", "value": 1}),
        ("facebook.search", {"query": "shoe", "sku": "a"}, {"search_string": "shoe"}),
        (
            "facebook.add_to_cart",
            {"sku": "a", "content_type": "product_group"},
            {"content_type": "product_group"},
        ),
        (
            "facebook.add_to_cart",
            {"sku": "a", "delivery_category": "in_store"},
            {"delivery_category": "in_store"},
        ),
    ],
)
def test_what_an_event_is_about_is_prebuilt(
    action: str, properties: dict[str, Any], custom: dict[str, Any], plugins: Plugins
) -> None:
    """Catalog ads need ids and their type beside the contents."""
    custom_data = built(plugins, action, properties)

    assert custom_data.pop("content_ids") == ["a"]
    assert custom_data.pop("contents")[0]["id"] == "a"
    assert {"content_type": "product", **custom} == custom_data


def test_without_products_there_is_no_content_type(plugins: Plugins) -> None:
    """It says what the ids are, and there are none."""
    assert built(plugins, "facebook.purchase", {**ORDER, "delivery_category": "drone"}) == {
        "currency": "EUR",
        "value": 1,
    }


def test_a_list_of_products_is_content_that_is_viewed(plugins: Plugins) -> None:
    """Segment's "Product List Viewed" beside "Product Viewed"."""
    assert '"Product List Viewed"' in str(plugins.actions["facebook.view_content"].trigger)


PATHS = [
    ("[1,2]", True),
    ('["a","b"]', True),
    (' [ "a" ]', True),
    ('{"id": 1}', True),
    ("[]", True),
    ("['a', 'b']", True),
    ("[promo] 12", False),
    ("a", False),
    ("a,b", False),
    ("{", False),
    ("[" * 100_000, False),
    (["a", "b"], False),
    (['["a"]'], True),
    ([], False),
    (7, False),
    (None, False),
]


@pytest.mark.parametrize(("content_ids", "refused"), PATHS)
def test_a_json_list_in_a_text_is_no_list_of_ids(content_ids: Any, refused: bool) -> None:
    """Meta would take it for one id, which no catalog has."""
    problems = content_ids_problems(content_ids, "$.content_ids")

    assert refused is bool(problems)
    assert all("it was a text that holds JSON" in problem.message for problem in problems)


def test_json_in_content_ids_is_refused_before_it_is_stored(plugins: Plugins) -> None:
    """Whether a field or the free properties hold it."""
    event = {"event_name": "Lead", "event_time": 1, "action_source": "other", "user_data": {"em": "a"}}
    for ids in ("[1]", ["[1]"]):
        problems = check_event({**event, "custom_data": {"content_ids": ids}}, 1)
        assert ["$.custom_data.content_ids"] == [problem.path for problem in problems]


def test_a_comma_in_the_only_id_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """It may be part of the id."""
    _log_commas.cache_clear()
    with caplog.at_level(logging.WARNING, "capi_actions"):
        for _ in range(3):
            content_ids_problems(["a,b"], "$")

    assert ["one id with a comma" in record.getMessage() for record in caplog.records] == [True]


RESERVED = {
    "currency": ("USD", "EUR"),
    "value": (5.0, 2),
    "net_revenue": (5.0, 2),
    "num_items": (5, 2),
    "content_ids": (["b"], ["a"]),
    "content_name": ("b", "a"),
    "content_type": ("product_group", "product"),
    "content_category": ("b", "a"),
    "contents": ([{"id": "b"}], [{"id": "a"}]),
    "delivery_category": ("curbside", "in_store"),
    "order_id": ("b", "a"),
    "predicted_ltv": (5.0, 2),
}


@given(free=st.dictionaries(st.sampled_from([*RESERVED, "colour"]), json_values(), min_size=1))
def test_free_properties_never_take_the_place_of_a_field(free: dict[str, Any], plugins: Plugins) -> None:
    """Whatever an event calls its own properties, Meta's names hold what the fields say."""
    mapped = {key: value for key, (value, _) in RESERVED.items()}
    custom = built(plugins, "facebook.purchase", free, custom_data={"@path": "$.properties"}, **mapped)

    assert mapped.items() <= custom.items()
    assert custom.keys() - mapped.keys() <= {"colour"}


def test_a_purchase_may_predict_what_the_customer_will_bring(plugins: Plugins) -> None:
    """Meta takes it there, too."""
    assert built(plugins, "facebook.purchase", ORDER, predicted_ltv="99.5")["predicted_ltv"] == 99.5


ODD: st.SearchStrategy[Any] = st.sampled_from(
    [
        "p",
        " p",
        "",
        " ",
        "7",
        "undefined",
        " NaN",
        7,
        0,
        -1,
        2.0,
        2.5,
        1e300,
        float("inf"),
        True,
        None,
        [],
        {},
        2**60,
    ]
)
LISTED = st.lists(
    st.fixed_dictionaries(
        {"product_id": st.just("p") | ODD},
        optional={
            "quantity": st.just(2) | ODD,
            "price": st.just(9.5) | ODD,
            "sku": ODD,
            "id": ODD,
            "delivery_category": st.just("curbside") | ODD,
        },
    )
    | ODD,
    max_size=3,
)
CHECK = compile_fields(
    {
        "contents": Field(type="object", multiple=True, properties=CONTENT_FIELDS),
        "ids": Field(type="string", multiple=True),
    }
)


@given(LISTED | ODD)
def test_usual_products_are_what_the_plain_way_and_the_field_make_of_them(listed: Any) -> None:
    """They are neither made product by product nor checked again, and nothing is wrong with them."""
    event = {"properties": {"products": listed}}
    usual, ids = usual_products(event), usual_product_ids(event)

    if usual is not None:
        assert repr(plain_products(event)) == repr(usual) == repr(CHECK({"contents": usual})["contents"])
        assert [] == list(contents_problems(list(usual), "$"))
    if ids is not None:
        assert plain_product_ids(event) == ids == CHECK({"ids": ids})["ids"]


def test_products_with_id_quantity_and_price_are_usual_and_all_others_are_not() -> None:
    """So that the property above is about something."""
    product = {"product_id": "p", "quantity": 2, "price": 9.5, "name": "Hat"}
    usual = [{"id": "p", "quantity": 2, "item_price": 9.5}] * 2

    assert usual == usual_products({"properties": {"products": [product, product]}})
    assert ["p", "p"] == usual_product_ids({"properties": {"products": [product, product]}})
    for odd in (
        {"price": "9.5"},
        {"quantity": 2.0},
        {"quantity": 100},
        {"product_id": " "},
        {"product_id": "null"},
        {"delivery_category": "curbside"},
    ):
        assert usual_products({"properties": {"products": [product, {**product, **odd}]}}) is None
    others: list[Any] = [{}, {"properties": product}, {"properties": {"products": []}}, [], None, "text", 1]
    for event in others:
        assert usual_products(event) is None
        assert usual_product_ids(event) is None


@given(
    st.lists(
        st.fixed_dictionaries(
            {}, optional={"id": ODD, "quantity": ODD, "delivery_category": st.just("curbside") | ODD}
        )
        | ODD,
        max_size=3,
    )
)
def test_a_quick_look_at_contents_finds_problems_where_a_long_one_does(contents: list[Any]) -> None:
    """Also in those that come from the event unchecked, in `custom_data`."""
    assert list(_problems(contents, "$")) == list(contents_problems(contents, "$"))


@given(
    ids=st.lists(st.text(min_size=1) | st.integers(), min_size=1),
    encode=st.sampled_from([str, quote, html.escape, json.dumps]),
    before=st.sampled_from(["", " ", "\n"]),
)
def test_a_list_in_a_text_is_refused_however_it_is_encoded(
    ids: list[Any], encode: Callable[[str], str], before: str
) -> None:
    """Tag managers put lists into fields of text, and those into addresses and pages."""
    text = before + encode(json.dumps(ids))

    (problem,) = content_ids_problems([text], "$.content_ids")
    assert problem.message.startswith("must be a list of ids but it was a text that holds JSON")
    assert [problem] == list(content_ids_problems(text, "$.content_ids"))


@pytest.mark.parametrize(
    "id_", ["a", '"a"', "[a", "{SKU-1}", "%5Ba", "&quot;a&quot;", "12", "a,b", '["a"', "[a] 5"]
)
def test_an_id_with_brackets_or_quotes_is_one(id_: str) -> None:
    """Only what is a list or an object isn't an id."""
    assert not content_ids_problems([id_], "$.content_ids")
