"""What the text functions look for, as the literal pieces between wildcards."""

import re
from collections.abc import Callable
from typing import TypeAlias

from capi_actions.triggers.nodes import Search

Pieces: TypeAlias = tuple[str, ...]
"""``("a", "b", "c")`` is ``a*b*c``: starts with a, then somewhere b, ends with c.  One piece is the whole text."""

_PARTS = re.compile(r"\\[\\*]|\*|\\|[^*\\]+")
_ESCAPES = {r"\*", "\\\\"}


def pieces_of(search: Search) -> Pieces:
    r"""Say what is looked for.  In ``match``, ``*`` is any run of characters and ``\*`` a star."""
    match search.function:
        case "contains":
            return "", search.text, ""
        case "starts_with":
            return search.text, ""
        case "ends_with":
            return "", search.text
        case "match":
            pieces = [""]
            for part in _PARTS.findall(search.text):
                if part == "*":
                    pieces.append("")
                else:
                    pieces[-1] += part[1] if part in _ESCAPES else part
            return tuple(pieces)


def matcher(pieces: Pieces) -> Callable[[str], bool]:
    """Compile the search.  The time is linear in the text's length for each piece."""
    match pieces:
        case (whole,):
            return lambda text: text == whole
        case ("", part, ""):
            return lambda text: part in text
        case (start, ""):
            return lambda text: text.startswith(start)
        case ("", end):
            return lambda text: text.endswith(end)
    start, *middle, end = pieces

    def matches(text: str) -> bool:
        at, last = len(start), len(text) - len(end)
        if at > last or not text.startswith(start) or not text.endswith(end):
            return False
        for piece in middle:
            found = text.find(piece, at, last)
            if found < 0:
                return False
            at = found + len(piece)
        return True

    return matches
