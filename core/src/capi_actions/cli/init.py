"""``capi init``: write a configuration that lists every setting with its description and default."""

import inspect
import os
import re
import textwrap
import tomllib
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from io import FileIO
from pathlib import Path
from typing import Any

import attrs
import click

from capi_actions.cli.console import echo_error
from capi_actions.cli.options import command_line, config_option
from capi_actions.config import DEFAULT_TYPES, DeliveryConfig, PluginsConfig
from capi_actions.errors import ConfigError
from capi_actions.files import read_text_file
from capi_actions.model import Action, ConsentSettings, Destination, JsonObject
from capi_actions.plugins import Plugins
from capi_actions.secret import Secret

_HEAD = """\
# Where events go: one table for each account, under any name you like.
# `capi check` checks this file, `capi actions` lists what can be sent.

"""

_CONSENT = "\n# Which events may go there, by what they say of consent.\n"

_MAPPINGS = """
# Without mappings, every action with a prebuilt trigger is enabled.  To choose, list them:
#
# [[destinations.main.mappings]]
# action = "{action}"
# trigger = 'type = "track" and event = "Order Completed"'  # instead of the prebuilt trigger
# mapping = {mapping}  # overrides fields of the prebuilt mapping
# mapping_file = "mapping.json"  # or: replaces the prebuilt mapping
"""

_PLUGINS = (
    "\n# Which plugins are loaded: those that are installed, but for disabled ones, and single files.\n"
)

_SERVER = "server"  # the table that `capi serve` reads

_WIDTH = 100  # characters, for comments
_DESCRIPTION = re.compile(r"^:(?:ivar|param) (\w+):(.*(?:\n(?![:\n]).*)*)", re.MULTILINE)
_ROLE = re.compile(r":\w+:`~?([^`]*)`")


@click.command()
@config_option
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@click.option("--serve", is_flag=True, help="Write the table for `capi serve`, too.")
def init(config_path: Path, force: bool, serve: bool) -> None:
    """Write a commented configuration file."""
    if config_path.is_dir():
        raise ConfigError.of(
            f"{config_path} is a folder; name a file, such as {config_path / 'capi.toml'}", ""
        )
    if config_path.exists() and not config_path.is_file():
        raise ConfigError.of(f"{config_path} is no regular file; name another, such as capi.toml", "")
    exists = ConfigError.of(f"{config_path} already exists; use --force to overwrite", "")
    if config_path.exists() and not force:
        raise exists
    plugins = Plugins.configured(config_path)  # as an existing file selects them
    for refusal in plugins.refused:
        echo_error(f"capi: warning: {refusal}")
    text = render_config(plugins, _read_plugins_table(config_path))
    if serve:
        text += render_plugin_table(plugins, _SERVER)
    try:
        _write(config_path, text.encode(), overwrite=force)
    except FileExistsError:  # somebody has made one meanwhile
        raise exists from None
    except FileNotFoundError:
        raise ConfigError.of(f"there is no folder {config_path.parent}; make it first", "") from None
    except OSError as error:
        raise ConfigError.of(f"{config_path} can't be written: {error.strerror}", "") from error
    commands = [command_line("check"), *([command_line("serve")] if serve else [])]
    shown = " and ".join(f"`{command}`" for command in commands)
    echo_error(f"Wrote {config_path}. Fill in the settings, then run {shown}.")


def _write(path: Path, content: bytes, *, overwrite: bool) -> None:
    """Write a file that is new, or over one that is there: it keeps its mode, and its content if there is no room.

    :raises OSError: when it can't be written; then nothing is changed.
    """
    former = path.read_bytes() if overwrite and path.exists() else None
    with path.open("xb" if former is None else "r+b", buffering=0) as file:
        try:
            _write_over(file, content)
        except OSError:
            if former is None:
                path.unlink()
            else:
                _write_over(file, former)
            raise


def _write_over(file: FileIO, content: bytes) -> None:
    file.seek(0)
    remaining = memoryview(content)
    while remaining:
        remaining = remaining[file.write(remaining) :]
    os.fsync(file.fileno())  # some file systems only say now that there is no room
    file.truncate()


def _read_plugins_table(path: Path) -> Mapping[str, Any]:
    """Return what the table ``[plugins]`` of an existing file has: who overwrites the file may need these plugins."""
    try:
        table = tomllib.loads(read_text_file(path)).get("plugins", {})
    except (ConfigError, OSError, ValueError, RecursionError):
        return {}
    return table if isinstance(table, dict) else {}


def render_config(plugins: Plugins, selection: Mapping[str, Any]) -> str:
    """Return a configuration for the first destination type that is installed.

    :param selection: settings of the table ``[plugins]``.
    """
    destinations = list(plugins.destinations.values())
    selected = _PLUGINS + _render_table("plugins", _class_settings(PluginsConfig), selection)
    if not destinations:
        return f"{_HEAD}# No plugin offers a destination type: install one.\n{selected}"
    destination = destinations[0]
    actions = list(plugins.actions_of(destination.name).values())
    parts = (
        _HEAD,
        _render_table(
            "destinations.main",
            _class_settings(destination.settings_type, destination),
            {"type": destination.name},
        ),
        _CONSENT,
        _render_settings(_class_settings(ConsentSettings, destination)),
        _mapping_example(actions[0]) if actions else "",
        "\n# The queue where events wait until they are delivered.\n",
        _render_table("outbox", _factory_options("outbox", plugins.outboxes)),
        "\n# How requests are sent.\n",
        _render_table("transport", _factory_options("transport", plugins.transports)),
        "\n# How waiting events are delivered.\n",
        _render_table("delivery", _class_settings(DeliveryConfig)),
        selected,
    )
    return "".join(parts)


def render_plugin_table(plugins: Plugins, name: str) -> str:
    """Return a table that a plugin reads, with its settings and the plugin's example.

    :raises ConfigError: when no installed plugin reads it.
    """
    table = plugins.tables.get(name)
    if table is None:
        raise ConfigError.of(
            f"no plugin reads the table [{name}]: pip install ./plugins/{name}, in a clone of the repository",
            "",
        )
    heading = f"\n# {table.description[:1].upper()}{table.description[1:]}.\n" if table.description else "\n"
    settings = _render_table(name, _class_settings(table.settings_type))
    return f"{heading}{settings}\n{table.example}" if table.example else heading + settings


def _render_table(
    name: str, settings: Iterator[tuple[str, str]], required: Mapping[str, object] | None = None
) -> str:
    """Return a TOML table.

    :param settings: lines of settings, each with its comment.
    :param required: settings and values that stand first, without a comment.
    """
    lines = [f"[{name}]", *(f"{key} = {_toml(value)}" for key, value in (required or {}).items())]
    return "\n".join(lines) + "\n" + _render_settings(settings)


def _render_settings(settings: Iterator[tuple[str, str]]) -> str:
    lines: list[str] = []
    for line, text in settings:
        comment = textwrap.wrap(text, _WIDTH, initial_indent="# ", subsequent_indent="# ")
        lines += ["", *comment, line] if comment else [line]
    return "\n".join(lines) + "\n"


def _class_settings(
    settings: type, destination: type[Destination] | None = None
) -> Iterator[tuple[str, str]]:
    """Return a line for each attribute; its comment is the docstring's ``:ivar name:``."""
    texts = describe_parameters(settings)
    for attribute in attrs.fields(attrs.resolve_types(settings)):
        name, text = attribute.name, texts.get(attribute.name, "")
        if not attribute.metadata.get("init", True):
            continue
        if attribute.type is Secret:
            variable = f"{destination.name}_{name}".upper() if destination else name.upper()
            yield f'{name} = {{ env = "{variable}" }}', text
        elif attribute.default is attrs.NOTHING:
            yield f'{name} = ""', text
        else:
            yield f"# {name} = {_toml(_default(attribute, destination))}", text


def _default(attribute: "attrs.Attribute[Any]", destination: type[Destination] | None = None) -> Any:
    """Return an attribute's default, or an example where the default is None or nothing."""
    if attribute.name == "integration_names" and destination is not None:
        return destination.integration_names
    if attribute.default is None or attribute.default == ():
        return attribute.metadata.get("example", "")
    if getattr(attribute.default, "takes_self", True):
        return attribute.default
    return attribute.default.factory()


def _factory_options(table: str, factories: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Return a line for each parameter of the default factory; its comment is the docstring's ``:param name:``."""
    defaults = DEFAULT_TYPES[table]
    make = factories[defaults["type"]].make
    texts = describe_parameters(make)
    yield f"# type = {_toml(defaults['type'])}", ""
    for name, parameter in inspect.signature(make).parameters.items():
        default = defaults.get(name, parameter.default)
        if default is not inspect.Parameter.empty:
            yield f"# {name} = {_toml('' if default is None else default)}", texts.get(name, "")


def describe_parameters(documented: Callable[..., Any]) -> dict[str, str]:
    """Return a docstring's descriptions of attributes or parameters, without their markup."""
    docs = [inspect.getdoc(part) or "" for part in (documented, getattr(documented, "__init__", None))]
    return {name: _strip_markup(text) for doc in docs for name, text in _DESCRIPTION.findall(doc)}


def _strip_markup(text: str) -> str:
    sentence = " ".join(_ROLE.sub(r"\1", text).split())
    plain = sentence.replace("``", "")
    return plain if sentence.startswith("`") else plain[:1].upper() + plain[1:]


def _mapping_example(action: Action) -> str:
    paths = {
        key: spec.default
        for key, spec in action.fields.items()
        if isinstance(spec.default, dict) and set(spec.default) == {"@path"}
    }
    mapping: JsonObject = dict([next(iter(paths.items()))]) if paths else {}
    return _MAPPINGS.format(action=action.name, mapping=_toml(mapping))


def _toml(value: object) -> str:
    """Return a value in TOML; an empty string for what TOML has no syntax for."""
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case str():
            return '"' + "".join(map(_escape, value)) + '"'
        case Enum():
            return _toml(value.value)
        case list() | tuple():
            return f"[{', '.join(map(_toml, value))}]"
        case dict():
            members = ", ".join(f"{_toml_key(str(key))} = {_toml(member)}" for key, member in value.items())
            return f"{{ {members} }}" if members else "{}"
    return '""'


def _toml_key(key: str) -> str:
    return key if re.fullmatch(r"[\w-]+", key, re.ASCII) else _toml(key)


def _escape(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else f"\\U{ord(character):08x}"
