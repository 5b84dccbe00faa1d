"""Text for a terminal is harmless, and numbers go with their nouns."""

import pytest

from capi_actions_sandbox.text import count_noun, printable


@pytest.mark.parametrize(
    ("number", "nouns", "text"),
    [
        (0, ("event",), "0 events"),
        (1, ("event",), "1 event"),
        (2, ("event",), "2 events"),
        (1, ("person", "people"), "1 person"),
        (2, ("person", "people"), "2 people"),
    ],
)
def test_a_noun_is_singular_after_one_alone(number: int, nouns: tuple[str, ...], text: str) -> None:
    """In the log, the last line and the table of the demo."""
    assert text == count_noun(number, *nouns)


def test_what_could_steer_a_terminal_is_replaced() -> None:
    """Paths and error messages hold what strangers send."""
    assert "a?[2Jé" == printable("a\x1b[2Jé")
