"""What to do when a destination pauses, and with dead letters: to the letter."""

from collections.abc import Callable
from typing import Any


def test_a_pause_ends_and_a_dead_letter_is_sent_again(page: Callable[[str], list[Any]], reader: Any) -> None:
    """In the end, the outbox is empty."""
    reader.follow(page("docs/how-to/paused.md"))

    reader.paste("capi outbox stats --json; capi outbox dead --json")
    assert reader.out == ""
