"""Text."""

import html
import re
from collections.abc import Callable
from typing import Any

from capi_actions.mapping.js_values import WHITESPACE
from capi_actions.mapping.liquid.budget import Work
from capi_actions.mapping.liquid.values import number, text
from capi_actions.model import MISSING

_SPACES = re.compile(f"[{WHITESPACE}]+")
_CJK = r"\u4e00-\u9fff\uf900-\ufaff\u3400-\u4dbf\u3040-\u309f\u30a0-\u30ff\uac00-\ud7af"
_CJK_WORD = re.compile(f"[{_CJK}]")
_OTHER_WORD = re.compile(f"[^{_CJK}{WHITESPACE}]+")
_ENTITY = re.compile("&(?:amp|lt|gt|#34|#39);")
_BLOCKS = (("<script", "</script>"), ("<style", "</style>"), ("<!--", "-->"), ("<", ">"))


def append(work: Work, value: Any, other: Any = MISSING) -> str:
    """Put a text behind."""
    return text(work, value) + text(work, other)


def prepend(work: Work, value: Any, other: Any = MISSING) -> str:
    """Put a text before."""
    return text(work, other) + text(work, value)


def downcase(work: Work, value: Any) -> str:
    """Make it lower case."""
    return text(work, value).lower()


def upcase(work: Work, value: Any) -> str:
    """Make it upper case."""
    return text(work, value).upper()


def capitalize(work: Work, value: Any) -> str:
    """Make the first letter upper case and the others lower case."""
    found = text(work, value)
    return found[:1].upper() + found[1:].lower()


def strip(work: Work, value: Any, characters: Any = MISSING) -> str:
    """Drop spaces, or some characters, at both ends."""
    return text(work, value).strip(_characters(work, characters))


def lstrip(work: Work, value: Any, characters: Any = MISSING) -> str:
    """Drop spaces, or some characters, at the beginning."""
    return text(work, value).lstrip(_characters(work, characters))


def rstrip(work: Work, value: Any, characters: Any = MISSING) -> str:
    """Drop spaces, or some characters, at the end."""
    return text(work, value).rstrip(_characters(work, characters))


def _characters(work: Work, given: Any) -> str:
    return text(work, given) or WHITESPACE


def strip_newlines(work: Work, value: Any) -> str:
    """Drop line ends."""
    return text(work, value).replace("\r\n", "").replace("\n", "")


def normalize_whitespace(work: Work, value: Any) -> str:
    """Make one space of any white space."""
    return _SPACES.sub(" ", text(work, value))


def remove(work: Work, value: Any, part: Any = MISSING) -> str:
    """Drop a text wherever it occurs."""
    return text(work, value).replace(text(work, part), "")


def remove_first(work: Work, value: Any, part: Any = MISSING) -> str:
    """Drop the first occurrence of a text."""
    return text(work, value).replace(text(work, part), "", 1)


def remove_last(work: Work, value: Any, part: Any = MISSING) -> str:
    """Drop the last occurrence of a text."""
    return replace_last(work, value, part, "")


def replace(work: Work, value: Any, part: Any = MISSING, other: Any = MISSING) -> str:
    """Replace a text wherever it occurs; nothing is between any two characters."""
    found, old, new = (text(work, each) for each in (value, part, other))
    if not old:
        work.spend(len(found) * (1 + len(new)))
        return new.join(found)
    work.spend(found.count(old) * len(new))
    return found.replace(old, new)


def replace_first(work: Work, value: Any, part: Any = MISSING, other: Any = MISSING) -> str:
    """Replace the first occurrence of a text."""
    found, old, new = (text(work, each) for each in (value, part, other))
    return found.replace(old, new, 1)


def replace_last(work: Work, value: Any, part: Any = MISSING, other: Any = MISSING) -> str:
    """Replace the last occurrence of a text."""
    found, old, new = (text(work, each) for each in (value, part, other))
    before, hit, after = found.rpartition(old) if old else (found, "", "")
    return before + new + after if hit or not old else found


def split(work: Work, value: Any, separator: Any = MISSING) -> list[str]:
    """Cut at a separator, or into characters; empty pieces at the end are dropped."""
    found, between = text(work, value), text(work, separator)
    work.spend(2 * len(found))
    pieces = found.split(between) if between else list(found)
    while pieces and not pieces[-1]:
        pieces.pop()
    return pieces


def truncate(work: Work, value: Any, length: Any = 50, ending: Any = "...") -> Any:
    """Cut to a length that includes the ending."""
    found, end, most = text(work, value), text(work, ending), number(work, length)
    if len(found) <= most:
        return value
    return found[: max(0, int(most) - len(end))] + end


def truncatewords(work: Work, value: Any, count: Any = 15, ending: Any = "...") -> str:
    """Cut to a number of words."""
    words = _SPACES.split(text(work, value))
    most = max(1, number(work, count))
    return " ".join(words[: int(min(len(words), most))]) + (text(work, ending) if len(words) >= most else "")


def number_of_words(work: Work, value: Any, mode: Any = MISSING) -> int:
    """Count words; with ``cjk`` every Chinese, Japanese and Korean letter, with ``auto`` those if there are any."""
    found = text(work, value).strip(WHITESPACE)
    work.spend(len(found))
    letters = len(_CJK_WORD.findall(found)) if mode in ("cjk", "auto") else 0
    if letters or mode == "cjk":
        return letters + len(_OTHER_WORD.findall(found))
    return len(_SPACES.split(found)) if found else 0


def escape(work: Work, value: Any) -> str:
    """Write ``&<>"'`` as HTML entities."""
    return html.escape(text(work, value)).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")


def escape_once(work: Work, value: Any) -> str:
    """Escape, but not what is an entity already."""
    return escape(work, _ENTITY.sub(lambda found: html.unescape(found[0]), text(work, value)))


def strip_html(work: Work, value: Any) -> str:
    """Drop tags, comments, scripts and styles."""
    found = text(work, value)
    kept = []
    blocks = list(_BLOCKS)
    position = 0
    while (begin := found.find("<", position)) >= 0:
        kept.append(found[position:begin])
        position = begin
        for opening, closing in tuple(blocks):
            if not found.startswith(opening, begin):
                continue
            end = found.find(closing, begin + len(opening))
            if end >= 0:
                position = end + len(closing)
                break
            blocks.remove((opening, closing))  # not searched for again, or "<<<<…" would take quadratic time
        if position == begin:
            break
    return "".join((*kept, found[position:]))


TEXTS: dict[str, Callable[..., Any]] = {
    "append": append,
    "capitalize": capitalize,
    "downcase": downcase,
    "escape": escape,
    "escape_once": escape_once,
    "lstrip": lstrip,
    "normalize_whitespace": normalize_whitespace,
    "number_of_words": number_of_words,
    "prepend": prepend,
    "remove": remove,
    "remove_first": remove_first,
    "remove_last": remove_last,
    "replace": replace,
    "replace_first": replace_first,
    "replace_last": replace_last,
    "rstrip": rstrip,
    "split": split,
    "strip": strip,
    "strip_html": strip_html,
    "strip_newlines": strip_newlines,
    "truncate": truncate,
    "truncatewords": truncatewords,
    "upcase": upcase,
    "xml_escape": escape,
}
