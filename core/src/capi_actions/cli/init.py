"""The configuration that ``capi init`` writes: every setting with what it is, and with its default."""

import inspect
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any

import attrs
import click

from capi_actions.cli.options import config_option
from capi_actions.config import DEFAULT_TYPES, DeliveryConfig
from capi_actions.errors import ConfigError
from capi_actions.model import Action, Destination, JsonObject
from capi_actions.plugins import Plugins
from capi_actions.secret import Secret

_HEAD = """\
# Where events go.  One table for each account; its name is yours to choose.
# `capi check` says what is wrong with this file, `capi actions` lists what can be sent.

"""

_MAPPINGS = """
# No mappings at all: every action with a prebuilt trigger is on.  To choose, list them:
#
# [[destinations.main.mappings]]
# action = "{action}"
# trigger = 'type = "track" and event = "Order Completed"'   # else the prebuilt one
# mapping = {mapping}  # laid over the prebuilt mapping
# mapping_file = "mapping.json"  # or a whole mapping, used as it is
"""

_WIDTH = 100
_DESCRIBED = re.compile(r"^:(?:ivar|param) (\w+):(.*(?:\n(?![:\n]).*)*)", re.MULTILINE)
_ROLE = re.compile(r":\w+:`~?([^`]*)`")


def template(plugins: Plugins) -> str:
    """Write a configuration for the first destination type that there is."""
    kinds = list(plugins.destinations.values())
    if not kinds:
        return _HEAD + "# No plugin offers a destination type: install one.\n"
    kind = kinds[0]
    actions = list(plugins.actions_of(kind.name).values())
    parts = (
        _HEAD,
        _table("destinations.main", {"type": kind.name}, _of_class(kind.settings_type, kind)),
        _example(actions[0]) if actions else "",
        "\n# Where events wait until they are delivered.\n",
        _table("outbox", {}, _of_options("outbox", plugins.outboxes)),
        "\n# How requests leave.\n",
        _table("transport", {}, _of_options("transport", plugins.transports)),
        "\n# How what waits is delivered.\n",
        _table("delivery", {}, _of_class(DeliveryConfig)),
    )
    return "".join(parts)


def _table(name: str, fixed: Mapping[str, str], settings: Iterator[tuple[str, str]]) -> str:
    """Write a table.

    :param settings: lines of settings, each with its comment.
    """
    lines = [f"[{name}]", *(f"{key} = {_toml(value)}" for key, value in fixed.items())]
    for line, text in settings:
        comment = textwrap.wrap(text, _WIDTH, initial_indent="# ", subsequent_indent="# ")
        lines += ["", *comment, line] if comment else [line]
    return "\n".join(lines) + "\n"


def _of_class(settings: type, kind: type[Destination] | None = None) -> Iterator[tuple[str, str]]:
    """Write each attribute; its comment is the docstring's ``:ivar name:``."""
    texts = _described(settings)
    for each in attrs.fields(attrs.resolve_types(settings)):
        text = texts.get(each.name, "")
        if each.type is Secret:
            variable = f"{kind.name}_{each.name}".upper() if kind else each.name.upper()
            yield f'{each.name} = {{ env = "{variable}" }}', text
        elif each.default is attrs.NOTHING:
            yield f'{each.name} = ""', text
        else:
            yield f"# {each.name} = {_toml(_shown(each))}", text


def _shown(attribute: "attrs.Attribute[Any]") -> Any:
    """Give an attribute's default, or what stands for it."""
    if attribute.default is None:
        return attribute.metadata.get("example", "")
    if getattr(attribute.default, "takes_self", True):
        return attribute.default
    return attribute.default.factory()


def _of_options(table: str, factories: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Write each parameter of the default factory; its comment is the docstring's ``:param name:``."""
    chosen = DEFAULT_TYPES[table]
    make = factories[chosen["type"]].make
    texts = _described(make)
    yield f"# type = {_toml(chosen['type'])}", ""
    for name, each in inspect.signature(make).parameters.items():
        default = chosen.get(name, each.default)
        if default is not inspect.Parameter.empty:
            yield f"# {name} = {_toml('' if default is None else default)}", texts.get(name, "")


def _described(what: Callable[..., Any]) -> dict[str, str]:
    """Give what a docstring says about attributes or parameters, as plain sentences."""
    docs = [inspect.getdoc(each) or "" for each in (what, getattr(what, "__init__", None))]
    found = {name: text for doc in docs for name, text in _DESCRIBED.findall(doc)}
    return {name: _plain(text) for name, text in found.items()}


def _plain(text: str) -> str:
    words = " ".join(_ROLE.sub(r"\1", text).split())
    plain = words.replace("``", "")
    return plain if words.startswith("`") else plain[:1].upper() + plain[1:]


def _example(action: Action) -> str:
    paths = {
        key: each.default
        for key, each in action.fields.items()
        if isinstance(each.default, dict) and set(each.default) == {"@path"}
    }
    mapping: JsonObject = dict([next(iter(paths.items()))]) if paths else {}
    return _MAPPINGS.format(action=action.name, mapping=_toml(mapping))


def _toml(value: object) -> str:
    """Write a default as TOML; what TOML has no word for is left empty."""
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case str():
            return '"' + "".join(map(_escaped, value)) + '"'
        case Enum():
            return _toml(value.value)
        case list() | tuple():
            return f"[{', '.join(map(_toml, value))}]"
        case dict():
            inside = ", ".join(f"{_key(str(key))} = {_toml(each)}" for key, each in value.items())
            return f"{{ {inside} }}" if inside else "{}"
    return '""'


def _key(text: str) -> str:
    return text if re.fullmatch(r"[\w-]+", text, re.ASCII) else _toml(text)


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else f"\\U{ord(character):08x}"


@click.command()
@config_option
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def init(config_path: Path, force: bool) -> None:
    """Write a commented configuration file."""
    if config_path.is_dir():
        raise ConfigError.of(
            f"{config_path} is a folder; name a file, such as {config_path / 'capi.toml'}", ""
        )
    if config_path.exists() and not force:
        raise ConfigError.of(f"{config_path} is there already; --force writes over it", "")
    try:
        config_path.write_text(template(Plugins.installed()), encoding="utf-8")
    except OSError as error:
        raise ConfigError.of(f"{config_path} can't be written: {error.strerror}", "") from error
    click.echo(f"Wrote {config_path}. Fill in the settings, then run `capi check`.", err=True)
