"""What came of a run: shown while it goes on, and at its end."""

from collections.abc import Collection, Iterator, Mapping
from time import time
from typing import Any

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from capi_actions.cli.console import cell, joined, moment, stderr, table
from capi_actions.cli.ingest import Tally, most_common
from capi_actions.delivery import Summary
from capi_actions.model import Stats

_NAMES = 10  # of events that no mapping takes


def progress_bar(task: str, total: int | None = None) -> Progress:
    """Make a progress bar, on terminals only.

    :param task: what goes on.
    :param total: bytes to read; None when nobody knows.
    """
    events = "{task.fields[events]:,} events, " if task == "reading" else ""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn(f"{events}{{task.fields[delivered]:,}} delivered"),
    )
    console = stderr()
    bar = Progress(
        *columns, TimeElapsedColumn(), console=console, disable=not console.is_terminal, transient=True
    )
    bar.add_task(task, total=total, events=0, delivered=0)
    return bar


def add(one: Summary, two: Summary) -> Summary:
    """Add two runs up."""
    return Summary(
        delivered=one.delivered + two.delivered,
        repaired=one.repaired + two.repaired,
        buried=one.buried + two.buried,
        released=one.released + two.released,
        requests=one.requests + two.requests,
        paused=tuple(sorted({*one.paused, *two.paused})),
        last_errors={**one.last_errors, **two.last_errors},
    )


def as_record(tally: Tally | None, summary: Summary, stats: Mapping[str, Stats]) -> dict[str, Any]:
    """Describe a run for machines.

    :param tally: what was read; None when nothing was.
    """
    read = (
        {
            "events": tally.events,
            "broken": tally.broken,
            "refused": tally.refused,
            "not_taken": dict(tally.not_taken),
            "stored": tally.stored,
        }
        if tally
        else {}
    )
    return {
        **read,
        "delivered": summary.delivered,
        "repaired": summary.repaired,
        "buried": summary.buried,
        "requests": summary.requests,
        "waiting": sum(each.undelivered for each in stats.values()),
        "last_errors": {
            name: why
            for name, why in summary.last_errors.items()
            if name in stats and stats[name].undelivered
        },
        "paused": {name: each.pause.judgement.reason for name, each in stats.items() if each.pause},
    }


def as_table(
    tally: Tally | None, summary: Summary, stats: Mapping[str, Stats], configured: Collection[str]
) -> Table:
    """Describe a run for people.

    :param configured: names of the destinations that there are in the configuration.
    """
    made = table("Sent" if tally else "Delivered", "what", "how many", "")
    made.columns[1].justify = "right"
    if tally:
        _add_read(made, tally)
    made.add_row(
        cell("delivered", style="green"),
        cell(f"{summary.delivered:,}"),
        cell(f"in {summary.requests:,} request{'' if summary.requests == 1 else 's'}"),
    )
    if summary.repaired:
        note = "without a field that the platform named"
        made.add_row(cell("of these, repaired"), cell(f"{summary.repaired:,}"), cell(note))
    if summary.buried:
        made.add_row(cell("dead letters", style="red"), cell(f"{summary.buried:,}"), cell("capi outbox dead"))
    for name, each in stats.items():
        if each.undelivered:
            what = cell(f"waiting for {name}", style="yellow")
            notes = _why_it_waits(name, each, summary, name in configured)
            made.add_row(what, cell(f"{each.undelivered:,}"), cell(*notes))
        if each.pause:
            judgement = each.pause.judgement
            note = joined((judgement.reason, judgement.advice))
            made.add_row(cell(f"{name} is paused", style="red"), cell(), cell(note))
    return made


def _why_it_waits(name: str, stats: Stats, summary: Summary, is_configured: bool) -> Iterator[str]:
    if not is_configured:
        yield f"isn't in the configuration: add [destinations.{name}] again"
    elif stats.pause:
        yield f"capi outbox resume {name}"
    else:
        if why := summary.last_errors.get(name):
            yield why
        if stats.backoff_until is not None and stats.backoff_until > time():
            yield f"nothing is sent before {moment(stats.backoff_until)}"
        yield "capi deliver"


def _add_read(made: Table, tally: Tally) -> None:
    made.add_row(cell("events read"), cell(f"{tally.events:,}"))
    if tally.broken:
        what = cell("not an event", style="red")
        made.add_row(what, cell(f"{tally.broken:,}"), cell("see the lines printed"))
    if tally.refused:
        what = cell("refused before sending", style="red")
        made.add_row(what, cell(f"{tally.refused:,}"), cell("see the lines printed"))
    for title, count in most_common(tally.not_taken, _NAMES).items():
        made.add_row(cell(f"no mapping takes: {title}", style="dim"), cell(f"{count:,}"))
    made.add_row(cell("stored in the outbox"), cell(f"{tally.stored:,}"))
