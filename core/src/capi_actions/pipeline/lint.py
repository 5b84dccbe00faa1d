"""What is allowed but is likely to be a mistake."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import partial
from typing import Any

from attrs import evolve

from capi_actions.config.lint import advice
from capi_actions.errors import EventError, Problem
from capi_actions.fields import compile_fields
from capi_actions.mapping.compiler import Place, path_text
from capi_actions.model import Field, Json
from capi_actions.pipeline.compiled_action import SYNC_MODE
from capi_actions.pipeline.route import Route
from capi_actions.text import did_you_mean

_MAGIC = "__segment_internal_"


def lint_route(route: Route) -> Iterator[Problem]:
    """Look for triggers that never match, fields that nothing fills, and values that no field takes."""
    for problem in route.trigger.lint():
        yield Problem(problem.message, f"{route.path}.trigger", problem.code)
    mapping, fields, at = route.recipe.mapping, route.action.fields, f"{route.path}.mapping"
    if f"{_MAGIC}directive" in mapping:
        return
    for key, spec in fields.items():
        if spec.required is True and mapping.get(key) in (None, ""):
            message = f"{route.action.name} requires it, but nothing is mapped to it"
            yield Problem(message, f"{at}.{key}", spec.code)
    own = {key: value for key, value in mapping.items() if not key.startswith(_MAGIC)}
    yield from _members(own, fields, f"{route.action.name} has", at)
    mode = mapping.get(SYNC_MODE)
    if mode is not None and mode not in route.action.sync_modes:
        yield Problem(f"Sync mode {mode} is not supported", f"{at}.{SYNC_MODE}")
    give = partial(route.destination.lint_mapping, route.action.name, mapping)
    yield from advice(route.destination, "lint_mapping", give, at)


def _members(
    value: Mapping[str, Any], fields: Mapping[str, Field], holder: str, at: str
) -> Iterator[Problem]:
    for key, each in value.items():
        if key in fields:
            yield from _value(each, key, fields[key], f"{at}.{key}")
        else:
            hint = did_you_mean(key, list(fields))
            yield Problem(f"{holder} no such field; it is left out{hint}", f"{at}.{key}")


def _value(value: Any, key: str, spec: Field, at: str) -> Iterator[Problem]:
    """Check what stands in the mapping as it will be checked with every event; leave directives alone."""
    if isinstance(value, dict) and any(name.startswith("@") for name in value):
        return
    if isinstance(value, list) and spec.multiple:
        for index, each in enumerate(value):
            yield from _value(each, key, evolve(spec, multiple=False), f"{at}[{index}]")
    elif isinstance(value, dict) and spec.properties is not None:
        kept = value.keys() - spec.properties.keys() if spec.additional_properties else set()
        members = {name: each for name, each in value.items() if name not in kept}
        yield from _members(members, spec.properties, f"{key} has", at)
    elif not _has_directive(value):
        alone = evolve(spec, required=False, hashed=None, sent_as=None, properties=None)
        check = compile_fields({key: alone})
        try:
            check({key: value})
        except EventError as error:
            yield from (Problem(each.message, at, each.code) for each in error.problems)


def _has_directive(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_has_directive, value))
    return isinstance(value, dict) and (
        any(key.startswith("@") for key in value) or _has_directive(list(value.values()))
    )


def lint_templates(route: Route) -> Iterator[Problem]:
    """Name each such filter, with its place."""
    for place, source in _templates(route.recipe.mapping):
        from capi_actions.mapping.liquid import filters, template  # 0.2 s, and few mappings need it

        for name in template.unknown_filters(source):
            close = get_close_matches(name, filters.FILTERS, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            path = f"{route.path}.mapping{path_text(place).removeprefix('$')}"
            yield Problem(f"there is no filter {name!r}: it does nothing{hint}", path)


def _templates(mapping: Json) -> Iterator[tuple[Place, str]]:
    left: list[tuple[Place, Json]] = [((), mapping)]
    while left:
        place, value = left.pop()
        if isinstance(value, list):
            left += [((*place, index), each) for index, each in enumerate(value)]
        elif isinstance(value, dict):
            left += [((*place, key), each) for key, each in value.items()]
        elif isinstance(value, str) and place and place[-1] == "@liquid":
            yield place, value
