"""What is allowed but is likely to be a mistake."""

from collections.abc import Iterator
from functools import partial

from capi_actions.config.destinations import advice
from capi_actions.config.structure import did_you_mean
from capi_actions.errors import Problem
from capi_actions.pipeline.recipe import SYNC_MODE
from capi_actions.pipeline.route import Route

_MAGIC = "__segment_internal_"


def lint_route(route: Route) -> Iterator[Problem]:
    """Look for triggers that never match, fields that nothing fills, and keys that no field has."""
    for problem in route.trigger.problems():
        yield Problem(problem.message, f"{route.path}.trigger", problem.code)
    mapping, fields, at = route.recipe.mapping, route.action.fields, f"{route.path}.mapping"
    if f"{_MAGIC}directive" in mapping:
        return
    for key, spec in fields.items():
        if spec.required is True and mapping.get(key) is None:
            yield Problem(f"{route.action.name} requires it, but nothing is mapped to it", f"{at}.{key}")
    for key in mapping:
        if key not in fields and not key.startswith(_MAGIC):
            hint = did_you_mean(key, list(fields))
            yield Problem(f"{route.action.name} has no such field; it is left out{hint}", f"{at}.{key}")
    mode = mapping.get(SYNC_MODE)
    if mode is not None and mode not in route.action.sync_modes:
        yield Problem(f"Sync mode {mode} is not supported", f"{at}.{SYNC_MODE}")
    give = partial(route.destination.advise_mapping, route.action.name, mapping)
    yield from advice(route.destination, "advise_mapping", give, at)
