"""`preview`, `send` and `check` warn of personal data that isn't hashed, by the field's name only."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from capi_actions.cli.personal_data import PersonalDataWatch
from capi_actions.model import Item

Ping = Callable[..., dict[str, Any]]
ADDRESS = "ada.lovelace@example.com"
MAPPING = '[[destinations.main.mappings]]\naction = "acme.ping"\n'


@pytest.mark.parametrize("command", ["preview", "send"])
def test_an_address_in_an_unhashed_field_is_warned_of_once(
    capi: Any, config: Path, ping: Ping, command: str
) -> None:
    """The platform forbids it, and it lies in the outbox as it is."""
    config.write_text(
        config.read_text(encoding="utf-8")
        + MAPPING
        + 'mapping = { name = { "@path" = "$.properties.note" } }\n',
        encoding="utf-8",
    )
    lines = [ping(number, properties={"note": ADDRESS}) for number in range(3)]
    result = capi(command, "-c", str(config), lines=lines)

    warnings = [line for line in result.err.splitlines() if "isn't hashed" in line]
    assert ["capi: warning: main: $.name isn't hashed, but seems to hold an e-mail address"] == warnings
    assert ADDRESS not in result.err


def test_check_warns_of_literals_and_names(capi: Any, config: Path) -> None:
    """Before any event comes."""
    mapping = (
        f'mapping = {{ name = "{ADDRESS}" }}\n'
        + MAPPING
        + 'mapping = { name = { "@path" = "$.traits.e-mail" } }\n'
    )
    config.write_text(config.read_text(encoding="utf-8") + MAPPING + mapping, encoding="utf-8")
    result = capi("check", "-c", str(config), "--json")
    messages = {line["path"]: line["message"] for line in result.lines if "hashed" in line["message"]}

    assert {
        "$.destinations.main.mappings[0].mapping.name": "isn't hashed, but holds an e-mail address",
        "$.destinations.main.mappings[1].mapping.name": (
            "isn't hashed, but takes $.traits.e-mail, by its name an e-mail address"
        ),
    } == messages
    assert ADDRESS not in result.out + result.err


def test_only_some_of_many_items_are_looked_at(capsys: pytest.CaptureFixture[str]) -> None:
    """Looking costs as much as mapping: after the first thousand, one in a hundred."""

    def item(data: Any) -> Item:
        return Item("main", "acme.ping", "m", "e", 1, 2, "", data)

    watch = PersonalDataWatch()
    harmless, personal = item(b'{"a":"x"}'), item(json.dumps({"a": ADDRESS}).encode())
    for _ in range(1000):
        watch.look(harmless)
    for _ in range(99):
        watch.look(personal)
    assert capsys.readouterr().err == ""
    watch.look(personal)
    assert "$.a isn't hashed" in capsys.readouterr().err
    watch.look(item(b"\xff no JSON"))
