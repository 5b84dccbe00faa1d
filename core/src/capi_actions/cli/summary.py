"""Progress of a run of ``capi send`` or ``capi deliver``, and its summary at the end."""

from collections.abc import Collection, Iterator, Mapping
from time import time
from typing import Any

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from capi_actions.cli.console import format_time, join_words
from capi_actions.cli.ingest import IngestStats, most_common
from capi_actions.cli.options import command_line
from capi_actions.cli.preview_summary import findings_record
from capi_actions.cli.record_mapper import likely_event
from capi_actions.cli.tables import ProgressBar, cell, stderr, table
from capi_actions.delivery import Summary
from capi_actions.model import Stats
from capi_actions.text import count_noun, platform_words

_SHOWN_NAMES = 10  # of events that no mapping matches


def progress_bar(task: str, total: int | None = None) -> Progress:
    """Return a progress bar, which is shown on terminals only.

    :param task: its description.
    :param total: bytes to read; None if unknown.
    """
    events = "{task.fields[events]:,} events, " if task == "reading" else ""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn(f"{events}{{task.fields[delivered]:,}} delivered"),
    )
    console = stderr()
    bar = ProgressBar(
        *columns, TimeElapsedColumn(), console=console, disable=not console.is_terminal, transient=True
    )
    bar.add_task(task, total=total, events=0, delivered=0)
    return bar


def summary_table(
    ingest_stats: IngestStats | None,
    summary: Summary,
    outbox_stats: Mapping[str, Stats],
    configured: Collection[str],
    event_names: Collection[str] = (),
) -> Table:
    """Return the summary of a run as a table.

    :param ingest_stats: what was read; None if nothing was.
    :param configured: names of the destinations in the configuration.
    :param event_names: names of events that some trigger asks for.
    """
    view = table("Sent" if ingest_stats else "Delivered", "what", "how many", "")
    view.columns[1].justify = "right"
    if ingest_stats:
        _add_ingest_rows(view, ingest_stats, event_names)
    view.add_row(
        cell("delivered", style="green"),
        cell(f"{summary.delivered:,}"),
        cell(f"in {count_noun(summary.requests, 'request')}"),
    )
    if summary.repaired:
        note = "without a field that the platform refused"
        view.add_row(cell("of which repaired"), cell(f"{summary.repaired:,}"), cell(note))
    if summary.buried:
        hint = command_line("outbox", "dead")
        view.add_row(cell("dead letters", style="red"), cell(f"{summary.buried:,}"), cell(hint))
    if ingest_stats and (others := settled_elsewhere(ingest_stats, summary, outbox_stats)):
        note = "at least: delivered, or made dead letters, by a process beside this one"
        view.add_row(cell("through another process"), cell(f"{others:,}"), cell(note))
    for name, stats in outbox_stats.items():
        if stats.undelivered:
            label = cell(f"waiting for {name}", style="yellow")
            notes = _waiting_notes(name, stats, summary, name in configured)
            view.add_row(label, cell(f"{stats.undelivered:,}"), cell(*notes))
        if stats.pause:
            judgement = stats.pause.judgement
            words = platform_words(judgement.platform_message, judgement.platform_field, judgement.trace_id)
            note = join_words((judgement.reason, judgement.advice, words))
            view.add_row(cell(f"{name} is paused", style="red"), cell(), cell(note))
    return view


def summary_record(
    ingest_stats: IngestStats | None, summary: Summary, outbox_stats: Mapping[str, Stats]
) -> dict[str, Any]:
    """Return the summary of a run as a JSON object.

    :param ingest_stats: what was read; None if nothing was.
    """
    ingested = (
        {
            "events": ingest_stats.events,
            "broken": ingest_stats.broken,
            "refused": ingest_stats.refused,
            "held_back": _held_back_by_destination(ingest_stats),
            "unmatched": dict(ingest_stats.unmatched),
            "dropped": findings_record(ingest_stats.notes.dropped, "reason"),
            "uncertain": findings_record(ingest_stats.notes.uncertain, "reason"),
            "stored": ingest_stats.stored,
            "already_sent": ingest_stats.repeated,
        }
        if ingest_stats
        else {}
    )
    return {
        **ingested,
        "delivered": summary.delivered,
        "repaired": summary.repaired,
        "buried": summary.buried,
        "requests": summary.requests,
        **(
            {"settled_elsewhere": settled_elsewhere(ingest_stats, summary, outbox_stats)}
            if ingest_stats
            else {}
        ),
        "waiting": sum(stats.undelivered for stats in outbox_stats.values()),
        "last_errors": {
            name: error
            for name, error in summary.last_errors.items()
            if name in outbox_stats and outbox_stats[name].undelivered
        },
        "paused": {name: stats.pause.judgement.reason for name, stats in outbox_stats.items() if stats.pause},
    }


def settled_elsewhere(ingest_stats: IngestStats, summary: Summary, outbox_stats: Mapping[str, Stats]) -> int:
    """Return how many of the items that this run stored another process has settled, at least.

    What this run neither delivered nor buried, and what isn't waiting any more, went through another process.  Items
    that waited before this run hide as many of them.
    """
    undelivered = sum(stats.undelivered for stats in outbox_stats.values())
    return max(0, ingest_stats.stored - summary.delivered - summary.buried - undelivered)


def merge(first: Summary, second: Summary) -> Summary:
    """Return the sum of two runs; of two errors of one destination, the second one."""
    return Summary(
        delivered=first.delivered + second.delivered,
        repaired=first.repaired + second.repaired,
        buried=first.buried + second.buried,
        released=first.released + second.released,
        requests=first.requests + second.requests,
        paused=tuple(sorted({*first.paused, *second.paused})),
        last_errors={**first.last_errors, **second.last_errors},
    )


def _add_ingest_rows(view: Table, ingest_stats: IngestStats, event_names: Collection[str]) -> None:
    view.add_row(cell("events read"), cell(f"{ingest_stats.events:,}"))
    for label, count in (
        ("not an event", ingest_stats.broken),
        ("refused before sending", ingest_stats.refused),
    ):
        if count:
            view.add_row(cell(label, style="red"), cell(f"{count:,}"), cell("see the lines printed"))
    for (destination, reason), count in ingest_stats.held_back.most_common():
        view.add_row(cell(f"held back from {destination}", style="yellow"), cell(f"{count:,}"), cell(reason))
    hint = command_line("actions")  # once: further rows without a likely name have nothing new to say
    for name, count in most_common(ingest_stats.unmatched, _SHOWN_NAMES).items():
        match = likely_event(name, event_names)
        note = f"did you mean {match!r}?" if match else hint
        hint = hint if match else ""
        view.add_row(cell(f"no mapping matches: {name}", style="dim"), cell(f"{count:,}"), cell(note))
    for words, findings in (
        ("left out:", ingest_stats.notes.dropped),
        ("a value", ingest_stats.notes.uncertain),
    ):
        for (path, text), count in findings.most_common(_SHOWN_NAMES):
            view.add_row(cell(path, style="yellow"), cell(f"{count:,}"), cell(f"{words} {text}"))
    if ingest_stats.repeated:
        view.add_row(
            cell("already sent"), cell(f"{ingest_stats.repeated:,}"), cell("left out, as --once says")
        )
    view.add_row(cell("stored in the outbox"), cell(f"{ingest_stats.stored:,}"))


def _held_back_by_destination(ingest_stats: IngestStats) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for (destination, reason), count in ingest_stats.held_back.items():
        counts.setdefault(destination, {})[reason] = count
    return counts


def _waiting_notes(name: str, stats: Stats, summary: Summary, is_configured: bool) -> Iterator[str]:
    """Return why items are waiting, and what delivers them."""
    if not is_configured:
        yield f"isn't in the configuration: add [destinations.{name}] again"
    elif stats.pause:
        yield command_line("outbox", "resume", name)
    else:
        if error := summary.last_errors.get(name):
            yield error
        if stats.backoff_until is not None and stats.backoff_until > time():
            yield f"backing off until {format_time(stats.backoff_until)}"
        yield command_line("deliver")
