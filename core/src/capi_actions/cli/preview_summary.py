"""The output of ``capi preview --summary``: tables, or one JSON object."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from capi_actions.cli.tables import cell, table
from capi_actions.notes import Finding
from capi_actions.pipeline.survey import DestinationSurvey, Survey
from capi_actions.text import count_noun

_SHOWN_ROWS = 20  # of each kind; JSON has all


def survey_record(survey: Survey, invalid: int, unmatched: Mapping[str, int]) -> dict[str, Any]:
    """Return a survey as a JSON object.

    :param invalid: how many lines were no events.
    :param unmatched: events that no mapping takes, by type and name.
    """
    return {
        "events": survey.events,
        "invalid": invalid,
        "unmatched": dict(unmatched),
        "destinations": {
            name: _record(destination_survey) for name, destination_survey in survey.destinations.items()
        },
        "unused_paths": dict(survey.unused_paths),
    }


def survey_view(survey: Survey, invalid: int, unmatched: Mapping[str, int]) -> Group:
    """Return a survey as tables; the parameters are those of :func:`survey_record`."""
    view = table("Events", "what", "how many")
    view.columns[1].justify = "right"
    view.add_row(cell("events read"), cell(f"{survey.events:,}"))
    if invalid:
        view.add_row(cell("not an event", style="red"), cell(f"{invalid:,}"))
    for name, count in unmatched.items():
        view.add_row(cell(f"no mapping matches: {name}"), cell(f"{count:,}"))
    parts: list[Table | Text] = [view]
    for name, destination_survey in survey.destinations.items():
        parts += _destination_tables(name, destination_survey)
    if survey.unused_paths:
        unused = table("Not used by any mapping", "path of the event", "events")
        unused.columns[1].justify = "right"
        _add_rows(unused, [(cell(path), cell(f"{count:,}")) for path, count in survey.unused_paths.items()])
        parts.append(unused)
    return Group(*parts)


def _record(survey: DestinationSurvey) -> dict[str, Any]:
    return {
        "items": survey.items,
        "refused": survey.refused,
        "held_back": dict(survey.held_back.most_common()),
        "match_keys": {
            key: {"items": count, "share": round(count / survey.items, 4) if survey.items else 0.0}
            for key, count in survey.match_keys.items()
        },
        "dropped": findings_record(survey.dropped, "reason"),
        "uncertain": findings_record(survey.uncertain, "reason"),
        "personal_data": findings_record(survey.personal_data, "kind"),
        "refusals": findings_record(survey.refusals, "message"),
    }


def findings_record(findings: "Counter[Finding]", name: str) -> list[dict[str, Any]]:
    """Return findings as JSON objects, the most common ones first.

    :param name: the key of what is to be said about the field.
    """
    return [{"field": path, name: text, "items": count} for (path, text), count in findings.most_common()]


def _destination_tables(name: str, survey: DestinationSurvey) -> Iterator[Table | Text]:
    if survey.match_keys:
        keys = table(f"{name}: people can be recognised by", "key", "items", "share")
        for column in keys.columns[1:]:
            column.justify = "right"
        for key, count in survey.match_keys.items():
            keys.add_row(
                cell(key), cell(f"{count:,}"), cell(f"{count / survey.items:.0%}" if survey.items else "")
            )
        yield keys
    if survey.held_back:
        held = table(f"{name}: held back", "reason", "events", wide="reason")
        held.columns[1].justify = "right"
        reasons = survey.held_back.most_common()
        _add_rows(held, [(cell(reason), cell(f"{count:,}")) for reason, count in reasons])
        yield held
    title = f"{name}: {count_noun(survey.items, 'item')}, {survey.refused:,} refused"
    rows = [
        (cell(path), cell(f"{words} {text}", style=style), cell(f"{count:,}"))
        for findings, words, style in (
            (survey.refusals, "refused:", "red"),
            (survey.personal_data, "isn't hashed, but seems to hold", "red"),
            (survey.dropped, "left out:", "yellow"),
            (survey.uncertain, "a value", "yellow"),
        )
        for (path, text), count in findings.most_common()
    ]
    if not rows:
        yield cell(title)
        return
    lines = table(title, "field", "what", "items", wide="what")
    lines.columns[2].justify = "right"
    _add_rows(lines, rows)
    yield lines


def _add_rows(view: Table, rows: Sequence[Sequence[Text]]) -> None:
    for row in rows[:_SHOWN_ROWS]:
        view.add_row(*row)
    if len(rows) > _SHOWN_ROWS:
        view.add_row(cell(f"{len(rows) - _SHOWN_ROWS:,} more: --json prints all", style="dim"))
