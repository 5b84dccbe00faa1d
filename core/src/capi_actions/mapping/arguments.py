"""Check the members of a directive's value, with the reference's sentences."""

from collections.abc import Container
from json import dumps

from capi_actions.mapping.js_values import kind, utf16_length
from capi_actions.model import Compiler, Json, Resolver


def kind_of(value: Json) -> str:
    """Name a value's type, ``directive`` for an object that has an ``@``-key."""
    if isinstance(value, dict) and any(isinstance(key, str) and key.startswith("@") for key in value):
        return "directive"
    return kind(value)


def an(name: str) -> str:
    """Put the article before a type's name."""
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def expect(value: Json, kinds: Container[str], words: str, compiler: Compiler, at: str = "") -> bool:
    """Report a value that is of none of the kinds, and say whether it is fine."""
    found = kind_of(value)
    if found in kinds:
        return True
    compiler.problem(f"should be {words} but it is {an(found)}", at)
    return False


class Members:
    """The members of a directive's value, asked for one after the other.

    Whatever is wrong is reported to the compiler, and what is asked for is then None.
    """

    def __init__(self, value: Json, compiler: Compiler) -> None:
        self._compiler = compiler
        self.fine = expect(value, ("object",), "an object", compiler)
        self._values: dict[str, Json] = value if self.fine else {}
        self._asked: set[str] = set()

    def get(self, key: str) -> Json:
        """Give a member as it stands."""
        return self._values.get(key)

    def has(self, key: str) -> bool:
        """Say whether there is such a member, null included."""
        return key in self._values

    def lacks(self, key: str) -> bool:
        """Say whether a member that must be there is absent or empty text."""
        return self.fine and self._values.get(key, "") == ""

    def require(self, *keys: str) -> None:
        """Report members that are absent."""
        for key in keys:
            if self.fine and key not in self._values:
                self._compiler.problem(f"should have field {dumps(key)} but it doesn't")

    def string(self, key: str, *, least: int = 0, most: int | None = None) -> str | None:
        """Give a member that is a literal string; lengths are in UTF-16 units."""
        value = self._take(key)
        if key not in self._values or not expect(value, ("string",), "a string", self._compiler, key):
            return None
        length = utf16_length(value)
        if length < least:
            self._compiler.problem(f"should be a string of length {least} or greater", key)
        elif most is not None and length > most:
            self._compiler.problem(f"should be a string of length {most} or less", key)
        else:
            return str(value)
        return None

    def optional_string(self, key: str, *, most: int) -> str | None:
        """Give a member that is a literal string, or null for none."""
        return None if self._take(key) is None else self.string(key, most=most)

    def one_of(self, key: str, *allowed: str) -> str | None:
        """Give a member that is one of some words, in lower case."""
        value = self.string(key)
        if value is None or value.lower() in allowed:
            return value and value.lower()
        self._compiler.problem(f"should be one of {', '.join(allowed)} but it is {dumps(value[:50])}", key)
        return None

    def boolean(self, key: str, default: bool) -> bool:
        """Give a member that is a literal boolean."""
        value = self._take(key)
        if key not in self._values or not expect(value, ("boolean",), "a boolean", self._compiler, key):
            return default
        return bool(value)

    def items(self, key: str) -> list[Json] | None:
        """Give a member that is a literal list."""
        value = self._take(key)
        if key not in self._values or not expect(value, ("array",), "an array", self._compiler, key):
            return None
        return list(value)

    def any(self, key: str) -> Resolver | None:
        """Compile a member of any kind."""
        value = self._take(key)
        return self._compiler.compile(value, key) if key in self._values else None

    def text(self, key: str) -> Resolver | None:
        """Compile a member that is a string or a directive."""
        return self._one(key, ("string", "directive"), "a string or a mapping directive")

    def mapping(self, key: str) -> Resolver | None:
        """Compile a member that is an object or a directive."""
        return self._one(key, ("object", "directive"), "a object or a mapping directive")

    def others(self) -> None:
        """Compile what has not been asked for, so that mistakes in it are found."""
        for key in self._values.keys() - self._asked:
            self._compiler.compile(self._values[key], key)

    def _one(self, key: str, kinds: Container[str], words: str) -> Resolver | None:
        value = self._take(key)
        if key not in self._values or not expect(value, kinds, words, self._compiler, key):
            return None
        return self._compiler.compile(value, key)

    def _take(self, key: str) -> Json:
        self._asked.add(key)
        return self._values.get(key)
