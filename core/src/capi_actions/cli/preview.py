"""``capi preview``: print what would be sent, without sending it."""

from collections import Counter
from pathlib import Path
from time import time
from typing import IO

import click
import orjson

from capi_actions.cli.console import error_record, printable
from capi_actions.cli.ingest import count_unmatched, most_common, refusal_record
from capi_actions.cli.inputs import input_options, read_records
from capi_actions.cli.options import config_option, files_argument, load_for_pipeline
from capi_actions.errors import EventError
from capi_actions.jsonl import write_line
from capi_actions.model import Item
from capi_actions.pipeline.pipeline import Pipeline, Refusal

_SHOWN_NAMES = 10  # of events that no mapping matches


@click.command()
@files_argument
@config_option
@input_options
def preview(files: tuple[IO[bytes], ...], config_path: Path, input_format: str | None, is_csv: bool) -> int:
    """Print what would be sent, without sending it.

    Prints one JSON line for each mapping that matches an event, with the item or the error.  Nothing is
    stored.  Secrets from the environment may be missing.  Events that no mapping matches are counted
    at the end, on standard error.
    """
    config, plugins = load_for_pipeline(config_path, need_secrets=False)
    pipeline = Pipeline.build(config, plugins)
    failed, unmatched = False, Counter[str]()
    for record in read_records(files, config, plugins, input_format, is_csv):
        event = record.event
        if isinstance(event, EventError):
            write_line({**record.place, "error": error_record(event)})
            failed = True
            continue
        outcomes = pipeline.process(event, time())
        if not outcomes:
            count_unmatched(unmatched, event)
        for outcome in outcomes:
            if isinstance(outcome, Refusal):
                failed = True
                write_line(refusal_record(record, outcome))
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
