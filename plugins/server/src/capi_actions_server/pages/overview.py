"""What the status page shows: counts of the history, and what the outbox holds now."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Final

from attrs import Factory, define, frozen

from capi_actions import DeadFilter, Plugins, Stats
from capi_actions_server.history import Count, History, RecordedProblem
from capi_actions_server.pages.charts import Chart, Series, Span, make_chart
from capi_actions_server.service import Service

_COUNTED_LETTERS: Final = 10_000  # dead letters that are looked at

_PROBLEMS_READ, _PROBLEMS_SHOWN = 60, 12

# Outcomes, as the charts name them: those of events that came in, and those of items that went out.
INCOMING: Final = (
    ("accepted", "Accepted", ("mapped",)),
    ("held", "Held back", ("held_back",)),
    ("unmatched", "No mapping", ("unmatched",)),
    ("failed", "Refused", ("refused", "invalid")),
)
OUTGOING: Final = (
    ("delivered", "Delivered", ("delivered",)),
    ("retried", "Tried, again later", ("retried",)),
    ("failed", "Dead letters", ("dead",)),
)
WORDS: Final[Mapping[str, str]] = {
    "refused": "Refused before sending",
    "held_back": "Held back",
    "unmatched": "No mapping takes it",
    "invalid": "No event",
    "dead": "Became dead letters",
    "retried": "Tried again later",
    "paused": "Destination paused",
}


@frozen(kw_only=True)
class DestinationRow:
    """A destination as it is now.

    :ivar state: ``ok``, ``idle``, ``waiting`` or ``paused``; the CSS class.
    :ivar oldest: seconds since the oldest undelivered event happened; None if there is none.
    """

    name: str
    type: str
    state: str
    state_words: str
    stats: Stats
    oldest: float | None
    accepted: int
    delivered: int
    dead_in_span: int
    is_configured: bool


@frozen(kw_only=True)
class ActionRow:
    """What came in for an action, in the span; and its dead letters now."""

    destination: str
    action: str
    title: str
    accepted: int
    refused: int
    dead: int


@define(kw_only=True)
class Problem:
    """Something that went wrong within the last day, at one or several destinations.

    :ivar outcome: a key of :data:`WORDS`.
    :ivar last: Unix seconds.
    """

    outcome: str
    reason: str
    advice: str
    last: float
    destinations: list[str] = Factory(list)
    number: int = 0


@frozen(kw_only=True)
class Overview:
    """The status page."""

    span: Span
    incoming: Chart
    outgoing: Chart
    destinations: Sequence[DestinationRow]
    actions: Sequence[ActionRow]
    problems: Sequence[Problem]
    letters: int

    @property
    def waiting(self) -> int:
        """Undelivered items of all destinations."""
        return sum(row.stats.undelivered for row in self.destinations)

    @property
    def oldest(self) -> float | None:
        """Age of the oldest undelivered event, in seconds."""
        return max((row.oldest for row in self.destinations if row.oldest is not None), default=None)

    @property
    def attention(self) -> Sequence[DestinationRow]:
        """Destinations for which a person must do something."""
        return [row for row in self.destinations if row.stats.pause is not None]


def read_overview(service: Service, history: History, span: Span, now: float) -> Overview:
    """Read everything that the status page shows; it may wait for the disk.

    :raises OutboxError: when the outbox can't be read.
    :raises sqlite3.Error: when the history can't be read.
    """
    first = span.first_minute(now)
    counts = history.counts(first)
    all_stats = service.client.outbox.stats()
    letters = Counter(
        (letter.item.destination, letter.item.action)
        for letter in islice(service.client.outbox.dead(DeadFilter()), _COUNTED_LETTERS)
    )
    types = {destination.name: destination.type for destination in service.config.destinations}
    return Overview(
        span=span,
        incoming=_chart("What came in", span, first, counts, INCOMING),
        outgoing=_chart("What went out", span, first, counts, OUTGOING),
        destinations=[
            _destination(name, types, all_stats.get(name, Stats()), counts, now)
            for name in dict.fromkeys((*types, *all_stats))
        ],
        actions=list(_actions(counts, letters, service.plugins)),
        problems=group_problems(history.problems(_PROBLEMS_READ))[:_PROBLEMS_SHOWN],
        letters=sum(stats.dead for stats in all_stats.values()),
    )


def group_problems(problems: Iterable[RecordedProblem]) -> list[Problem]:
    """Return problems, those of several destinations as one, the last first."""
    groups: dict[tuple[str, str], Problem] = {}
    for problem in problems:
        group = groups.setdefault(
            (problem.outcome, problem.reason),
            Problem(outcome=problem.outcome, reason=problem.reason, advice=problem.advice, last=problem.last),
        )
        group.number += problem.number
        if problem.destination:
            group.destinations.append(problem.destination)
    return list(groups.values())


def _chart(
    title: str,
    span: Span,
    first: int,
    counts: Iterable[Count],
    kinds: Sequence[tuple[str, str, tuple[str, ...]]],
) -> Chart:
    values: dict[str, list[int]] = {key: [0] * span.bars for key, _, _ in kinds}
    keys = {outcome: key for key, _, outcomes in kinds for outcome in outcomes}
    for count in counts:
        index = (count.minute - first) // span.step
        if (key := keys.get(count.outcome)) and index < span.bars:  # a clock may have been set back
            values[key][index] += count.number
    return make_chart(
        title, span, first, [Series(key=key, label=label, values=values[key]) for key, label, _ in kinds]
    )


def _destination(
    name: str, types: Mapping[str, str], stats: Stats, counts: Sequence[Count], now: float
) -> DestinationRow:
    numbers: Counter[str] = Counter()
    for count in counts:
        if count.destination == name:
            numbers[count.outcome] += count.number
    state, words = _state(stats, numbers, now)
    return DestinationRow(
        name=name,
        type=types.get(name, "not configured"),
        state=state,
        state_words=words,
        stats=stats,
        oldest=None if stats.oldest is None else max(0.0, now - stats.oldest),
        accepted=numbers["mapped"],
        delivered=numbers["delivered"],
        dead_in_span=numbers["dead"],
        is_configured=name in types,
    )


def _state(stats: Stats, numbers: Mapping[str, int], now: float) -> tuple[str, str]:
    if stats.pause is not None:
        return "paused", "Paused: a person must act"
    if stats.backoff_until is not None and stats.backoff_until > now:
        return "waiting", f"Waits {round(stats.backoff_until - now):,} s before the next try"
    if numbers["delivered"]:
        return "ok", "Delivering"
    return ("waiting", "Nothing delivered yet") if stats.undelivered else ("idle", "Nothing to do")


def _actions(
    counts: Iterable[Count], letters: Mapping[tuple[str, str], int], plugins: Plugins
) -> Iterable[ActionRow]:
    numbers: dict[tuple[str, str], Counter[str]] = {}
    for count in counts:
        if count.action:
            numbers.setdefault((count.destination, count.action), Counter())[count.outcome] += count.number
    for destination, name in sorted({*numbers, *letters}):
        outcomes = numbers.get((destination, name), Counter())
        action = plugins.actions.get(name)
        yield ActionRow(
            destination=destination,
            action=name,
            title=action.title if action else name,
            accepted=outcomes["mapped"],
            refused=outcomes["refused"],
            dead=letters.get((destination, name), 0),
        )
