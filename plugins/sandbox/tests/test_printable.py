"""Text for a terminal is harmless."""

from capi_actions_sandbox.serve import printable


def test_what_could_steer_a_terminal_is_replaced() -> None:
    """Paths and error messages hold what strangers send."""
    assert "a?[2Jé" == printable("a\x1b[2Jé")
