"""Events that no mapping takes, counted by type and name."""

from collections import Counter
from typing import Any

_NAMES = 1000
_LONGEST_NAME = 60  # characters


def note(counts: "Counter[str]", event: dict[str, Any]) -> None:
    """Count an event; past 1,000 names under "others", as a sender may put an id into each name."""
    name = event.get("event")
    title = f"{event['type']} {name[:_LONGEST_NAME]}" if isinstance(name, str) else str(event["type"])
    if title not in counts and len(counts) >= _NAMES:
        title = "others"
    counts[title] += 1


def most_common(counts: "Counter[str]", number: int) -> dict[str, int]:
    """Give the commonest names with their counts, and the rest added up under "others"."""
    common = dict(counts.most_common(number))
    rest = counts.total() - sum(common.values())
    return {**common, "others": common.get("others", 0) + rest} if rest else common
