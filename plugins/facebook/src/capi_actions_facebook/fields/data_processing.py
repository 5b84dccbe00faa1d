"""Limited Data Use: the data processing options.

Source: "server event" in ``docs/reference/sources.md``.
"""

from collections.abc import Sequence
from typing import Any

from capi_actions import Choice, EventError, JsonObject, Problem
from capi_actions_facebook.facts import STATES

OPTIONS = (
    Choice("LDU", "Limited Data Use"),
    Choice("true", "Limited Data Use"),
    Choice("false", "Nothing is said"),
    Choice("1", listed=False),
    Choice("0", listed=False),
)
"""What the field takes, alone or in a list; an empty list says that data use isn't limited."""

_LIMITED = frozenset({"LDU", "true", "1"})
_KEY = "data_processing_options"
_SUBCODE = 2804019


def wire_data_processing(options: Any, country: int | None, state: int | None) -> JsonObject:
    """Return the keys of a server event that limit how its data is used, or say that nothing does.

    Country and state are 0 together (Meta finds out from the IP address), or 1 and one of the STATES; both may be
    left out for 0.

    :param options: a list of the OPTIONS, or a boolean; None says nothing.
    :raises EventError: when country and state don't go together.
    """
    if options is None or options is False:
        return {}
    if options == []:
        return {_KEY: []}
    if options is not True and not _LIMITED.intersection(options):
        return {}
    if problems := region_problems(country, state):
        raise EventError(problems)
    return {_KEY: ["LDU"], f"{_KEY}_country": int(country or 0), f"{_KEY}_state": int(state or 0)}


def region_problems(country: int | None, state: int | None) -> Sequence[Problem]:
    """Return why a country and a state don't go together."""
    if country in (None, 0) and state in (None, 0):
        return ()
    if country == 1 and state in STATES and state:
        return ()
    if country == 1:
        message = f"with country 1, the United States, a state is needed: {_states()}; or 0 for both"
        return [Problem(message, f"$.{_KEY}_state", _SUBCODE)]
    if country is None:
        message = "a state needs its country: 1, the United States; or leave both out"
        return [Problem(message, f"$.{_KEY}_country", _SUBCODE)]
    message = "with country 0 Meta finds out the state, too: write 0 for both, or country 1 with the state"
    return [Problem(message, f"$.{_KEY}_state", _SUBCODE)]


def _states() -> str:
    first, *_, last = (state for state in STATES if state)
    return f"{first} ({STATES[first]}) to {last} ({STATES[last]})"
