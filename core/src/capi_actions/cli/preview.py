"""``capi preview``: print what would be sent, without sending it."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from time import time
from typing import IO

import click
import orjson

from capi_actions.cli.console import echo_error, error_record, log_to_stderr
from capi_actions.cli.ingest import count_unmatched, held_back_record, most_common, refusal_record
from capi_actions.cli.inputs import input_options, read_records
from capi_actions.cli.options import (
    build_pipeline,
    config_option,
    files_argument,
    json_option,
    load_for_pipeline,
)
from capi_actions.cli.personal_data import PersonalDataWatch
from capi_actions.cli.preview_summary import survey_record, survey_view
from capi_actions.cli.record_mapper import likely_event, unmatched_name
from capi_actions.cli.tables import stdout
from capi_actions.errors import EventError
from capi_actions.jsonl import write_line
from capi_actions.model import Item
from capi_actions.notes import Finding, Notes, collect_notes, count_finding
from capi_actions.pipeline import HeldBack, Outcome, Refusal
from capi_actions.pipeline.survey import Survey

_MAX_NAMES = 1_000
_SHOWN_NAMES = 10  # of events that no mapping matches, and of values that are left out


@click.command()
@files_argument
@config_option
@click.option(
    "--summary",
    is_flag=True,
    help="Print figures instead of items: match keys, values left out, personal data where none may be.",
)
@json_option
@input_options
@log_to_stderr()
def preview(
    files: tuple[IO[bytes], ...],
    config_path: Path,
    summary: bool,
    as_json: bool,
    input_format: str | None,
    is_csv: bool,
) -> int:
    """Print what would be sent, without sending it.

    Prints one JSON line for each mapping that matches an event, with the item or the error, and one for each
    destination that an event is held back from, with the reason.  Nothing is stored.  Secrets from the
    environment may be missing.  Values that are left out, and events that no mapping matches, are counted at the
    end, on standard error.
    With --summary, prints figures instead: a table, or a JSON object.
    """
    config, plugins = load_for_pipeline(config_path, need_secrets=False)
    pipeline = build_pipeline(config, plugins)
    watch = PersonalDataWatch()
    invalid, failed, unmatched, survey = 0, False, Counter[str](), Survey(pipeline.routes)
    left_out = Counter[Finding]()
    for record in read_records(files, config, plugins, input_format, is_csv):
        event = record.event
        if isinstance(event, EventError):
            write_line({**record.place, "error": error_record(event)})
            failed = True
            invalid += 1
            continue
        of_filters = Notes()
        with collect_notes(of_filters):
            outcomes = pipeline.process_by_route(event, time())
        failed = failed or any(_is_failure(routed.outcome) for routed in outcomes)
        if not outcomes:
            count_unmatched(unmatched, unmatched_name(event))
        if summary:
            survey.add(event, outcomes)
            continue
        for finding in _dropped([of_filters, *(routed.notes for routed in outcomes)]):
            count_finding(left_out, finding)
        for outcome in (routed.outcome for routed in outcomes):
            if isinstance(outcome, Refusal):
                write_line(refusal_record(record.place, outcome))
            elif isinstance(outcome, HeldBack):
                write_line(held_back_record(outcome))
            else:
                write_line(_item_record(outcome))
                watch.look(outcome)
    if summary:
        _print_summary(
            survey, invalid, most_common(unmatched, _MAX_NAMES if as_json else _SHOWN_NAMES), as_json
        )
        return 1 if failed else 0
    for (path, reason), count in left_out.most_common(_SHOWN_NAMES):
        echo_error(f"capi: left out: {path} {count:,}: {reason}")
    event_names = [name for route in pipeline.routes for name in route.trigger.event_names]
    for name, count in most_common(unmatched, _SHOWN_NAMES).items():
        match = likely_event(name, event_names)
        hint = f"; did you mean {match!r}?" if match else ""
        echo_error(f"capi: no mapping matches: {name} {count:,}{hint}")
    return 1 if failed else 0


def _dropped(notes: Iterable[Notes]) -> Iterable[Finding]:
    """Return what was left out of an event, each finding once, in the order in which they were noted."""
    return dict.fromkeys(finding for noted in notes for finding in noted.dropped)


def _print_summary(survey: Survey, invalid: int, unmatched: dict[str, int], as_json: bool) -> None:
    if as_json:
        write_line(survey_record(survey, invalid, unmatched))
    else:
        stdout().print(survey_view(survey, invalid, unmatched))


def _is_failure(outcome: Outcome) -> bool:
    """Return whether an event fails, rather than being sent or held back on purpose."""
    return isinstance(outcome, Refusal) or (isinstance(outcome, HeldBack) and outcome.failed)


def _item_record(item: Item) -> dict[str, object]:
    return {
        "message_id": item.message_id,
        "destination": item.destination,
        "action": item.action,
        "item": orjson.Fragment(item.body),
    }
