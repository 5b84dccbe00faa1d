"""``capi outbox``: look after what waits and what failed."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from time import time
from typing import Any

import click
from rich.text import Text

from capi_actions.cli.console import cell, joined, moment, stdout, table, write
from capi_actions.cli.options import config_option, json_option, load_for_outbox
from capi_actions.errors import ConfigError
from capi_actions.model import DeadFilter, DeadLetter, Outbox, Stats
from capi_actions.runtime import open_outbox
from capi_actions.text import did_you_mean

_TIME = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"])


def filtered(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add options that choose dead letters."""
    options = (
        click.option("--id", "ids", type=int, multiple=True, help="The dead letter with this number."),
        click.option("--destination", help="Those of this destination."),
        click.option("--action", help="Those of this action."),
        click.option("--code", type=int, help="Those with this error code."),
        click.option("--subcode", type=int, help="Those with this error subcode."),
        click.option("--since", type=_TIME, help="Those buried at this time or later; UTC."),
        click.option("--before", type=_TIME, help="Those buried before this time; UTC."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def chosen(
    ids: tuple[int, ...], since: datetime | None, before: datetime | None, **conditions: Any
) -> DeadFilter:
    """Give the filter that the options of :func:`filtered` mean."""
    return DeadFilter(ids=ids or None, since=_seconds(since), before=_seconds(before), **conditions)


def must_choose(everything: bool, conditions: dict[str, Any]) -> None:
    """Ask for conditions, or for ``--all``, but not for both.

    :raises ConfigError: saying which is missing.
    """
    given = any(each not in (None, ()) for each in conditions.values())
    if everything and given:
        raise ConfigError.of("say either --all or conditions, not both", "")
    if not everything and not given:
        raise ConfigError.of("say which dead letters: --all, or conditions such as --subcode 2804003", "")


def row(letter: DeadLetter) -> tuple[Text, Text, Text]:
    """Describe a dead letter for people."""
    item = letter.item
    code = "/".join(str(number) for number in (letter.code, letter.subcode) if number is not None)
    tries = f"{letter.tries} {'try' if letter.tries == 1 else 'tries'}, {moment(letter.buried_at)}"
    why = [each for each in (letter.reason, letter.advice) if each]
    return (
        cell(letter.id),
        cell(item.event_id, item.action, item.destination),
        cell(*why, joined((f"code {code}," if code else "", tries))),
    )


def record(letter: DeadLetter) -> dict[str, Any]:
    """Describe a dead letter for machines, without the item's body."""
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
        "tries": letter.tries,
        "buried_at": letter.buried_at,
    }


def item_of(letter: DeadLetter) -> Any:
    """Give what was to be sent."""
    try:
        return json.loads(letter.item.body)
    except ValueError:  # a platform's items needn't be JSON
        return {"base64": base64.b64encode(letter.item.body).decode()}


def _seconds(time: datetime | None) -> float | None:
    return None if time is None else time.replace(tzinfo=UTC).timestamp()


@click.group()
def outbox() -> None:
    """Look after what waits and what could not be delivered."""


@contextmanager
def _opened(config_path: Path, destination: str | None = None) -> Iterator[tuple[Outbox, list[str]]]:
    """Open the outbox; give it with the names of the configured destinations.

    :param destination: must be one that is configured or has items.
    """
    config, plugins = load_for_outbox(config_path)
    with open_outbox(config, plugins) as store:
        if destination is not None and destination not in (*config.names, *store.stats()):
            hint = did_you_mean(destination, sorted({*config.names, *store.stats()}))
            raise click.UsageError(f"there is no destination {destination!r}{hint}")
        yield store, config.names


@outbox.command()
@config_option
@json_option
def stats(config_path: Path, as_json: bool) -> None:
    """Show what is held, by destination."""
    with _opened(config_path) as (store, configured):
        found = store.stats()
    if as_json:
        for name, each in found.items():
            write(_counts(name, each))
        return
    console = stdout()
    made = table("Outbox", "destination", "waiting", "delayed", "under way", "dead", "oldest")
    for name, each in found.items():
        counts = (cell(f"{count:,}") for count in (each.waiting, each.delayed, each.leased, each.dead))
        made.add_row(cell(name), *counts, cell("" if each.oldest is None else moment(each.oldest)))
    console.print(made)
    for name, each in found.items():
        for note in _notes(name, each, name in configured):
            console.print(cell(note, style="red"))


@outbox.command()
@config_option
@filtered
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="Rows in the table, which is made in memory; --json prints all.",
)
@json_option
def dead(config_path: Path, limit: int, as_json: bool, **conditions: Any) -> None:
    """List what could not be delivered, and why."""
    with _opened(config_path, conditions["destination"]) as (store, _):
        letters = store.dead(chosen(**conditions))
        if as_json:
            for letter in letters:
                write(record(letter))
            return
        made = table(
            "Dead letters", "id", "event", "why, and what helps", wide="why, and what helps", lines=True
        )
        for letter in islice(letters, limit):
            made.add_row(*row(letter))
        stdout().print(made)
        if any(True for _ in letters):
            click.echo(
                f"capi: these are the first {limit}; --json or `capi outbox export` print all", err=True
            )


@outbox.command()
@config_option
@filtered
def export(config_path: Path, **conditions: Any) -> None:
    """Print dead letters as JSON Lines, with the items themselves."""
    with _opened(config_path, conditions["destination"]) as (store, _):
        for letter in store.dead(chosen(**conditions)):
            write({**record(letter), "item": item_of(letter)})


@outbox.command()
@config_option
@filtered
@click.option("--all", "everything", is_flag=True, help="Replay every dead letter.")
@json_option
def replay(config_path: Path, everything: bool, as_json: bool, **conditions: Any) -> None:
    """Let dead letters wait again, after what was wrong is repaired.  Expired ones stay."""
    must_choose(everything, conditions)
    with _opened(config_path, conditions["destination"]) as (store, _):
        done = store.replay(chosen(**conditions), time())
    if as_json:
        write({"moved": done.moved, "expired": done.expired})
    elif done.moved + done.expired == 0:
        click.echo(_NONE, err=True)
    else:
        wait = f"{done.moved} {'waits' if done.moved == 1 else 'wait'} again"
        stay = f"; {done.expired} stay, as they are too old by now" if done.expired else ""
        click.echo(f"{wait}{stay}. Next: capi deliver", err=True)


@outbox.command()
@config_option
@filtered
@click.option("--all", "everything", is_flag=True, help="Delete every dead letter.")
def purge(config_path: Path, everything: bool, **conditions: Any) -> None:
    """Delete dead letters for good."""
    must_choose(everything, conditions)
    with _opened(config_path, conditions["destination"]) as (store, _):
        count = store.purge(chosen(**conditions))
    click.echo(f"{count} dead letter{'' if count == 1 else 's'} deleted." if count else _NONE, err=True)


_NONE = "No dead letter meets these conditions."


@outbox.command()
@config_option
@click.argument("destination")
def resume(config_path: Path, destination: str) -> None:
    """End a destination's pause or rest, after its fault is mended; what was put back waits no longer."""
    with _opened(config_path, destination) as (store, _):
        before = store.stats().get(destination, Stats())
        store.resume(destination)
    if before.pause:
        click.echo(f"{destination} goes on. Next: capi deliver", err=True)
    elif before.backoff_until is not None or before.delayed:
        click.echo(f"{destination} was not paused; what waited for a later try is due now.", err=True)
    else:
        click.echo(f"{destination} was not paused.", err=True)


def _notes(name: str, each: Stats, is_configured: bool) -> Iterator[str]:
    if each.pause:
        why = each.pause.judgement
        code = "/".join(str(number) for number in (why.code, why.subcode) if number is not None)
        since = f"{name} is paused since {moment(each.pause.since)}{f' ({code})' if code else ''}:"
        yield joined((since, why.reason, why.advice, f"Then: capi outbox resume {name}"))
    elif each.backoff_until is not None and each.backoff_until > time():
        yield (
            f"{name} rests until {moment(each.backoff_until)}, as the platform asked for it or failed;"
            f" `capi outbox resume {name}` ends that"
        )
    if each.undelivered and not is_configured:
        yield f"{name} isn't in the configuration: its items wait until [destinations.{name}] is there again"


def _counts(name: str, each: Stats) -> dict[str, Any]:
    return {
        "destination": name,
        "waiting": each.waiting,
        "delayed": each.delayed,
        "leased": each.leased,
        "dead": each.dead,
        "oldest": each.oldest,
        "backoff_until": each.backoff_until,
        "paused": _pause(each),
    }


def _pause(each: Stats) -> dict[str, Any] | None:
    if each.pause is None:
        return None
    why = each.pause.judgement
    return {
        "reason": why.reason,
        "advice": why.advice,
        "code": why.code,
        "subcode": why.subcode,
        "since": each.pause.since,
    }
