"""``capi outbox``: look after what waits and what failed."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from time import time
from typing import Any

import click

from capi_actions.assembly import open_outbox
from capi_actions.cli.letters import chosen, filtered, item_of, must_choose, record, row
from capi_actions.cli.lines import write
from capi_actions.cli.options import config_option, json_option, load_for_outbox
from capi_actions.cli.tables import cell, joined, moment, stdout, table
from capi_actions.outbox import Outbox, Stats
from capi_actions.text import did_you_mean


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
    made = table("Outbox", "destination", "waiting", "later", "under way", "dead", "oldest")
    for name, each in found.items():
        counts = (cell(f"{count:,}") for count in (each.waiting, each.later, each.leased, each.dead))
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
    """Let dead letters wait again, after what was wrong is mended.  Expired ones stay."""
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
def forget(config_path: Path, everything: bool, **conditions: Any) -> None:
    """Delete dead letters for good."""
    must_choose(everything, conditions)
    with _opened(config_path, conditions["destination"]) as (store, _):
        count = store.forget(chosen(**conditions))
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
    elif before.rests_until is not None or before.later:
        click.echo(f"{destination} was not paused; what waited for a later try is due now.", err=True)
    else:
        click.echo(f"{destination} was not paused.", err=True)


def _notes(name: str, each: Stats, is_configured: bool) -> Iterator[str]:
    if each.pause:
        why = each.pause.judgement
        code = "/".join(str(number) for number in (why.code, why.subcode) if number is not None)
        since = f"{name} is paused since {moment(each.pause.since)}{f' ({code})' if code else ''}:"
        yield joined((since, why.reason, why.advice, f"Then: capi outbox resume {name}"))
    elif each.rests_until is not None and each.rests_until > time():
        yield (
            f"{name} rests until {moment(each.rests_until)}, as the platform asked for it or failed;"
            f" `capi outbox resume {name}` ends that"
        )
    if each.undelivered and not is_configured:
        yield f"{name} isn't in the configuration: its items wait until [destinations.{name}] is there again"


def _counts(name: str, each: Stats) -> dict[str, Any]:
    return {
        "destination": name,
        "waiting": each.waiting,
        "later": each.later,
        "leased": each.leased,
        "dead": each.dead,
        "oldest": each.oldest,
        "rests_until": each.rests_until,
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
