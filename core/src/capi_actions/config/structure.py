"""Structure tables into attrs classes with cattrs, and say in plain words what is wrong."""

import os
from collections.abc import Iterator, Mapping
from types import NoneType, SimpleNamespace, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

import attrs
from cattrs import Converter
from cattrs.errors import (
    AttributeValidationNote,
    ClassValidationError,
    ForbiddenExtraKeysError,
    IterableValidationError,
)

from capi_actions.errors import ConfigError, Problem
from capi_actions.secret import Secret
from capi_actions.text import did_you_mean as did_you_mean

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
    converter = _CONVERTERS[need_secrets]
    try:
        return converter.structure(data, into)
    except ClassValidationError as error:
        raise ConfigError(_problems(error, data, into, path, converter)) from None


def describe(value: object) -> str:
    """Name a value's type in the words of the file, never the value itself."""
    return _WORDS.get(type(value), type(value).__name__)


def instead(value: object, annotation: Any) -> str:
    """Say in words what a value should be to fit an annotation; "" when it fits or nothing can be said."""
    parts = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    kinds = [str if get_origin(each) is os.PathLike else each for each in parts if each is not NoneType]
    if not all(each in _WORDS for each in kinds):
        return ""
    if type(value) in kinds or (type(value) is int and float in kinds):
        return ""
    return " or ".join(dict.fromkeys(_WORDS[each] for each in kinds))


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
        return Secret(_token(value, "it"), literal=True)
    if isinstance(value, dict) and set(value) == {"env"} and isinstance(value["env"], str):
        found = os.environ.get(value["env"], "")
        if not found.strip() and need:
            raise ValueError(f"the environment variable {value['env']} isn't set")
        return Secret(_token(found, f"the environment variable {value['env']}"))
    raise TypeError('should be { env = "NAME_OF_A_VARIABLE" }')


def _token(text: str, place: str) -> str:
    """Give a token that a header can hold: secret stores like to add a line break."""
    token = text.strip()
    if not (token.isascii() and token.isprintable()):
        raise ValueError(
            f"{place} holds characters that no token has; was it copied whole, and nothing else?"
        )
    return token


def _problems(
    error: ClassValidationError, data: Mapping[str, Any], into: type, path: str, converter: Converter
) -> list[Problem]:
    """Say everything that is wrong with a table.

    attrs runs no validator when a value is of the wrong type, and stops at the first that objects: those
    of all values that are of the right type are run here, so that nobody has to mend and try again.
    """
    noted, others = error.group_exceptions()
    of_keys = [each for each in others if isinstance(each, ForbiddenExtraKeysError)]
    found = [problem for each in of_keys for problem in _located(each, path)]
    for each, note in noted:
        found += _located(each, f"{path}.{note.name}")
    rest = data.keys() - {note.name for _, note in noted}
    found += _objections({name: data[name] for name in rest}, into, path, converter)
    return found or [problem for each in others for problem in _located(each, path)]


def _objections(data: Mapping[str, Any], into: type, path: str, converter: Converter) -> Iterator[Problem]:
    """Run the validators of values that are of the right type."""
    attributes = [each for each in attrs.fields(attrs.resolve_types(into)) if each.name in data]
    made = {each.name: converter.structure(data[each.name], each.type or Any) for each in attributes}
    unfinished = SimpleNamespace(**made)
    for attribute in attributes:
        if attribute.validator is None or attribute.converter is not None:
            continue
        try:
            attribute.validator(unfinished, attribute, made[attribute.name])
        except AttributeError:  # it looks at another attribute, which is wrong itself
            continue
        except (ValueError, TypeError) as error:
            yield Problem(_sentence(error), f"{path}.{attribute.name}")


def _located(error: BaseException, path: str) -> Iterator[Problem]:
    """Walk through cattrs' nested errors."""
    if not isinstance(error, ClassValidationError | IterableValidationError):
        yield Problem(_sentence(error), path)
        return
    noted, others = error.group_exceptions()
    for each, note in noted:
        step = f".{note.name}" if isinstance(note, AttributeValidationNote) else f"[{note.index}]"
        yield from _located(each, path + step)
    for each in others:
        yield from _located(each, path)


def _sentence(error: BaseException) -> str:
    if isinstance(error, KeyError):
        return "is missing"
    if isinstance(error, ForbiddenExtraKeysError):
        known = [attribute.name for attribute in attrs.fields(error.cl)]
        return ", ".join(
            f"{key!r} isn't known here{did_you_mean(key, known)}" for key in sorted(error.extra_fields)
        )
    return str(error.args[0]) if error.args else type(error).__name__


def _converter(need_secrets: bool) -> Converter:
    converter = Converter(forbid_extra_keys=True, detailed_validation=True)
    for kind in (str, int, float, bool):
        converter.register_structure_hook(kind, _strict(kind))
    converter.register_structure_hook(Secret, lambda value, _: _secret(value, need_secrets))
    return converter


_CONVERTERS = {need: _converter(need) for need in (True, False)}
