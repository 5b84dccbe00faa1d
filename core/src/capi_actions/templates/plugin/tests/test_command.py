"""The command's own answers."""

from click.testing import CliRunner

from capi_actions_acme.command import count


def test_events_are_counted_by_type() -> None:
    """What is no event is counted, too."""
    lines = '{"type": "track"}\n{"type": "page"}\n{"type": "track"}\n[]\n{"\n'

    result = CliRunner().invoke(count, input=lines)

    assert result.output == '{"page":1,"track":2,"unreadable":2}\n'
