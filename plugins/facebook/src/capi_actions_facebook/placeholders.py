"""Texts of an event that only stand for nothing: ``undefined`` as a page's address, ``null`` as an order's id."""

from capi_actions import JsonObject, note_dropped

# What only a program writes, in lower case: no product is called so.
_WRITTEN_BY_PROGRAMS = frozenset(
    {"null", "(null)", "<null>", "undefined", "nan", "[object object]", "(not set)", "(not provided)"}
)
# What is no address and no id either; logs of web servers have a dash for nothing.
_NOTHING = _WRITTEN_BY_PROGRAMS | {"nil", "none", "(none)", "not set", "n/a", "-", "--", "true", "false"}
_NO_DEVICE = "00000000-0000-0000-0000-000000000000"  # the advertising id of a phone whose owner allows none
LONGEST = 2 * max(map(len, _NOTHING))
"""Characters of the longest placeholder, with white space around it; hardly any user agent is so short."""

_FIRST_LETTERS = frozenset({word[0] for word in _WRITTEN_BY_PROGRAMS} | {"N", "U"} | set(" \t\n\r\xa0"))

NO_IDS = frozenset(
    {" ", "  ", "\t", "\n", "\r\n", "\xa0"}.union(
        *({word, word.upper(), word.capitalize()} for word in _WRITTEN_BY_PROGRAMS),
        {"NaN", "[object Object]"},
    )
)
"""Ids that stand for no id, as programs write them."""

IDS = frozenset(
    {
        *("subscription_id", "anon_id", "madid", "partner_id", "partner_name", "ctwa_clid", "page_id"),
        *("page_scoped_user_id", "whatsapp_business_account_id", "ig_account_id", "ig_sid"),
    }
)
"""Ids in ``user_data`` that aren't hashed."""

_CUSTOM = ("order_id", "content_name", "content_category")  # not search_string: somebody may look for "null"


def is_address(text: str) -> bool:
    """Return whether a text is sent as an address or a user agent: no placeholder, no number and not blank."""
    return _fault(text, _NOTHING, numbers=True) is None


def is_id(text: str) -> bool:
    """Return whether a text is sent as an id: neither a placeholder nor blank."""
    return _fault(text, _NOTHING) is None


def is_name(text: str) -> bool:
    """Return whether a text is sent as a name or an order's id: not what only a program writes, and not blank."""
    return _fault(text, _WRITTEN_BY_PROGRAMS) is None


def is_event_id(text: str) -> bool:
    """Return whether a text is sent as the id of an event or an item: neither a placeholder nor blank."""
    word = text.strip()
    return word != "" and word not in NO_IDS


def drop_address_placeholder(data: JsonObject, key: str) -> None:
    """Leave out, in place, an address that is a placeholder or a number, and note it."""
    _drop(data, key, "$", numbers=True)


def drop_user_placeholders(user_data: JsonObject) -> None:
    """Leave out, in place, placeholders in the fields of ``user_data`` that aren't hashed, and note them.

    Hashed values have rules of their own: those of the profile.
    """
    if "client_user_agent" in user_data:
        _drop(user_data, "client_user_agent", "$.user_data", numbers=True)
    for key in sorted(IDS & user_data.keys()):
        _drop(user_data, key, "$.user_data")


def drop_custom_placeholders(custom: JsonObject) -> None:
    """Leave out, in place, placeholders in ``custom_data``, and note them."""
    for key in _CUSTOM:
        if key in custom and type(text := custom[key]) is str and text[:1] in _FIRST_LETTERS:
            _drop(custom, key, "$.custom_data", _WRITTEN_BY_PROGRAMS)


def _drop(
    values: JsonObject, key: str, path: str, words: frozenset[str] = _NOTHING, *, numbers: bool = False
) -> None:
    """Drop a value if it is one of the words.

    :param numbers: True to drop numbers, too.
    """
    text = values[key]
    if isinstance(text, str) and (fault := _fault(text, words, numbers=numbers)):
        note_dropped(f"{path}.{key}", fault)
        del values[key]


def _fault(text: str, words: frozenset[str], *, numbers: bool = False) -> str | None:
    """Return why a text is left out, or None if it is sent."""
    word = text.strip().lower()
    if not word:
        return "it is blank"
    if word in words or word == _NO_DEVICE:
        return "it is a placeholder, such as undefined"
    if numbers and word.replace(".", "", 1).isdecimal():
        return "it is a number"
    return None
