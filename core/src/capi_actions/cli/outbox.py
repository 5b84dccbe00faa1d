"""``capi outbox``: see what is queued and what failed; replay, purge or export dead letters."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from time import time
from typing import Any

import click
from rich.text import Text

from capi_actions.cli.console import echo_error, format_time, join_words
from capi_actions.cli.options import (
    command_line,
    config_option,
    json_option,
    load_for_outbox,
    read_moment,
)
from capi_actions.cli.tables import cell, print_table, stdout, table
from capi_actions.errors import ConfigError
from capi_actions.jsonl import write_line
from capi_actions.model import DeadFilter, DeadLetter, Outbox, Stats
from capi_actions.runtime import open_outbox
from capi_actions.text import count_noun, did_you_mean, platform_words

_NONE_MATCHED = "No dead letter matches."


def _filter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that select dead letters; see :func:`dead_letter_filter`."""
    options = (
        click.option("--id", "ids", type=int, multiple=True, help="Only this dead letter; may be repeated."),
        click.option("--destination", metavar="NAME", help="Only those of this destination."),
        click.option("--action", metavar="NAME", help="Only those of this action."),
        click.option("--code", type=int, help="Only those with this error code."),
        click.option("--subcode", type=int, help="Only those with this error subcode."),
        click.option(
            "--since",
            callback=read_moment,
            metavar="TIME",
            help="Only those buried at this time or later, such as 2026-11-28 or 2026-11-28T12:30:00; UTC, if no zone"
            " is named.",
        ),
        click.option(
            "--before", callback=read_moment, metavar="TIME", help="Only those buried before this time."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group()
def outbox() -> None:
    """Look after queued events and dead letters."""


@outbox.command()
@config_option
@json_option
def stats(config_path: Path, as_json: bool) -> None:
    """Count what each destination has queued."""
    with _open(config_path) as (store, configured):
        all_stats = store.stats()
    if as_json:
        for name, stats in all_stats.items():
            write_line(_stats_record(name, stats))
        return
    console = stdout()
    view = table("Outbox", "destination", "waiting", "delayed", "in flight", "dead", "oldest")
    for name, stats in all_stats.items():
        counts = (cell(f"{count:,}") for count in (stats.waiting, stats.delayed, stats.leased, stats.dead))
        view.add_row(cell(name), *counts, cell("" if stats.oldest is None else format_time(stats.oldest)))
    print_table(console, view, "The outbox is empty.")
    for name, stats in all_stats.items():
        if stats.leased_until is not None:
            console.print(cell(_lease_notice(name, stats.leased_until)))
        for notice in _notices(name, stats, name in configured):
            console.print(cell(notice, style="red"))


@outbox.command()
@config_option
@_filter_options
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="Rows of the table, which is held in memory; --json prints all.",
)
@json_option
def dead(config_path: Path, limit: int, as_json: bool, **conditions: Any) -> None:
    """List dead letters with their reasons."""
    with _open(config_path, conditions["destination"]) as (store, _):
        letters = store.dead(dead_letter_filter(**conditions))
        if as_json:
            for letter in letters:
                write_line(dead_letter_record(letter))
            return
        view = table("Dead letters", "id", "event", "reason and advice", wide="reason and advice", lines=True)
        for letter in islice(letters, limit):
            view.add_row(*_dead_letter_row(letter))
        print_table(stdout(), view, "There are no such dead letters.")
        if any(True for _ in letters):
            echo_error(
                f"capi: only the first {limit} are shown;"
                f" --json or `{command_line('outbox', 'export')}` print all"
            )


@outbox.command()
@config_option
@_filter_options
def export(config_path: Path, **conditions: Any) -> None:
    """Print dead letters as JSON Lines, with their items."""
    with _open(config_path, conditions["destination"]) as (store, _):
        for letter in store.dead(dead_letter_filter(**conditions)):
            write_line({**dead_letter_record(letter), "item": _body(letter)})


@outbox.command()
@config_option
@_filter_options
@click.option("--all", "everything", is_flag=True, help="Replay every dead letter.")
@json_option
def replay(config_path: Path, everything: bool, as_json: bool, **conditions: Any) -> None:
    """Queue dead letters again.

    Do so after the cause is repaired.  Dead letters past their deadline are not replayed.
    """
    require_selection(everything, conditions)
    with _open(config_path, conditions["destination"]) as (store, _):
        replayed = store.replay(dead_letter_filter(**conditions), time())
    if as_json:
        write_line({"moved": replayed.moved, "expired": replayed.expired})
    elif replayed.moved + replayed.expired == 0:
        echo_error(_NONE_MATCHED)
    else:
        skipped = f"; {replayed.expired} skipped: past the deadline" if replayed.expired else ""
        echo_error(f"{_count(replayed.moved)} queued again{skipped}. Next: {command_line('deliver')}")


@outbox.command()
@config_option
@_filter_options
@click.option("--all", "everything", is_flag=True, help="Delete every dead letter.")
@json_option
def purge(config_path: Path, everything: bool, as_json: bool, **conditions: Any) -> None:
    """Delete dead letters for good."""
    require_selection(everything, conditions)
    with _open(config_path, conditions["destination"]) as (store, _):
        count = store.purge(dead_letter_filter(**conditions))
    if as_json:
        write_line({"deleted": count})
        return
    echo_error(f"{_count(count)} deleted." if count else _NONE_MATCHED)


@outbox.command()
@config_option
@click.argument("destination")
def resume(config_path: Path, destination: str) -> None:
    """End a destination's pause or back-off.

    Do so after the cause is repaired.  Delayed items become due at once.
    """
    with _open(config_path, destination) as (store, _):
        before = store.stats().get(destination, Stats())
        store.resume(destination)
    if before.pause:
        echo_error(f"{destination} is resumed. Next: {command_line('deliver')}")
    elif before.backoff_until is not None or before.delayed:
        echo_error(f"{destination} was not paused; its back-off has ended, and delayed items are due now.")
    else:
        echo_error(f"{destination} was not paused.")


def dead_letter_filter(
    ids: tuple[int, ...], since: int | None, before: int | None, **conditions: Any
) -> DeadFilter:
    """Return the filter that the options of :func:`_filter_options` describe."""
    return DeadFilter(ids=ids or None, since=since, before=before, **conditions)


def require_selection(everything: bool, conditions: dict[str, Any]) -> None:
    """Require either ``--all`` or conditions: forgotten conditions must not mean everything.

    :raises ConfigError: when there are neither or both.
    """
    has_conditions = any(condition not in (None, ()) for condition in conditions.values())
    if everything and has_conditions:
        raise ConfigError.of("use either --all or conditions, not both", "")
    if not everything and not has_conditions:
        raise ConfigError.of(
            "select dead letters with --all, or with conditions such as --subcode 2804003", ""
        )


def dead_letter_record(letter: DeadLetter) -> dict[str, Any]:
    """Return a dead letter as a JSON object, without the item's body."""
    item = letter.item
    return {
        "id": letter.id,
        "destination": item.destination,
        "action": item.action,
        "message_id": item.message_id,
        "event_id": item.event_id,
        "event_time": item.event_time,
        "deadline": item.deadline,
        "code": letter.code,
        "subcode": letter.subcode,
        "reason": letter.reason,
        "advice": letter.advice,
        "platform_message": letter.platform_message,
        "platform_field": letter.platform_field,
        "trace_id": letter.trace_id,
        "tries": letter.tries,
        "buried_at": letter.buried_at,
    }


@contextmanager
def _open(config_path: Path, destination: str | None = None) -> Iterator[tuple[Outbox, list[str]]]:
    """Open the outbox.

    :param destination: must be configured or have items.
    :returns: the outbox, and the names of the configured destinations.
    :raises click.UsageError: when there is no such destination.
    """
    config, plugins = load_for_outbox(config_path)
    with open_outbox(config, plugins) as store:
        if destination is not None and destination not in (*config.names, *store.stats()):
            hint = did_you_mean(destination, sorted({*config.names, *store.stats()}))
            raise click.UsageError(f"there is no destination {destination!r}{hint}")
        yield store, config.names


def _lease_notice(name: str, until: float) -> str:
    """Return until when items in flight are kept for the process that sends them."""
    if until < time():
        return f"{name}: the lease of what is in flight ended at {format_time(until)}; it is sent again"
    end = format_time(until)
    return f"{name}: what is in flight is leased until {end}; if its sender has ended, it is sent again then"


def _notices(name: str, stats: Stats, is_configured: bool) -> Iterator[str]:
    """Return sentences about why a destination delivers nothing now, and what a person can do."""
    if stats.pause:
        judgement = stats.pause.judgement
        code = _code(judgement.code, judgement.subcode)
        since = f"{name} is paused since {format_time(stats.pause.since)}{f' ({code})' if code else ''}:"
        words = platform_words(judgement.platform_message, judgement.platform_field, judgement.trace_id)
        hint = f"Then: {command_line('outbox', 'resume', name)}"
        yield join_words((since, judgement.reason, judgement.advice, words, hint))
    elif stats.backoff_until is not None and stats.backoff_until > time():
        yield (
            f"{name} is backing off until {format_time(stats.backoff_until)}: the platform asked for it, or"
            f" failed; `{command_line('outbox', 'resume', name)}` ends that"
        )
    if stats.undelivered and not is_configured:
        yield f"{name} isn't in the configuration: its items wait until [destinations.{name}] is added again"


def _dead_letter_row(letter: DeadLetter) -> tuple[Text, Text, Text]:
    item = letter.item
    code = _code(letter.code, letter.subcode)
    tries = f"{count_noun(letter.tries, 'try', 'tries')}, {format_time(letter.buried_at)}"
    words = platform_words(letter.platform_message, letter.platform_field, letter.trace_id)
    sentences = [text for text in (letter.reason, letter.advice, words) if text]
    return (
        cell(letter.id),
        cell(item.event_id, item.action, item.destination),
        cell(*sentences, join_words((f"code {code}," if code else "", tries))),
    )


def _stats_record(name: str, stats: Stats) -> dict[str, Any]:
    return {
        "destination": name,
        "waiting": stats.waiting,
        "delayed": stats.delayed,
        "leased": stats.leased,
        "leased_until": stats.leased_until,
        "dead": stats.dead,
        "oldest": stats.oldest,
        "backoff_until": stats.backoff_until,
        "paused": _pause_record(stats),
    }


def _pause_record(stats: Stats) -> dict[str, Any] | None:
    if stats.pause is None:
        return None
    judgement = stats.pause.judgement
    return {
        "reason": judgement.reason,
        "advice": judgement.advice,
        "code": judgement.code,
        "subcode": judgement.subcode,
        "platform_message": judgement.platform_message,
        "platform_field": judgement.platform_field,
        "trace_id": judgement.trace_id,
        "since": stats.pause.since,
    }


def _body(letter: DeadLetter) -> Any:
    """Return the item's body for JSON; in base64 if it isn't JSON, as a platform's items needn't be."""
    try:
        return json.loads(letter.item.body)
    except ValueError:
        return {"base64": base64.b64encode(letter.item.body).decode()}


def _code(*numbers: int | None) -> str:
    """Return an error's code and subcode, as far as there are any: ``100/2804003``."""
    return "/".join(str(number) for number in numbers if number is not None)


def _count(letters: int) -> str:
    return f"{letters} dead letter{'' if letters == 1 else 's'}"
