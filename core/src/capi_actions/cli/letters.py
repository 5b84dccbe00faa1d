"""Dead letters as rows and as records, and the options by which they are chosen."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click
from rich.text import Text

from capi_actions.cli.tables import cell, joined, moment
from capi_actions.errors import ConfigError
from capi_actions.model import DeadLetter
from capi_actions.outbox import DeadFilter

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
