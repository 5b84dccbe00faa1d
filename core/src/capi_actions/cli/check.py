"""``capi init`` and ``capi check``."""

from pathlib import Path

import click

from capi_actions.cli.catalog import lint_offer
from capi_actions.cli.options import config_option, json_option
from capi_actions.config import load_config, outbox_problems
from capi_actions.errors import ConfigError, PluginError, Problem
from capi_actions.jsonl import write_line
from capi_actions.pipeline.pipeline import Pipeline
from capi_actions.plugins import Plugins


@click.command()
@config_option
@json_option
def check(config_path: Path, as_json: bool) -> int:
    """Check the configuration, all mappings and all triggers."""
    try:
        plugins = Plugins.installed()
    except PluginError as error:
        # Without all plugins nobody knows what the configuration may hold.
        _tell("error", Problem(error.problem, f"plugin {error.plugin!r}"), as_json=as_json)
        return 2
    routes, errors = 0, list[Problem]()
    warnings = [
        Problem(text, f"plugin {each.name!r}") for each in plugins.describe() for text in lint_offer(each)
    ]
    try:
        config = load_config(config_path, plugins, strict=False)
        warnings += config.warnings
        errors += outbox_problems(config)
        pipeline = Pipeline.build(config, plugins)
        warnings += pipeline.warnings()
        routes = len(pipeline.routes)
    except ConfigError as error:
        errors = [*error.problems, *errors]
    for severity, found in (("error", errors), ("warning", warnings)):
        for each in found:
            _tell(severity, each, as_json=as_json)
    if not as_json:
        click.echo(f"{config_path}{_verdict(len(errors), len(warnings), routes)}.", err=True)
    return 2 if errors else 0


def _tell(severity: str, problem: Problem, *, as_json: bool) -> None:
    if as_json:
        record = {"path": problem.path, "message": problem.message, "code": problem.code}
        write_line({"severity": severity, **record})
        return
    place = f"{problem.path}: " if problem.path else ""
    code = "" if problem.code is None else f" (the platform's error {problem.code})"
    click.echo(f"{severity}: {place}{problem.message}{code}")


def _verdict(errors: int, warnings: int, routes: int) -> str:
    if errors:
        return f": {_count(errors, 'error')}, {_count(warnings, 'warning')}"
    if warnings:
        return f": {_count(warnings, 'warning')}, no errors; {_count(routes, 'mapping')}"
    return f" is fine: {_count(routes, 'mapping')}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
