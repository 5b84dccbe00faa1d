"""Hashes, encodings and JSON."""

import hashlib
import hmac
import re
import unicodedata
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote

from capi_actions.mapping.liquid.budget import Work
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


def utf8(value: str) -> bytes:
    """Encode; a lone surrogate becomes U+FFFD."""
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def sha256(work: Work, value: Any) -> str:
    """Hash with SHA-256, in hex digits."""
    return hashlib.sha256(utf8(text(work, value))).hexdigest()


def hmac_sha256(work: Work, value: Any, key: Any = MISSING) -> str:
    """Sign with HMAC-SHA-256, in hex digits."""
    return hmac.new(utf8(text(work, key)), utf8(text(work, value)), hashlib.sha256).hexdigest()


def base64_encode(work: Work, value: Any) -> str:
    """Encode as Base64."""
    return b64encode(utf8(text(work, value))).decode()


def base64_decode(work: Work, value: Any) -> str:
    """Decode Base64, ordinary or for URLs; whatever else is in the text is skipped."""
    letters = text(work, value).partition("=")[0].replace("-", "+").replace("_", "/")
    kept = re.sub("[^A-Za-z0-9+/]", "", letters)
    kept = kept[:-1] if len(kept) % 4 == 1 else kept
    return b64decode(kept + "=" * (-len(kept) % 4)).decode("utf-8", "replace")


def url_encode(work: Work, value: Any) -> str:
    """Encode for a form, spaces as ``+``."""
    return quote(utf8(text(work, value)), safe=_COMPONENT).replace("%20", "+")


def url_decode(work: Work, value: Any) -> str:
    """Decode what came from a form."""
    return unquote(text(work, value)).replace("+", " ")


def cgi_escape(work: Work, value: Any) -> str:
    """Encode for a form, and some marks more."""
    return quote(utf8(text(work, value)), safe="-._~").replace("%20", "+")


def uri_escape(work: Work, value: Any) -> str:
    """Encode what no URL may hold."""
    return quote(utf8(text(work, value)), safe=_URI)


def slugify(work: Work, value: Any, mode: Any = "default", cased: Any = False) -> str:
    """Turn text into words with hyphens between."""
    found, kind = text(work, value), text(work, mode)
    work.spend(3 * len(found))
    if kind == "latin":
        found = "".join(_LATIN.get(character, character) for character in found)
    if kind in ("default", "latin", "pretty", "ascii", "raw"):
        keeps = _SLUG_KEEPS.get(kind, _is_word)
        extra = _SLUG_EXTRA.get(kind, "")
        marked = "".join(each if each in extra or keeps(each) else "\0" for each in found)
        found = re.sub("\0+", "-", marked)
        found = found.removeprefix("-").removesuffix("-")
    return found if cased and not is_nothing(cased) else found.lower()


def _is_word(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "ML" or category == "Nd"


_SLUG_KEEPS: dict[str, Callable[[str], bool]] = {
    "ascii": lambda character: character.isascii() and character.isalnum(),
    "raw": lambda character: not character.isspace(),
}


def json(work: Work, value: Any, space: Any = 0) -> Any:
    """Write as JSON, indented by so many spaces (at most ten) or by a text."""
    if isinstance(space, str):
        return json_text(work, value, space[:10])
    return json_text(work, value, " " * int(max(0, min(10, number(work, space)))))


def raw(work: Work, value: Any) -> Any:
    """Leave the value as it is."""
    return value


CODES: dict[str, Callable[..., Any]] = {
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
