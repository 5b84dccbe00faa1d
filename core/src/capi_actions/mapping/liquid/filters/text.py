"""Filters for text."""

import html
import re
from collections.abc import Callable
from typing import Any

from capi_actions.mapping.js_values import WHITESPACE
from capi_actions.mapping.liquid.budget import Budget
from capi_actions.mapping.liquid.values import number, text
from capi_actions.model import MISSING

_SPACES = re.compile(f"[{WHITESPACE}]+")
_CJK = r"\u4e00-\u9fff\uf900-\ufaff\u3400-\u4dbf\u3040-\u309f\u30a0-\u30ff\uac00-\ud7af"
_CJK_WORD = re.compile(f"[{_CJK}]")
_OTHER_WORD = re.compile(f"[^{_CJK}{WHITESPACE}]+")
_ENTITY = re.compile("&(?:amp|lt|gt|#34|#39);")
_BLOCKS = (("<script", "</script>"), ("<style", "</style>"), ("<!--", "-->"), ("<", ">"))


def append(budget: Budget, value: Any, other: Any = MISSING) -> str:
    """Add a text at the end."""
    return text(budget, value) + text(budget, other)


def prepend(budget: Budget, value: Any, other: Any = MISSING) -> str:
    """Add a text at the beginning."""
    return text(budget, other) + text(budget, value)


def downcase(budget: Budget, value: Any) -> str:
    """Convert to lower case."""
    return text(budget, value).lower()


def upcase(budget: Budget, value: Any) -> str:
    """Convert to upper case."""
    return text(budget, value).upper()


def capitalize(budget: Budget, value: Any) -> str:
    """Convert the first letter to upper case and the others to lower case."""
    source = text(budget, value)
    return source[:1].upper() + source[1:].lower()


def strip(budget: Budget, value: Any, characters: Any = MISSING) -> str:
    """Remove white space, or the given characters, at both ends."""
    return text(budget, value).strip(_characters(budget, characters))


def lstrip(budget: Budget, value: Any, characters: Any = MISSING) -> str:
    """Remove white space, or the given characters, at the beginning."""
    return text(budget, value).lstrip(_characters(budget, characters))


def rstrip(budget: Budget, value: Any, characters: Any = MISSING) -> str:
    """Remove white space, or the given characters, at the end."""
    return text(budget, value).rstrip(_characters(budget, characters))


def _characters(budget: Budget, argument: Any) -> str:
    return text(budget, argument) or WHITESPACE


def strip_newlines(budget: Budget, value: Any) -> str:
    """Remove line ends."""
    return text(budget, value).replace("\r\n", "").replace("\n", "")


def normalize_whitespace(budget: Budget, value: Any) -> str:
    """Replace each run of white space with one space."""
    return _SPACES.sub(" ", text(budget, value))


def remove(budget: Budget, value: Any, part: Any = MISSING) -> str:
    """Remove a text wherever it occurs."""
    return text(budget, value).replace(text(budget, part), "")


def remove_first(budget: Budget, value: Any, part: Any = MISSING) -> str:
    """Remove the first occurrence of a text."""
    return text(budget, value).replace(text(budget, part), "", 1)


def remove_last(budget: Budget, value: Any, part: Any = MISSING) -> str:
    """Remove the last occurrence of a text."""
    return replace_last(budget, value, part, "")


def replace(budget: Budget, value: Any, part: Any = MISSING, other: Any = MISSING) -> str:
    """Replace a text wherever it occurs; the empty text occurs between any two characters."""
    source, old, new = (text(budget, argument) for argument in (value, part, other))
    if not old:
        budget.spend(len(source) * (1 + len(new)))
        return new.join(source)
    budget.spend(source.count(old) * len(new))
    return source.replace(old, new)


def replace_first(budget: Budget, value: Any, part: Any = MISSING, other: Any = MISSING) -> str:
    """Replace the first occurrence of a text."""
    source, old, new = (text(budget, argument) for argument in (value, part, other))
    return source.replace(old, new, 1)


def replace_last(budget: Budget, value: Any, part: Any = MISSING, other: Any = MISSING) -> str:
    """Replace the last occurrence of a text."""
    source, old, new = (text(budget, argument) for argument in (value, part, other))
    before, match, after = source.rpartition(old) if old else (source, "", "")
    return before + new + after if match or not old else source


def split(budget: Budget, value: Any, separator: Any = MISSING) -> list[str]:
    """Split at a separator, or into characters; empty pieces at the end are dropped."""
    source, between = text(budget, value), text(budget, separator)
    budget.spend(2 * len(source))
    pieces = source.split(between) if between else list(source)
    while pieces and not pieces[-1]:
        pieces.pop()
    return pieces


def truncate(budget: Budget, value: Any, length: Any = 50, ending: Any = "...") -> Any:
    """Cut to a maximum length, the ending included."""
    source, end, max_length = text(budget, value), text(budget, ending), number(budget, length)
    if len(source) <= max_length:
        return value
    return source[: max(0, int(max_length) - len(end))] + end


def truncatewords(budget: Budget, value: Any, count: Any = 15, ending: Any = "...") -> str:
    """Cut to a maximum number of words."""
    words = _SPACES.split(text(budget, value))
    limit = max(1, number(budget, count))
    end = text(budget, ending) if len(words) >= limit else ""
    return " ".join(words[: int(min(len(words), limit))]) + end


def number_of_words(budget: Budget, value: Any, mode: Any = MISSING) -> int:
    """Return the number of words.

    With ``cjk`` every Chinese, Japanese and Korean letter counts as one, with ``auto`` if there are any.
    """
    source = text(budget, value).strip(WHITESPACE)
    budget.spend(len(source))
    letters = len(_CJK_WORD.findall(source)) if mode in ("cjk", "auto") else 0
    if letters or mode == "cjk":
        return letters + len(_OTHER_WORD.findall(source))
    return len(_SPACES.split(source)) if source else 0


def escape(budget: Budget, value: Any) -> str:
    """Write ``&<>"'`` as HTML entities."""
    return html.escape(text(budget, value)).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")


def escape_once(budget: Budget, value: Any) -> str:
    """Escape, but leave entities alone."""
    return escape(budget, _ENTITY.sub(lambda entity: html.unescape(entity[0]), text(budget, value)))


def strip_html(budget: Budget, value: Any) -> str:
    """Remove tags, comments, scripts and styles."""
    source = text(budget, value)
    kept = []
    blocks = list(_BLOCKS)
    position = 0
    while (begin := source.find("<", position)) >= 0:
        kept.append(source[position:begin])
        position = begin
        for opening, closing in tuple(blocks):
            if not source.startswith(opening, begin):
                continue
            end = source.find(closing, begin + len(opening))
            if end >= 0:
                position = end + len(closing)
                break
            blocks.remove((opening, closing))  # not searched for again, or "<<<<…" would take quadratic time
        if position == begin:
            break
    return "".join((*kept, source[position:]))


TEXT_FILTERS: dict[str, Callable[..., Any]] = {
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
