"""``capi outbox``: look after what waits and what failed."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from time import time
from typing import Any

import click
from rich.text import Text

from capi_actions.assembly import open_outbox
from capi_actions.cli.lines import write
from capi_actions.cli.options import config_option, json_option, load
from capi_actions.cli.tables import cell, joined, stdout, table
from capi_actions.config.structure import did_you_mean
from capi_actions.errors import ConfigError
from capi_actions.model import DeadLetter
from capi_actions.outbox import DeadFilter, Outbox, Stats


@click.group()
def outbox() -> None:
    """Look after what waits and what could not be delivered."""


def _open(config_path: Path) -> Outbox:
    return open_outbox(*load(config_path, need_secrets=False))


def _filtered(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add options that choose dead letters."""
    options = (
        click.option("--id", "ids", type=int, multiple=True, help="The dead letter with this number."),
        click.option("--destination", help="Those of this destination."),
        click.option("--action", help="Those of this action."),
        click.option("--code", type=int, help="Those with this error code."),
        click.option("--subcode", type=int, help="Those with this error subcode."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _which(ids: tuple[int, ...], **conditions: Any) -> DeadFilter:
    return DeadFilter(ids=ids or None, **conditions)


@outbox.command()
@config_option
@json_option
def stats(config_path: Path, as_json: bool) -> None:
    """Show what is held, by destination."""
    with _open(config_path) as store:
        found = store.stats()
    if as_json:
        for name, each in found.items():
            write(_counts(name, each))
        return
    console = stdout()
    made = table("Outbox", "destination", "waiting", "later", "under way", "dead", "oldest")
    for name, each in found.items():
        counts = (cell(f"{count:,}") for count in (each.waiting, each.later, each.leased, each.dead))
        made.add_row(cell(name), *counts, cell("" if each.oldest is None else _moment(each.oldest)))
    console.print(made)
    for name, each in found.items():
        if each.pause:
            why = joined((each.pause.judgement.reason, each.pause.judgement.advice))
            console.print(cell(f"{name} is paused: {why} Then: capi outbox resume {name}", style="red"))


@outbox.command()
@config_option
@_filtered
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
    with _open(config_path) as store:
        letters = store.dead(_which(**conditions))
        if as_json:
            for letter in letters:
                write(_record(letter))
            return
        made = table(
            "Dead letters", "id", "event", "why, and what helps", wide="why, and what helps", lines=True
        )
        for letter in islice(letters, limit):
            made.add_row(*_row(letter))
        stdout().print(made)
        if any(True for _ in letters):
            click.echo(
                f"capi: these are the first {limit}; --json or `capi outbox export` print all", err=True
            )


@outbox.command()
@config_option
@_filtered
def export(config_path: Path, **conditions: Any) -> None:
    """Print dead letters as JSON Lines, with the items themselves."""
    with _open(config_path) as store:
        for letter in store.dead(_which(**conditions)):
            write({**_record(letter), "item": _item(letter.item.body)})


@outbox.command()
@config_option
@_filtered
@click.option("--all", "everything", is_flag=True, help="Replay every dead letter.")
@json_option
def replay(config_path: Path, everything: bool, as_json: bool, **conditions: Any) -> None:
    """Let dead letters wait again, after what was wrong is mended.  Expired ones stay."""
    _must_choose(everything, conditions)
    with _open(config_path) as store:
        done = store.replay(_which(**conditions), time())
    if as_json:
        write({"moved": done.moved, "expired": done.expired})
        return
    click.echo(
        f"{done.moved} wait again; {done.expired} stay, as they are too old by now. Next: capi deliver",
        err=True,
    )


@outbox.command()
@config_option
@_filtered
@click.option("--all", "everything", is_flag=True, help="Delete every dead letter.")
def forget(config_path: Path, everything: bool, **conditions: Any) -> None:
    """Delete dead letters for good."""
    _must_choose(everything, conditions)
    with _open(config_path) as store:
        count = store.forget(_which(**conditions))
    click.echo(f"{count} dead letter{'' if count == 1 else 's'} deleted.", err=True)


@outbox.command()
@config_option
@click.argument("destination")
def resume(config_path: Path, destination: str) -> None:
    """End a destination's pause, after its fault is mended."""
    config, plugins = load(config_path, need_secrets=False)
    with open_outbox(config, plugins) as store:
        known = sorted({each.name for each in config.destinations} | store.stats().keys())
        if destination not in known:
            raise click.UsageError(
                f"there is no destination {destination!r}{did_you_mean(destination, known)}"
            )
        was_paused = store.resume(destination)
    click.echo(
        f"{destination} goes on. Next: capi deliver" if was_paused else f"{destination} was not paused.",
        err=True,
    )


def _must_choose(everything: bool, conditions: dict[str, Any]) -> None:
    if not everything and all(given in (None, ()) for given in conditions.values()):
        raise ConfigError.of("say which dead letters: --all, or conditions such as --subcode 2804003", "")


def _counts(name: str, each: Stats) -> dict[str, Any]:
    paused = each.pause.judgement if each.pause else None
    return {
        "destination": name,
        "waiting": each.waiting,
        "later": each.later,
        "leased": each.leased,
        "dead": each.dead,
        "oldest": each.oldest,
        "paused": None if paused is None else {"reason": paused.reason, "advice": paused.advice},
    }


def _row(letter: DeadLetter) -> tuple[Text, Text, Text]:
    item = letter.item
    code = "/".join(str(number) for number in (letter.code, letter.subcode) if number is not None)
    tries = f"{letter.tries} {'try' if letter.tries == 1 else 'tries'}, {_moment(letter.buried_at)}"
    why = [each for each in (letter.reason, letter.advice) if each]
    return (
        cell(letter.id),
        cell(item.event_id, item.action, item.destination),
        cell(*why, joined((f"code {code}," if code else "", tries))),
    )


def _record(letter: DeadLetter) -> dict[str, Any]:
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


def _item(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:  # a platform's items needn't be JSON
        return {"base64": base64.b64encode(body).decode()}


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(" ", "seconds")
