"""The way in: a mapping, compiled once, resolves any number of events."""

from collections.abc import Iterable, Mapping
from typing import Any

from capi_actions.errors import EventError, MappingError
from capi_actions.mapping.compiler import MappingCompiler
from capi_actions.mapping.directives import DIRECTIVES
from capi_actions.mapping.javascript import kind
from capi_actions.mapping.limits import MAX_CHARACTERS, MAX_DEPTH, MAX_VALUES
from capi_actions.mapping.nodes import Object
from capi_actions.mapping.source import generate
from capi_actions.model import Directive, Json, JsonObject, Resolver

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
