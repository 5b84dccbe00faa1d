"""Hypothesis strategies: JSON of any kind, and events as libraries send them, with odd values mixed in."""

from typing import Any

from hypothesis import strategies as st

from capi_actions.codec import EVENT_TYPES

_NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
_TEXTS = st.text(st.characters(), max_size=20)
_ODD_TEXTS = st.sampled_from(
    ["", " ", "0", "null", "1e400", "ı", "\ud800", "\u0085x", "<b>", "{{x}}", "$.a", "@path"]
)


def json_values(max_leaves: int = 8) -> st.SearchStrategy[Any]:
    """Return any JSON value, lone surrogates and long integers included."""
    leaves = st.none() | st.booleans() | _NUMBERS | _TEXTS | _ODD_TEXTS
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXTS, inner, max_size=4),
        max_leaves=max_leaves,
    )


def json_objects(max_leaves: int = 8) -> st.SearchStrategy[dict[str, Any]]:
    """Return any JSON object."""
    return st.dictionaries(_TEXTS, json_values(max_leaves), max_size=5)


_ABSENT = object()


def _mostly(usual: st.SearchStrategy[Any], odds: int = 30) -> st.SearchStrategy[Any]:
    """Draw the usual value, but any JSON value about once in ``odds`` draws."""
    return st.integers(0, odds).flatmap(lambda roll: json_values(3) if roll == odds else usual)


def _objects(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Draw objects in which each member is absent once in ten draws."""

    def sometimes(usual: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.integers(0, 9).flatmap(lambda roll: st.just(_ABSENT) if roll == 9 else usual)

    drawn = st.fixed_dictionaries({key: sometimes(usual) for key, usual in members.items()})
    return drawn.map(lambda members: {key: value for key, value in members.items() if value is not _ABSENT})


_WORDS = st.text(st.characters(categories=("L", "N", "Zs")), min_size=1, max_size=12)
_MONEY = st.floats(0, 10_000).map(lambda value: round(value, 2)) | st.decimals(0, 1000, places=2).map(str)
_TRAITS = _objects(
    email=_mostly(st.emails()),
    phone=_mostly(st.from_regex(r"\+?[0-9 ()-]{6,16}", fullmatch=True)),
    firstName=_mostly(_WORDS),
    lastName=_mostly(_WORDS),
    gender=_mostly(st.sampled_from(["f", "m", "Female", "male", "x"])),
    birthday=_mostly(st.dates().map(str)),
    address=_mostly(_objects(**dict.fromkeys(("city", "state", "postalCode", "country"), _mostly(_WORDS)))),
)
_PRODUCT = _objects(
    product_id=_mostly(_WORDS),
    sku=_WORDS,
    price=_mostly(_MONEY),
    quantity=_mostly(st.integers(1, 9)),
    name=_WORDS,
)
_PROPERTIES = _objects(
    order_id=_mostly(_WORDS),
    revenue=_mostly(_MONEY),
    value=_mostly(_MONEY),
    price=_mostly(_MONEY),
    currency=_mostly(st.sampled_from(["EUR", "usd", "Jpy", "MRU", "XYZ"])),
    products=_mostly(st.lists(_PRODUCT, max_size=3)),
    product_id=_mostly(_WORDS),
    query=_mostly(_WORDS),
    fbc=_mostly(st.just("fb.1.1714566896000.AbCd")),
    fbp=_mostly(st.just("fb.1.1714566000000.1098115397")),
)
_CONTEXT = _objects(
    ip=_mostly(st.ip_addresses().map(str)),
    userAgent=_mostly(_WORDS),
    locale=_mostly(st.just("en-US")),
    page=_mostly(
        _objects(url=_mostly(st.sampled_from(["https://shop.example/?fbclid=IwAR-x_1", "https://a.example"])))
    ),
    traits=_mostly(_TRAITS),
    device=_mostly(_objects(model=_WORDS, adTrackingEnabled=st.booleans())),
    os=_mostly(_objects(name=st.sampled_from(["iOS", "Android"]), version=_WORDS)),
)


def events(
    names: st.SearchStrategy[str] = _WORDS, times: st.SearchStrategy[Any] | None = None
) -> st.SearchStrategy[Any]:
    """Return events as libraries send them, with any part missing or of the wrong type.

    :param names: names of track events.
    :param times: values of ``timestamp``; by default any moment, as ISO 8601 or Unix time.
    """
    moments = st.datetimes().map(lambda moment: moment.isoformat() + "Z")
    members = _objects(
        event=_mostly(names),
        messageId=_mostly(st.uuids().map(str)),
        timestamp=_mostly(moments | st.integers(0, 2**41) if times is None else times),
        userId=_mostly(_WORDS),
        anonymousId=_mostly(_WORDS),
        properties=_mostly(_PROPERTIES),
        traits=_mostly(_TRAITS),
        context=_mostly(_CONTEXT),
    )
    types = st.sampled_from(sorted(EVENT_TYPES))
    return st.tuples(types, members).map(lambda drawn: {"type": drawn[0], **drawn[1]})
