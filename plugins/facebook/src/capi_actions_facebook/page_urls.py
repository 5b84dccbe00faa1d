"""Remove personal data from the queries of page addresses: Meta forbids to send it there.

Source: "business tools terms" in ``docs/reference/sources.md``.
"""

import re
from urllib.parse import unquote

from capi_actions import personal_kind

_MAX_ENCODINGS = 3  # an address in a parameter of an address is encoded twice
_MAX_LENGTH = 4_000  # characters of a parameter that are looked at

# What an e-mail address or a phone number can't do without.  Most queries have none of it, and cost 1 or 2 µs.
_SUSPICIOUS = re.compile(r"[@%]|[0-9](?:[^&0-9A-Za-z_=]{0,3}[0-9]){7}")
_WORDS = re.compile(r"[\s,;<>()\"'|&?=#/]+")


def without_personal_parameters(url: str) -> str:
    """Return an address without those parameters of query and fragment that hold an e-mail address or a phone number.

    All else stays byte for byte.

    >>> without_personal_parameters("https://shop.example/a?x=1&email=ada%40example.com&y=2#top")
    'https://shop.example/a?x=1&y=2#top'
    """
    if ("?" not in url and "#" not in url) or not _SUSPICIOUS.search(url):
        return url
    head, hash_sign, fragment = url.partition("#")
    path, question_mark, query = head.partition("?")
    return path + _strip_personal(question_mark, query) + _strip_personal(hash_sign, fragment)


def _strip_personal(mark: str, parameters: str) -> str:
    pairs = parameters.split("&")
    kept = [pair for pair in pairs if not (_SUSPICIOUS.search(pair) and _is_personal(pair))]
    if len(kept) == len(pairs):
        return mark + parameters
    return mark + "&".join(kept) if kept else ""


def _is_personal(pair: str) -> bool:
    name, equals, value = pair[:_MAX_LENGTH].partition("=")
    if not equals:
        name, value = "", name
    for _ in range(_MAX_ENCODINGS):
        if personal_kind(value, name) or ("+" in value and _is_personal_with_spaces(value, name)):
            return True
        if "@" in value and any(personal_kind(word) == "an e-mail address" for word in _WORDS.split(value)):
            return True
        decoded = unquote(value) if "%" in value else value
        if decoded == value:
            return False
        value = decoded
    return False


def _is_personal_with_spaces(value: str, name: str) -> bool:
    """Return whether a value is personal whose plus signs are spaces, all of them or all but the first."""
    plain = value.replace("+", " ").strip()
    return any(personal_kind(text, name) for text in (plain, f"+{plain}"))
