"""The table of ``capi demo``, and its rows as JSON."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from capi_actions import count_noun
from capi_actions_sandbox.demo.run import Row

# On a narrow terminal the last ones are left out.
_COLUMNS = ("event", "Meta received", "what else", "hashes", "source")
_WIDE, _MIDDLE = 100, 60  # characters
_LONGEST_NAME, _LEAST_WIDTH, _BORDERS = len("CompleteRegistration"), 5, 7


def print_rows(rows: Sequence[Row], hashes: int, equal: int) -> None:
    """Print a table of the rows, and what it shows as a whole.

    :param hashes: how many were compared with the pixel's.
    :param equal: how many of them are equal.
    """
    console = Console(highlight=False)
    table = Table(title="What Meta would have received")
    columns = _COLUMNS[: 5 if console.width >= _WIDE else 4 if console.width >= _MIDDLE else 2]
    for column in columns:
        table.add_column(
            column, overflow="fold", min_width=_LONGEST_NAME if column == "Meta received" else None
        )
    table.columns[0].max_width = max(_LEAST_WIDTH, console.width - _LONGEST_NAME - _BORDERS)
    for row in rows:
        event, received, *others = _cells(row)
        if len(columns) == 2:
            what_else, equal_hashes = others[0], others[1] + " hashes" if others[1] else others[1]
            received = Text("\n").join(line for line in (received, what_else, equal_hashes) if line)
        table.add_row(*[event, received, *others][: len(columns)])
    console.print(table)
    arrived = sum(row.received is not None for row in rows)
    console.print(
        f"{arrived} of {count_noun(len(rows), 'event')} arrived; for the others, the reason is shown above."
    )
    people = len({row.sample.event["userId"] for row in rows})
    share = "all are" if equal == hashes else f"only {equal} are"
    compared = f"{count_noun(hashes, 'hash', 'hashes')} of {count_noun(people, 'person', 'people')}"
    console.print(f"{compared}: {share} equal to those of the real pixel (2.9.324).")
    console.print("Next: capi init writes a configuration for your own pixel, capi check says what it lacks.")


def _cells(row: Row) -> tuple[Text, ...]:
    """Return a row's cells in the order of the columns."""
    title = Text(row.sample.title)
    if row.received is None:
        return title, Text("nothing", style="yellow"), Text(row.reason, style="yellow"), Text(), Text()
    return (
        title,
        Text(str(row.received["event_name"])),
        Text(_summary(row)),
        Text(f"{row.equal} of {row.hashes}", style="green" if row.equal == row.hashes else "red"),
        Text(str(row.received["action_source"])),
    )


def _summary(row: Row) -> str:
    custom = (row.received or {}).get("custom_data", {})
    parts = []
    if "value" in custom:
        parts.append(f"{custom['value']} {custom.get('currency', '')}".strip())
    if "contents" in custom:
        parts.append(count_noun(len(custom["contents"]), "product"))
    parts += [str(custom[key]) for key in ("search_string", "order_id") if key in custom]
    if "fbc" in (row.received or {}).get("user_data", {}):
        parts.append("fbc")
    return ", ".join(parts)


def record(row: Row) -> dict[str, object]:
    """Return a row as a JSON object."""
    return {
        "event": row.sample.title,
        "received": row.received,
        "hashes": row.hashes,
        "equal_to_pixel": row.equal,
        "reason": row.reason or None,
    }
