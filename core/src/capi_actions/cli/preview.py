"""``capi preview``: what would be sent, without sending it."""

from pathlib import Path
from time import time
from typing import IO

import click
import orjson

from capi_actions.cli.lines import error_record, read_lines, write
from capi_actions.cli.options import config_option, files_argument, load_to_send
from capi_actions.errors import EventError
from capi_actions.model import Item
from capi_actions.pipeline import Pipeline, Refusal, decode_event


@click.command()
@files_argument
@config_option
def preview(files: tuple[IO[bytes], ...], config_path: Path) -> int:
    """Print what events would become: one JSON line for every mapping that takes one.

    Sends nothing and stores nothing.  Secrets from the environment may be missing.
    """
    pipeline = Pipeline.build(*load_to_send(config_path, need_secrets=False))
    failed = False
    for number, line in read_lines(files):
        try:
            if isinstance(line, EventError):
                raise line
            event = decode_event(line)
        except EventError as error:
            write({"line": number, "error": error_record(error)})
            failed = True
            continue
        for outcome in pipeline.process(event, time()):
            failed = failed or isinstance(outcome, Refusal)
            write(_record(outcome))
    return 1 if failed else 0


def _record(outcome: Item | Refusal) -> dict[str, object]:
    record: dict[str, object] = {
        "message_id": outcome.message_id,
        "destination": outcome.destination,
        "action": outcome.action,
    }
    if isinstance(outcome, Refusal):
        record["error"] = error_record(outcome.error)
    else:
        record["item"] = orjson.Fragment(outcome.body)
    return record
