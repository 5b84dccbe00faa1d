"""A survey of events: how well people can be recognised, what is lost on the way, and what may not be sent.

No values of events are kept, only names of fields, reasons and counts.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from attrs import Factory, define

from capi_actions.codec import decode_json
from capi_actions.errors import EventError, json_path
from capi_actions.model import MISSING, Destination, Field, Item, JsonObject
from capi_actions.notes import Finding, Notes, count_finding
from capi_actions.personal_data import find_personal_data, mask
from capi_actions.pipeline.filters import HeldBack
from capi_actions.pipeline.pipeline import Refusal, RoutedOutcome
from capi_actions.pipeline.route import Route
from capi_actions.tracebacks import where
from capi_actions.triggers.syntax import read_paths

_MAX_NAMES = 1_000  # of fields in each count: a sender may put an id into each name
_OTHERS = "others"
_ENVELOPE_PATHS = frozenset({("type",), ("event",), ("messageId",)})  # the core uses them itself

EventPath: TypeAlias = tuple[str, ...]
"""Keys from the event's root to a value; items of lists count as one, so indices are left out."""


@define
class DestinationSurvey:
    """What became of events at one destination.

    :ivar items: items that were made.
    :ivar refused: items that could not be made.
    :ivar held_back: how many events a filter held back, and why.
    :ivar match_keys: how many items have each key by which the platform recognises people.
    :ivar dropped: how often a field's value was left out, and why.
    :ivar uncertain: how often a value can be sent, but will hardly be recognised, or read in a way that may be wrong.
    :ivar personal_data: how often a field that isn't hashed seems to hold personal data, and of which kind.
    :ivar refusals: how often an item was refused, and why.
    """

    items: int = 0
    refused: int = 0
    held_back: "Counter[str]" = Factory(Counter)
    match_keys: "Counter[str]" = Factory(Counter)
    dropped: "Counter[Finding]" = Factory(Counter)
    uncertain: "Counter[Finding]" = Factory(Counter)
    personal_data: "Counter[Finding]" = Factory(Counter)
    refusals: "Counter[Finding]" = Factory(Counter)


class Survey:
    """Collects what events and their items have in common.

    :ivar events: how many events were added.
    :ivar destinations: by name.
    """

    def __init__(self, routes: Sequence[Route]) -> None:
        self.events = 0
        self.destinations: dict[str, DestinationSurvey] = {}
        for route in routes:
            self.destinations.setdefault(route.destination_name, DestinationSurvey())
        self._used_paths = {id(route): _used_paths(route) for route in routes}
        self._seen: Counter[EventPath] = Counter()
        self._used: set[EventPath] = set()

    def add(self, event: JsonObject, outcomes: Sequence[RoutedOutcome]) -> None:
        """Add an event and what its mappings made of it."""
        self.events += 1
        routes = [routed.route for routed in outcomes if routed.route is not None]
        if routes:  # a filter decides without looking at what mappings use
            self._add_paths(event, routes)
        for route, filtered, outcome, notes in outcomes:
            survey = self.destinations.setdefault(outcome.destination, DestinationSurvey())
            if isinstance(outcome, HeldBack):
                is_new = outcome.reason not in survey.held_back and len(survey.held_back) >= _MAX_NAMES
                survey.held_back[_OTHERS if is_new else outcome.reason] += 1
                continue
            if isinstance(outcome, Refusal):
                survey.refused += 1
                for problem in outcome.error.problems:
                    count_finding(survey.refusals, (problem.path, problem.loggable))
                continue
            survey.items += 1
            if route is not None:
                _survey_item(survey, route.destination, outcome)
                _survey_values(survey, route, filtered)
                _survey_notes(survey, notes)

    def _add_paths(self, event: JsonObject, routes: Sequence[Route]) -> None:
        used: frozenset[EventPath] = _ENVELOPE_PATHS.union(*(self._used_paths[id(route)] for route in routes))
        for path in sorted(_leaf_paths(event)):
            if any(path[:length] in used for length in range(len(path) + 1)):
                self._used.add(path)
            elif path in self._seen or len(self._seen) < _MAX_NAMES:
                self._seen[path] += 1

    @property
    def unused_paths(self) -> Mapping[str, int]:
        """The paths of events that no mapping and no trigger uses, with the number of events that have them."""
        return {
            mask(json_path(path)): count for path, count in self._seen.most_common() if path not in self._used
        }


def _survey_item(survey: DestinationSurvey, destination: Destination, item: Item) -> None:
    try:
        data = decode_json(item.body)
    except EventError:  # no JSON, as a platform's items needn't be
        return
    if not isinstance(data, dict):
        return
    for path, kind in set(find_personal_data(data)):
        count_finding(survey.personal_data, (mask(path), kind))
    try:
        match_keys = {str(key): bool(has_value) for key, has_value in destination.match_keys(data).items()}
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  a plugin may raise anything
        count_finding(survey.uncertain, ("$", f"match_keys() of {destination.name} failed ({where(error)})"))
        return
    for key, has_value in match_keys.items():
        survey.match_keys[key] += has_value


def _survey_values(survey: DestinationSurvey, route: Route, event: JsonObject) -> None:
    """Compare what the mapping found in the event with what was left of it."""
    compiled = route.compiled_action
    raw, clean = compiled.resolve(event), compiled.evaluate(event)
    if isinstance(raw, dict):
        fields = compiled.action.fields
        for path, reason in set(_find_dropped(raw, clean, fields, (), nested=False)):
            count_finding(survey.dropped, (path, reason))
        for path, reason in set(_find_uncertain(raw, fields, (), route.destination)):
            count_finding(survey.uncertain, (path, reason))


def _survey_notes(survey: DestinationSurvey, notes: Notes) -> None:
    """Count what action and destination left out or assumed."""
    for counter, findings in ((survey.dropped, notes.dropped), (survey.uncertain, notes.uncertain)):
        for path, text in findings:
            count_finding(counter, (mask(path), text))


def _find_dropped(
    raw: JsonObject, clean: JsonObject, fields: Mapping[str, Field], keys: EventPath, *, nested: bool
) -> Iterator[Finding]:
    """Find values that the action's fields don't let through."""
    for key, value in raw.items():
        if value is MISSING or value in (None, "", [], {}) or key.startswith("__"):
            continue
        spec, path = fields.get(key), json_path((*keys, key))
        if spec is None:
            yield path, "there is no such field"
            continue
        kept = clean.get((spec.sent_as if nested else None) or key, MISSING)
        if (
            spec.properties is not None
            and not spec.multiple
            and isinstance(value, dict)
            and isinstance(kept, dict)
        ):
            kept_keys = value.keys() - spec.properties.keys() if spec.additional_properties else set()
            members = {name: member for name, member in value.items() if name not in kept_keys}
            yield from _find_dropped(members, kept, spec.properties, (*keys, key), nested=True)
        elif kept is MISSING or kept in (None, "", []):
            yield path, "it is no usable value" if spec.hashed else "it counts as empty"
        elif spec.hashed and _length(kept) < _length(value):
            yield path, "some of its values are no usable ones, or equal to others"


def _find_uncertain(
    raw: JsonObject, fields: Mapping[str, Field], keys: EventPath, destination: Destination
) -> Iterator[Finding]:
    """Find personal values that the platform will hardly recognise."""
    for key, value in raw.items():
        spec = fields.get(key)
        if spec is None:
            continue
        if spec.properties is not None and isinstance(value, dict):
            yield from _find_uncertain(value, spec.properties, (*keys, key), destination)
        elif spec.hashed:
            for text in value if isinstance(value, list) else [value]:
                if isinstance(text, str | int) and (
                    warning := _value_warning(destination, spec.hashed, text)
                ):
                    yield json_path((*keys, key)), warning


def _value_warning(destination: Destination, key: str, value: str | int) -> str:
    try:
        return str(destination.value_warning(key, str(value)) or "")
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  a plugin may raise anything
        return f"value_warning() of {destination.name} failed ({where(error)})"


def _length(value: Any) -> int:
    return len(value) if isinstance(value, list) else 1


def _used_paths(route: Route) -> frozenset[EventPath]:
    mapped = (tuple(path.split(".")[1:]) for path in route.compiled_action.resolve.paths)
    triggering = read_paths(route.trigger.tree)
    return frozenset(tuple(key for key in path if not key.isdecimal()) for path in (*mapped, *triggering))


def _leaf_paths(event: JsonObject) -> set[EventPath]:
    paths: set[EventPath] = set()
    pending: list[tuple[EventPath, Any]] = [((), event)]
    while pending:
        path, value = pending.pop()
        if isinstance(value, dict) and value:
            pending += [((*path, str(key)), member) for key, member in value.items()]
        elif isinstance(value, list) and value:
            pending += [(path, item) for item in value]
        elif value not in (None, "", [], {}):
            paths.add(path)
    return paths
