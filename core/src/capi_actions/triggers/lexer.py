"""From characters to words, texts and numbers; and errors that point at a character."""

import math
import re
from typing import Final, NoReturn

from attrs import frozen

from capi_actions.errors import Problem, TriggerError
from capi_actions.triggers.syntax import Value

_INDEX = r"\\\[([0-9]+)\\\]"  # arr\[0\]: the way the reference's own generator writes an index
_ESCAPED = rf"(?!{_INDEX})\\."
_WORD: Final = re.compile(rf"(?:[^\W\d]|{_ESCAPED})(?:[\w-]|{_ESCAPED})*", re.DOTALL)
_PIECE: Final = re.compile(rf"(?:[\w-]|{_ESCAPED})+", re.DOTALL)
_DIGITS: Final = re.compile("[0-9]+")
_ESCAPED_INDEX: Final = re.compile(_INDEX)
_TEXTS: Final = {q: re.compile(rf"{q}((?:[^{q}\\]|\\.)*){q}", re.DOTALL) for q in ('"', "'")}
_NUMBER_START: Final = re.compile(r"[+\-.0-9]")
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NUMBER_BEGUN: Final = re.compile(r"[+-]?[0-9]*(?:\.[0-9]*)?(?:(?<=[0-9])[eE][+-]?[0-9]*)?")
_VALUE_END: Final = re.compile(r"[\s),]|\Z")
_CONSTANTS: Final[dict[str, Value]] = {"null": None, "true": True, "false": False}
_JOINERS: Final = frozenset({"and", "or", "not"})
_RESERVED: Final = _JOINERS | _CONSTANTS.keys()

_NEEDS_QUOTES: Final = '; text of more than letters, digits, _ and - needs quotes: "…"'
_HINTS: Final = {"&": "; write and", "|": "; write or"} | dict.fromkeys(
    "“”„‘’«»", "; write a straight quote, \" or '"
)


@frozen
class Literal:
    """A value and how it was written.

    :ivar written: its characters; for a quoted text the text itself.
    """

    value: Value
    written: str


class Scanner:
    """Reads a trigger from left to right.

    Each method first skips white space, then reads one thing and moves behind it, or returns None
    (False) and stays.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def skip(self) -> None:
        """Move to the next character that is no white space."""
        while self.text[self.position : self.position + 1].isspace():
            self.position += 1

    def _read(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        self.skip()
        found = pattern.match(self.text, self.position)
        self.position = found.end() if found else self.position
        return found

    def at_end(self) -> bool:
        """Tell whether only white space is left."""
        self.skip()
        return self.position == len(self.text)

    def take(self, symbol: str) -> bool:
        """Read exactly this symbol."""
        self.skip()
        if not self.text.startswith(symbol, self.position):
            return False
        self.position += len(symbol)
        return True

    def keyword(self, *keywords: str) -> str | None:
        """Read one of these words, in any case."""
        self.skip()
        found = _WORD.match(self.text, self.position)
        if found is None or found[0].lower() not in keywords:
            return None
        self.position = found.end()
        return found[0].lower()

    def call(self) -> str | None:
        """Read a function's name and its opening parenthesis."""
        self.skip()
        start, found = self.position, _WORD.match(self.text, self.position)
        if found is not None and found[0].lower() not in _RESERVED:
            self.position = found.end()
            if self.take("("):
                return found[0]
            self.position = start
        return None

    def word(self) -> str | None:
        """Read an unquoted word that isn't reserved, without its backslashes."""
        self.skip()
        found = _WORD.match(self.text, self.position)
        if found is None or found[0].lower() in _RESERVED:
            return None
        self.position = found.end()
        return _unescape(found[0])

    def piece(self) -> str | None:
        """Read a key behind a dot, quoted or not; any word will do."""
        found = self._read(_PIECE)
        return _unescape(found[0]) if found else self.quoted()

    def index(self) -> str | None:
        """Read what stands in brackets: digits, or a quoted key."""
        found = self._read(_DIGITS)
        return found[0] if found else self.quoted()

    def escaped_index(self) -> str | None:
        r"""Read ``\[0\]``."""
        found = self._read(_ESCAPED_INDEX)
        return found[1] if found else None

    def quoted(self) -> str | None:
        """Read a text in quotes of either kind; a backslash goes before a quote or a backslash."""
        self.skip()
        quote = self.text[self.position : self.position + 1]
        if quote not in _TEXTS:
            return None
        found = _TEXTS[quote].match(self.text, self.position)
        if found is None:
            self.fail(f"the closing {quote} of the text that begins at {self.position}", len(self.text))
        self.position = found.end()
        return re.sub(r"\\([\\\"'])", r"\1", found[1])

    def literal(self) -> Literal | None:
        """Read a value: a quoted text, a number, null, true, false or an unquoted word."""
        text = self.quoted()
        if text is not None:
            return Literal(text, text)
        start, found = self.position, _WORD.match(self.text, self.position)
        if found is not None and found[0].lower() not in _JOINERS:
            self.position = found.end()
            word = _unescape(found[0])
            value: Value = _CONSTANTS.get(found[0].lower(), word)
        elif _NUMBER_START.match(self.text, start):
            word, value = self._number()
        else:
            return None
        if not _VALUE_END.match(self.text, self.position):
            self.fail(f"the end of the value {_short(self.text[start : self.position])}", hint=_NEEDS_QUOTES)
        return Literal(value, word)

    def _number(self) -> tuple[str, int | float]:
        start = self.position
        self._read(_NUMBER_BEGUN)
        written = self.text[start : self.position]
        if not _NUMBER.fullmatch(written):
            self.fail("a digit")
        number = to_number(written)
        if number is None:
            self.fail("a number of less than 309 digits", start)
        return written, number

    def fail(self, expected: str, position: int | None = None, *, hint: str = "") -> NoReturn:
        """Say what was expected and what was found instead.

        :param position: where; the current position unless given.
        """
        at = self.position if position is None else position
        hint = _HINTS.get(self.text[at : at + 1], hint)
        self.refuse(f"expected {expected}, but found {self._found(at)}{hint}", at)

    def refuse(self, message: str, position: int) -> NoReturn:
        """Raise the error with an excerpt and a caret under the position."""
        start = max(0, position - 50)
        end = start + 72
        before, after = "…" if start else "", "…" if end < len(self.text) else ""
        excerpt = before + _clean(self.text[start:end]) + after
        caret = " " * (len(before) + position - start) + "^"
        located = f"{message} (position {position})\n  {excerpt}\n  {caret}"
        raise TriggerError((Problem(located),), position)

    def _found(self, at: int) -> str:
        if at >= len(self.text):
            return "the end of the trigger"
        word = _WORD.match(self.text, at)
        return _short(word[0] if word else self.text[at])


def to_number(written: str) -> int | float | None:
    """Convert a number as the language writes it; None for any other text and for what is too large."""
    if not _NUMBER.fullmatch(written) or math.isinf(float(written)):
        return None
    digits = written.lstrip("+-")
    if not digits.isdecimal():
        return float(written)
    return int(digits.lstrip("0") or "0") * (-1 if written.startswith("-") else 1)


def _unescape(word: str) -> str:
    return re.sub(r"\\(.)", r"\1", word, flags=re.DOTALL)


def _clean(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)


def _short(text: str) -> str:
    if len(text) == 1 and not text.isprintable():
        return f"the character U+{ord(text):04X}"
    text = _clean(text)
    return f"'{text}'" if len(text) <= 30 else f"'{text[:29]}…'"
