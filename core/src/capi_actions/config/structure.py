"""Structure tables into attrs classes with cattrs, and say in plain words what is wrong."""

import os
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

import attrs
from cattrs import Converter, transform_error
from cattrs.errors import ClassValidationError, ForbiddenExtraKeysError, IterableValidationError

from capi_actions.errors import ConfigError, Problem
from capi_actions.secret import Secret

T = TypeVar("T")

_WORDS: Mapping[Any, str] = {
    str: "text in quotes",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    dict: "a table",
}


def structure(data: object, into: type[T], path: str, *, need_secrets: bool = True) -> T:
    """Make an attrs object of a table.

    :param path: where the table stands, for messages: ``$.destinations.shop``.
    :param need_secrets: False lets environment variables be unset, for work that sends nothing.
    :raises ConfigError: with every problem in the table.
    """
    if not isinstance(data, dict):
        raise ConfigError.of(f"should be a table, but it is {describe(data)}", path)
    try:
        return _CONVERTERS[need_secrets].structure(data, into)
    except ClassValidationError as error:
        lines = transform_error(error, path, format_exception=_sentence)
        raise ConfigError(tuple(_problem(line) for line in lines)) from None


def describe(value: object) -> str:
    """Name a value's type in the words of the file, never the value itself."""
    return _WORDS.get(type(value), type(value).__name__)


def did_you_mean(word: str, known: "Mapping[str, Any] | list[str]") -> str:
    """Add the closest known word, or all of them, to a message."""
    close = get_close_matches(word, list(known), n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; there are: {', '.join(sorted(known))}" if known else ""


def _strict(kind: type) -> Any:
    def check(value: object, _: type) -> Any:
        if kind is float and type(value) is int:
            return float(value)
        if type(value) is not kind:
            raise TypeError(f"should be {_WORDS[kind]}, but it is {describe(value)}")
        return value

    return check


def _secret(value: object, need: bool) -> Secret:
    if isinstance(value, str) and value:
        return Secret(value, literal=True)
    if isinstance(value, dict) and set(value) == {"env"} and isinstance(value["env"], str):
        found = os.environ.get(value["env"])
        if not found and need:
            raise ValueError(f"the environment variable {value['env']} isn't set")
        return Secret(found or "")
    raise TypeError('should be { env = "NAME_OF_A_VARIABLE" }')


def _sentence(error: BaseException, _: type | None) -> str:
    if isinstance(error, KeyError):
        return f"{error.args[0]!r} is missing"
    if isinstance(error, ForbiddenExtraKeysError):
        known = [attribute.name for attribute in attrs.fields(error.cl)]
        return ", ".join(
            f"{key!r} isn't known here{did_you_mean(key, known)}" for key in sorted(error.extra_fields)
        )
    if isinstance(error, ClassValidationError | IterableValidationError):
        return "is malformed"
    return str(error)


def _problem(line: str) -> Problem:
    message, _, path = line.rpartition(" @ ")
    return Problem(message, path)


def _converter(need_secrets: bool) -> Converter:
    converter = Converter(forbid_extra_keys=True, detailed_validation=True)
    for kind in (str, int, float, bool):
        converter.register_structure_hook(kind, _strict(kind))
    converter.register_structure_hook(Secret, lambda value, _: _secret(value, need_secrets))
    return converter


_CONVERTERS = {need: _converter(need) for need in (True, False)}
