"""Shopping: the events of Segment's e-commerce spec that Meta has a standard event for.

Events and properties: https://segment.com/docs/connections/spec/ecommerce/v2/.  Standard events:
"custom data" in ``docs/reference/sources.md``.
"""

from collections.abc import Sequence

from attrs import define

from capi_actions import JsonObject, action, field, from_path
from capi_actions_facebook.fields.commerce import CommerceEvent
from capi_actions_facebook.presets import first_amount_of, path, when

_ORDER_VALUE = first_amount_of("$.properties.revenue", "$.properties.total", "$.properties.value")
_PRICE = first_amount_of("$.properties.price", "$.properties.value")


@define(kw_only=True, slots=False)
class ProductEvent(CommerceEvent):
    """A commerce event about one product, whose name and category are the content's."""

    content_name: str | None = from_path(
        "$.properties.name", label="Content Name", description="Name of the product or page."
    )
    content_category: str | None = from_path(
        "$.properties.category", label="Content Category", description="Category of the product or page."
    )


@action("facebook.purchase", title="Purchase", trigger='type = "track" and event = "Order Completed"')
class Purchase(CommerceEvent):
    """An order is paid.  Meta refuses a purchase without value and currency."""

    meta_name = "Purchase"

    currency: str = from_path(
        "$.properties.currency", label="Currency", description="ISO 4217, in any case: `EUR`.", code=2804010
    )
    value: float = field(
        _ORDER_VALUE,
        label="Value",
        description="The order's worth, in the currency's major unit.",
        code=2804009,
    )
    predicted_ltv: float | None = field(
        label="Predicted Lifetime Value", description="What the customer is expected to bring in all."
    )

    def add_custom(self, custom: JsonObject) -> None:
        """Add the expected value of the customer."""
        if self.predicted_ltv is not None:
            custom["predicted_ltv"] = self.predicted_ltv


@action(
    "facebook.initiate_checkout",
    title="Initiate Checkout",
    trigger='type = "track" and event = "Checkout Started"',
)
class InitiateCheckout(CommerceEvent):
    """A checkout begins."""

    meta_name = "InitiateCheckout"

    value: float | None = field(_ORDER_VALUE, label="Value", description="The cart's worth.")
    num_items: int | None = field(
        when("$.properties.num_items", path("$.properties.num_items"), {"@product_count": {}}),
        label="Number of Items",
        description="How many items the checkout has; by default the quantities of its products.",
    )


@action("facebook.add_to_cart", title="Add to Cart", trigger='type = "track" and event = "Product Added"')
class AddToCart(ProductEvent):
    """A product is put into the cart."""

    meta_name = "AddToCart"

    value: float | None = field(_PRICE, label="Value", description="The product's worth.")


@action(
    "facebook.view_content",
    title="View Content",
    trigger='type = "track" and (event = "Product Viewed" or event = "Product List Viewed")',
)
class ViewContent(ProductEvent):
    """A product, a list of products, or other content of worth, is looked at."""

    meta_name = "ViewContent"

    value: float | None = field(_PRICE, label="Value", description="The product's worth.")


@action("facebook.search", title="Search", trigger='type = "track" and event = "Products Searched"')
class Search(CommerceEvent):
    """Someone searches."""

    meta_name = "Search"

    search_string: str | None = from_path(
        "$.properties.query", label="Search String", description="What was searched."
    )

    def add_custom(self, custom: JsonObject) -> None:
        """Add what was searched."""
        if self.search_string:
            custom["search_string"] = self.search_string


@action(
    "facebook.add_payment_info",
    title="Add Payment Info",
    trigger='type = "track" and (event = "Payment Info Entered" or event = "AddPaymentInfo")',
)
class AddPaymentInfo(CommerceEvent):
    """Payment details are entered in a checkout."""

    meta_name = "AddPaymentInfo"

    value: float | None = field(_ORDER_VALUE, label="Value", description="The cart's worth.")


@action(
    "facebook.add_to_wishlist",
    title="Add to Wishlist",
    trigger='type = "track" and (event = "Product Added to Wishlist" or event = "AddToWishlist")',
)
class AddToWishlist(ProductEvent):
    """A product is put on a wish list."""

    meta_name = "AddToWishlist"

    value: float | None = field(_PRICE, label="Value", description="The product's worth.")


@action(
    "facebook.customize_product",
    title="Customize Product",
    trigger='type = "track" and (event = "Product Customized" or event = "CustomizeProduct")',
)
class CustomizeProduct(ProductEvent):
    """A product is put together by a configurator."""

    meta_name = "CustomizeProduct"

    value: float | None = field(_PRICE, label="Value", description="The product's worth.")


@action(
    "facebook.donate",
    title="Donate",
    trigger='type = "track" and (event = "Donation Completed" or event = "Donated" or event = "Donate")',
)
class Donate(CommerceEvent):
    """A donation is made."""

    meta_name = "Donate"

    value: float | None = field(
        first_amount_of("$.properties.value", "$.properties.revenue", "$.properties.amount"),
        label="Value",
        description="The donation, in the currency's major unit.",
    )


COMMERCE: Sequence[type[CommerceEvent]] = (
    Purchase,
    InitiateCheckout,
    AddToCart,
    ViewContent,
    Search,
    AddPaymentInfo,
    AddToWishlist,
    CustomizeProduct,
    Donate,
)
