"""Structure tables into attrs classes with cattrs, and describe in plain words what doesn't fit."""

import inspect
import os
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from copy import copy
from datetime import date, datetime, time
from enum import Enum
from functools import cache
from operator import is_
from pathlib import Path, PurePath
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import attrs
from cattrs import Converter
from cattrs.errors import (
    AttributeValidationNote,
    ClassValidationError,
    ForbiddenExtraKeysError,
    IterableValidationError,
)

from capi_actions.bounds import Between
from capi_actions.errors import Diagnostics, PluginError, Problem, json_path
from capi_actions.secret import Secret
from capi_actions.text import closest, did_you_mean
from capi_actions.tracebacks import where

T = TypeVar("T")
Keys = tuple[str | int, ...]

_UNSUITABLE = "doesn't fit here"


def structure(
    data: object, into: type[T], diagnostics: Diagnostics, *, need_secrets: bool = True, plugin: str = "core"
) -> T | None:
    """Make an attrs object of a table.

    :param diagnostics: takes every problem in the table.
    :param need_secrets: False lets environment variables be unset, for work that sends nothing.
    :param plugin: the plugin that declares ``into``, to be named when a validator of it fails.
    :returns: None when anything is wrong.
    """
    own = Diagnostics()
    values = read_values(data, into, own, need_secrets=need_secrets, plugin=plugin)
    settings = None if own.errors else construct(into, values, own, plugin)
    diagnostics.extend(own)
    return settings


def read_values(
    data: object,
    into: type,
    diagnostics: Diagnostics,
    *,
    need_secrets: bool = True,
    plugin: str = "core",
    others: Collection[str] = (),
) -> dict[str, Any]:
    """Structure the values of a table one by one, so that a mistake in one doesn't hide those in others.

    The parameters are those of :func:`structure`, and:

    :param others: keys that the table can have besides, to be suggested for similar unknown ones.
    :returns: the values that fit, by key.
    """
    if not isinstance(data, dict):
        diagnostics.add(f"should be a table, but it is {describe(data)}")
        return {}
    known = [attribute.name for attribute in _attributes(into) if attribute.init]
    for key in data:
        if key not in known:
            match = closest(key, [*known, *sorted(others)])
            hint = did_you_mean(key, [match] if match else known)
            diagnostics.add(f"{key!r} isn't known here{hint}")
    return _read_known(data, into, diagnostics, _converter(plugin, need_secrets), plugin)


def _read_known(
    data: Mapping[str, Any], into: type, diagnostics: Diagnostics, converter: Converter, plugin: str
) -> dict[str, Any]:
    """Structure the values whose keys are known, and run their validators."""
    values = {}
    for attribute in _attributes(into):
        name, annotation = attribute.name, attribute.type or Any
        if not attribute.init:
            continue
        if name not in data:
            if attribute.default is attrs.NOTHING:
                diagnostics.add("is missing", f"$.{name}")
            continue
        try:
            values[name] = converter.structure(data[name], annotation)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  a plugin's class may raise anything
            _explain(error, (name,), diagnostics, plugin, annotation)
    _validate(values, into, data.keys(), diagnostics, plugin)
    return values


def read_incomplete(data: object, into: type[T], plugin: str) -> T | None:
    """Return an object of those values of a table that fit, to check what needs no others.

    A value that doesn't fit is missing, and so has not even its default; the same holds for tables below.  Environment
    variables may be unset.

    :param plugin: the plugin that declares ``into``.
    :returns: None if there is no table.
    """
    return _make_readable(data, into, plugin) if isinstance(data, dict) else None


def _make_readable(data: Mapping[str, Any], into: type[T], plugin: str) -> T:
    problems = Diagnostics()
    values = _read_known(data, into, problems, _lenient_converter(plugin), plugin)
    settings = None if problems.errors else construct(into, values, problems, plugin)
    return make_incomplete(into, values, data.keys() - values.keys()) if settings is None else settings


def construct(into: type[T], values: Mapping[str, Any], diagnostics: Diagnostics, plugin: str) -> T | None:
    """Make the object of values that fit.

    :returns: None when the class itself objects.
    """
    arguments = {
        str(attribute.alias): values[attribute.name]
        for attribute in _attributes(into)
        if attribute.name in values
    }
    try:
        return into(**arguments)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  a plugin's class may raise anything
        diagnostics.add(_objection(error, plugin))
        return None


def structure_option(
    value: object,
    annotation: Any,
    diagnostics: Diagnostics,
    *,
    need_secrets: bool = True,
    plugin: str = "core",
) -> Any:
    """Structure one option of a factory by the annotation of its parameter.

    The parameters are those of :func:`structure`.

    :returns: the value as it is if it doesn't fit, or if the annotation allows several types.
    """
    annotation, bounds = _split_bounds(annotation)
    if expected := type_mismatch(value, annotation):
        diagnostics.add(f"should be {expected}, but it is {describe(value)}")
        return value
    if type(value) in (int, float) and (
        problem := bounds.problem(value)
    ):  # not bool, which is an int to Python
        diagnostics.add(problem)
        return value
    alternatives = _alternatives(annotation)
    if len(alternatives) != 1 or alternatives[0] in (Any, inspect.Parameter.empty):
        return value
    try:
        return _converter(plugin, need_secrets).structure(value, alternatives[0])
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  a plugin's class may raise anything
        _explain(error, (), diagnostics, plugin, annotation)
        return value


_ANY_NUMBER = Between(
    -(2**53), 2**53
)  # seconds, bytes, counts: nothing sensible is larger, and Python's limits vary


def _split_bounds(annotation: Any) -> tuple[Any, Between]:
    """Return the type of an ``Annotated`` and its bounds; wide ones if there are none."""
    if get_origin(annotation) is not Annotated:
        return annotation, _ANY_NUMBER
    plain, *metadata = get_args(annotation)
    return plain, next((item for item in metadata if isinstance(item, Between)), _ANY_NUMBER)


def anchor_paths(value: Any, folder: Path) -> Any:
    """Return a structured value with its relative paths made to start in a folder, those of defaults too.

    :param value: a path; or a list, table or attrs object with paths somewhere in it, of which a changed copy is
        returned.  Anything else is returned itself.
    """
    if isinstance(value, Path):
        return value if value.is_absolute() else folder.absolute() / value
    if type(value) in (list, tuple, set, frozenset):
        items = list(value)
        anchored = [anchor_paths(item, folder) for item in items]
        return value if all(map(is_, anchored, items)) else type(value)(anchored)
    if type(value) is dict:
        members = {key: anchor_paths(member, folder) for key, member in value.items()}
        return value if all(map(is_, members.values(), value.values())) else members
    return _anchor_attributes(value, folder) if attrs.has(type(value)) else value


def _anchor_attributes(settings: Any, folder: Path) -> Any:
    """Return the object itself if it has no relative paths, or else a copy: it may be the default of many others."""
    changes = {}
    for attribute in attrs.fields(type(settings)):
        value = getattr(settings, attribute.name, None)
        anchored = anchor_paths(value, folder)
        if anchored is not value:
            changes[attribute.name] = anchored
    changed = copy(settings) if changes else settings
    for name, value in changes.items():
        object.__setattr__(changed, name, value)  # also of a frozen one
    return changed


def make_incomplete(into: type[T], values: Mapping[str, Any], wrong: Collection[str] = ()) -> T:
    """Return an object with some attributes missing, so that what needs none of those still works.

    :param values: attributes by name.  The others have their defaults.
    :param wrong: attributes that have no value, not even their default.
    """
    incomplete = object.__new__(into)
    for attribute in _attributes(into):
        value = values.get(attribute.name, attrs.NOTHING)
        if value is attrs.NOTHING and attribute.name not in wrong:
            value = _default(attribute, incomplete)
        if value is not attrs.NOTHING and attribute.converter is None:
            object.__setattr__(incomplete, attribute.name, value)
    return incomplete


def _attributes(into: Any) -> tuple["attrs.Attribute[Any]", ...]:
    return attrs.fields(attrs.resolve_types(into))  # type: ignore[no-any-return]  # attrs' fields are untyped


def _default(attribute: "attrs.Attribute[Any]", incomplete: object) -> Any:
    default: Any = attribute.default
    if not isinstance(default, attrs.Factory):  # type: ignore[arg-type]  # a function to type checkers
        return default
    try:
        return default.factory(incomplete) if default.takes_self else default.factory()
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001  a plugin's may raise anything, as values may be missing
        return attrs.NOTHING


def _validate(
    values: dict[str, Any], into: type, keys: Collection[str], diagnostics: Diagnostics, plugin: str
) -> None:
    """Run the validators of all values, and remove those that they refuse.

    attrs itself runs none when a value is of the wrong type, and stops at the first that objects.
    """
    wrong = keys - values.keys()
    incomplete: object = make_incomplete(into, values, wrong)
    for attribute in _attributes(into):
        name = attribute.name
        if name not in values or attribute.validator is None or attribute.converter is not None:
            continue
        try:
            attribute.validator(incomplete, attribute, values[name])
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  a plugin's validator may raise anything
            if not _needs_missing(error, incomplete):
                diagnostics.add(_objection(error, plugin, name), f"$.{name}")
                del values[name]


def _needs_missing(error: BaseException, incomplete: object) -> bool:
    """Return whether a validator failed because it looks at another value, which is wrong or missing itself."""
    names = [attribute.name for attribute in _attributes(type(incomplete))]
    return isinstance(error, AttributeError) and error.obj is incomplete and error.name in names


def _explain(
    error: BaseException, keys: Keys, diagnostics: Diagnostics, plugin: str, annotation: Any = None
) -> None:
    """Walk through cattrs' nested errors and add each as a problem.

    :param keys: where the error is.
    :param annotation: the type that was asked for at this place; None for what a class itself objects to.
    """
    if isinstance(error, _TableError):
        diagnostics.under(json_path(keys)).extend(error.problems)
        return
    if not isinstance(error, ClassValidationError | IterableValidationError):
        name = str(keys[-1]) if keys else ""
        message = _objection(error, plugin, name) if annotation is None else _type_problem(error, annotation)
        diagnostics.add(message, json_path(keys))
        return
    noted, others = error.group_exceptions()
    for nested, note in noted:
        key = note.name if isinstance(note, AttributeValidationNote) else note.index
        _explain(nested, (*keys, key), diagnostics, plugin, note.type or Any)
    for nested in others:
        _explain(nested, keys, diagnostics, plugin)


class _TypeMismatchError(ValueError):
    """A value doesn't fit its annotation; the text says so in our own words."""


class _TableError(ValueError):
    """A table below the one that is read has problems.

    :ivar problems: all of them, their paths relative to it.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("has problems")
        self.problems = problems


def _type_problem(error: BaseException, annotation: Any) -> str:
    """Explain why a value couldn't be structured; cattrs' own texts speak of Python, and may quote the value."""
    if isinstance(error, KeyError):
        return "is missing"
    if isinstance(error, _TypeMismatchError):
        return str(error)
    expected = expected_type(annotation)
    return f"should be {expected}" if expected else _UNSUITABLE


def _objection(error: BaseException, plugin: str, name: str = "") -> str:
    """Explain an error of a class or a validator: a ValueError is the user's to correct, any other the author's.

    :param name: of the attribute, if its path comes before the message: a validator's text begins with it, too.
    """
    if isinstance(error, ForbiddenExtraKeysError):
        known = [attribute.name for attribute in attrs.fields(error.cl)]
        return ", ".join(
            f"{key!r} isn't known here{did_you_mean(key, known)}" for key in sorted(error.extra_fields)
        )
    if isinstance(error, ValueError):
        return str(error.args[0]).removeprefix(f"{name} ") if error.args else _UNSUITABLE
    if isinstance(error, TypeError) and len(error.args) == 4:  # attrs.validators.instance_of()
        return _type_problem(error, error.args[2])
    return str(PluginError(plugin, f"its validator failed ({where(error)})"))


WORDS: Mapping[Any, str] = {
    str: "text in quotes",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    dict: "a table",
}
_TIMES: Mapping[Any, str] = {datetime: "a date and time", date: "a date", time: "a time"}
_PATHS = (Path, PurePath, os.PathLike)
_PLAIN_TYPES: Mapping[Any, type] = {**dict.fromkeys(_PATHS, str), Mapping: dict, Sequence: list}


def describe(value: object) -> str:
    """Return the name of a value's type in TOML's words, never the value itself."""
    return WORDS.get(type(value)) or _TIMES.get(type(value), "something else")


def type_mismatch(value: object, annotation: Any) -> str | None:
    """Return the type that an annotation expects, in TOML's words; None if the value fits or nobody can tell."""
    plain_types = [plain_type(alternative) for alternative in _alternatives(annotation)]
    if not all(plain in WORDS for plain in plain_types):
        return None
    if type(value) in plain_types or (type(value) is int and float in plain_types):
        return None
    return " or ".join(dict.fromkeys(WORDS[plain] for plain in plain_types)) or None


def expected_type(annotation: Any) -> str | None:
    """Return what fits an annotation, in TOML's words, also for enumerations; None if there are no words for it."""
    alternatives = _alternatives(annotation)
    if len(alternatives) != 1:
        return None
    (annotation,) = alternatives
    if get_origin(annotation) is Literal:
        return f"one of {', '.join(map(str, get_args(annotation)))}"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return f"one of {', '.join(str(member.value) for member in annotation)}"
    return WORDS[dict] if attrs.has(annotation) else WORDS.get(plain_type(annotation))


def plain_type(annotation: Any) -> Any:
    """Return the type that an annotation asks for in a file: ``dict`` for ``dict[str, Any]``."""
    origin = get_origin(annotation) or annotation
    return _PLAIN_TYPES.get(origin, origin)


def _alternatives(annotation: Any) -> list[Any]:
    parts = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    return [part for part in parts if part is not NoneType]


_SCHEME = re.compile(r"(?:bearer|token|oauth|basic)\s", re.IGNORECASE)
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,59}")


@cache
def _converter(plugin: str, need_secrets: bool) -> Converter:
    """Return a converter that reports all problems of a table below as a :class:`_TableError`.

    :param plugin: the plugin that declares such tables, to be named when a validator of them fails.
    """

    def structure_table(data: object, into: type) -> object:
        problems = Diagnostics()
        settings: object = structure(data, into, problems, need_secrets=need_secrets, plugin=plugin)
        if problems.errors:
            raise _TableError(problems.errors)
        return settings

    return _make_converter(structure_table, need_secrets)


@cache
def _lenient_converter(plugin: str) -> Converter:
    """Return a converter that leaves out what is wrong in tables below, see :func:`read_incomplete`."""

    def structure_table(data: object, into: type) -> object:
        return _make_readable(_require_type(data, dict), into, plugin)

    return _make_converter(structure_table, need_secrets=False)


def _make_converter(structure_table: Callable[[object, type], object], need_secrets: bool) -> Converter:
    converter = Converter(forbid_extra_keys=True, detailed_validation=True)
    for plain in (str, int, bool):
        converter.register_structure_hook(plain, _require_type)
    converter.register_structure_hook(float, _float)
    converter.register_structure_hook(Secret, lambda value, _: _secret(value, need_secrets))
    converter.register_structure_hook_func(_is_path, lambda value, _: Path(_require_type(value, str)))
    # cattrs itself stops at the first validator of a class that objects.
    converter.register_structure_hook_func(_is_table, structure_table)
    unchecked = converter.copy()  # by itself, cattrs makes a list of a text's characters

    def checked_container(annotation: Any) -> Callable[[Any, Any], Any]:
        outermost = unchecked.copy()
        outermost.register_structure_hook_func(
            lambda nested: nested != annotation and _is_container(nested), converter.structure
        )
        structure_container = outermost.get_structure_hook(annotation)
        return lambda value, _: structure_container(_require_type(value, annotation), annotation)

    converter.register_structure_hook_factory(_is_container, checked_container)
    return converter


def _is_table(annotation: Any) -> bool:
    return isinstance(annotation, type) and attrs.has(annotation)


def _is_container(annotation: Any) -> bool:
    return plain_type(annotation) in (list, dict)


def _is_path(annotation: Any) -> bool:
    return (get_origin(annotation) or annotation) in _PATHS


def _require_type(value: object, annotation: Any) -> Any:
    """Return a value that is of the type asked for."""
    if expected := type_mismatch(value, annotation):
        raise _TypeMismatchError(f"should be {expected}, but it is {describe(value)}")
    return value


def _float(value: Any, _: type) -> float:
    try:
        return float(_require_type(value, float))
    except OverflowError:
        raise _TypeMismatchError("is too large a number") from None


def _secret(value: object, need: bool) -> Secret:
    if isinstance(value, str) and value:
        return Secret(_token(value, "it"), literal=True)
    if isinstance(value, dict) and set(value) == {"env"} and isinstance(value["env"], str):
        name = value["env"]
        token = os.environ.get(name, "")
        # What doesn't look like a name may be the token itself.
        is_name = _VARIABLE.fullmatch(name) is not None
        source = f"the environment variable {name}" if is_name else "the variable that env names"
        if not token.strip() and need:
            hint = "" if is_name else "; env takes the variable's name, such as MY_TOKEN, not the token"
            raise _TypeMismatchError(f"{source} isn't set{hint}")
        return Secret(_token(token, source))
    raise _TypeMismatchError(f'should be {{ env = "NAME_OF_A_VARIABLE" }}, but it {_secret_mistake(value)}')


def _secret_mistake(value: object) -> str:
    """Return what stands in the place of a token, without quoting it."""
    if isinstance(value, str):
        return "is empty"
    if not isinstance(value, dict):
        return f"is {describe(value)}"
    others = sorted(key for key in value if key != "env")
    if not others:
        return f"has {describe(value['env'])} as env" if value else "is an empty table"
    # Only such a key is shown: others may be the token itself.
    known = [
        key
        for key in others
        if key in ("file", "path", "value", "default", "variable", "name", "environment")
    ]
    return f"has {', '.join(known)}, which isn't known here" if known else "has another key"


def _token(text: str, source: str) -> str:
    """Return a token that a header can hold, without the line break that secret stores like to add."""
    token = text.strip()
    if not (token.isascii() and token.isprintable()):
        raise _TypeMismatchError(
            f"{source} holds characters that no token has; was it copied whole, and nothing else?"
        )
    if token[:1] in ('"', "'") or token[-1:] in ('"', "'"):
        raise _TypeMismatchError(
            f"{source} holds quotes around the token; leave them out (files for Docker's --env-file take none)"
        )
    if _SCHEME.match(token):
        raise _TypeMismatchError(f"{source} begins with {token.split()[0]!r}; give the token alone")
    if " " in token:
        raise _TypeMismatchError(
            f"{source} holds a space, as no token does; was it copied whole, and nothing else?"
        )
    return token
