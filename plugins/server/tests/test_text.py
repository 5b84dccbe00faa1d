"""Numbers in answers and on pages go with their nouns."""

import pytest

from capi_actions_server.text import count_noun


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 seconds"),
        (0.5, "0.5 seconds"),
        (1, "1 second"),
        (1.0, "1 second"),
        (30.0, "30 seconds"),
        (12_345_678, "12,345,678 seconds"),
    ],
)
def test_a_noun_is_singular_after_one_alone(number: float, text: str) -> None:
    """Whole floats of the configuration, too."""
    assert text == count_noun(number, "second")
