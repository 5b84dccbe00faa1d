"""Read the words, texts and numbers of a trigger, and point at the character that is wrong.

There is no list of tokens: what a word may be depends on where it stands (``and`` is a key behind a
dot, ``5abc`` a value that needs quotes), so the parser asks the lexer for what may come next.
"""

import math
import re
from typing import Final, NoReturn

from attrs import frozen

from capi_actions.errors import Problem, TriggerError
from capi_actions.triggers.syntax import CONSTANTS, JOINERS, RESERVED, Value

_INDEX = r"\\\[([0-9]+)\\\]"  # arr\[0\]: the reference's own generator writes an index so
_ESCAPED = rf"(?!{_INDEX})\\."
_WORD: Final = re.compile(rf"(?:[^\W\d]|{_ESCAPED})(?:[\w-]|{_ESCAPED})*", re.DOTALL)
_KEY: Final = re.compile(rf"(?:[\w-]|{_ESCAPED})+", re.DOTALL)
_DIGITS: Final = re.compile("[0-9]+")
_ESCAPED_INDEX: Final = re.compile(_INDEX)
_TEXTS: Final = {q: re.compile(rf"{q}((?:[^{q}\\]|\\.)*){q}", re.DOTALL) for q in ('"', "'")}
_NUMBER_START: Final = re.compile(r"[+\-.0-9]")
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NUMBER_PREFIX: Final = re.compile(r"[+-]?[0-9]*(?:\.[0-9]*)?(?:(?<=[0-9])[eE][+-]?[0-9]*)?")
_VALUE_END: Final = re.compile(r"[\s),]|\Z")

_NEEDS_QUOTES: Final = '; text of more than letters, digits, _ and - needs quotes: "…"'
_HINTS: Final = {"&": "; write and", "|": "; write or"} | dict.fromkeys(
    "“”„‘’«»", "; write a straight quote, \" or '"
)


@frozen
class Literal:
    """A value and how it was spelled.

    :ivar spelling: its characters; of a quoted text what is between the quotes.
    """

    value: Value
    spelling: str


class Lexer:
    """Reads a trigger from left to right.

    Each method skips white space, then either reads one token and moves behind it, or returns None
    (False) and stays before it.

    :ivar text: the trigger.
    :ivar position: index of the next character.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def skip(self) -> None:
        """Move to the next character that is not white space."""
        while self.text[self.position : self.position + 1].isspace():
            self.position += 1

    def _read(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        self.skip()
        match = pattern.match(self.text, self.position)
        self.position = match.end() if match else self.position
        return match

    def at_end(self) -> bool:
        """Return whether only white space is left."""
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
        match = _WORD.match(self.text, self.position)
        if match is None or match[0].lower() not in keywords:
            return None
        self.position = match.end()
        return match[0].lower()

    def call(self) -> str | None:
        """Read a function's name and its opening parenthesis."""
        self.skip()
        start, match = self.position, _WORD.match(self.text, self.position)
        if match is not None and match[0].lower() not in RESERVED:
            self.position = match.end()
            if self.take("("):
                return match[0]
            self.position = start
        return None

    def word(self) -> str | None:
        """Read an unquoted word that isn't reserved, without its backslashes."""
        self.skip()
        match = _WORD.match(self.text, self.position)
        if match is None or match[0].lower() in RESERVED:
            return None
        self.position = match.end()
        return _unescape(match[0])

    def key(self) -> str | None:
        """Read a key behind a dot, quoted or not; reserved words are keys there."""
        match = self._read(_KEY)
        return _unescape(match[0]) if match else self.quoted_text()

    def index(self) -> str | None:
        """Read the content of brackets: digits, or a quoted key."""
        match = self._read(_DIGITS)
        return match[0] if match else self.quoted_text()

    def escaped_index(self) -> str | None:
        r"""Read ``\[0\]``."""
        match = self._read(_ESCAPED_INDEX)
        return match[1] if match else None

    def quoted_text(self) -> str | None:
        """Read a text in quotes of either kind, without the backslashes before quotes and backslashes."""
        self.skip()
        quote = self.text[self.position : self.position + 1]
        if quote not in _TEXTS:
            return None
        match = _TEXTS[quote].match(self.text, self.position)
        if match is None:
            self.fail(f"the closing {quote} of the text that begins at {self.position}", len(self.text))
        self.position = match.end()
        return re.sub(r"\\([\\\"'])", r"\1", match[1])

    def literal(self) -> Literal | None:
        """Read a value: a quoted text, a number, null, true, false or an unquoted word."""
        text = self.quoted_text()
        if text is not None:
            return Literal(text, text)
        start, match = self.position, _WORD.match(self.text, self.position)
        if match is not None and match[0].lower() not in JOINERS:
            self.position = match.end()
            spelling = _unescape(match[0])
            value: Value = CONSTANTS.get(match[0].lower(), spelling)
        elif _NUMBER_START.match(self.text, start):
            spelling, value = self._read_number()
        else:
            return None
        if not _VALUE_END.match(self.text, self.position):
            self.fail(
                f"the end of the value {_shorten(self.text[start : self.position])}", hint=_NEEDS_QUOTES
            )
        return Literal(value, spelling)

    def _read_number(self) -> tuple[str, int | float]:
        start = self.position
        self._read(_NUMBER_PREFIX)  # so that the error points behind the last good character
        spelling = self.text[start : self.position]
        if not _NUMBER.fullmatch(spelling):
            self.fail("a digit")
        number = to_number(spelling)
        if number is None:
            self.fail("a number of less than 309 digits", start)
        return spelling, number

    def fail(self, expected: str, position: int | None = None, *, hint: str = "") -> NoReturn:
        """Raise the error that names what was expected and what was found.

        :param position: index of the wrong character; the current position by default.
        :param hint: added to the message, unless there is one for the wrong character.
        """
        index = self.position if position is None else position
        hint = _HINTS.get(self.text[index : index + 1], hint)
        self.refuse(f"expected {expected}, but found {self._describe(index)}{hint}", index)

    def refuse(self, message: str, position: int) -> NoReturn:
        """Raise the error with an excerpt and a caret under the position."""
        start = max(0, position - 50)
        end = start + 72
        before, after = "…" if start else "", "…" if end < len(self.text) else ""
        excerpt = before + _printable(self.text[start:end]) + after
        caret = " " * (len(before) + position - start) + "^"
        located = f"{message} (position {position})\n  {excerpt}\n  {caret}"
        raise TriggerError((Problem(located),), position)

    def _describe(self, index: int) -> str:
        if index >= len(self.text):
            return "the end of the trigger"
        word = _WORD.match(self.text, index)
        return _shorten(word[0] if word else self.text[index])


def to_number(text: str) -> int | float | None:
    """Return the number that a text spells, or None when it spells none or one over 1.8e308."""
    if not _NUMBER.fullmatch(text) or math.isinf(float(text)):
        return None
    digits = text.lstrip("+-")
    if not digits.isdecimal():
        return float(text)
    return int(digits.lstrip("0") or "0") * (-1 if text.startswith("-") else 1)


def _unescape(word: str) -> str:
    return re.sub(r"\\(.)", r"\1", word, flags=re.DOTALL)


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)


def _shorten(text: str) -> str:
    if len(text) == 1 and not text.isprintable():
        return f"the character U+{ord(text):04X}"
    text = _printable(text)
    return f"'{text}'" if len(text) <= 30 else f"'{text[:29]}…'"
