"""``capi check``."""

from pathlib import Path

import click

from capi_actions.cli.catalog import lint_offer
from capi_actions.cli.options import config_option, json_option
from capi_actions.config import check_outbox_file, load_config
from capi_actions.errors import ConfigError, Diagnostics, PluginError, Problem
from capi_actions.jsonl import write_line
from capi_actions.pipeline import check_mappings
from capi_actions.plugins import Plugins, inspect_installed


@click.command()
@config_option
@json_option
def check(config_path: Path, as_json: bool) -> int:
    """Check the configuration, all mappings and all triggers."""
    diagnostics = Diagnostics()
    mappings = _collect(config_path, diagnostics)
    errors, warnings = diagnostics.errors, diagnostics.warnings
    for problem in (*errors, *warnings):
        _print(problem, as_json=as_json)
    if not as_json:
        click.echo(f"{config_path}{_verdict(len(errors), len(warnings), mappings)}.", err=True)
    return 2 if errors else 0


def _collect(config_path: Path, diagnostics: Diagnostics) -> int:
    """Collect all problems.

    :returns: how many mappings can run.
    """
    try:
        plugins = Plugins.installed()
    except PluginError as error:
        # Without all plugins nobody knows what the configuration may hold.
        refused = {offer.name: offer.error for offer in inspect_installed() if offer.error is not None}
        for plugin, problem in {error.plugin: error.problem, **refused}.items():
            diagnostics.add(problem, f"plugin {plugin!r}")
        return 0
    for offer in plugins.describe():
        for note in lint_offer(offer):
            diagnostics.warn(note, f"plugin {offer.name!r}")
    try:
        config = load_config(config_path, plugins, strict=False)
    except ConfigError as error:
        diagnostics.extend(error.problems)
        return 0
    diagnostics.extend(config.problems)
    mappings = check_mappings(config, plugins, diagnostics)
    check_outbox_file(config, diagnostics)
    return mappings


def _print(problem: Problem, *, as_json: bool) -> None:
    if as_json:
        record = {"path": problem.path, "message": problem.message, "code": problem.code}
        write_line({"severity": problem.severity, **record})
        return
    path = f"{problem.path}: " if problem.path else ""
    code = "" if problem.code is None else f" (the platform's error {problem.code})"
    click.echo(f"{problem.severity}: {path}{problem.message}{code}")


def _verdict(errors: int, warnings: int, mappings: int) -> str:
    if errors:
        return f": {_count(errors, 'error')}, {_count(warnings, 'warning')}"
    if warnings:
        return f": {_count(warnings, 'warning')}, no errors; {_count(mappings, 'mapping')}"
    return f" is fine: {_count(mappings, 'mapping')}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
