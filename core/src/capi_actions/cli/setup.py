"""``capi init`` and ``capi check``."""

from pathlib import Path

import attrs
import click

from capi_actions.cli.lines import write
from capi_actions.cli.options import config_option, json_option, load
from capi_actions.errors import ConfigError
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
    config_path.write_text(_template(Plugins.installed()), encoding="utf-8")
    click.echo(f"Wrote {config_path}. Fill in the settings, then run `capi check`.", err=True)


@click.command()
@config_option
@json_option
def check(config_path: Path, as_json: bool) -> int:
    """Check the configuration, all mappings and all triggers."""
    try:
        config, plugins = load(config_path)
        warnings = [*config.warnings]
        pipeline = Pipeline.build(config, plugins)
        warnings += pipeline.warnings()
        problems: list[tuple[str, str, str, int | None]] = []
    except ConfigError as error:
        pipeline, warnings = None, []
        problems = [("error", each.path, each.message, each.code) for each in error.problems]
    problems += [("warning", each.path, each.message, each.code) for each in warnings]
    for severity, path, message, code in problems:
        if as_json:
            write({"severity": severity, "path": path, "message": message, "code": code})
        else:
            suffix = f" [{code}]" if code else ""
            click.echo(f"{severity}: {path or config_path.name}: {message}{suffix}")
    if pipeline is not None and not as_json:
        click.echo(f"{config_path.name} is fine: {len(pipeline.routes)} mappings.", err=True)
    return 2 if pipeline is None else 0


def _template(plugins: Plugins) -> str:
    kinds = list(plugins.destinations.values())
    if not kinds:
        return _HEAD + "# No plugin offers a destination type: install one.\n"
    kind = kinds[0]
    action = next(iter(plugins.actions_of(kind.name)), f"{kind.name}.action")
    return _HEAD + _example(kind) + _FOOT.format(action=action)


def _example(kind: type[Destination]) -> str:
    lines = ["[destinations.main]", f'type = "{kind.name}"']
    for attribute in attrs.fields(kind.settings_type):
        if attribute.type is Secret:
            variable = f"{kind.name}_{attribute.name}".upper()
            lines.append(f'{attribute.name} = {{ env = "{variable}" }}')
        elif attribute.default is attrs.NOTHING:
            lines.append(f'{attribute.name} = ""')
        else:
            lines.append(f'# {attribute.name} = "{attribute.default or ""}"')
    return "\n".join(lines) + "\n"
