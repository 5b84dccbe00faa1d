"""Quoted strings in templates."""

import re
from re import Match

_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{0,4})|([0-7]{1,3})|(.)|$)", re.DOTALL)
_LETTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def unescaped(quoted: str) -> str:
    r"""Replace ``\n``, ``\u00e9``, ``\101`` and the like; any other character after a backslash is itself."""
    return _ESCAPE.sub(_character, quoted) if "\\" in quoted else quoted


def _character(found: Match[str]) -> str:
    code, octal, letter = found.groups()
    if code is not None:
        return chr(int(code or "0", 16))
    if octal:
        return chr(int(octal, 8))
    return _LETTERS.get(letter, letter) if letter else ""
