"""Countries and states: the pixel's tables, and how it finds a name in them."""

import json
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final

_DATA: Final = files(__package__) / "data"
_NO_LETTERS: Final = re.compile("[^a-z]+")


def table(name: str) -> Any:
    """Read a table of this package: ``countries``, ``states``, ``aliases`` and so on."""
    return json.loads((_DATA / f"{name}.json").read_text(encoding="utf-8"))


COUNTRIES: Final[Mapping[str, str]] = table("countries")
"""English name, letters a-z only, to two-letter code, in the pixel's order."""

STATES: Final[Mapping[str, str]] = table("states")
"""The same for the provinces of Canada, then the states of the USA."""


def place_code(name: str, codes: Mapping[str, str]) -> str | None:
    """Give the two letters that the pixel makes of a place's name.

    That is: of its letters a-z the only two; else the table's code for them; else the code of the first
    name in the table that they contain; else the first two.

    :param name: in lower case.
    :returns: at most two letters, or None when it has no letter a-z.
    """
    letters = _NO_LETTERS.sub("", name)
    if len(letters) == 2:
        return letters
    if letters in codes:
        return codes[letters]
    if letters == "constructor":  # a word of the pixel's language: its table answers "function …"
        return "fu"
    for known, code in codes.items():
        if known in letters:
            return code
    return letters[:2] or None
