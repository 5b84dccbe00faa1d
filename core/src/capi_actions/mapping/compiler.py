"""Compile mappings: find everything that is wrong with one, then make it a tree of resolvers."""

import math
import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, TypeAlias

from capi_actions.errors import EventError, MappingError, Problem, where
from capi_actions.mapping.arguments import an, kind_of
from capi_actions.mapping.directives import DIRECTIVES
from capi_actions.mapping.js_values import kind
from capi_actions.mapping.limits import MAX_CHARACTERS, MAX_DEPTH, MAX_VALUES
from capi_actions.mapping.nodes import Constant, List, Object
from capi_actions.mapping.paths import split
from capi_actions.mapping.source import generate
from capi_actions.model import MISSING, Directive, Json, JsonObject, Resolver

Place: TypeAlias = tuple[str | int, ...]
"""Keys and indices from the mapping's root, directives' names included."""

NOTHING = Constant(MISSING)
"""What a malformed part is compiled to."""

_PLAIN_KEY = re.compile(r"[A-Za-z_$@][\w$]{0,60}", re.ASCII)
_PREDICATE = ("should ", "shouldn't ", "has ")


class MappingCompiler:
    """Compiles one mapping.

    :ivar problems: everything that is wrong with it.
    :ivar paths: what it reads of the event, as an ordered set.
    :ivar moved: places that stand elsewhere in what the user wrote.
    """

    def __init__(self, directives: Mapping[str, Directive], builtin: Mapping[str, Directive]) -> None:
        """Set out.

        :param directives: those that the mapping may use.
        :param builtin: those among them whose resolvers raise nothing but EventError.
        """
        self.problems: list[Problem] = []
        self.paths: dict[str, None] = {}
        self.moved: dict[Place, Place] = {}
        self._directives = directives
        self._builtin = builtin

    def problem(self, message: str, place: Place) -> None:
        """Note a problem."""
        for new, old in self.moved.items():
            if place[: len(new)] == new:
                place = old + place[len(new) :]
        if message.startswith(_PREDICATE):
            message = f"/{'/'.join(str(key)[:60] for key in place)} {message}."
        self.problems.append(Problem(message, path_text(place)))

    def compile(self, mapping: Json, place: Place) -> Resolver:
        """Compile a part of the mapping."""
        if isinstance(mapping, dict):
            return self._object(mapping, place)
        if isinstance(mapping, list):
            items = tuple(self.compile(each, (*place, index)) for index, each in enumerate(mapping))
            constants = _constants(items)
            return List(items) if constants is None else Constant(constants)
        if mapping is None or isinstance(mapping, str | int):
            return Constant(mapping)
        if isinstance(mapping, float) and math.isfinite(mapping):
            return Constant(mapping)
        found = f"the number {mapping}" if isinstance(mapping, float) else an(kind_of(mapping))
        self.problem(f"should be a mapping directive or a JSON value but it is {found}", place)
        return NOTHING

    def _object(self, mapping: dict[Any, Json], place: Place) -> Resolver:
        if not all(isinstance(key, str) for key in mapping):
            self.problem("should have strings for keys", place)
            return NOTHING
        names = [key for key in mapping if key.startswith("@")]
        others = [key for key in mapping if not key.startswith("@") and key != "_metadata"]
        if not names or (others and "@literal" in place):
            members = tuple((key, self.compile(each, (*place, key))) for key, each in mapping.items())
            constants = _constants(member for _, member in members)
            return (
                Object(members) if constants is None else Constant(dict(zip(mapping, constants, strict=True)))
            )
        if len(names) > 1 or others:
            count = len(mapping) if len(names) == 1 else len(names)
            self.problem(f"should only have one @-prefixed key but it has {count} keys", place)
            return NOTHING
        return self._directive(names[0], mapping[names[0]], place)

    def _directive(self, name: str, value: Json, place: Place) -> Resolver:
        directive = self._directives.get(name)
        if directive is None:
            close = get_close_matches(name[:60], self._directives, 1)
            hint = f" (did you mean {close[0]}?)" if close else ""
            self.problem(f"has an invalid directive: {name[:60]}{hint}", place)
            return NOTHING
        here = _Here(self, (*place, name))
        if self._builtin.get(name) is directive:
            return directive.compile(value, here)
        try:
            resolver: object = directive.compile(value, here)
        except Exception as error:  # noqa: BLE001  a plugin may raise anything; the other problems are to be told too
            self.problem(f"{name} can't be compiled: its plugin failed ({where(error)})", (*place, name))
            return NOTHING
        if not callable(resolver):
            self.problem(f"{name} can't be compiled: its plugin gave no function", (*place, name))
            return NOTHING
        return _guarded(resolver, name, here.path)


def _constants(resolvers: Iterable[Resolver]) -> list[Json] | None:
    """Give the values of constants, None when one of the resolvers is something else."""
    values = [each.value if isinstance(each, Constant) else MISSING for each in resolvers]
    return None if any(each is MISSING for each in values) else values


def _guarded(resolver: Resolver, name: str, path: str) -> Resolver:
    """Make a plugin's failure an error of the one event that it happened on."""

    def guarded(payload: Any) -> Any:
        try:
            return resolver(payload)
        except EventError:
            raise
        except Exception as error:  # noqa: BLE001  a plugin may raise anything; other events go on
            fault = where(error)
        # Out here the error has no context: the original's text may quote the event.
        raise EventError.of(f"{name} failed on this event ({fault})", path)

    return guarded


class _Here:
    """What one directive gets: the compiler, and where the directive stands."""

    def __init__(self, compiler: MappingCompiler, place: Place) -> None:
        self._compiler = compiler
        self._place = place

    @property
    def path(self) -> str:
        return path_text(self._place)

    def compile(self, mapping: Json, at: str = "") -> Resolver:
        return self._compiler.compile(mapping, self._below(at))

    def problem(self, message: str, at: str = "") -> None:
        self._compiler.problem(message, self._below(at))

    def reads(self, path: str) -> None:
        if not any(pair in _ELSEWHERE for pair in zip(self._place, self._place[1:], strict=False)):
            self._compiler.paths["$" + "".join(f".{key}" for key, _ in split(path))] = None

    def _below(self, at: str) -> Place:
        return (*self._place, *(int(key) if key.isdecimal() else key for key in at.split("/") if key))


_ELSEWHERE = {("@arrayPath", 1), ("@transform", "mapping")}
"""What is below these reads something else than the event."""


def path_text(place: Place) -> str:
    """Write a place as a path: ``$.contents.@arrayPath[1].id``."""
    return "$" + "".join(map(_step, place))


def _step(key: str | int) -> str:
    if isinstance(key, int):
        return f"[{key}]"
    return f".{key}" if _PLAIN_KEY.fullmatch(key) else "['" + key[:60].replace("'", "\\'") + "']"


ROOT_DIRECTIVE = "__segment_internal_directive"

BUILTIN: Mapping[str, Directive] = {directive.name: directive for directive in DIRECTIVES}


class CompiledMapping:
    """A mapping ready to run.  Call it with an event; it may be called from several threads.

    :ivar paths: the event's paths that it reads (``$.context.ip``), in the mapping's order; what a
        plugin's directive reads is among them only when it said so.
    :ivar tree: what it was compiled to; mostly an Object.
    """

    __slots__ = ("_resolve", "paths", "tree")

    def __init__(self, resolve: Resolver, paths: Iterable[str]) -> None:
        self.tree = resolve
        self._resolve: Resolver | None = None
        self.paths = tuple(paths)

    def __call__(self, payload: JsonObject) -> Any:
        """Resolve the mapping with an event.

        :param payload: the event; it is not changed.
        :returns: mostly an object; a root directive can give anything, also MISSING.  Objects and
            lists that come from the event are the event's own: copy before changing them.
        :raises EventError: when a directive can't work with this event, or the event is no object.
        """
        if not isinstance(payload, dict):
            raise EventError.of(f"data must be an object, got {kind(payload)}")
        if self._resolve is None:  # at first use, as most mappings run as part of something larger
            self._resolve = generate(self.tree) if isinstance(self.tree, Object) else self.tree
        return self._resolve(payload)


def compile_mapping(mapping: Json, directives: Mapping[str, Directive] = BUILTIN) -> CompiledMapping:
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
    resolver = _compile_root(mapping, compiler)
    if compiler.problems:
        raise MappingError(compiler.problems)
    return CompiledMapping(resolver, compiler.paths)


def _compile_root(mapping: Json, compiler: MappingCompiler) -> Resolver:
    if isinstance(mapping, list | str):
        mapping = {str(index): each for index, each in enumerate(mapping)}
    elif isinstance(mapping, bool | int | float):
        mapping = {}
    if isinstance(mapping, dict) and ROOT_DIRECTIVE in mapping:
        return _compile_root_directive(mapping, compiler)
    return compiler.compile(mapping, ())


def _compile_root_directive(mapping: JsonObject, compiler: MappingCompiler) -> Resolver:
    """Compile ``{"__segment_internal_directive": {"@transform": {"apply": …}}, …}``.

    All other keys become the directive's member ``mapping``; problems in them are told where they stand.
    """
    others = {key: each for key, each in mapping.items() if key != ROOT_DIRECTIVE}
    root, place = mapping[ROOT_DIRECTIVE], (ROOT_DIRECTIVE,)
    if isinstance(root, dict) and len(root) > 1:
        raise MappingError.of(
            "The root mapping must only have a single directive object", f"$.{ROOT_DIRECTIVE}"
        )
    name, value = next(iter(root.items())) if isinstance(root, dict) and root else ("", None)
    if not isinstance(value, dict):
        raise MappingError.of("The root directive must be an object", f"$.{ROOT_DIRECTIVE}")
    compiler.moved[(*place, name, "mapping")] = ()
    return compiler.compile({name: {**value, "mapping": others}}, place)


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
            below = value.values() if isinstance(value, dict) else value
            pending.extend((each, depth + 1) for each in below)
            characters += sum(len(str(key)) for key in value) if isinstance(value, dict) else 0
        elif isinstance(value, str):
            characters += len(value)
        if values + len(pending) > MAX_VALUES:
            raise MappingError.of(f"a mapping should have at most {MAX_VALUES:,} values")
        if characters > MAX_CHARACTERS:
            raise MappingError.of(f"a mapping should have at most {MAX_CHARACTERS:,} characters")
