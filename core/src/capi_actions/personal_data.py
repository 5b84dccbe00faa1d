"""Find and mask what may be personal in text: e-mail addresses, phone numbers, hashes, tokens, queries of addresses."""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any, Literal, TypeAlias
from urllib.parse import parse_qsl, urlsplit

from capi_actions.errors import json_path

Kind: TypeAlias = Literal["an e-mail address", "a phone number"]

_MASK = "[removed]"
_EMAIL = r"[^\s@\"'<>()\[\],:;=&?/\\]{1,64}(?:@|%40)[^\s@\"'<>()\[\],;=&?/\\]{1,253}"
# In this order: an address may hold an e-mail address, and a hash is a long word.
_MASKED: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"(\b[a-z][a-z0-9+.-]{1,20}://[^\s?#\"'<>]{0,2048})[?#][^\s\"'<>]*", re.IGNORECASE),
        rf"\1?{_MASK}",
    ),
    (re.compile(r"([?&][\w.\[\]-]{1,60}=)[^\s&\"'<>]+"), rf"\1{_MASK}"),
    (
        re.compile(
            r"\b(bearer\s+|(?:access_?)?token(?:[\"']?\s*=|[\"']\s*:)\s*[\"']?)[^\s\"'&,;]+", re.IGNORECASE
        ),
        rf"\1{_MASK}",
    ),
    (re.compile(_EMAIL), _MASK),
    (re.compile(r"(?<![\w.])\+?\(?\d[\d\s().\-\u2010-\u2015\u00a0/]{5,30}\d(?!\w)"), _MASK),
    (re.compile(r"\b(?=\w*\d)(?=\w*[A-Za-z])\w{20,}"), _MASK),
    (re.compile(r"\b[A-Fa-f]{32,}\b"), _MASK),
)


def mask(text: str) -> str:
    """Return a text of a platform with everything masked that may be personal or secret.

    Masks too much rather than too little: every number of seven digits or more is taken for a phone number,
    every word of 20 characters or more with digits and letters for a token or a hash.

    >>> mask("john@example.com isn't hashed; see https://example.com/help?id=7")
    "[removed] isn't hashed; see https://example.com/help?[removed]"
    """
    for pattern, replacement in _MASKED:
        text = pattern.sub(replacement, text)
    return text


_WHOLE_EMAIL = re.compile(r"[^\s@/?#]{1,64}@[^\s@/?#]{1,190}\.[^\s@/?#.]{2,63}")
_SEPARATED_PHONE = re.compile(r"\+?\(?\d{1,5}\)?(?:[ ().\-\u2010-\u2015\u00a0/]{1,3}\d{1,6}){2,7}")
_INTERNATIONAL_PHONE = re.compile(r"\+\d[\d ().\-\u2010-\u2015\u00a0/]{6,24}")
_DATE = re.compile(r"\d{4}[-./]\d\d?[-./]\d\d?\b.*|\d\d?[-./]\d\d?[-./]\d{4}\b.*", re.DOTALL)
_PHONE_NAME = re.compile(
    r"(?:^|[_\-.\s])(?:phone|mobile|tel|telephone)(?:$|[_\-.\s]|number)|phone", re.IGNORECASE
)
_PHONE_DIGITS = range(8, 16)  # E.164 has up to 15


def personal_kind(text: str, name: str = "") -> Kind | None:
    """Return what personal data a whole value looks like; None if it looks like none.

    Numbers without a plus sign or separators count only under a name that speaks of phones: most are ids.

    :param name: of the field or query parameter that holds the value.
    """
    text = text.strip().removeprefix("mailto:").removeprefix("tel:")
    if len(text) > 320:
        return None
    # What most texts fail on comes first: every field of an item is looked at.
    if "@" in text and _WHOLE_EMAIL.fullmatch(text):
        return "an e-mail address"
    is_phone = (
        _INTERNATIONAL_PHONE.fullmatch(text)
        or _SEPARATED_PHONE.fullmatch(text)
        or (text.removeprefix("+").isdecimal() and _PHONE_NAME.search(name))
    )
    if not is_phone or sum(map(str.isdecimal, text)) not in _PHONE_DIGITS:
        return None
    return None if _DATE.fullmatch(text) or _is_ip_address(text) else "a phone number"


def find_personal_data(value: Any) -> Iterator[tuple[str, Kind]]:
    """Find texts in a JSON value that look personal, also in the paths and queries of addresses.

    :returns: JSONPaths, and what the texts look like.  Indices are left out (``$.contents[].title``); the name of
        a query's parameter is added (``$.event_source_url?email``).  Values themselves are never returned.
    """
    pending: list[tuple[tuple[str, ...], Any]] = [((), value)]
    while pending:
        keys, part = pending.pop()
        if isinstance(part, dict):
            pending += [((*keys, str(key)), member) for key, member in part.items()]
        elif isinstance(part, list):
            pending += [((*keys, "[]"), item) for item in part]
        elif isinstance(part, str):
            if part.isalnum() and not part.isdecimal():
                continue  # a hash or a word: what looks personal has other characters, or digits only
            name = next((key for key in reversed(keys) if key != "[]"), "")
            for parameter, kind in _kinds(part, name):
                yield _path(keys) + parameter, kind


def _kinds(text: str, name: str) -> Iterator[tuple[str, Kind]]:
    """Find what a text looks like, and the parts of an address in it.

    :returns: ``""`` or ``?name`` of the query parameter, and the kind.
    """
    if kind := personal_kind(text, name):
        yield "", kind
        return
    if "://" not in text[:12] and not text.startswith(("/", "?")):
        return
    try:
        parts = urlsplit(text)
        parameters = parse_qsl(parts.query, max_num_fields=200) + parse_qsl(
            parts.fragment, max_num_fields=200
        )
    except ValueError:
        return
    for key, value in parameters:
        if kind := personal_kind(value, key) or personal_kind(value.replace(" ", "+", 1), key):
            yield f"?{key[:60]}", kind
    for segment in parts.path.replace("%40", "@").split("/"):
        if (kind := personal_kind(segment)) == "an e-mail address":
            yield "", kind


def _path(keys: tuple[str, ...]) -> str:
    path = ""
    for key in keys:
        path += key if key == "[]" else json_path((key,))[1:]
    return f"${path}"


def _is_ip_address(text: str) -> bool:
    try:
        ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True
