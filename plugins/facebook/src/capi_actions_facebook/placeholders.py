"""Texts of an event that only stand for nothing: ``undefined`` as a page's address, ``null`` as an order's id."""

from capi_actions import JsonObject, note_dropped

# What only a program writes, in lower case: no product is called so.
_WRITTEN_BY_PROGRAMS = frozenset(
    {"null", "(null)", "<null>", "undefined", "nan", "[object object]", "(not set)", "(not provided)"}
)
# What is no address and no id either.
_NOTHING = _WRITTEN_BY_PROGRAMS | {"nil", "none", "(none)", "not set", "n/a"}
_NO_DEVICE = "00000000-0000-0000-0000-000000000000"  # the advertising id of a phone whose owner allows none
_LONGEST = 2 * max(map(len, _NOTHING))  # with white space around it; addresses and user agents are longer

_FIRST_LETTERS = frozenset({word[0] for word in _WRITTEN_BY_PROGRAMS} | {"N", "U", " "})

_IDS = frozenset(
    {
        *("subscription_id", "anon_id", "madid", "partner_id", "partner_name", "ctwa_clid", "page_id"),
        *("page_scoped_user_id", "whatsapp_business_account_id", "ig_account_id", "ig_sid"),
    }
)
_CUSTOM = ("order_id", "content_name", "content_category")  # not search_string: somebody may look for "null"


def drop_placeholders(data: JsonObject) -> None:
    """Leave out, in place, placeholders in the fields that aren't hashed, and numbers where no number can stand.

    Each is noted.  Hashed values have rules of their own: those of the profile.
    """
    # Written out, as each call of a function takes 0.1 µs, and hardly any event has such a text.
    if (url := data.get("event_source_url")) is not None and len(url) <= _LONGEST:
        _drop(data, "event_source_url", "$", numbers=True)
    if (url := data.get("referrer_url")) is not None and len(url) <= _LONGEST:
        _drop(data, "referrer_url", "$", numbers=True)
    if user_data := data.get("user_data"):
        if (agent := user_data.get("client_user_agent")) is not None and len(agent) <= _LONGEST:
            _drop(user_data, "client_user_agent", "$.user_data", numbers=True)
        if not _IDS.isdisjoint(user_data):
            for key in sorted(_IDS & user_data.keys()):
                _drop(user_data, key, "$.user_data")
    if custom := data.get("custom_data"):
        for key in _CUSTOM:
            if key in custom and custom[key].__class__ is str and custom[key][0:1] in _FIRST_LETTERS:
                _drop(custom, key, "$.custom_data", _WRITTEN_BY_PROGRAMS)


def _drop(
    values: JsonObject, key: str, path: str, words: frozenset[str] = _NOTHING, *, numbers: bool = False
) -> None:
    """Drop a value if it is one of the words.

    :param numbers: True to drop numbers, too.
    """
    text = values[key]
    word = text.strip().lower() if isinstance(text, str) else ""
    if word in words or word == _NO_DEVICE:
        note_dropped(f"{path}.{key}", "it is a placeholder, such as undefined")
        del values[key]
    elif numbers and word.replace(".", "", 1).isdecimal():
        note_dropped(f"{path}.{key}", "it is a number")
        del values[key]
