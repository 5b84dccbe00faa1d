"""No character that steers a terminal reaches one: not from events, answers, plugins or configurations."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import Action, EventError, write_line
from capi_actions.cli import console

# C0, DEL, C1, soft hyphen, marks and overrides of direction, separators, isolates, tags, a byte order mark.
STEERING = [
    *("\x00", "\x07", "\x08", "\t", "\n", "\x0b", "\r", "\x1b[2J", "\x7f", "\x85", "\x9b2J", "\xad"),
    *(
        "\u061c",
        "\u200e",
        "\u200f",
        "\u2028",
        "\u2029",
        "\u202a",
        "\u202e",
        "\u2066",
        "\u2069",
        "\ufeff",
        "\U000e0041",
    ),
]
HOSTILE = "".join(f"{index}{characters}" for index, characters in enumerate(STEERING))
TEXTS = st.text(st.one_of(st.characters(), st.sampled_from("".join(STEERING))), max_size=40)


def assert_harmless(printed: str) -> None:
    """Check what a command printed, line by line."""
    for line in printed.split("\n"):
        assert line.isprintable(), ascii(line)


@pytest.fixture
def hostile_config(config: Path) -> Path:
    """A configuration with steering characters wherever text may stand."""
    hostile = json.dumps(HOSTILE)
    text = config.read_text(encoding="utf-8")
    text += f"""
[[destinations.main.mappings]]
action = "acme.ping"
trigger = {json.dumps(f'type = "track" and event = "{HOSTILE}')}
mapping = {{ {hostile} = "x", name = {{ {json.dumps("@" + HOSTILE)} = 1 }} }}

[[destinations.main.mappings]]
action = {hostile}
mapping_file = {hostile}

[destinations.{hostile}]
type = {hostile}
{hostile} = 1

[{hostile}]
{hostile} = {hostile}
"""
    config.write_text(text.replace("\\u007f", "\\u007F"), encoding="utf-8")
    return config


@pytest.mark.parametrize(
    "command",
    [
        ["check"],
        ["check", "--json"],
        ["preview"],
        ["send"],
        ["deliver"],
        ["outbox", "stats"],
        ["outbox", "resume", HOSTILE.replace("\0", "")],
    ],
    ids=" ".join,
)
def test_a_configuration_steers_no_terminal(capi: Any, hostile_config: Path, command: list[str]) -> None:
    """It may come from a stranger, too."""
    result = capi(*command, "-c", str(hostile_config))

    assert_harmless(result.out + result.err)


@pytest.mark.parametrize(
    "arguments", [["actions", HOSTILE], [HOSTILE], ["preview", HOSTILE], ["check", "-c", HOSTILE]]
)
def test_arguments_steer_no_terminal(capi: Any, config: Path, arguments: list[str]) -> None:
    """Scripts build them of file names."""
    result = capi(*(argument.replace("\0", "") for argument in arguments))

    assert result.status == 2
    assert_harmless(result.out + result.err)


def test_events_steer_no_terminal(capi: Any, config: Path, ping: Callable[..., dict[str, Any]]) -> None:
    """Neither their names, nor their ids, nor what becomes of them."""
    lines = [
        ping(event=HOSTILE, messageId=HOSTILE),
        ping(event=HOSTILE, type="page", name=HOSTILE, messageId=HOSTILE, userId=HOSTILE),
        {"type": HOSTILE, HOSTILE: HOSTILE},
        {"type": "group", HOSTILE: HOSTILE},
    ]
    for command in (["preview"], ["preview", "--summary"], ["send"], ["send", "--json"], ["outbox", "dead"]):
        result = capi(*command, "-c", str(config), lines=() if command[0] == "outbox" else lines, columns=300)
        assert_harmless(result.out + result.err)


def test_plugins_steer_no_terminal(capi: Any, install: Any, config: Path) -> None:
    """A description is text from a stranger's package."""
    action = Action(name="acme.odd", title=HOSTILE, description=HOSTILE, trigger=None, fields={}, build=dict)
    install("odd", capi_actions=[action])
    for command in (
        ["actions"],
        ["actions", "acme.odd"],
        ["actions", "--markdown"],
        ["actions", "--json"],
        ["plugins"],
    ):
        result = capi(*command, columns=300)
        assert_harmless(result.out + result.err)


@given(TEXTS)
def test_one_line_of_text_is_one_line_of_the_terminal(text: str) -> None:
    """Whatever is in it; what can be seen stays."""
    shown = console.printable(text)

    assert shown.isprintable()
    assert len(shown) == len(text)
    assert all(new == old for new, old in zip(shown, text, strict=True) if old.isprintable())


@given(
    st.recursive(TEXTS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3))
)
def test_json_lines_steer_no_terminal_and_keep_their_values(record: Any) -> None:
    """JSON has an escape for every character, and needs it for few."""
    written: list[bytes] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout", _Output(written))
        try:
            write_line(record)
        except EventError:
            pytest.fail("what is JSON can be written")
    line = b"".join(written).decode().removesuffix("\n")

    assert line.isprintable()
    assert record == json.loads(line)


class _Output:
    """Standard output that keeps what is written."""

    def __init__(self, written: list[bytes]) -> None:
        self.buffer = self
        self.write = written.append

    def flush(self) -> None:
        """Do nothing."""


def test_commands_write_text_through_one_function() -> None:
    """Else the next message would forget it."""
    folder = Path(console.__file__).parent
    for path in folder.glob("*.py"):
        if path.name != "console.py":
            calls = r"click\.s?echo|std(?:err|out)\.write"
            assert [] == re.findall(calls, path.read_text(encoding="utf-8")), path.name
