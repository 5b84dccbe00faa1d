"""Tables and progress bars of ``capi``, drawn with rich.

In tables nothing is cut off, however narrow the terminal, and no text from outside can steer it.
"""

from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from capi_actions.cli.console import printable, set_shown_bar


def stdout() -> Console:
    """Return the console for the tables that a command is asked for."""
    return Console(highlight=False)


def stderr() -> Console:
    """Return the console for progress and accompanying tables."""
    return Console(stderr=True, highlight=False)


def table(title: str, *columns: str, wide: str = "", lines: bool = False) -> Table:
    """Return an empty table whose cells fold; add rows of :func:`cell`.

    :param wide: the column that takes the width that is left.
    :param lines: draw lines between rows, for rows of several lines.
    """
    view = Table(title=title, show_lines=lines)
    for column in columns:
        view.add_column(column, overflow="fold", ratio=1 if column == wide else None)
    return view


def print_table(console: Console, view: Table, empty: str) -> None:
    """Print a table, or a sentence if it has no rows."""
    console.print(view if view.row_count else cell(empty))


def cell(*lines: object, style: str = "") -> Text:
    """Return a table's cell; see :func:`printable`."""
    return Text("\n".join(printable(str(line)) for line in lines), style=style)


class ProgressBar(Progress):
    """A progress bar that makes room for lines; write them with :func:`echo_error` or :func:`try_write_line`."""

    def start(self) -> None:
        """Show the bar, if it isn't disabled."""
        super().start()
        set_shown_bar(None if self.disable else self)

    def stop(self) -> None:
        """Remove the bar."""
        set_shown_bar(None)
        super().stop()

    def print_line(self, line: str) -> None:
        """Write a line above the bar."""
        self.console.print(Text(line), soft_wrap=True)
