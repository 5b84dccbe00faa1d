"""Templates that ask for filters which don't exist: as in the reference, those do nothing, in silence."""

from collections.abc import Iterator
from difflib import get_close_matches

from capi_actions.errors import Problem
from capi_actions.mapping.compiler import Place, path_text
from capi_actions.model import Json
from capi_actions.pipeline.route import Route


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
