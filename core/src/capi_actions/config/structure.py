"""Structure tables into attrs classes with cattrs, and say in plain words what is wrong."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from enum import Enum
from types import NoneType, SimpleNamespace, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import attrs
from attrs import has
from cattrs import Converter
from cattrs.errors import (
    AttributeValidationNote,
    ClassValidationError,
    ForbiddenExtraKeysError,
    IterableValidationError,
)

from capi_actions.errors import ConfigError, Problem
from capi_actions.secret import Secret
from capi_actions.text import did_you_mean

WORDS: Mapping[Any, str] = {
    str: "text in quotes",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    dict: "a table",
}
_TIMES: Mapping[Any, str] = {datetime: "a date and time", date: "a date", time: "a time"}
_STAND_FOR: Mapping[Any, type] = {os.PathLike: str, Mapping: dict, Sequence: list}


def describe(value: object) -> str:
    """Name a value's type, never the value itself."""
    return WORDS.get(type(value)) or _TIMES.get(type(value), "something else")


def instead(value: object, annotation: Any) -> str:
    """Say in words what a value should be to fit an annotation; "" when it fits or nothing can be said."""
    kinds = [kind_of(each) for each in _alternatives(annotation)]
    if not all(each in WORDS for each in kinds):
        return ""
    if type(value) in kinds or (type(value) is int and float in kinds):
        return ""
    return " or ".join(dict.fromkeys(WORDS[each] for each in kinds))


def wanted(annotation: Any) -> str:
    """Say in words what fits an annotation, also one whose values are named one by one; "" when it can't."""
    (kind, *others) = _alternatives(annotation)
    if others:
        return ""
    if get_origin(kind) is Literal:
        return f"one of {', '.join(str(each) for each in get_args(kind))}"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return f"one of {', '.join(str(each.value) for each in kind)}"
    return WORDS[dict] if has(kind) else WORDS.get(kind_of(kind), "")


def kind_of(annotation: Any) -> Any:
    """Give the plain type that an annotation asks for in a file: ``dict`` for ``dict[str, Any]``."""
    origin = get_origin(annotation) or annotation
    return _STAND_FOR.get(origin, origin)


def _alternatives(annotation: Any) -> list[Any]:
    parts = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    return [each for each in parts if each is not NoneType]


T = TypeVar("T")

_NAME = re.compile(r"[A-Z_][A-Z0-9_]{0,59}")


class _UnfitError(ValueError):
    """A value doesn't fit; says so in our own words."""


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


def _fitting(value: object, annotation: Any) -> Any:
    """Give a value back that is of the type asked for."""
    if better := instead(value, annotation):
        raise _UnfitError(f"should be {better}, but it is {describe(value)}")
    return value


def _float(value: Any, _: type) -> float:
    try:
        return float(_fitting(value, float))
    except OverflowError:
        raise _UnfitError("is too large a number") from None


def _secret(value: object, need: bool) -> Secret:
    if isinstance(value, str) and value:
        return Secret(_token(value, "it"), literal=True)
    if isinstance(value, dict) and set(value) == {"env"} and isinstance(value["env"], str):
        name = value["env"]
        found = os.environ.get(name, "")
        # What doesn't look like a name may be the token itself.
        place = f"the environment variable {name}" if _NAME.fullmatch(name) else "the variable that env names"
        if not found.strip() and need:
            hint = "" if name in place else "; env takes the variable's name, such as MY_TOKEN, not the token"
            raise _UnfitError(f"{place} isn't set{hint}")
        return Secret(_token(found, place))
    raise _UnfitError('should be { env = "NAME_OF_A_VARIABLE" }')


def _token(text: str, place: str) -> str:
    """Give a token that a header can hold: secret stores like to add a line break."""
    token = text.strip()
    if not (token.isascii() and token.isprintable()):
        raise _UnfitError(
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
        found += _located(each, f"{path}.{note.name}", note.type or Any)
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


def _located(error: BaseException, path: str, annotation: Any = None) -> Iterator[Problem]:
    """Walk through cattrs' nested errors.

    :param annotation: the type that was asked for at this place; None for what a class itself objects to.
    """
    if not isinstance(error, ClassValidationError | IterableValidationError):
        yield Problem(_sentence(error) if annotation is None else _unfit(error, annotation), path)
        return
    noted, others = error.group_exceptions()
    for each, note in noted:
        key = note.name if isinstance(note, AttributeValidationNote) else note.index
        step = f".{key}" if isinstance(key, str) else f"[{key}]"
        yield from _located(each, path + step, note.type or Any)
    for each in others:
        yield from _located(each, path)


def _unfit(error: BaseException, annotation: Any) -> str:
    """Say why a value couldn't be structured; cattrs' own texts speak of Python, and may quote the value."""
    if isinstance(error, KeyError):
        return "is missing"
    if isinstance(error, _UnfitError):
        return str(error)
    better = wanted(annotation)
    return f"should be {better}" if better else "doesn't fit here"


def _sentence(error: BaseException) -> str:
    if isinstance(error, ForbiddenExtraKeysError):
        known = [attribute.name for attribute in attrs.fields(error.cl)]
        return ", ".join(
            f"{key!r} isn't known here{did_you_mean(key, known)}" for key in sorted(error.extra_fields)
        )
    return str(error.args[0]) if error.args else "doesn't fit here"


def _converter(need_secrets: bool) -> Converter:
    converter = Converter(forbid_extra_keys=True, detailed_validation=True)
    for kind in (str, int, bool):
        converter.register_structure_hook(kind, _fitting)
    converter.register_structure_hook(float, _float)
    converter.register_structure_hook(Secret, lambda value, _: _secret(value, need_secrets))
    usual = converter.copy()  # by itself, cattrs makes a list of a text's characters

    def whole(kind: Any) -> Any:
        structured = usual.get_structure_hook(kind)
        return lambda value, _: structured(_fitting(value, kind), kind)

    converter.register_structure_hook_factory(lambda kind: kind_of(kind) in (list, dict), whole)
    return converter


_CONVERTERS = {need: _converter(need) for need in (True, False)}
