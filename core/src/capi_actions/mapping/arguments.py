"""The arguments of a directive: the members of its value, checked with the reference's sentences."""

from collections.abc import Container
from json import dumps
from typing import Any, TypeGuard

from capi_actions.mapping.js_values import type_name, utf16_length
from capi_actions.model import Compiler, Json, JsonObject, Resolver
from capi_actions.text import with_article


class Arguments:
    """Reads the members of a directive's value one by one.

    Whatever is wrong is reported to the compiler; the answer is then None.

    :ivar is_object: whether the value has members at all.
    """

    def __init__(self, value: Json, compiler: Compiler) -> None:
        self._compiler = compiler
        self.is_object = expect(value, ("object",), "an object", compiler)
        self._values: dict[str, Json] = value if self.is_object else {}
        self._read: set[str] = set()

    def get(self, key: str) -> Json:
        """Return a member as it stands in the mapping, unchecked."""
        return self._values.get(key)

    def has(self, key: str) -> bool:
        """Return whether there is such a member, null included."""
        return key in self._values

    def lacks(self, key: str) -> bool:
        """Return whether a required member is absent or the empty string."""
        return self.is_object and self._values.get(key, "") == ""

    def require(self, *keys: str) -> None:
        """Report members that are absent."""
        for key in keys:
            if self.is_object and key not in self._values:
                self._compiler.problem(f"should have field {dumps(key)} but it doesn't")

    def string(self, key: str, *, min_length: int = 0, max_length: int | None = None) -> str | None:
        """Return a member that must be a literal string.

        :param min_length: in UTF-16 units, as is ``max_length``.
        """
        value = self._take(key)
        if key not in self._values or not expect(value, ("string",), "a string", self._compiler, key):
            return None
        length = utf16_length(value)
        if length < min_length:
            self._compiler.problem(f"should be a string of length {min_length} or greater", key)
        elif max_length is not None and length > max_length:
            self._compiler.problem(f"should be a string of length {max_length} or less", key)
        else:
            return str(value)
        return None

    def optional_string(self, key: str, *, max_length: int) -> str | None:
        """Return a member that must be a literal string or null."""
        return None if self._take(key) is None else self.string(key, max_length=max_length)

    def choice(self, key: str, *allowed: str) -> str | None:
        """Return a member that must be one of these words, in lower case."""
        value = self.string(key)
        if value is None or value.lower() in allowed:
            return value and value.lower()
        self._compiler.problem(f"should be one of {', '.join(allowed)} but it is {dumps(value[:50])}", key)
        return None

    def boolean(self, key: str, default: bool) -> bool:
        """Return a member that must be a literal boolean."""
        value = self._take(key)
        if key not in self._values or not expect(value, ("boolean",), "a boolean", self._compiler, key):
            return default
        return bool(value)

    def items(self, key: str) -> list[Json] | None:
        """Return a member that must be a literal list."""
        value = self._take(key)
        if key not in self._values or not expect(value, ("array",), "an array", self._compiler, key):
            return None
        return list(value)

    def value(self, key: str) -> Resolver | None:
        """Return the resolver of a member of any type."""
        value = self._take(key)
        return self._compiler.compile(value, key) if key in self._values else None

    def text(self, key: str) -> Resolver | None:
        """Return the resolver of a member that must be a string or a directive."""
        return self._resolver(key, ("string", "directive"), "a string or a mapping directive")

    def mapping(self, key: str) -> Resolver | None:
        """Return the resolver of a member that must be an object or a directive."""
        return self._resolver(key, ("object", "directive"), "a object or a mapping directive")

    def compile_unread(self) -> None:
        """Compile the members that were not read, so that mistakes in them are reported, too."""
        for key in self._values.keys() - self._read:
            self._compiler.compile(self._values[key], key)

    def _resolver(self, key: str, types: Container[str], phrase: str) -> Resolver | None:
        value = self._take(key)
        if key not in self._values or not expect(value, types, phrase, self._compiler, key):
            return None
        return self._compiler.compile(value, key)

    def _take(self, key: str) -> Json:
        self._read.add(key)
        return self._values.get(key)


def expect(value: Json, types: Container[str], phrase: str, compiler: Compiler, at: str = "") -> bool:
    """Report a value of the wrong type.

    :param types: names as :func:`argument_type` returns them.
    :param phrase: the same in words: "a string or a mapping directive".
    :param at: the member of the directive's value that is meant.
    :returns: whether the value has one of the types.
    """
    actual = argument_type(value)
    if actual in types:
        return True
    compiler.problem(f"should be {phrase} but it is {with_article(actual)}", at)
    return False


def argument_type(value: Json) -> str:
    """Return the name of a value's type; an object with an ``@``-key is a ``directive``."""
    return "directive" if is_directive(value) else type_name(value)


def is_directive(value: Any) -> TypeGuard[JsonObject]:
    """Return whether a value in a mapping is an object with an ``@``-key, such as ``{"@path": "$.email"}``."""
    return isinstance(value, dict) and any(isinstance(key, str) and key.startswith("@") for key in value)
