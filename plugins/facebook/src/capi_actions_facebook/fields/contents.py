"""The products of an event: the items of ``contents``."""

import html
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any
from urllib.parse import unquote

from capi_actions import Field, Problem, note_uncertain
from capi_actions_facebook.facts import DELIVERY_CATEGORIES

CONTENT_FIELDS: Mapping[str, Field] = {
    "id": Field(type="string", label="ID", description="The product's id in the catalog."),
    "quantity": Field(type="integer", label="Quantity", description="How many pieces."),
    "item_price": Field(
        type="number", label="Item Price", description="Price of one piece, after discounts."
    ),
    "delivery_category": Field(
        type="string", label="Delivery Category", description="`in_store`, `curbside` or `home_delivery`."
    ),
    "title": Field(type="string", label="Title"),
    "description": Field(type="string", label="Description"),
    "brand": Field(type="string", label="Brand"),
    "category": Field(type="string", label="Category"),
}
_INVALID_CONTENTS = 2804008
_strip = str.strip
_LARGEST_EXACT = 2**53  # greater doubles have lost digits
USUAL_QUANTITIES = frozenset(range(1, 100))
_LOGGER = logging.getLogger("capi_actions.facebook")


class UsualContents(list[dict[str, Any]]):
    """Contents of which :func:`contents_problems` finds nothing wrong."""


def contents_problems(contents: Any, path: str) -> Sequence[Problem]:
    """Return what Meta would refuse about ``contents``, all with error subcode 2804008.

    Source: "custom data" in ``docs/reference/sources.md``.

    :param contents: anything, as those of ``custom_data`` may come from the event unchecked.
    :param path: where ``contents`` is.
    """
    if type(contents) is not list:
        message = "contents must be a list of objects, each with an 'id' parameter."
        return [Problem(message, path, _INVALID_CONTENTS)]
    try:
        for item in contents:
            if (
                not _strip(item["id"])  # TypeError if it is no text
                or "delivery_category" in item
                or ("quantity" in item and item["quantity"] not in USUAL_QUANTITIES)
            ):
                break
        else:
            return ()  # nearly always: 0.2 µs for three instead of 0.6
    except (TypeError, KeyError, IndexError):  # one that is no object, or has no id, or another kind of id
        pass
    return list(_problems(contents, path))


def _problems(contents: list[Any], path: str) -> Iterator[Problem]:
    for index, item in enumerate(contents):
        name, item_path = f"contents[{index}]", f"{path}[{index}]"
        if not isinstance(item, dict):
            yield Problem(f"{name} must be an object with an 'id' parameter.", item_path, _INVALID_CONTENTS)
        elif not _is_id(item.get("id")):
            yield Problem(f"{name} must include an 'id' parameter.", f"{item_path}.id", _INVALID_CONTENTS)
        elif item.get("delivery_category", "in_store") not in DELIVERY_CATEGORIES:
            message = f"{name}.delivery_category must be one of {{in_store, home_delivery, curbside}}."
            yield Problem(message, f"{item_path}.delivery_category", _INVALID_CONTENTS)
        elif not _is_quantity(item.get("quantity")):
            message = f"{name}.quantity must be a whole number of at most 15 digits."
            yield Problem(message, f"{item_path}.quantity", _INVALID_CONTENTS)


def _is_id(value: Any) -> bool:
    return (isinstance(value, str) and value != "") or type(value) in (int, float)


def _is_quantity(value: Any) -> bool:
    """Return whether a quantity isn't beyond the numbers that keep their last digits; texts are Meta's to read."""
    return type(value) not in (int, float) or abs(value) < _LARGEST_EXACT


def content_ids_problems(content_ids: Any, path: str) -> Sequence[Problem]:
    """Return why ``content_ids`` aren't a list of ids: a list that was written as JSON into one text.

    A text that may be a list separated by commas is logged, once in a process: a comma may be part of an id.

    :param content_ids: anything, as those of ``custom_data`` may come from the event unchecked.
    :param path: where they are.
    """
    if type(content_ids) is list:
        if len(content_ids) != 1:
            return ()
        (text,) = content_ids
    else:
        text = content_ids
    if type(text) is not str:
        return ()
    if _is_json_list(text):
        message = (
            "must be a list of ids but it was a text that holds JSON: send a list, or map it with"
            ' {"@json": {"mode": "decode", "value": …}}'
        )
        return [Problem(message, path)]
    if "," in text:
        note_uncertain(path, "that is one id with a comma in it: several ids should be a list")
        _log_commas()
    return ()


def _is_json_list(text: str) -> bool:
    """Return whether a text is a list or an object in JSON, or in what programs write for it.

    Encoded twice, for an address or for a page, it still is one.
    """
    if not text.lstrip().lower().startswith(_STARTS_OF_JSON):
        return False
    # Python and Ruby write ['a', 'b'].
    for json_text in (text, text.replace("'", '"'), unquote(text), html.unescape(text)):
        try:
            value = json.loads(json_text)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, str):  # JSON within JSON; one text in quotes isn't
            return value != text and _is_json_list(value)
        return isinstance(value, list | dict)
    return False


_STARTS_OF_JSON = ("[", "{", '"', "%5b", "%7b", "%22", "&quot;", "&#34;")


@cache
def _log_commas() -> None:
    _LOGGER.warning(
        "content_ids is one id with a comma in it; if it is meant to be several, send a list: catalogs know each by"
        " its own id"
    )


def known_contents(contents: Any) -> Any:
    """Return ``contents`` without the keys that Meta doesn't know: one of them may cost the request."""
    if not isinstance(contents, list):
        return contents
    return [
        {key: value for key, value in item.items() if key in CONTENT_FIELDS}
        if isinstance(item, dict)
        else item
        for item in contents
    ]
