"""Directives that take values out of the event: ``@path``, ``@arrayPath``, and ``@literal``."""

from typing import Any

from capi_actions.errors import EventError
from capi_actions.mapping.arguments import Members, expect
from capi_actions.mapping.js_values import kind, truthy
from capi_actions.mapping.limits import MAX_PATH, MAX_STEPS
from capi_actions.mapping.nodes import Constant, Each, If, Path, with_gaps
from capi_actions.mapping.paths import look_up, split, without_root
from capi_actions.model import MISSING, Compiler, Json, Resolver

TEXT_OR_DIRECTIVE = ("string", "directive")
TEXT_OR_DIRECTIVE_WORDS = "a string or a mapping directive"


def compile_path(value: Json, compiler: Compiler) -> Resolver:
    """Compile ``{"@path": "$.traits.email"}``."""
    if not expect(value, TEXT_OR_DIRECTIVE, TEXT_OR_DIRECTIVE_WORDS, compiler):
        return Constant(MISSING)
    if isinstance(value, str):
        return _path(value, compiler, "")
    at, read = compiler.path, compiler.compile(value)

    def resolve(payload: Any) -> Any:
        path = read(payload)
        if not isinstance(path, str):
            raise EventError.of(f"@path: expected string, got {kind(path)}", at)
        if len(path) > MAX_PATH:
            raise EventError.of(f"a path should be at most {MAX_PATH:,} characters long", at)
        return look_up(payload, split(without_root(path)))

    return resolve


def compile_array_path(value: Json, compiler: Compiler) -> Resolver:
    """Compile ``{"@arrayPath": ["$.products", {"id": {"@path": "$.product_id"}}]}``."""
    if not expect(value, ("array",), "an array", compiler):
        return Constant(MISSING)
    first = value[0] if value else MISSING
    if not expect(first, TEXT_OR_DIRECTIVE, TEXT_OR_DIRECTIVE_WORDS, compiler):
        return Constant(MISSING)
    root = _path(first, compiler, "0") if isinstance(first, str) else compiler.compile(first, "0")
    shape = value[1] if len(value) > 1 else None
    if not isinstance(shape, dict) or not shape:
        return root
    return Each(with_gaps(root), compiler.compile(shape, "1"), compiler.path)


def compile_literal(value: Json, compiler: Compiler) -> Resolver:
    """Compile ``{"@literal": …}``; directives inside are resolved all the same."""
    return compiler.compile(value)


def _path(path: str, compiler: Compiler, at: str) -> Resolver:
    path = without_root(path)
    steps = split(path)
    if len(steps) > MAX_STEPS:
        compiler.problem(f"should be a path of at most {MAX_STEPS} steps", at)
        return Constant(MISSING)
    compiler.reads(path)
    return Path(steps)


def compile_if(value: Json, compiler: Compiler) -> Resolver:
    """Compile ``{"@if": {"exists": …, "then": …, "else": …}}``, or with ``blank`` for ``exists``."""
    members = Members(value, compiler)
    nothing = Constant(MISSING)
    exists, blank = members.any("exists"), members.any("blank")
    then, other = members.any("then") or nothing, members.any("else") or nothing
    members.others()
    if members.fine and not truthy(members.get("exists")) and not truthy(members.get("blank")):
        compiler.problem('@if requires an "exists" key or a "blank" key')
    if not truthy(members.get("else")):
        other = nothing  # the reference's rule: "else" can't give false, 0, "" or null, "then" can
    return If(test=exists or blank or nothing, blank=exists is None, then=then, other=other)
