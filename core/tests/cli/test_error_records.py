"""Errors as machines read them."""

from typing import Any

import pytest

from capi_actions import EventError, PluginError, Problem
from capi_actions.cli.console import error_record

TOO_OLD = Problem("happened 9 days ago", "$.time", 3)
NO_VALUE = Problem("Value is missing.", "$.value", 9)
ODD = Problem("is odd")


@pytest.mark.parametrize(
    ("problems", "record"),
    [
        ([TOO_OLD], {"message": "happened 9 days ago", "path": "$.time", "code": 3}),
        ([ODD], {"message": "is odd", "path": "$"}),
        ([], {"message": "", "path": "$"}),
        (
            [ODD, NO_VALUE, TOO_OLD],
            {
                "message": "is odd; Value is missing. happened 9 days ago",
                "path": "$",
                "problems": [
                    {"message": "is odd", "path": "$"},
                    {"message": "Value is missing.", "path": "$.value", "code": 9},
                    {"message": "happened 9 days ago", "path": "$.time", "code": 3},
                ],
            },
        ),
    ],
)
def test_every_problem_keeps_its_code_and_sentences_their_ends(
    problems: list[Problem], record: dict[str, Any]
) -> None:
    """A platform may have a number for the second alone; the reference's sentences end with a full stop."""
    assert record == error_record(EventError(problems))


def test_other_errors_have_a_sentence() -> None:
    """Those of plugins, the outbox and the transport."""
    record = error_record(PluginError("acme", "is broken"))

    assert record == {"message": "plugin 'acme': is broken", "path": "$"}
