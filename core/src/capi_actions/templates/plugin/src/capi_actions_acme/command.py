"""A command: a further word after ``capi``."""

from collections import Counter
from collections.abc import Sequence
from typing import IO

import click
from capi_actions import EventError, decode_json, hookimpl, read_lines, write_line


@click.command("acme")
@click.argument("files", type=click.File("rb"), nargs=-1, metavar="[FILE]...")
def count(files: tuple[IO[bytes], ...]) -> int:
    """Count events by their type; without FILE, those on standard input."""
    counts: Counter[str] = Counter()
    for line in read_lines(files):
        counts[event_type(line.text)] += 1
    write_line(dict(sorted(counts.items())))
    return 0


def event_type(line: bytes | EventError) -> str:
    """Return the type of the event in a line, which may be too long to be read."""
    if isinstance(line, EventError):
        return "unreadable"
    try:
        event = decode_json(line)
    except EventError:
        return "unreadable"
    return str(event.get("type")) if isinstance(event, dict) else "unreadable"


@hookimpl
def capi_commands() -> Sequence[click.Command]:
    """Offer the commands of this module."""
    return [count]
