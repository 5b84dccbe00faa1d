"""Remove personal data from the queries of page addresses: Meta forbids to send it there.

Source: "business tools terms" in ``docs/reference/sources.md``.
"""

import re
from urllib.parse import unquote

from capi_actions import personal_kind

_MAX_ENCODINGS = 3  # an address in a parameter of an address is encoded twice
_MAX_LENGTH = 4_000  # characters of a parameter that are looked at

# What an e-mail address or a phone number can't do without.  Most queries have none of it, and cost 1 µs.
_SUSPICIOUS = re.compile(r"[@%]|[0-9](?:[^&0-9]{0,3}[0-9]){7}")
_WORDS = re.compile(r"[\s,;<>()\"'|&?=#/]+")


def without_personal_parameters(url: str) -> str:
    """Return an address without those parameters of query and fragment that hold an e-mail address or a phone number.

    All else stays byte for byte.

    >>> without_personal_parameters("https://shop.example/a?x=1&email=ada%40example.com&y=2#top")
    'https://shop.example/a?x=1&y=2#top'
    """
    start = min((at for at in (url.find("?"), url.find("#")) if at >= 0), default=-1)
    if start < 0 or not _SUSPICIOUS.search(url, start):
        return url
    head, hash_sign, fragment = url.partition("#")
    path, question_mark, query = head.partition("?")
    return path + _cleaned(question_mark, query) + _cleaned(hash_sign, fragment)


def _cleaned(mark: str, parameters: str) -> str:
    pairs = parameters.split("&")
    kept = [pair for pair in pairs if not _is_personal(pair)]
    if len(kept) == len(pairs):
        return mark + parameters
    return mark + "&".join(kept) if kept else ""


def _is_personal(pair: str) -> bool:
    name, equals, value = pair[:_MAX_LENGTH].partition("=")
    if not equals:
        name, value = "", name
    for _ in range(_MAX_ENCODINGS):
        plain = value.replace("+", " ").strip()
        if any(personal_kind(text, name) for text in (value, plain, f"+{plain}" if value[:1] == "+" else "")):
            return True
        if any(personal_kind(word) == "an e-mail address" for word in _WORDS.split(value) if "@" in word):
            return True
        decoded = unquote(value)
        if decoded == value:
            return False
        value = decoded
    return False
