"""Types of values in the words of the file, so that messages name none of Python's."""

import os
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from attrs import has

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
