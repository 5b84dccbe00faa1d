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
        "destinations": {name: _record(found) for name, found in survey.destinations.items()},
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
    for name, found in survey.destinations.items():
        parts += _destination_tables(name, found)
    if survey.unused_paths:
        unused = table("Not used by any mapping", "path of the event", "events")
        unused.columns[1].justify = "right"
        _add_rows(unused, [(cell(path), cell(f"{count:,}")) for path, count in survey.unused_paths.items()])
        parts.append(unused)
    return Group(*parts)


def _record(found: DestinationSurvey) -> dict[str, Any]:
    return {
        "items": found.items,
        "refused": found.refused,
        "held_back": dict(found.held_back.most_common()),
        "match_keys": {
            key: {"items": count, "share": round(count / found.items, 4) if found.items else 0.0}
            for key, count in found.match_keys.items()
        },
        "dropped": findings_record(found.dropped, "reason"),
        "uncertain": findings_record(found.uncertain, "reason"),
        "personal_data": findings_record(found.personal_data, "kind"),
        "refusals": findings_record(found.refusals, "message"),
    }


def findings_record(findings: "Counter[Finding]", name: str) -> list[dict[str, Any]]:
    """Return findings as JSON objects, the most common ones first.

    :param name: the key of what is to be said about the field.
    """
    return [{"field": path, name: text, "items": count} for (path, text), count in findings.most_common()]


def _destination_tables(name: str, found: DestinationSurvey) -> Iterator[Table | Text]:
    if found.match_keys:
        keys = table(f"{name}: people can be recognised by", "key", "items", "share")
        for column in keys.columns[1:]:
            column.justify = "right"
        for key, count in found.match_keys.items():
            keys.add_row(
                cell(key), cell(f"{count:,}"), cell(f"{count / found.items:.0%}" if found.items else "")
            )
        yield keys
    if found.held_back:
        held = table(f"{name}: held back", "reason", "events", wide="reason")
        held.columns[1].justify = "right"
        reasons = found.held_back.most_common()
        _add_rows(held, [(cell(reason), cell(f"{count:,}")) for reason, count in reasons])
        yield held
    title = f"{name}: {count_noun(found.items, 'item')}, {found.refused:,} refused"
    rows = [
        (cell(path), cell(f"{words} {text}", style=style), cell(f"{count:,}"))
        for findings, words, style in (
            (found.refusals, "refused:", "red"),
            (found.personal_data, "isn't hashed, but seems to hold", "red"),
            (found.dropped, "left out:", "yellow"),
            (found.uncertain, "a value", "yellow"),
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
