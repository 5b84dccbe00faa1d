"""Random people: made-up values as customers type them, corrupted ones, and arbitrary Unicode.

Words and patterns are in ``words.json``; in patterns ``#`` stands for a digit.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from random import Random
from typing import Any, Final
from unicodedata import category

from capi_actions_facebook.normalization.js_text import PUNCTUATION, WHITE
from capi_actions_facebook.normalization.places import COUNTRIES, STATES
from capi_actions_facebook.normalization.profiles import normalizers_of
from capi_actions_facebook.normalization.users import ALIASES

KEYS: Final = tuple(normalizers_of("pixel"))

_WORDS: Final[Mapping[str, Sequence[str]]] = json.loads(
    (files(__package__) / "words.json").read_text(encoding="utf-8")
)
_PLACES: Final[Mapping[str, tuple[Sequence[str], Sequence[str]]]] = {
    "ct": (_WORDS["cities"], _WORDS["names"]),
    "st": (_WORDS["regions"], tuple(STATES)),
    "country": (_WORDS["lands"], tuple(COUNTRIES)),
}
_TRAPS: Final[tuple[str, ...]] = (
    *WHITE,
    *PUNCTUATION,
    *"\x00\x1c\x1f\x85\u180e\u200b\u200d",  # almost white space
    *"ſKKåẞßİıΣσςǅΩ\ua7dc𐐀",  # letters whose other case is elsewhere, or several letters
    *"٠١９①²Ⅷ𝔄",  # digits and letters of other kinds
    *"’‐–＠．\u0301\u0345\uffff",
    *("\ud800", "\udbff", "\udc00", "\udfff"),
    *("😀", "👩‍👩‍👧"),
)
_PLANES: Final = (0x250, 0x3000, 0x10000, 0x20000, 0x110000)
_LENGTHS: Final = (0, 1, 1, 2, 3, 5, 8, 13, 40)


def people(examples: int, seed: int) -> Iterator[dict[str, Any]]:
    """Yield user objects as a page passes them to ``init``; every other one has a single field.

    :param seed: the same seed gives the same people.
    """
    random = Random(seed)  # noqa: S311 - made-up people, no secrets
    for index in range(examples):
        yield _user(random) if index % 2 else _single_field(random)


def _single_field(random: Random) -> dict[str, Any]:
    key = random.choice(KEYS)
    return {key: _value(random, key)}


def _user(random: Random) -> dict[str, Any]:
    user: dict[str, Any] = {}
    for key in random.sample(KEYS, random.randint(2, len(KEYS))):
        name = key
        if key in ALIASES and random.random() < 0.3:
            name = _vary_case(random, random.choice(ALIASES[key]))
        elif random.random() < 0.05:
            name = random.choice(_WORDS["other_keys"])
        chance = random.random()
        if chance < 0.08:
            user[name] = None
        elif chance < 0.14 and key != "em":  # a number as address makes the script drop the whole user
            fraction = (1 + random.random()) * random.choice((1e-8, 1e5, 1e21))  # with an exponent or without
            user[name] = random.choice((random.randrange(10**12), random.randrange(10**5), fraction))
        else:
            user[name] = _value(random, key)
    return user


def _value(random: Random, key: str) -> str:
    """Return one value: realistic, corrupted, hashed already, of another key's kind, or arbitrary."""
    chance = random.random()
    if chance < 0.12:
        text = "".join(_character(random) for _ in range(random.choice(_LENGTHS)))
    elif chance < 0.15:
        text = "".join(random.choices("0123456789abcdefABCDEF", k=random.choice((31, 32, 64, 64, 65))))
    else:
        text = _realistic(random, key if chance > 0.18 else random.choice(KEYS))
        text = text if chance < 0.6 else _corrupt(random, text)
    # Two halves of a character side by side are one, to the script as in JSON.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def _realistic(random: Random, key: str) -> str:
    if key == "em":
        at, end = random.choice("@@@@@@@@@ "), random.choice(("", "", "", ",", " "))
        local, domain = random.choice(_WORDS["em_locals"]), random.choice(_WORDS["em_domains"])
        return _vary_case(random, f"{local}{at}{domain}{end}")
    if key == "db":
        year, month, day = random.randint(1790, 2032), random.randint(0, 14), random.randint(0, 33)
        return random.choice(_WORDS["db"]).format(y=year, m=month, d=day, s=year % 100)
    if key in ("ph", "zp", "external_id"):
        pattern = random.choice(_WORDS[key])
        return "".join(
            random.choice("0123456789") if character == "#" else character for character in pattern
        )
    if key == "ge":
        return random.choice(_WORDS["ge"])
    usual, unusual = _PLACES.get(key, (_WORDS["names"], _WORDS["cities"]))
    return _vary_case(random, random.choice(usual if random.random() < 0.7 else unusual))


def _vary_case(random: Random, text: str) -> str:
    return random.choice((text, text, text, text.lower(), text.upper(), text.title()))


def _corrupt(random: Random, text: str) -> str:
    """Return a text with some characters inserted, dropped or doubled, most of them traps."""
    for _ in range(random.choice((1, 1, 1, 2, 3, 5))):
        at = random.randint(0, len(text))
        chance = random.random()
        if chance < 0.6:
            text = text[:at] + random.choice(_TRAPS) + text[at:]
        elif chance < 0.75:
            text = text[:at] + text[at + 1 :]
        elif chance < 0.9:
            text = text[:at] + _character(random) + text[at:]
        else:
            text = random.choice((" " + text, text + " ", text + text, text[::-1]))
    return text


def _character(random: Random) -> str:
    chance = random.random()
    if chance < 0.25:
        return chr(random.randrange(0x80))
    if chance < 0.4:
        return random.choice(_TRAPS)
    # Only characters that this Python knows: V8 may know newer ones, and lower-case them.
    characters = (chr(random.randrange(random.choice(_PLANES))) for _ in range(20))
    return next((character for character in characters if category(character) != "Cn"), "?")
