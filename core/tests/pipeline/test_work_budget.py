"""All mappings of a configuration share one budget of work for each event."""

from typing import Any

import pytest

from capi_actions import Item, Plugins
from capi_actions.config import read_config
from capi_actions.mapping.limits import MAX_UNMETERED_EVENT, MAX_WORK
from capi_actions.pipeline import Pipeline, Refusal

ACCOUNT = '[destinations.main]\ntype = "acme"\naccount = "a"\ntoken = "sesame"\n'
# One step for each character of the text: 900,000 of the 4 million that an event has.
COSTLY = """
[[destinations.main.mappings]]
action = "acme.ping"
mapping.name = { "@case" = { operator = "upper", value = { "@path" = "$.t" } } }
"""
# So many directives that the mapping alone is metered; none of these has anything to do.
_IDLE = ", ".join(['{ "@case" = { operator = "upper", value = { "@path" = "$.none" } } }'] * 5)
HEAVY = COSTLY + 'mapping.tag = { "@if" = { exists = { "@path" = "$.none" }, then = [' + _IDLE + "] } }\n"
WEIGHT = 16  # of one @case
EVENT = {"type": "track", "event": "x", "messageId": "m", "timestamp": 1, "t": "x" * 900_000}


def outcomes(plugins: Plugins, mappings: str, *, by_route: bool) -> list[Any]:
    """Process the event with the mappings of one destination."""
    pipeline = Pipeline.build(read_config(ACCOUNT + mappings, plugins), plugins)
    if by_route:
        return [routed.outcome for routed in pipeline.process_by_route(EVENT, 1.0)]
    return pipeline.process(EVENT, 1.0)


@pytest.mark.parametrize("by_route", [False, True])
@pytest.mark.parametrize(("mapping", "count"), [(COSTLY, MAX_UNMETERED_EVENT // WEIGHT + 1), (HEAVY, 6)])
def test_mappings_that_each_are_cheap_enough_are_too_much_together(
    plugins: Plugins, mapping: str, count: int, by_route: bool
) -> None:
    """Else every further mapping would cost as much again."""
    (alone,) = outcomes(plugins, mapping, by_route=by_route)
    together = outcomes(plugins, mapping * count, by_route=by_route)

    assert isinstance(alone, Item)
    assert [Item] * 4 + [Refusal] * (count - 4) == [type(outcome) for outcome in together]
    assert f"does more than {MAX_WORK:,} steps of work on this event" in str(together[-1].error)


def test_the_budget_begins_anew_with_every_event(plugins: Plugins) -> None:
    """Also after one that exhausted it."""
    pipeline = Pipeline.build(read_config(ACCOUNT + HEAVY * 5, plugins), plugins)

    assert [*[Item] * 4, Refusal] == [type(outcome) for outcome in pipeline.process(EVENT, 1.0)]
    assert [Item] * 5 == [type(outcome) for outcome in pipeline.process({**EVENT, "t": "x"}, 1.0)]
