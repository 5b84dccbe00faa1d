"""Directives that choose a value: ``@path``, ``@arrayPath``, ``@literal``, ``@if``."""

from typing import Any

from capi_actions.errors import EventError
from capi_actions.mapping.arguments import Arguments, expect
from capi_actions.mapping.js_values import truthy, type_name
from capi_actions.mapping.limits import MAX_PATH, MAX_STEPS, count_values, spend
from capi_actions.mapping.nodes import Constant, ForEach, If, Items, Path, with_missing
from capi_actions.mapping.paths import look_up, parse_path, without_root
from capi_actions.model import MISSING, Compiler, Json, Resolver

TEXT_OR_DIRECTIVE = ("string", "directive")
TEXT_OR_DIRECTIVE_PHRASE = "a string or a mapping directive"


def compile_path(value: Json, compiler: Compiler) -> Resolver:
    """Compile ``{"@path": "$.traits.email"}``."""
    if not expect(value, TEXT_OR_DIRECTIVE, TEXT_OR_DIRECTIVE_PHRASE, compiler):
        return Constant(MISSING)
    if isinstance(value, str):
        return _literal_path(value, compiler, "")
    directive_path, resolve_path = compiler.path, compiler.compile(value)

    def resolve(payload: Any) -> Any:
        path = resolve_path(payload)
        if not isinstance(path, str):
            raise EventError.of(f"@path: expected string, got {type_name(path)}", directive_path)
        if len(path) > MAX_PATH:
            message = f"a path should be at most {MAX_PATH:,} characters long"
            raise EventError.of(message, directive_path)
        spend(len(path), directive_path)
        return look_up(payload, parse_path(without_root(path)))

    return resolve


def compile_array_path(value: Json, compiler: Compiler) -> Resolver:
    """Compile ``{"@arrayPath": ["$.products", {"id": {"@path": "$.product_id"}}]}``."""
    if not expect(value, ("array",), "an array", compiler):
        return Constant(MISSING)
    path = value[0] if value else MISSING
    if not expect(path, TEXT_OR_DIRECTIVE, TEXT_OR_DIRECTIVE_PHRASE, compiler):
        return Constant(MISSING)
    items = _literal_path(path, compiler, "0") if isinstance(path, str) else compiler.compile(path, "0")
    shape = value[1] if len(value) > 1 else None
    if not isinstance(shape, dict) or not shape:
        return items
    if (items_with_missing := with_missing(items)) != items:
        items = Items(items_with_missing)
    return ForEach(items, compiler.compile(shape, "1"), compiler.path, count_values(shape))


def _literal_path(path: str, compiler: Compiler, at: str) -> Resolver:
    path = without_root(path)
    steps = parse_path(path)
    if len(steps) > MAX_STEPS:
        compiler.problem(f"should be a path of at most {MAX_STEPS} steps", at)
        return Constant(MISSING)
    compiler.reads(path)
    return Path(steps)


def compile_literal(value: Json, compiler: Compiler) -> Resolver:
    """Compile ``{"@literal": …}``; directives inside are resolved all the same."""
    return compiler.compile(value)


def compile_if(value: Json, compiler: Compiler) -> Resolver:
    """Compile ``{"@if": {"exists": …, "then": …, "else": …}}``, or with ``blank`` instead of ``exists``."""
    arguments = Arguments(value, compiler)
    nothing = Constant(MISSING)
    exists, blank = arguments.value("exists"), arguments.value("blank")
    then, otherwise = arguments.value("then") or nothing, arguments.value("else") or nothing
    arguments.compile_unread()
    if arguments.is_object and not truthy(arguments.get("exists")) and not truthy(arguments.get("blank")):
        compiler.problem('@if requires an "exists" key or a "blank" key')
    if not truthy(arguments.get("else")):
        otherwise = nothing  # the reference's rule: "else" can't give false, 0, "" or null, "then" can
    return If(test=exists or blank or nothing, blank=exists is None, then=then, otherwise=otherwise)
