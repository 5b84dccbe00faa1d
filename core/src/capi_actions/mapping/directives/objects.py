"""Directives that make objects of objects: ``@flatten``, ``@merge``, ``@transform``, ``@excludeWhenNull``."""

from collections.abc import Iterator
from typing import Any, Final

from attrs import evolve, frozen

from capi_actions.errors import EventError
from capi_actions.mapping.arguments import Arguments, expect
from capi_actions.mapping.js_values import truthy, type_name
from capi_actions.mapping.limits import MAX_ITEMS, MAX_TEXT, spend, text_too_long, too_many_values
from capi_actions.mapping.nodes import Constant, Node, none_if_missing, with_missing
from capi_actions.model import MISSING, Compiler, Json, JsonObject, Resolver


def compile_flatten(value: Json, compiler: Compiler) -> Resolver:
    """Compile ``{"@flatten": {"value": …, "separator": ".", "omitArrays": true}}``."""
    arguments = Arguments(value, compiler)
    arguments.require("value")
    separator, resolve = arguments.string("separator"), arguments.value("value")
    keep_lists = truthy(arguments.get("omitArrays"))
    arguments.compile_unread()
    if arguments.lacks("separator"):
        compiler.problem('@flatten requires a "separator" key')
    if not separator or resolve is None:
        return Constant(MISSING)
    containers = dict if keep_lists else dict | list
    return Flatten(with_missing(resolve, deep=True), separator, containers, compiler.path)


@frozen
class Flatten(Node):
    """An object without objects, and mostly without lists, inside.

    :ivar containers: the types that are taken apart, for ``isinstance``.
    :ivar keep_missing: whether missing members are MISSING instead of being left out.
    :ivar deep: whether this holds inside its lists, too.
    """

    value: Resolver
    separator: str
    containers: Any
    path: str
    keep_missing: bool = False
    deep: bool = False

    def __call__(self, payload: Any) -> Any:
        """Resolve the value and flatten it."""
        flat = _flatten(self.value(payload), self.separator, self.containers, self.path)
        if not self.deep and self.containers is dict:
            flat = {key: _without_missing_inside(member, self.path) for key, member in flat.items()}
        return flat if self.keep_missing else _without_missing(flat)

    def with_missing(self, *, deep: bool) -> Node:
        """Keep missing members."""
        return evolve(self, keep_missing=True, deep=deep)


def _flatten(value: Any, separator: str, containers: Any, path: str) -> Any:
    if not isinstance(value, containers):
        return {"": value}
    flat: JsonObject = {}
    characters = 0
    stack = [("", _members(value))]
    while stack:
        prefix, members = stack[-1]
        for key, member in members:
            name = f"{prefix}{separator}{key}" if prefix else str(key)
            characters += len(name)
            if isinstance(member, containers):
                stack.append((name, _members(member)))
                break
            flat[name] = member
            if len(flat) > MAX_ITEMS:
                raise too_many_values(path)
        else:
            stack.pop()
        if characters > MAX_TEXT:
            raise text_too_long(path, "text of all keys")
    spend(characters + len(flat), path)
    return flat


def _members(value: Any) -> Iterator[tuple[Any, Any]]:
    return iter(value.items()) if isinstance(value, dict) else iter(enumerate(value))


def compile_merge(value: Json, compiler: Compiler) -> Resolver:
    """Compile ``{"@merge": {"objects": […], "direction": "right"}}``."""
    arguments = Arguments(value, compiler)
    arguments.require("objects")
    direction, objects = arguments.choice("direction", "left", "right"), arguments.items("objects")
    arguments.compile_unread()
    if arguments.lacks("direction"):
        compiler.problem('@merge requires a "direction" key')
    resolvers = []
    for index, mapping in enumerate(objects or ()):
        at = f"objects/{index}"
        if expect(mapping, ("object", "directive"), "a object or a mapping directive", compiler, at):
            resolvers.append(with_missing(compiler.compile(mapping, at)))
    if direction == "left":
        resolvers.reverse()
    return Merge(tuple(resolvers), compiler.path)


@frozen
class Merge(Node):
    """Several objects as one; members of later ones replace those of earlier ones."""

    objects: tuple[Resolver, ...]
    path: str
    keep_missing: bool = False

    def __call__(self, payload: Any) -> Any:
        """Resolve all and merge; what is neither object nor list is left out."""
        merged: JsonObject = {}
        for resolve in self.objects:
            value = resolve(payload)
            if isinstance(value, dict):
                merged.update(value)
            elif isinstance(value, list):
                merged.update((str(index), item) for index, item in enumerate(value))
            spend(len(value) if isinstance(value, dict | list) else 1, self.path)
            if len(merged) > MAX_ITEMS:
                raise too_many_values(self.path)
        return merged if self.keep_missing else _without_missing(merged)

    def with_missing(self, *, deep: bool) -> Node:
        """Keep missing members."""
        objects = tuple(with_missing(value, deep=True) for value in self.objects) if deep else self.objects
        return evolve(self, objects=objects, keep_missing=True)


def _without_missing(value: JsonObject) -> JsonObject:
    if any(member is MISSING for member in value.values()):
        return {key: member for key, member in value.items() if member is not MISSING}
    return value


def _without_missing_inside(value: Any, path: str) -> Any:
    """Return a value with null for missing items of its lists, and without missing members of its objects.

    Lists and objects are copied, as they may be the event's own.
    """
    if not isinstance(value, dict | list):
        return value
    holder: list[Any] = []
    pending: list[tuple[Any, Any]] = [([value], holder)]
    while pending:
        source, target = pending.pop()
        spend(len(source), path)
        if isinstance(source, dict):
            for key, member in source.items():
                if member is not MISSING:
                    target[key] = _empty_copy(member, pending)
        else:
            target.extend(_empty_copy(none_if_missing(item), pending) for item in source)
    return holder[0]


def _empty_copy(value: Any, pending: list[tuple[Any, Any]]) -> Any:
    """Return an empty list or object that is filled later, and any other value as it is."""
    if not isinstance(value, dict | list):
        return value
    empty: Any = {} if isinstance(value, dict) else []
    pending.append((value, empty))
    return empty


def compile_transform(value: Json, compiler: Compiler) -> Resolver:
    """Compile ``{"@transform": {"apply": …, "mapping": …}}``."""
    arguments = Arguments(value, compiler)
    arguments.require("apply", "mapping")
    apply, mapping = arguments.mapping("apply"), arguments.mapping("mapping")
    arguments.compile_unread()
    if apply is None or mapping is None:
        return Constant(MISSING)
    return Transform(apply, mapping, compiler.path)


@frozen
class Transform(Node):
    """A mapping whose payload is the result of another mapping, ``apply``."""

    apply: Resolver
    mapping: Resolver
    path: str

    def __call__(self, payload: Any) -> Any:
        """Resolve ``apply`` with the payload, and the mapping with its result."""
        if payload is not MISSING and not isinstance(payload, dict):
            raise EventError.of(f"data must be an object, got {type_name(payload)}", self.path)
        applied = self.apply(payload)
        _check_count(applied, self.path)
        return self.mapping(applied)

    def with_missing(self, *, deep: bool) -> Node:
        """Keep what is missing."""
        return evolve(self, mapping=with_missing(self.mapping, deep=deep))


def _check_count(value: Any, path: str) -> None:
    """Stop chains of transforms each of which doubles its payload.

    :raises EventError: when the value has more than :data:`MAX_ITEMS` values inside.
    """
    pending = [value]
    count = 0
    while pending:
        part = pending.pop()
        count += 1
        if isinstance(part, dict | list):
            pending.extend(part.values() if isinstance(part, dict) else part)
        if count + len(pending) > MAX_ITEMS:
            raise too_many_values(path)
    spend(count, path)


def compile_exclude_when_null(value: Json, compiler: Compiler) -> Resolver:
    """Compile ``{"@excludeWhenNull": …}``."""
    return WithoutNulls(compiler.compile(value), compiler.path)


@frozen
class WithoutNulls(Node):
    """A value without the null members of its objects; a null itself is missing.

    :ivar path: where the directive stands.
    :ivar keep_missing: whether null members are MISSING instead of being left out.
    :ivar deep: whether this holds inside its objects, too.
    """

    value: Resolver
    path: str
    keep_missing: bool = False
    deep: bool = False

    def __call__(self, payload: Any) -> Any:
        """Resolve the value and drop nulls."""
        value = self.value(payload)
        if value is None:
            return MISSING
        if not isinstance(value, dict):
            return value
        cleaned = _without_nulls(value, self.path, keep_missing=self.deep)
        return {key: cleaned.get(key, MISSING) for key in value} if self.keep_missing else cleaned

    def with_missing(self, *, deep: bool) -> Node:
        """Keep what is missing, and what was null."""
        return evolve(self, value=with_missing(self.value, deep=deep), keep_missing=True, deep=deep)


# Taking up an object, even an empty one, takes as long as copying some twenty members; when it was for free, an
# event of 45,000 empty objects kept a mapping busy for 9 s before its budget ended.
_OBJECT_WORK: Final = 16


def _without_nulls(value: JsonObject, path: str, *, keep_missing: bool) -> JsonObject:
    cleaned: JsonObject = {}
    pending = [(value, cleaned)]
    while pending:
        source, target = pending.pop()
        spend(len(source) + _OBJECT_WORK, path)
        for key, member in source.items():
            if isinstance(member, dict):
                target[key] = {}
                pending.append((member, target[key]))
            elif member is not None or keep_missing:
                target[key] = MISSING if member is None else member
    return cleaned
