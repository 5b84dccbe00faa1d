"""Countries and states: the pixel's tables, and its search for a name in them."""

import json
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final

_DATA: Final = files(__package__) / "data"
_NOT_LETTERS: Final = re.compile("[^a-z]+")


def table(name: str) -> Any:
    """Return a table of this package: ``countries``, ``states``, ``aliases`` and so on."""
    return json.loads((_DATA / f"{name}.json").read_text(encoding="utf-8"))


COUNTRIES: Final[Mapping[str, str]] = table("countries")
"""English name, letters a-z only, to two-letter code, in the pixel's order."""

STATES: Final[Mapping[str, str]] = table("states")
"""The same for the provinces of Canada, then the states of the USA."""


def place_code(name: str, codes: Mapping[str, str]) -> str | None:
    """Return the two letters that the pixel sends for a place's name.

    Only its letters a-z count.  When there are just two, they are the code; else the table's code for that
    name; else the code of the first name in the table that is contained in it; else its first two letters.

    :param name: in lower case.
    :returns: at most two letters, or None when the name has no letter a-z.
    """
    letters = _NOT_LETTERS.sub("", name)
    if len(letters) == 2:
        return letters
    if letters in codes:
        return codes[letters]
    if letters == "constructor":  # in JavaScript, a property of every object: "function …"
        return "fu"
    for known_name, code in codes.items():
        if known_name in letters:
            return code
    return letters[:2] or None
