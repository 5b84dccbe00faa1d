"""``capi preview``: print what would be sent, without sending it."""

from collections import Counter
from pathlib import Path
from time import time
from typing import IO

import click
import orjson

from capi_actions.cli.console import error_record, log_to_stderr, printable
from capi_actions.cli.ingest import count_unmatched, most_common, refusal_record
from capi_actions.cli.options import config_option, files_argument, load_for_pipeline
from capi_actions.codec import decode_event
from capi_actions.errors import EventError
from capi_actions.jsonl import read_lines, write_line
from capi_actions.model import Item
from capi_actions.pipeline.pipeline import Pipeline, Refusal

_SHOWN_NAMES = 10  # of events that no mapping matches


@click.command()
@files_argument
@config_option
@log_to_stderr()
def preview(files: tuple[IO[bytes], ...], config_path: Path) -> int:
    """Print what would be sent, without sending it.

    Prints one JSON line for each mapping that matches an event, with the item or the error.  Nothing is
    stored.  Secrets from the environment may be missing.  Events that no mapping matches are counted
    at the end, on standard error.
    """
    pipeline = Pipeline.build(*load_for_pipeline(config_path, need_secrets=False))
    failed, unmatched = False, Counter[str]()
    for number, line in read_lines(files):
        try:
            if isinstance(line, EventError):
                raise line
            event = decode_event(line)
        except EventError as error:
            write_line({"line": number, "error": error_record(error)})
            failed = True
            continue
        outcomes = pipeline.process(event, time())
        if not outcomes:
            count_unmatched(unmatched, event)
        for outcome in outcomes:
            if isinstance(outcome, Refusal):
                failed = True
                write_line(refusal_record(number, outcome))
            else:
                write_line(_item_record(outcome))
    for name, count in most_common(unmatched, _SHOWN_NAMES).items():
        click.echo(printable(f"capi: no mapping matches: {name} {count:,}"), err=True)
    return 1 if failed else 0


def _item_record(item: Item) -> dict[str, object]:
    return {
        "message_id": item.message_id,
        "destination": item.destination,
        "action": item.action,
        "item": orjson.Fragment(item.body),
    }
