"""``capi preview``: what would be sent, without sending it."""

from collections import Counter
from pathlib import Path
from time import time
from typing import IO

import click
import orjson

from capi_actions.cli.console import error_record, printable, read_lines, write
from capi_actions.cli.ingest import most_common, note, refusal_record
from capi_actions.cli.options import config_option, files_argument, load_to_send
from capi_actions.codec import decode_event
from capi_actions.errors import EventError
from capi_actions.model import Item
from capi_actions.pipeline.pipeline import Pipeline, Refusal

_NAMES = 10  # of events that no mapping takes


@click.command()
@files_argument
@config_option
def preview(files: tuple[IO[bytes], ...], config_path: Path) -> int:
    """Print what events would become: one JSON line for every mapping that takes one.

    Sends nothing and stores nothing.  Secrets from the environment may be missing.  Events that no
    mapping takes are counted at the end, on standard error.
    """
    pipeline = Pipeline.build(*load_to_send(config_path, need_secrets=False))
    failed, not_taken = False, Counter[str]()
    for number, line in read_lines(files):
        try:
            if isinstance(line, EventError):
                raise line
            event = decode_event(line)
        except EventError as error:
            write({"line": number, "error": error_record(error)})
            failed = True
            continue
        outcomes = pipeline.process(event, time())
        if not outcomes:
            note(not_taken, event)
        for outcome in outcomes:
            if isinstance(outcome, Refusal):
                failed = True
                write(refusal_record(number, outcome))
            else:
                write(_record(outcome))
    for title, count in most_common(not_taken, _NAMES).items():
        click.echo(printable(f"capi: no mapping takes: {title} {count:,}"), err=True)
    return 1 if failed else 0


def _record(item: Item) -> dict[str, object]:
    return {
        "message_id": item.message_id,
        "destination": item.destination,
        "action": item.action,
        "item": orjson.Fragment(item.body),
    }
