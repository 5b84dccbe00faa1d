"""The reference of configuration and command line: complete, and nothing in it is gone."""

import inspect
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import click
import pytest

from capi_actions import ConsentSettings, Plugins
from capi_actions.cli.app import app
from capi_actions.config import DeliveryConfig, MappingConfig, PluginsConfig
from capi_actions.inputs import Column, CsvOptions
from capi_actions_server.page_settings import PageSettings

CONFIGURATION = "docs/reference/configuration.md"
COMMANDS = "docs/reference/command-line.md"


def tables(text: str) -> dict[str, list[dict[str, str]]]:
    """Give the rows under each heading, `key` to default; later tables of a heading come after the first."""
    rows: dict[str, list[dict[str, str]]] = {}
    for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        heading, _, body = part.partition("\n")
        rows[heading.strip("`")] = [
            dict(re.findall(r"^\| `([^`]+)` \|.*?([^|]+)\|$", table, re.MULTILINE))
            for table in re.split(r"^\| key \|.*\n", body, flags=re.MULTILINE)[1:]
        ]
    return rows


def defaults(settings: type) -> dict[str, Any]:
    """Return a class's settings and their defaults; a factory's is what it makes."""
    return {
        attribute.name: default.factory() if hasattr(default := attribute.default, "factory") else default
        for attribute in attrs.fields(settings)
    }


def arguments(make: Callable[..., Any]) -> dict[str, Any]:
    """Give a factory's arguments and their defaults."""
    return {name: parameter.default for name, parameter in inspect.signature(make).parameters.items()}


def written(value: Any) -> str:
    """Write a default as the page does."""
    if value in (attrs.NOTHING, inspect.Parameter.empty):
        return "required"
    if value is None:
        return "none"
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def test_every_setting_is_in_the_reference(plugins: Plugins, root: Path) -> None:
    """With its default."""
    page = tables((root / CONFIGURATION).read_text(encoding="utf-8"))
    common, consent, facebook = page["[destinations.<name>]"]
    chosen = {"type": "sqlite", "path": "capi-outbox.sqlite3"}
    expected = {
        "[[destinations.<name>.mappings]]": defaults(MappingConfig)
        | {"trigger": "the prebuilt one", "mapping": "nothing"},
        "[outbox]": arguments(plugins.outboxes["sqlite"].make) | chosen,
        "[transport]": arguments(plugins.transports["urllib3"].make) | {"type": "urllib3"},
        "[delivery]": defaults(DeliveryConfig),
        "[plugins]": defaults(PluginsConfig),
    }

    assert list(common) == ["type", "mappings"]
    assert {key: value.strip() for key, value in consent.items()} == {
        key: written(value) for key, value in defaults(ConsentSettings).items()
    } | {"integration_names": "those of its type"}
    assert {key: value.strip() for key, value in facebook.items()} == {
        key: written(value) for key, value in defaults(plugins.destinations["facebook"].settings_type).items()
    }
    for heading, settings in expected.items():
        (shown,) = page[heading]
        plain = {key: value.strip().strip("`") for key, value in shown.items()}
        assert plain == {key: written(value).strip("`") for key, value in settings.items()}, heading
    options, column = page["[inputs.<name>]"]
    assert set(options) == {"format", *defaults(CsvOptions)}
    assert set(column) == {"as" if key == "kind" else key for key in defaults(Column)}
    *_, pages = page["[server]"]
    assert {key: value.strip().strip("`") for key, value in pages.items()} == {
        key: written(value).strip("`") for key, value in defaults(PageSettings).items()
    }
    assert len(page) == 8


def leaves(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    """Give all commands below one."""
    if not isinstance(command, click.Group):
        yield name, command
        return
    context = click.Context(command)
    for word in command.list_commands(context):
        below = command.get_command(context, word)
        assert below is not None
        yield from leaves(below, f"{name} {word}")


def test_every_command_is_in_the_reference(root: Path) -> None:
    """With its arguments: what may be left out in brackets."""
    rows = re.findall(r"^\| `(capi [^`]+)` \|", (root / COMMANDS).read_text(encoding="utf-8"), re.MULTILINE)
    shown = {re.sub(r" [A-Z[].*", "", row): row for row in rows}
    real = dict(leaves(app, "capi"))

    assert sorted(shown) == sorted(real)
    for name, row in shown.items():
        for parameter in real[name].params:
            if isinstance(parameter, click.Argument) and not name.startswith(("capi eval", "capi normalize")):
                assert parameter.required == bool(re.search(r" [A-Z]", row)), row


@pytest.mark.parametrize(
    "path", [CONFIGURATION, COMMANDS, "plugins/facebook/README.md", "plugins/phone/README.md"]
)
def test_the_snippets_work(page: Callable[[str], list[Any]], reader: Any, path: str) -> None:
    """As pasted."""
    reader.follow(page(path))
