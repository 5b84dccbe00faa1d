"""Directives that make objects of objects: ``@flatten``, ``@merge``, ``@transform``, ``@excludeWhenNull``."""

from collections.abc import Iterator
from typing import Any

from attrs import evolve, frozen

from capi_actions.errors import EventError
from capi_actions.mapping.arguments import Members, expect
from capi_actions.mapping.js_values import kind, truthy
from capi_actions.mapping.limits import MAX_ITEMS, MAX_TEXT, too_long, too_many
from capi_actions.mapping.nodes import Constant, Node, with_gaps
from capi_actions.model import MISSING, Compiler, Json, JsonObject, Resolver


def compile_flatten(value: Json, compiler: Compiler) -> Resolver:
    """Compile ``{"@flatten": {"value": …, "separator": ".", "omitArrays": true}}``."""
    members = Members(value, compiler)
    members.require("value")
    separator, read = members.string("separator"), members.any("value")
    whole_lists = truthy(members.get("omitArrays"))
    members.others()
    if members.lacks("separator"):
        compiler.problem('@flatten requires a "separator" key')
    if not separator or read is None:
        return Constant(MISSING)
    kinds = dict if whole_lists else dict | list
    return Flatten(with_gaps(read, deep=True), separator, kinds, compiler.path)


@frozen
class Flatten(Node):
    """A value without objects, and lists, inside.

    :ivar kinds: what is taken apart.
    """

    value: Resolver
    separator: str
    kinds: Any
    path: str
    gaps: bool = False

    def __call__(self, payload: Any) -> Any:
        """Resolve and flatten."""
        flat = _flat(self.value(payload), self.separator, self.kinds, self.path)
        return flat if self.gaps else without_gaps(flat)

    def with_gaps(self, *, deep: bool) -> Node:
        """Keep missing members."""
        return evolve(self, gaps=True)


def _flat(value: Any, separator: str, kinds: Any, path: str) -> Any:
    if not isinstance(value, kinds):
        return {} if value is MISSING else {"": value}
    flat: JsonObject = {}
    characters = 0
    open_ = [("", _members(value))]
    while open_:
        prefix, members = open_[-1]
        for key, each in members:
            name = f"{prefix}{separator}{key}" if prefix else str(key)
            if isinstance(each, kinds):
                open_.append((name, _members(each)))
                characters += len(name)
                break
            flat[name] = each
            characters += len(name)
            if len(flat) > MAX_ITEMS:
                raise too_many(path)
        else:
            open_.pop()
        if characters > MAX_TEXT:
            raise too_long(path, "text of all keys")
    return flat


def _members(value: Any) -> Iterator[tuple[Any, Any]]:
    return iter(value.items()) if isinstance(value, dict) else iter(enumerate(value))


@frozen
class Merge(Node):
    """Objects laid over one another, the later ones on top."""

    objects: tuple[Resolver, ...]
    path: str
    gaps: bool = False

    def __call__(self, payload: Any) -> Any:
        """Resolve all and merge; what is neither object nor list is left out."""
        merged: JsonObject = {}
        for resolve in self.objects:
            value = resolve(payload)
            if isinstance(value, dict):
                merged.update(value)
            elif isinstance(value, list):
                merged.update((str(index), each) for index, each in enumerate(value))
            if len(merged) > MAX_ITEMS:
                raise too_many(self.path)
        return merged if self.gaps else without_gaps(merged)

    def with_gaps(self, *, deep: bool) -> Node:
        """Keep missing members."""
        objects = tuple(with_gaps(each, deep=True) for each in self.objects) if deep else self.objects
        return evolve(self, objects=objects, gaps=True)


def without_gaps(value: JsonObject) -> JsonObject:
    """Drop members that are missing."""
    if any(each is MISSING for each in value.values()):
        return {key: each for key, each in value.items() if each is not MISSING}
    return value


def compile_merge(value: Json, compiler: Compiler) -> Resolver:
    """Compile ``{"@merge": {"objects": […], "direction": "right"}}``."""
    members = Members(value, compiler)
    members.require("objects")
    direction, objects = members.one_of("direction", "left", "right"), members.items("objects")
    members.others()
    if members.lacks("direction"):
        compiler.problem('@merge requires a "direction" key')
    resolvers = []
    for index, each in enumerate(objects or ()):
        at = f"objects/{index}"
        if expect(each, ("object", "directive"), "a object or a mapping directive", compiler, at):
            resolvers.append(with_gaps(compiler.compile(each, at)))
    if direction == "left":
        resolvers.reverse()
    return Merge(tuple(resolvers), compiler.path)


@frozen
class Transform(Node):
    """A mapping resolved with what another mapping gives."""

    apply: Resolver
    mapping: Resolver
    path: str

    def __call__(self, payload: Any) -> Any:
        """Apply, then map."""
        if payload is not MISSING and not isinstance(payload, dict):
            raise EventError.of(f"data must be an object, got {kind(payload)}", self.path)
        applied = self.apply(payload)
        _check_count(applied, self.path)
        return self.mapping(applied)

    def with_gaps(self, *, deep: bool) -> Node:
        """Keep what is missing."""
        return evolve(self, mapping=with_gaps(self.mapping, deep=deep))


def _check_count(value: Any, path: str) -> None:
    """Stop chains of transforms that double what they get."""
    pending = [value]
    count = 0
    while pending:
        each = pending.pop()
        count += 1
        if isinstance(each, dict | list):
            pending.extend(each.values() if isinstance(each, dict) else each)
        if count + len(pending) > MAX_ITEMS:
            raise too_many(path)


def compile_transform(value: Json, compiler: Compiler) -> Resolver:
    """Compile ``{"@transform": {"apply": …, "mapping": …}}``."""
    members = Members(value, compiler)
    members.require("apply", "mapping")
    apply, mapping = members.mapping("apply"), members.mapping("mapping")
    members.others()
    if apply is None or mapping is None:
        return Constant(MISSING)
    return Transform(apply, mapping, compiler.path)


@frozen
class WithoutNulls(Node):
    """A value without the null members of its objects; a null itself is missing."""

    value: Resolver
    gaps: bool = False
    deep: bool = False

    def __call__(self, payload: Any) -> Any:
        """Resolve and clean."""
        value = self.value(payload)
        if value is None:
            return MISSING
        if not isinstance(value, dict):
            return value
        cleaned = _without_nulls(value, self.deep)
        return {key: cleaned.get(key, MISSING) for key in value} if self.gaps else cleaned

    def with_gaps(self, *, deep: bool) -> Node:
        """Keep what is missing, and what was null."""
        return evolve(self, value=with_gaps(self.value, deep=deep), gaps=True, deep=deep)


def _without_nulls(value: JsonObject, gaps: bool) -> JsonObject:
    cleaned: JsonObject = {}
    pending = [(value, cleaned)]
    while pending:
        source, target = pending.pop()
        for key, each in source.items():
            if isinstance(each, dict):
                target[key] = {}
                pending.append((each, target[key]))
            elif each is not None or gaps:
                target[key] = MISSING if each is None else each
    return cleaned


def compile_exclude_when_null(value: Json, compiler: Compiler) -> Resolver:
    """Compile ``{"@excludeWhenNull": …}``."""
    return WithoutNulls(compiler.compile(value))
