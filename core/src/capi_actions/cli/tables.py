"""Tables for people: nothing is cut off however narrow the terminal, and no text can steer it."""

from collections.abc import Iterable
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text


def stderr() -> Console:
    """Give the console for progress and accompanying tables."""
    return Console(stderr=True, highlight=False)


def stdout() -> Console:
    """Give the console for tables that were asked for."""
    return Console(highlight=False)


def table(title: str, *columns: str, wide: str = "", lines: bool = False) -> Table:
    """Make a table whose cells fold; add rows of :func:`cell`.

    :param wide: the column that takes what width is left.
    :param lines: put lines between rows, for rows of several lines.
    """
    made = Table(title=title, show_lines=lines)
    for column in columns:
        made.add_column(column, overflow="fold", ratio=1 if column == wide else None)
    return made


def cell(*parts: object, style: str = "") -> Text:
    """Make a cell of one line for each part; what isn't printable becomes U+FFFD."""
    return Text("\n".join(printable(str(part)) for part in parts), style=style)


def printable(text: str) -> str:
    """Put U+FFFD for what can't be printed: names come from events, and could steer a terminal."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )


def moment(seconds: float) -> str:
    """Write a time, Unix seconds, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(" ", "seconds")


def joined(parts: Iterable[str]) -> str:
    """Join the parts that aren't empty."""
    return " ".join(part for part in parts if part)
