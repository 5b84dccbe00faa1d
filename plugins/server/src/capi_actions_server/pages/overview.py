"""What the status page shows: counts of the history, and what the outbox holds now."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from attrs import Factory, define, frozen

from capi_actions import DeadFilter, Plugins, Stats
from capi_actions_server.components import Components
from capi_actions_server.history import Count, History, RecordedProblem
from capi_actions_server.pages.charts import Chart, Series, Span, make_chart

_PROBLEMS_READ, _PROBLEMS_SHOWN = 60, 12
_ACTIONS_SHOWN: Final = 24

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
    :ivar delivered_by_bar: as many numbers as a chart has bars.
    """

    name: str
    type: str
    state: str
    state_words: str
    stats: Stats
    oldest: float | None
    accepted: int
    delivered_by_bar: Sequence[int]

    @property
    def delivered(self) -> int:
        """How many items were delivered in the span."""
        return sum(self.delivered_by_bar)


@frozen(kw_only=True)
class ActionRow:
    """What came in for an action, in the span; and its dead letters now.

    :ivar accepted_by_bar: as many numbers as a chart has bars.
    """

    destination: str
    action: str
    title: str
    accepted_by_bar: Sequence[int]
    refused: int
    dead: int

    @property
    def accepted(self) -> int:
        """How many events a mapping made items of."""
        return sum(self.accepted_by_bar)


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
    """The status page.

    :ivar destination: the one that all but the table of destinations is about; "" for all.
    :ivar actions: those that failed most and had most events, if there are too many to show.
    :ivar further_actions: how many aren't shown.
    :ivar letters: how many dead letters there are.
    :ivar waiting: how many items aren't delivered yet.
    :ivar oldest: how long ago the oldest event of those happened, in seconds; None if nothing waits.
    """

    span: Span
    destination: str
    incoming: Chart
    outgoing: Chart
    destinations: Sequence[DestinationRow]
    actions: Sequence[ActionRow]
    further_actions: int
    problems: Sequence[Problem]
    letters: int
    waiting: int
    oldest: float | None

    @property
    def attention(self) -> Sequence[DestinationRow]:
        """Destinations for which a person must do something."""
        return [row for row in self.destinations if row.stats.pause is not None]


def read_overview(
    components: Components, history: History, span: Span, now: float, destination: str = ""
) -> Overview:
    """Read everything that the status page shows; it may wait for the disk.

    :param destination: the one that it is to be about; all if there is none of this name.
    :raises OutboxError: when the outbox can't be read.
    :raises sqlite3.Error: when the history can't be read.
    """
    first = span.first_minute(now)
    all_stats = components.client.outbox.stats()
    types = {configured.name: configured.type for configured in components.config.destinations}
    names = list(dict.fromkeys((*types, *all_stats)))
    destination = destination if destination in names else ""
    everything = CountTable.of(history.counts(first), span, first)
    counts = everything.at(destination) if destination else everything
    letters = Counter(
        (letter.item.destination, letter.item.action)
        for letter in components.client.outbox.dead(DeadFilter(destination=destination or None))
    )
    problems = [
        problem for problem in history.problems(_PROBLEMS_READ) if destination in ("", problem.destination)
    ]
    actions = list(_actions(counts, letters, components.plugins))
    shown_stats = [stats for name, stats in all_stats.items() if destination in ("", name)]
    return Overview(
        span=span,
        destination=destination,
        incoming=_chart("What came in", counts, INCOMING),
        outgoing=_chart("What went out", counts, OUTGOING),
        destinations=[
            _destination(name, types, all_stats.get(name, Stats()), everything.at(name), now)
            for name in names
        ],
        actions=_worst_and_busiest(actions),
        further_actions=max(0, len(actions) - _ACTIONS_SHOWN),
        problems=group_problems(problems)[:_PROBLEMS_SHOWN],
        letters=sum(stats.dead for stats in shown_stats),
        waiting=sum(stats.undelivered for stats in shown_stats),
        oldest=max((_age(stats, now) or 0.0 for stats in shown_stats if stats.oldest), default=None),
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


@frozen
class CountTable:
    """Counts of a span: for each destination, action and outcome as many numbers as a chart has bars."""

    span: Span
    first: int
    rows: Mapping[tuple[str, str, str], Sequence[int]]

    @classmethod
    def of(cls, counts: Iterable[Count], span: Span, first: int) -> "CountTable":
        """Sort counts into bars.

        :param first: the minute at which the first bar begins.
        """
        rows: dict[tuple[str, str, str], list[int]] = {}
        for count in counts:
            index = (count.minute - first) // span.step
            if 0 <= index < span.bars:  # a clock may have been set back
                key = (count.destination, count.action, count.outcome)
                rows.setdefault(key, [0] * span.bars)[index] += count.number
        return cls(span, first, rows)

    def at(self, destination: str) -> "CountTable":
        """Return those of one destination."""
        rows = {key: numbers for key, numbers in self.rows.items() if key[0] == destination}
        return CountTable(self.span, self.first, rows)

    def by_bar(self, *outcomes: str, action: str | None = None) -> Sequence[int]:
        """Return how often any of these outcomes was counted, bar by bar.

        :param action: only those of this one.
        """
        chosen = [
            numbers
            for (_, name, outcome), numbers in self.rows.items()
            if outcome in outcomes and action in (None, name)
        ]
        return [sum(numbers) for numbers in zip(*chosen, strict=True)] or [0] * self.span.bars


def _chart(title: str, counts: CountTable, kinds: Sequence[tuple[str, str, tuple[str, ...]]]) -> Chart:
    series = [Series(key=key, label=label, values=counts.by_bar(*outcomes)) for key, label, outcomes in kinds]
    return make_chart(title, counts.span, counts.first, series)


def _destination(
    name: str, types: Mapping[str, str], stats: Stats, counts: CountTable, now: float
) -> DestinationRow:
    delivered = counts.by_bar("delivered")
    state, words = _state(stats, any(delivered), now)
    return DestinationRow(
        name=name,
        type=types.get(name, "not configured"),
        state=state,
        state_words=words,
        stats=stats,
        oldest=_age(stats, now),
        accepted=sum(counts.by_bar("mapped")),
        delivered_by_bar=delivered,
    )


def _age(stats: Stats, now: float) -> float | None:
    return None if stats.oldest is None else max(0.0, now - stats.oldest)


def _state(stats: Stats, has_delivered: bool, now: float) -> tuple[str, str]:
    if stats.pause is not None:
        return "paused", "Paused: a person must act"
    if stats.backoff_until is not None and stats.backoff_until > now:
        return "waiting", f"Waits {round(stats.backoff_until - now):,} s before the next try"
    if has_delivered:
        return "ok", "Delivering"
    return ("waiting", "Nothing delivered yet") if stats.undelivered else ("idle", "Nothing to do")


def _worst_and_busiest(actions: Sequence[ActionRow]) -> Sequence[ActionRow]:
    """Return as many as are shown, in the same order."""
    chosen = sorted(actions, key=lambda row: (-row.refused - row.dead, -row.accepted))[:_ACTIONS_SHOWN]
    return [row for row in actions if row in chosen]


def _actions(
    counts: CountTable, letters: Mapping[tuple[str, str], int], plugins: Plugins
) -> Iterable[ActionRow]:
    counted = {(destination, action) for destination, action, _ in counts.rows if action}
    for destination, name in sorted({*counted, *letters}):
        action, of_destination = plugins.actions.get(name), counts.at(destination)
        yield ActionRow(
            destination=destination,
            action=name,
            title=action.title if action else name,
            accepted_by_bar=of_destination.by_bar("mapped", action=name),
            refused=sum(of_destination.by_bar("refused", action=name)),
            dead=letters.get((destination, name), 0),
        )
