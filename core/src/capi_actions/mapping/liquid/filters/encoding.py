"""Filters for hashes, encodings and JSON."""

import hashlib
import hmac
import re
import unicodedata
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote

from capi_actions.mapping.liquid.budget import Budget
from capi_actions.mapping.liquid.values import is_nothing, json_text, number, text
from capi_actions.model import MISSING

_COMPONENT = "!'()*-._~"  # what encodeURIComponent leaves alone, besides letters and digits
_URI = _COMPONENT + ";/?:@&=+$,#[]"
_SLUG_EXTRA = {"pretty": "._~!$&'()+,;=@"}
_LATIN = {
    **dict.fromkeys("àáâãäå", "a"),
    **dict.fromkeys("èéêë", "e"),
    **dict.fromkeys("ìíîï", "i"),
    **dict.fromkeys("òóôõöø", "o"),
    **dict.fromkeys("ùúûü", "u"),
    **dict.fromkeys("ýÿ", "y"),
    "æ": "ae", "ç": "c", "ð": "d", "ñ": "n", "ß": "ss", "œ": "oe", "þ": "th", "ẞ": "SS", "Œ": "OE", "Þ": "TH",
}  # fmt: skip


def _utf8(value: str) -> bytes:
    """Encode as UTF-8; a lone surrogate becomes U+FFFD."""
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def sha256(budget: Budget, value: Any) -> str:
    """Return the SHA-256 in hex digits."""
    return hashlib.sha256(_utf8(text(budget, value))).hexdigest()


def hmac_sha256(budget: Budget, value: Any, key: Any = MISSING) -> str:
    """Return the HMAC-SHA-256 in hex digits."""
    return hmac.new(_utf8(text(budget, key)), _utf8(text(budget, value)), hashlib.sha256).hexdigest()


def base64_encode(budget: Budget, value: Any) -> str:
    """Encode as Base64."""
    return b64encode(_utf8(text(budget, value))).decode()


def base64_decode(budget: Budget, value: Any) -> str:
    """Decode Base64, standard or URL-safe; other characters are skipped."""
    letters = text(budget, value).partition("=")[0].replace("-", "+").replace("_", "/")
    kept = re.sub("[^A-Za-z0-9+/]", "", letters)
    kept = kept[:-1] if len(kept) % 4 == 1 else kept
    return b64decode(kept + "=" * (-len(kept) % 4)).decode("utf-8", "replace")


def url_encode(budget: Budget, value: Any) -> str:
    """Encode for a form: spaces become ``+``."""
    return quote(_utf8(text(budget, value)), safe=_COMPONENT).replace("%20", "+")


def url_decode(budget: Budget, value: Any) -> str:
    """Decode form data."""
    return unquote(text(budget, value)).replace("+", " ")


def cgi_escape(budget: Budget, value: Any) -> str:
    """Encode for a form, all punctuation but ``-._~`` included."""
    return quote(_utf8(text(budget, value)), safe="-._~").replace("%20", "+")


def uri_escape(budget: Budget, value: Any) -> str:
    """Encode the characters that no URL may hold."""
    return quote(_utf8(text(budget, value)), safe=_URI)


def slugify(budget: Budget, value: Any, mode: Any = "default", cased: Any = False) -> str:
    """Return the words of a text with hyphens between."""
    slug, mode = text(budget, value), text(budget, mode)
    budget.spend(3 * len(slug))
    if mode == "latin":
        slug = "".join(_LATIN.get(character, character) for character in slug)
    if mode in ("default", "latin", "pretty", "ascii", "raw"):
        keeps, extra = _SLUG_KEEPS.get(mode, _is_word), _SLUG_EXTRA.get(mode, "")
        marked = "".join(letter if letter in extra or keeps(letter) else "\0" for letter in slug)
        slug = re.sub("\0+", "-", marked).removeprefix("-").removesuffix("-")
    return slug if cased and not is_nothing(cased) else slug.lower()


def _is_word(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "ML" or category == "Nd"


_SLUG_KEEPS: dict[str, Callable[[str], bool]] = {
    "ascii": lambda character: character.isascii() and character.isalnum(),
    "raw": lambda character: not character.isspace(),
}


def json(budget: Budget, value: Any, space: Any = 0) -> Any:
    """Return the value as JSON, indented by a number of spaces (at most ten) or by a text."""
    if isinstance(space, str):
        return json_text(budget, value, space[:10])
    return json_text(budget, value, " " * int(max(0, min(10, number(budget, space)))))


def raw(budget: Budget, value: Any) -> Any:
    """Return the value as it is."""
    return value


ENCODING_FILTERS: dict[str, Callable[..., Any]] = {
    "base64_decode": base64_decode,
    "base64_encode": base64_encode,
    "cgi_escape": cgi_escape,
    "hmac_sha256": hmac_sha256,
    "inspect": json,
    "json": json,
    "jsonify": json,
    "raw": raw,
    "sha256": sha256,
    "slugify": slugify,
    "uri_escape": uri_escape,
    "url_decode": url_decode,
    "url_encode": url_encode,
}
