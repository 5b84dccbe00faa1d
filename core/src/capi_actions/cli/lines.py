"""What the commands read and write."""

import os
import sys
from contextlib import suppress
from io import UnsupportedOperation
from pathlib import Path
from typing import Any

from capi_actions.cli.streams import ClosedStreamError
from capi_actions.errors import CapiError, ConfigError, EventError, Problem
from capi_actions.lines import read_lines
from capi_actions.lines import write_line as write
from capi_actions.model import Json

__all__ = ["discard_output", "error_record", "read_lines", "write", "write_if_read"]


def write_if_read(record: Json) -> None:
    """Write one line; when nobody reads any more, as after `head`, or nobody ever did, go on in silence.

    For commands that do more than print.
    """
    try:
        write(record)
    except BrokenPipeError:
        discard_output()
    except ClosedStreamError:
        pass


def discard_output() -> None:
    """Send the rest of standard output nowhere, also what Python still wants to write at its end."""
    with suppress(UnsupportedOperation), Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def error_record(error: CapiError) -> dict[str, Any]:
    """Describe an error for machines."""
    if not isinstance(error, ConfigError | EventError):
        return {"message": str(error), "path": "$"}
    record: dict[str, Any] = {"message": error.message, "path": error.path}
    if error.problems and error.problems[0].code is not None:
        record["code"] = error.problems[0].code
    if len(error.problems) > 1:
        record["problems"] = [_problem_record(each) for each in error.problems]
    return record


def _problem_record(problem: Problem) -> dict[str, Any]:
    record: dict[str, Any] = {"message": problem.message, "path": problem.path}
    return record if problem.code is None else {**record, "code": problem.code}
