"""Reference pages that are made from the code: directives, commands, and settings.

`python tests/docs/test_generated_pages.py --update` writes them.
"""

import inspect
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

import attrs
import click
import pytest
from click.testing import CliRunner

from capi_actions import ConsentSettings, Plugins
from capi_actions.cli.app import CORE_COMMANDS, app
from capi_actions.cli.init import describe_parameters
from capi_actions.cli.scaffold import KINDS
from capi_actions.config import DEFAULT_TYPES, DeliveryConfig, MappingConfig, PluginsConfig
from capi_actions.inputs import Column, CsvOptions

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
PLUGINS = (
    *("facebook", "phone", "prometheus", "sandbox"),
    *("server", "webhook", "webhooks"),
)  # those of this repository, whatever else is installed


WRITTEN = {"kind": "as"}
"""Settings that have another name in the configuration, as Python's grammar needs theirs."""


def render_directives(plugins: Plugins) -> Iterator[str]:
    """Return the page of directives."""
    yield "# Directives"
    yield (
        "Made from the code. A [mapping](mapping.md) says with directives where values come from; that page describes"
        " those of the core with examples. `capi plugins NAME` describes those of a plugin that is installed."
    )
    for plugin in plugins.describe():
        names = plugin.hooks.get("capi_directives", ())
        if names:
            yield f"## {'The core' if plugins.is_core(plugin.name) else package(plugin.distribution)}"
            offered = [(f"`{name}`", plugins.directives[name].description) for name in plugins.directives]
            yield table(("directive", "makes"), [row for row in offered if row[0].strip("`") in names])


def render_commands(plugins: Plugins) -> Iterator[str]:
    """Return the page of commands."""
    yield "# Commands and their options"
    yield (
        "Made from the code: `capi COMMAND --help` prints the same. What the commands are for, and what they print:"
        " [command line](command-line.md)."
    )
    commands = {
        name: getattr(import_module(f"capi_actions.cli.{at}"), function)
        for name, (at, function, _) in CORE_COMMANDS.items()
    }
    for name, command in sorted(commands.items()):
        yield from render_command(("capi", name), command)
    for name, command in sorted(plugins.commands.items()):
        provider = plugins.provider("capi_commands", name)
        (info,) = (info for info in plugins.describe() if info.name == provider)
        yield from render_command(("capi", name), command, f"Of {package(info.distribution)}.")


def render_command(words: tuple[str, ...], command: click.Command, note: str = "") -> Iterator[str]:
    """Return a command's usage, help text and options, and those of its subcommands."""
    context = click.Context(command, info_name=" ".join(words))
    yield f"## {' '.join(words)}"
    if not isinstance(command, click.Group):
        yield f"```text\n{' '.join((*words, *command.collect_usage_pieces(context)))}\n```"
    paragraphs = (inspect.cleandoc(command.help or "")).split("\n\n")
    yield from (" ".join(paragraph.replace("<", "&lt;").split()) for paragraph in paragraphs)
    if note:
        yield note
    rows = [option_row(option, context) for option in command.params if isinstance(option, click.Option)]
    if rows:
        yield table(("option", "does", "default"), rows)
    if isinstance(command, click.Group):
        for name, subcommand in sorted(command.commands.items()):
            yield from render_command((*words, name), subcommand)


def option_row(option: click.Option, context: click.Context) -> tuple[str, str, str]:
    """Return the row of an option."""
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    value = "" if option.is_flag else f" `{option.make_metavar(context)}`"
    default = option.to_info_dict()["default"]
    shown = "" if option.is_flag or default in (None, (), []) or not option.show_default else f"`{default}`"
    variable = f" The variable `{option.envvar}` can name it, too." if option.envvar else ""
    return f"{names}{value}", f"{option.help or ''}{variable}", shown


def render_settings(plugins: Plugins) -> Iterator[str]:
    """Return the page of settings."""
    yield "# Settings, table by table"
    yield (
        "Made from the code: every setting that `capi.toml` can hold, with its default. How tables belong together, and"
        " which settings deserve more words: [configuration](configuration.md)."
    )
    yield "## `[destinations.<name>]`"
    yield "For every type:"
    yield settings_table(ConsentSettings)
    for name, destination in plugins.destinations.items():
        yield f"With `type = {json.dumps(name)}`:"
        yield settings_table(destination.settings_type)
    yield from render_class("[[destinations.<name>.mappings]]", MappingConfig)
    yield from render_class("[inputs.<name>]", CsvOptions)
    yield from render_class(
        "[inputs.<name>.columns]", Column, "What stands for one column, unless it is a text:"
    )
    for kind, factories in (("outbox", plugins.outboxes), ("transport", plugins.transports)):
        yield f"## `[{kind}]`"
        for name, factory in factories.items():
            yield f"With `type = {json.dumps(name)}`, {factory.description}:"
            yield factory_table(factory.make, DEFAULT_TYPES[kind])
    yield from render_class("[delivery]", DeliveryConfig)
    yield from render_class("[plugins]", PluginsConfig)
    for name, own in sorted(plugins.tables.items()):
        yield from render_class(
            f"[{name}]", own.settings_type, f"{own.description[:1].upper()}{own.description[1:]}."
        )


def render_class(heading: str, settings: type, description: str = "") -> Iterator[str]:
    """Return the settings of a table, and of the tables in it."""
    yield f"## `{heading}`"
    if description:
        yield description
    yield settings_table(settings)
    for attribute in attrs.fields(attrs.resolve_types(settings)):
        nested = next(filter(attrs.has, (attribute.type, *get_args(attribute.type))), None)
        if is_table(attribute) and nested is not None:
            name = "" if attrs.has(attribute.type) else ".<name>"
            text = describe_parameters(settings).get(attribute.name, "")
            yield from render_class(f"{heading[:-1]}.{attribute.name}{name}]", nested, text)


def is_table(attribute: "attrs.Attribute[Any]") -> bool:
    """Return whether a setting is a table, which has a section of its own."""
    classes = [kind for kind in (attribute.type, *get_args(attribute.type)) if attrs.has(kind)]
    return any(kind.__name__ != "Secret" for kind in classes) and attribute.name != "columns"


def settings_table(settings: type) -> str:
    """Return the rows of a class's settings."""
    texts = describe_parameters(settings)
    return table(
        ("setting", "what", "default"),
        [
            (
                f"`{WRITTEN.get(attribute.name, attribute.name)}`",
                texts.get(attribute.name, ""),
                shown_default(attribute.default),
            )
            for attribute in attrs.fields(attrs.resolve_types(settings))
            if not is_table(attribute)
        ],
    )


def factory_table(make: Callable[..., Any], chosen: Mapping[str, object]) -> str:
    """Return the rows of a factory's options."""
    texts = describe_parameters(make)
    return table(
        ("setting", "what", "default"),
        [
            (f"`{name}`", texts.get(name, ""), shown_default(chosen.get(name, parameter.default)))
            for name, parameter in inspect.signature(make).parameters.items()
        ],
    )


def shown_default(default: Any) -> str:
    """Return a default as the configuration would have it."""
    if default in (attrs.NOTHING, inspect.Parameter.empty):
        return "required"
    if hasattr(default, "factory"):
        default = default.factory()
    if isinstance(default, Enum):
        default = default.value
    return (
        "none"
        if default is None
        else f"`{json.dumps(list(default) if isinstance(default, tuple) else default)}`"
    )


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    lines = [list(head), ["---"] * len(list(head)), *map(list, rows)]
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |" for cells in lines)


def package(distribution: str) -> str:
    """Return a package's name without its version."""
    return f"`{distribution.partition(' ')[0]}`"


PAGES: Mapping[str, Callable[[Plugins], Iterator[str]]] = {
    "directives.md": render_directives,
    "commands.md": render_commands,
    "settings.md": render_settings,
}


def rendered(name: str) -> str:
    """Return a page's text."""
    installed = [info.name for info in Plugins.installed().describe()]
    assert {*PLUGINS, "core"} == set(installed), "install all plugins of this repository, and no others"
    return "\n\n".join(PAGES[name](Plugins.installed())) + "\n"


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_what_the_code_says(name: str) -> None:
    """If this fails, run this file with --update and look at the difference."""
    assert (REFERENCE / name).read_text(encoding="utf-8") == rendered(name)


@pytest.mark.parametrize("name", PAGES)
def test_nothing_on_the_page_lacks_its_description(name: str) -> None:
    """Docstrings and help texts are where it comes from."""
    rows = [line for line in rendered(name).splitlines() if line.startswith("| `")]

    assert rows
    assert [row for row in rows if re.match(r"\| [^|]*\|\s*\|", row)] == []


@pytest.mark.parametrize("group", [(), ("outbox",), ("eval",), ("pixel",)])
def test_no_command_s_line_is_cut_off_in_the_help(group: tuple[str, ...]) -> None:
    """On a terminal of the usual width: what stands behind the three points is often the point."""
    shown = CliRunner(env={"COLUMNS": "80"}).invoke(app, [*group, "--help"]).stdout

    assert not [line for line in shown.partition("Commands:")[2].splitlines() if line.endswith("...")]


def test_the_page_of_the_command_line_has_every_kind_of_plugin() -> None:
    """As `capi new` takes them."""
    page = (REFERENCE / "command-line.md").read_text(encoding="utf-8")
    (row,) = [line for line in page.splitlines() if line.startswith("| `capi new NAME` |")]

    assert set(KINDS) <= set(re.findall(r"`(?:--kind )?(\w+)`", row))


if __name__ == "__main__" and "--update" in sys.argv:
    for page in PAGES:
        (REFERENCE / page).write_text(rendered(page), encoding="utf-8")
