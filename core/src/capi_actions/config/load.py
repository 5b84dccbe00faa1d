"""Read ``capi.toml``."""

import inspect
import re
import shlex
import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from capi_actions.config.destinations import read_destination
from capi_actions.config.inputs import read_inputs
from capi_actions.config.lint import check_certificates, lint_accounts, lint_secrets
from capi_actions.config.model import Config, DeliveryConfig, DestinationConfig, DestinationDraft
from capi_actions.config.plugins import hint_offers, read_plugins
from capi_actions.config.structure import (
    anchor_paths,
    describe,
    read_incomplete,
    read_values,
    structure,
    structure_option,
)
from capi_actions.errors import ConfigError, Diagnostics, json_path
from capi_actions.files import read_text_file
from capi_actions.model import CORE_TABLES, OutboxFactory, TransportFactory
from capi_actions.plugins import Plugins
from capi_actions.text import did_you_mean

DEFAULT_TYPES: Mapping[str, Mapping[str, Any]] = {
    "outbox": {"type": "sqlite", "path": "capi-outbox.sqlite3"},
    "transport": {"type": "urllib3"},
}
"""Options that a table needn't name."""


def load_config(path: Path, plugins: Plugins, *, need_secrets: bool = True, strict: bool = True) -> Config:
    """Read a configuration file.

    :param need_secrets: False lets environment variables be unset, for work that sends nothing.
    :param strict: False returns a configuration with errors, too, in its ``problems``.
    :raises ConfigError: with every error in it, each with its path; also without ``strict`` when it
        can't be read at all.
    """
    try:
        text = read_text_file(path)
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise ConfigError.of(f"there is no file {path}; `{_init_command(path)}` writes one", "") from None
    data = _parse_toml(text, str(path))
    return _read(data, plugins, path.parent, need_secrets=need_secrets, strict=strict, mode=mode)


def _init_command(path: Path) -> str:
    """Return the command that writes this file; it can be pasted into a shell."""
    words = ("capi", "init")
    return shlex.join(words if path == Path("capi.toml") else (*words, "--config", str(path)))


def read_config(
    text: str, plugins: Plugins, folder: Path = Path(), *, need_secrets: bool = True, strict: bool = True
) -> Config:
    """Read a configuration given as TOML text.

    :param folder: where relative paths in it start.

    Everything else is as for :func:`load_config`.
    """
    data = _parse_toml(text, "the configuration")
    return _read(data, plugins, folder, need_secrets=need_secrets, strict=strict)


def _parse_toml(text: str, name: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problem = f"is not valid TOML: {_plain_words(error)}"
    except RecursionError:
        problem = "is nested too deeply"
    except ValueError:  # Python reads no number of over 4,300 digits
        problem = "holds a number that is too long"
    raise ConfigError.of(f"{name} {problem}", "")


_TWICE = re.compile(r"Cannot declare \((?P<names>.*?),?\) twice")


def _plain_words(error: tomllib.TOMLDecodeError) -> str:
    """Return the parser's message in TOML's words instead of Python's."""

    def name(match: re.Match[str]) -> str:
        words = re.findall(r"'([^']*)'|\"([^\"]*)\"", match["names"])
        return f"[{'.'.join(single or double for single, double in words)}] stands twice"

    return _TWICE.sub(name, str(error)).replace("Cannot overwrite a value", "a key stands twice")


def _read(
    data: Mapping[str, Any],
    plugins: Plugins,
    folder: Path,
    *,
    need_secrets: bool,
    strict: bool,
    mode: int = 0,
) -> Config:
    diagnostics = Diagnostics()
    known = [*CORE_TABLES, *plugins.tables]
    for key in data:
        if key not in known:
            diagnostics.add(f"{key!r} isn't known here{did_you_mean(key, known)}")
    read = partial(
        read_destination,
        plugins=plugins,
        diagnostics=diagnostics,
        folder=folder,
        need_secrets=need_secrets,
        mode=mode,
    )
    drafts = list(_read_destinations(data.get("destinations"), read, diagnostics))
    lint_accounts(drafts, diagnostics)
    options = partial(_read_options, data=data, plugins=plugins, need_secrets=need_secrets, mode=mode)
    outbox = options("outbox", factories=plugins.outboxes, diagnostics=diagnostics.under("$.outbox"))
    transport = options(
        "transport", factories=plugins.transports, diagnostics=diagnostics.under("$.transport")
    )
    delivery = read_values(data.get("delivery", {}), DeliveryConfig, diagnostics.under("$.delivery"))
    read_plugins(data, plugins, diagnostics)
    inputs = read_inputs(data.get("inputs", {}), plugins, diagnostics.under("$.inputs"))
    tables, incomplete_tables = _read_tables(
        data, plugins, diagnostics, folder=folder, need_secrets=need_secrets, mode=mode
    )
    if need_secrets:  # what sends nothing does without certificates, too
        check_certificates(transport, folder, diagnostics.under("$.transport"))
    if strict and diagnostics.errors:
        raise ConfigError(diagnostics.errors)
    return Config(
        destinations=[draft for draft in drafts if isinstance(draft, DestinationConfig)],
        drafts=[draft for draft in drafts if not isinstance(draft, DestinationConfig)],
        outbox=outbox,
        transport=transport,
        delivery=DeliveryConfig(**delivery),
        inputs=inputs,
        tables=tables,
        incomplete_tables=incomplete_tables,
        folder=folder,
        problems=tuple(diagnostics),
    )


def _read_destinations(
    tables: Any, read: Callable[[str, Any], DestinationDraft | None], diagnostics: Diagnostics
) -> Iterator[DestinationDraft]:
    if not isinstance(tables, dict) or not tables:
        actual = f"it is {describe(tables)}" if tables else "there is none"
        message = f"should be tables, one for each destination, but {actual}"
        diagnostics.add(message, "$.destinations")
        return
    for name, table in tables.items():
        draft = read(name, table)
        if draft is not None:
            yield draft


def _read_tables(
    data: Mapping[str, Any],
    plugins: Plugins,
    diagnostics: Diagnostics,
    *,
    folder: Path,
    need_secrets: bool,
    mode: int,
) -> tuple[Mapping[str, object], Mapping[str, object]]:
    """Return the settings of plugins' own tables that are there: of those without errors, and of the others."""
    tables: dict[str, object] = {}
    incomplete: dict[str, object] = {}
    for name, table in plugins.tables.items():
        if name not in data:
            continue
        own, plugin = diagnostics.under(json_path((name,))), plugins.provider("capi_tables", name)
        settings: object | None = structure(
            data[name], table.settings_type, own, need_secrets=need_secrets, plugin=plugin
        )
        if settings is not None:
            settings = tables[name] = anchor_paths(settings, folder)
        else:
            settings = read_incomplete(data[name], table.settings_type, plugin)
            settings = incomplete[name] = anchor_paths(settings, folder)
        lint_secrets(settings, mode, own)
    return tables, incomplete


Factory = OutboxFactory | TransportFactory

_HOOKS = {"outbox": "capi_outboxes", "transport": "capi_transports"}


def _read_options(
    table_name: str,
    *,
    data: Mapping[str, Any],
    plugins: Plugins,
    factories: Mapping[str, OutboxFactory] | Mapping[str, TransportFactory],
    diagnostics: Diagnostics,
    need_secrets: bool,
    mode: int,
) -> Mapping[str, Any]:
    """Read ``[outbox]`` or ``[transport]`` without opening anything.

    :param factories: what the plugins offer, by name.
    :param mode: the configuration file's permissions; 0 if there is no file.
    :returns: ``type`` and options, structured by the annotations of the factory's parameters.
    """
    table, default = data.get(table_name, {}), DEFAULT_TYPES[table_name]
    if not isinstance(table, dict):
        diagnostics.add(f"should be a table, but it is {describe(table)}")
        return default
    name = table.get("type", default["type"])
    options = {**default, **table} if name == default["type"] else table
    factory = factories.get(name) if isinstance(name, str) else None
    if not isinstance(name, str):
        diagnostics.add(f"should be text in quotes, but it is {describe(name)}", "$.type")
    elif factory is None:
        hint = hint_offers(name, factories, plugins)
        diagnostics.add(f"no plugin offers {name!r}{hint}", "$.type")
    else:
        plugin = plugins.provider(_HOOKS[table_name], name)
        structured = _structure_options(options, factory, plugin, diagnostics, need_secrets)
        lint_secrets(structured, mode, diagnostics)
        return structured
    return options


def _structure_options(
    options: Mapping[str, Any], factory: Factory, plugin: str, diagnostics: Diagnostics, need_secrets: bool
) -> Mapping[str, Any]:
    """Return options in the types of the factory's parameters, and report what doesn't fit them.

    What doesn't fit is left out: ``capi check`` goes on with the others.
    """
    try:
        parameters = inspect.signature(factory.make, eval_str=True).parameters.values()
    except (NameError, TypeError, ValueError):  # it has none that can be read
        return options
    variadic = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    named = {parameter.name: parameter for parameter in parameters if parameter.kind not in variadic}
    takes_any = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters)
    structured = dict(options)
    for key, value in options.items():
        if key in named:
            own = Diagnostics()
            structured[key] = structure_option(
                value, named[key].annotation, own, need_secrets=need_secrets, plugin=plugin
            )
            diagnostics.under(f"$.{key}").extend(own)
            if own.errors:
                del structured[key]
        elif key != "type" and not takes_any:
            del structured[key]
            diagnostics.add(f"{key!r} isn't known here{did_you_mean(key, list(named))}")
    for key, parameter in named.items():
        if parameter.default is inspect.Parameter.empty and key not in options:
            diagnostics.add("is missing", f"$.{key}")
    return structured
