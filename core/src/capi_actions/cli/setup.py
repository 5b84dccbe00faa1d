"""``capi init`` and ``capi check``."""

import json
from pathlib import Path

import attrs
import click

from capi_actions.cli.lines import write
from capi_actions.cli.options import config_option, json_option
from capi_actions.cli.unused import unused
from capi_actions.config import load_config
from capi_actions.errors import ConfigError, Problem
from capi_actions.model import Destination
from capi_actions.pipeline import Pipeline
from capi_actions.plugins import Plugins
from capi_actions.secret import Secret

_HEAD = """\
# Where events go.  One table for each account; its name is yours to choose.
# `capi check` says what is wrong with this file, `capi actions` lists what can be sent.

"""

_FOOT = """
# No mappings at all: every action with a prebuilt trigger is on.  To choose, list them:
#
# [[destinations.main.mappings]]
# action = "{action}"
# trigger = 'type = "track" and event = "Order Completed"'   # else the prebuilt one
# mapping = {{ event_id = {{ "@path" = "$.messageId" }} }}       # laid over the prebuilt mapping
# mapping_file = "mapping.json"                             # or a whole mapping, used as it is

# Where events wait until they are delivered.
# [outbox]
# type = "sqlite"
# path = "capi-outbox.sqlite3"
"""


@click.command()
@config_option
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def init(config_path: Path, force: bool) -> None:
    """Write a commented configuration file."""
    if config_path.exists() and not force:
        raise ConfigError.of(f"{config_path.name} is there already; --force writes over it", "")
    try:
        config_path.write_text(_template(Plugins.installed()), encoding="utf-8")
    except OSError as error:
        raise ConfigError.of(f"{config_path} can't be written: {error.strerror}", "") from error
    click.echo(f"Wrote {config_path}. Fill in the settings, then run `capi check`.", err=True)


@click.command()
@config_option
@json_option
def check(config_path: Path, as_json: bool) -> int:
    """Check the configuration, all mappings and all triggers."""
    plugins = Plugins.installed()
    pipeline = None
    warnings = [Problem(text, f"plugin {each.name!r}") for each in plugins.offers() for text in unused(each)]
    problems: tuple[Problem, ...] = ()
    try:
        config = load_config(config_path, plugins, strict=False)
        warnings += config.warnings
        pipeline = Pipeline.build(config, plugins)
        warnings += pipeline.warnings()
    except ConfigError as error:
        problems = error.problems
    for severity, found in (("error", problems), ("warning", warnings)):
        for each in found:
            if as_json:
                record = {"path": each.path, "message": each.message, "code": each.code}
                write({"severity": severity, **record})
            else:
                suffix = f" [{each.code}]" if each.code else ""
                click.echo(f"{severity}: {each.path or config_path.name}: {each.message}{suffix}")
    if pipeline is None:
        return 2
    if not as_json:
        click.echo(f"{config_path.name} is fine: {len(pipeline.routes)} mappings.", err=True)
    return 0


def _template(plugins: Plugins) -> str:
    kinds = list(plugins.destinations.values())
    if not kinds:
        return _HEAD + "# No plugin offers a destination type: install one.\n"
    kind = kinds[0]
    action = next(iter(plugins.actions_of(kind.name)), f"{kind.name}.action")
    return _HEAD + _example(kind) + _FOOT.format(action=action)


def _example(kind: type[Destination]) -> str:
    lines = ["[destinations.main]", f'type = "{kind.name}"']
    for attribute in attrs.fields(attrs.resolve_types(kind.settings_type)):
        if attribute.type is Secret:
            variable = f"{kind.name}_{attribute.name}".upper()
            lines.append(f'{attribute.name} = {{ env = "{variable}" }}')
        elif attribute.default is attrs.NOTHING:
            lines.append(f'{attribute.name} = ""')
        else:
            lines.append(f"# {attribute.name} = {_toml(attribute.default)}")
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    """Write a default as TOML; strings are JSON's there, too."""
    return json.dumps(value) if isinstance(value, bool | int | float | str) else '""'
