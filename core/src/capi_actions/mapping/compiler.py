"""Compile mappings: check the whole mapping, then make it a tree of resolvers."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from inspect import iscoroutinefunction
from itertools import pairwise
from typing import Any, TypeAlias

from attrs import frozen

from capi_actions.errors import Diagnostics, EventError, MappingError, json_path
from capi_actions.mapping.arguments import argument_type
from capi_actions.mapping.directives import DIRECTIVES
from capi_actions.mapping.js_values import type_name
from capi_actions.mapping.limits import (
    MAX_CHARACTERS,
    MAX_DEPTH,
    MAX_UNMETERED_COPIES,
    MAX_UNMETERED_WEIGHT,
    MAX_UNMETERED_WIDTH,
    MAX_VALUES,
    count_values,
    spend_for_result,
    with_budget,
)
from capi_actions.mapping.nodes import Constant, Guarded, List, Object
from capi_actions.mapping.paths import Steps, parse_path
from capi_actions.model import MISSING, Directive, Json, JsonObject, Resolver
from capi_actions.text import closest, with_article
from capi_actions.tracebacks import where

BUILTIN: Mapping[str, Directive] = {directive.name: directive for directive in DIRECTIVES}

ROOT_DIRECTIVE = "__segment_internal_directive"


def compile_mapping(mapping: Json, directives: Mapping[str, Directive] = BUILTIN) -> "CompiledMapping":
    """Check a mapping and compile it.

    :param mapping: mostly an object.  As in the reference, a list or text counts as an object with
        indices for keys, a number or boolean as an empty one.
    :param directives: what ``@``-keys mean, by name.
    :raises MappingError: with everything that is wrong with it.
    """
    if mapping is None:
        raise MappingError.of("a mapping should be an object but it is null")
    _check_size(mapping)
    compiler = MappingCompiler(directives, BUILTIN)
    tree = _compile_root(mapping, compiler)
    if problems := compiler.diagnostics.errors:
        raise MappingError(problems)
    return CompiledMapping(tree, compiler.paths, compiler.meter())


class CompiledMapping:
    """A mapping ready to run.  Call it with an event; it may be called from several threads.

    :ivar tree: what it was compiled to; mostly an Object.
    :ivar paths: the event's paths that it reads (``$.context.ip``), in the mapping's order; what a
        plugin's directive reads is among them only if the directive reported it.
    :ivar meter: whether its work on an event has to be counted.
    """

    __slots__ = ("_resolve", "meter", "paths", "tree")

    def __init__(self, tree: Resolver, paths: Iterable[str], meter: "Meter") -> None:
        self.tree = tree
        self.paths = tuple(paths)
        self.meter = meter
        self._resolve = meter.applied_to(tree)

    def __call__(self, payload: JsonObject) -> Any:
        """Resolve the mapping with an event.

        :param payload: the event; it is not changed.
        :returns: mostly an object; a root directive can give anything, also MISSING.  Objects and
            lists that come from the event are the event's own: copy before changing them.
        :raises EventError: when a directive can't work with this event, or the event is no object.
        """
        if not isinstance(payload, dict):
            raise EventError.of(f"data must be an object, got {type_name(payload)}")
        return self._resolve(payload)


@frozen
class Meter:
    """Whether a mapping's work on an event has to be counted: most mappings can't make much of any event.

    :ivar weight: what its directives can cost; see :data:`~capi_actions.mapping.limits.MAX_UNMETERED_WEIGHT`.
    :ivar result: whether it takes so many copies of one value that its result has to be measured.
    """

    weight: int
    result: bool

    @property
    def work(self) -> bool:
        """Whether the work of its directives has to be counted."""
        return self.result or self.weight > MAX_UNMETERED_WEIGHT

    def applied_to(self, resolve: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """Return a resolver whose work is counted as far as it has to be.

        :raises EventError: (the returned resolver) for events that cost too much.
        """
        if self.result:
            return with_budget(lambda payload: spend_for_result(resolve(payload)))
        return with_budget(resolve) if self.work else resolve


def _check_size(mapping: Json) -> None:
    """Refuse what would exhaust the process, before anything recurses into it."""
    pending: list[tuple[Json, int]] = [(mapping, 0)]
    values = characters = 0
    while pending:
        value, depth = pending.pop()
        values += 1
        if isinstance(value, dict | list):
            if depth == MAX_DEPTH:
                raise MappingError.of(f"a mapping should be at most {MAX_DEPTH} levels deep")
            parts = value.values() if isinstance(value, dict) else value
            pending.extend((part, depth + 1) for part in parts)
            characters += sum(len(str(key)) for key in value) if isinstance(value, dict) else 0
        elif isinstance(value, str):
            characters += len(value)
        if values + len(pending) > MAX_VALUES:
            raise MappingError.of(f"a mapping should have at most {MAX_VALUES:,} values")
        if characters > MAX_CHARACTERS:
            raise MappingError.of(f"a mapping should have at most {MAX_CHARACTERS:,} characters")


def _compile_root(mapping: Json, compiler: "MappingCompiler") -> Resolver:
    if isinstance(mapping, list | str):
        mapping = {str(index): item for index, item in enumerate(mapping)}
    elif isinstance(mapping, bool | int | float):
        mapping = {}
    if isinstance(mapping, dict) and ROOT_DIRECTIVE in mapping:
        return _compile_root_directive(mapping, compiler)
    return compiler.compile(mapping, ())


def _compile_root_directive(mapping: JsonObject, compiler: "MappingCompiler") -> Resolver:
    """Compile ``{"__segment_internal_directive": {"@transform": {"apply": …}}, …}``.

    All other keys become the directive's argument ``mapping``; problems in them are reported where
    the user wrote them.
    """
    others = {key: value for key, value in mapping.items() if key != ROOT_DIRECTIVE}
    root, location = mapping[ROOT_DIRECTIVE], (ROOT_DIRECTIVE,)
    if isinstance(root, dict) and len(root) > 1:
        raise MappingError.of(
            "The root mapping must only have a single directive object", f"$.{ROOT_DIRECTIVE}"
        )
    name, value = next(iter(root.items())) if isinstance(root, dict) and root else ("", None)
    if not isinstance(value, dict):
        raise MappingError.of("The root directive must be an object", f"$.{ROOT_DIRECTIVE}")
    compiler.moved[(*location, name, "mapping")] = ()
    return compiler.compile({name: {**value, "mapping": others}}, location)


Location: TypeAlias = tuple[str | int, ...]
"""Keys and indices from the mapping's root, directives' names included."""

NOTHING = Constant(MISSING)
"""What a malformed part is compiled to."""

_PREDICATE = ("should ", "shouldn't ", "has ")


class MappingCompiler:
    """Compiles one mapping.

    :ivar diagnostics: everything that is wrong with it.
    :ivar paths: what it reads of the event, as an ordered set.
    :ivar moved: locations in the compiled mapping, and where the user wrote what is there.
    """

    def __init__(self, directives: Mapping[str, Directive], builtin: Mapping[str, Directive]) -> None:
        """Start without problems.

        :param directives: those that the mapping may use.
        :param builtin: those whose resolvers raise nothing but EventError.
        """
        self.diagnostics = Diagnostics()
        self.paths: dict[str, None] = {}
        self.moved: dict[Location, Location] = {}
        self._directives = directives
        self._builtin = builtin
        self._weight = 0
        self._width = 0
        self._reads: Counter[Steps] = Counter()

    def meter(self) -> Meter:
        """Return what has to be counted of what was compiled."""
        copies = max((self._copies(steps) for steps in self._reads), default=0)
        weight = self._weight if self._width <= MAX_UNMETERED_WIDTH else self._weight + _HEAVY
        return Meter(weight, result=copies > MAX_UNMETERED_COPIES)

    def _copies(self, steps: Steps) -> int:
        """Return how often the mapping reads a value, by itself or as a part of what is around it."""
        return sum(self._reads[steps[:length]] for length in range(len(steps) + 1))

    def _count(self, name: str, value: Json, location: Location) -> None:
        """Note what a built-in directive can cost."""
        path = value[0] if name == "@arrayPath" and isinstance(value, list) and value else value
        if name not in _FREE or (name in ("@path", "@arrayPath") and not isinstance(path, str)):
            in_shape = ("@arrayPath", 1) in pairwise(location)
            is_list = name == "@arrayPath"
            is_light = name == "@template" and isinstance(value, str)
            self._weight += _HEAVY if in_shape or is_list else 1 if is_light else 16
        if name == "@arrayPath" and isinstance(value, list) and len(value) > 1:
            self._width += count_values(value[1])

    def note_read(self, steps: Steps) -> None:
        """Count a path that a directive reads, of the event or of what stands in for it."""
        self._reads[steps] += 1

    def problem(self, message: str, location: Location) -> None:
        """Report a problem; the location becomes the subject of a message that begins with a verb."""
        for compiled, written in self.moved.items():
            if location[: len(compiled)] == compiled:
                location = written + location[len(compiled) :]
        if message.startswith(_PREDICATE):
            message = f"/{'/'.join(str(key)[:60] for key in location)} {message}."
        self.diagnostics.add(message, json_path(location))

    def compile(self, mapping: Json, location: Location) -> Resolver:
        """Return the resolver of a part of the mapping."""
        if isinstance(mapping, dict):
            return self._object(mapping, location)
        if isinstance(mapping, list):
            items = tuple(self.compile(item, (*location, index)) for index, item in enumerate(mapping))
            constants = _constant_values(items)
            return List(items) if constants is None else Constant(constants)
        if mapping is None or isinstance(mapping, str | int):
            return Constant(mapping)
        if isinstance(mapping, float) and math.isfinite(mapping):
            return Constant(mapping)
        is_float = isinstance(mapping, float)
        value = f"the number {mapping}" if is_float else with_article(argument_type(mapping))
        self.problem(f"should be a mapping directive or a JSON value but it is {value}", location)
        return NOTHING

    def _object(self, mapping: dict[Any, Json], location: Location) -> Resolver:
        if not all(isinstance(key, str) for key in mapping):
            self.problem("should have strings for keys", location)
            return NOTHING
        directives = [key for key in mapping if key.startswith("@")]
        others = [key for key in mapping if not key.startswith("@") and key != "_metadata"]
        if not directives or (others and "@literal" in location):
            return self._plain_object(mapping, location)
        if len(directives) > 1 or others:
            count = len(mapping) if len(directives) == 1 else len(directives)
            self.problem(f"should only have one @-prefixed key but it has {count} keys", location)
            return NOTHING
        return self._directive(directives[0], mapping[directives[0]], location)

    def _plain_object(self, mapping: JsonObject, location: Location) -> Resolver:
        members = tuple((key, self.compile(value, (*location, key))) for key, value in mapping.items())
        constants = _constant_values(member for _, member in members)
        return Object(members) if constants is None else Constant(dict(zip(mapping, constants, strict=True)))

    def _directive(self, name: str, value: Json, location: Location) -> Resolver:
        directive = self._directives.get(name)
        if directive is None:
            match = closest(name[:60], self._directives)
            hint = f" (did you mean {match}?)" if match else ""
            self.problem(f"has an invalid directive: {name[:60]}{hint}", location)
            return NOTHING
        scope = DirectiveScope(self, (*location, name))
        if self._builtin.get(name) is directive:
            self._count(name, value, location)
            return directive.compile(value, scope)
        try:
            resolver: object = directive.compile(value, scope)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  a plugin may raise anything; other problems are reported all the same
            scope.problem(f"{name} can't be compiled: its plugin failed ({where(error)})")
            return NOTHING
        if not callable(resolver) or iscoroutinefunction(resolver):
            kind = "an async function" if callable(resolver) else "no function"
            scope.problem(f"{name} can't be compiled: its plugin returned {kind}")
            return NOTHING
        return Guarded(resolver, name, scope.path)


def _constant_values(resolvers: Iterable[Resolver]) -> list[Json] | None:
    """Return the values of resolvers if all are constants, else None."""
    values = [resolver.value if isinstance(resolver, Constant) else MISSING for resolver in resolvers]
    return None if any(value is MISSING for value in values) else values


class DirectiveScope:
    """The compiler as one directive sees it; locations are relative to the directive's value.

    Implements :class:`capi_actions.model.Compiler`.
    """

    def __init__(self, compiler: MappingCompiler, location: Location) -> None:
        self._compiler = compiler
        self._location = location

    @property
    def path(self) -> str:
        """Where the directive stands."""
        return json_path(self._location)

    def compile(self, mapping: Json, at: str = "") -> Resolver:
        """Return the resolver of a nested mapping."""
        return self._compiler.compile(mapping, self._absolute(at))

    def problem(self, message: str, at: str = "") -> None:
        """Report that the directive's value is malformed."""
        self._compiler.problem(message, self._absolute(at))

    def reads(self, path: str) -> None:
        """Record a path that the directive reads, if it reads the event there."""
        steps = parse_path(path)
        self._compiler.note_read(steps)
        if _NOT_THE_EVENT.isdisjoint(pairwise(self._location)):
            self._compiler.paths["$" + "".join(f".{key}" for key, _ in steps)] = None

    def _absolute(self, at: str) -> Location:
        return (*self._location, *(int(key) if key.isdecimal() else key for key in at.split("/") if key))


_HEAVY = MAX_UNMETERED_WEIGHT + 1
"""Weight of what an event can multiply."""

_FREE = frozenset({"@path", "@arrayPath", "@if", "@literal"})
"""Directives that make no text, and at most their mapping's values for each value of the event."""

_NOT_THE_EVENT = frozenset({("@arrayPath", 1), ("@transform", "mapping")})
"""Arguments of directives that are resolved with something else than the event."""
