"""``capi check``: collect all problems of a configuration, print them, exit.

The checks themselves are where what they check is: ``config/lint.py`` (keys, accounts, secrets, files),
``pipeline/lint.py`` (mappings beside their action's fields), ``triggers/lint.py``, the destination type's own
``lint_settings`` and ``lint_mapping``, and the ``check`` of a plugin's table.
"""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from attrs import frozen

from capi_actions.cli.console import describe_problem, echo, echo_error, join_words, print_tracebacks
from capi_actions.cli.options import config_option, json_option
from capi_actions.cli.usage import lint_offer
from capi_actions.config import Config, check_tables, load_config, may_need_refused
from capi_actions.delivery.exchange import probe
from capi_actions.errors import CapiError, ConfigError, Diagnostics, PluginError, Problem, json_path
from capi_actions.jsonl import write_line
from capi_actions.model import Transport, Verdict
from capi_actions.pipeline import check_mappings
from capi_actions.plugins import DISABLED_VARIABLE, Plugins, Selection, inspect_installed
from capi_actions.runtime import check_outbox, close_transport, open_transport, read_notes
from capi_actions.text import count_noun, platform_words


@click.command()
@config_option
@click.option("--strict", is_flag=True, help="Exit with 2 for warnings, too: for CI.")
@click.option(
    "--online",
    is_flag=True,
    help="Ask each platform whether the account may be sent to; stores nothing there.",
)
@json_option
def check(config_path: Path, strict: bool, online: bool, as_json: bool) -> int:
    """Check the configuration, all mappings and all triggers."""
    diagnostics = Diagnostics()
    result = _collect(config_path, diagnostics)
    confirmed = list(_ask_platforms(result.config, result.plugins, diagnostics)) if online else []
    errors, warnings = diagnostics.errors, diagnostics.warnings
    for problem in (*errors, *warnings):
        _print(problem, as_json=as_json)
    if not as_json:
        for note in result.notes:
            echo_error(f"capi: {note}")
        for name, answer in confirmed:
            echo_error(f"capi: {name}: {answer}")
        echo_error(f"{config_path}{_verdict(len(errors), len(warnings), result.mappings)}.")
    return 2 if errors or (strict and warnings) else 0


@frozen(kw_only=True)
class _Result:
    """What was read.

    :ivar mappings: how many mappings can run.
    :ivar notes: what the transport has to say that is no problem, such as which proxy it uses.
    """

    plugins: Plugins | None = None
    config: Config | None = None
    mappings: int = 0
    notes: Sequence[str] = ()


def _collect(config_path: Path, diagnostics: Diagnostics) -> _Result:
    """Collect all problems."""
    plugins = Plugins.configured(config_path)
    if plugins.refused and click.get_current_context().find_root().params.get("traceback"):
        print_tracebacks(inspect_installed(Selection.read(config_path)))
    try:
        config = load_config(config_path, plugins, strict=False)
    except ConfigError as error:
        diagnostics.extend(error.problems)
        return _Result(plugins=plugins)
    config_diagnostics = Diagnostics(config.problems)
    mappings = len(check_mappings(config, plugins, config_diagnostics).routes)
    check_tables(config, plugins, config_diagnostics)
    if plugins.refused and (config_diagnostics.errors or may_need_refused(config, plugins)):
        # Without all plugins nobody knows what the configuration may hold, but for the table that would disable them.
        diagnostics.extend(
            problem
            for problem in config_diagnostics
            if problem.path.startswith(("$.plugins", DISABLED_VARIABLE))
        )
        for refusal in plugins.refused:
            diagnostics.add(refusal.problem, refusal.subject)
        return _Result(notes=[plugins.advice])
    for refusal in plugins.refused:
        diagnostics.warn(f"{refusal.problem}; it isn't used here", refusal.subject)
    for offer in plugins.describe():
        for note in lint_offer(offer):
            diagnostics.warn(note, f"plugin {offer.name!r}")
    diagnostics.extend(config_diagnostics)
    check_outbox(config, plugins, diagnostics)
    notes = _check_transport(config, plugins, diagnostics)
    return _Result(plugins=plugins, config=config, mappings=mappings, notes=notes)


def _check_transport(config: Config, plugins: Plugins, diagnostics: Diagnostics) -> Sequence[str]:
    """Check that the transport can be made, with the proxies that the environment asks for.  Nothing is connected.

    :returns: its notes.
    """
    name = config.transport["type"]
    if not isinstance(name, str) or name not in plugins.transports:
        return ()
    has_errors = any(problem.path.startswith("$.transport") for problem in diagnostics.errors)
    try:
        transport = open_transport(config, plugins)  # with the options that are right
    except ConfigError as error:
        diagnostics.extend(error.problems)
    except PluginError as error:
        if not has_errors:  # else it may lack the very option that is reported already
            diagnostics.add(error.problem, f"plugin {error.plugin!r}")
    else:
        _close(transport, config, plugins, diagnostics)
        notes, fault = read_notes(transport)
        if fault:
            diagnostics.warn(*_describe_fault("notes", fault, config, plugins))
        return notes
    return ()


def _close(transport: Transport, config: Config, plugins: Plugins, diagnostics: Diagnostics) -> None:
    """Close a transport; a plugin's may fail, which is no reason not to send."""
    if fault := close_transport(transport):
        message, path = _describe_fault("close()", fault, config, plugins)
        if message not in [warning.message for warning in diagnostics.warnings]:
            diagnostics.warn(message, path)


def _describe_fault(part: str, fault: str, config: Config, plugins: Plugins) -> tuple[str, str]:
    """Return what failed of a transport, and its plugin."""
    name = config.transport["type"]
    plugin = plugins.provider("capi_transports", name)
    return f"its transport {name!r} has a fault in {part} ({fault})", f"plugin {plugin!r}"


def _ask_platforms(
    config: Config | None, plugins: Plugins | None, diagnostics: Diagnostics
) -> Iterator[tuple[str, str]]:
    """Ask the platform of each destination without errors in its settings whether it may be sent to.

    :param diagnostics: takes an error for each that didn't say yes.
    :returns: names of destinations, and the others' answers.
    """
    if config is None or plugins is None:
        return
    try:
        transport = open_transport(config, plugins)
    except (CapiError, TypeError) as error:
        diagnostics.add(f"can't be opened, so no platform was asked: {error}", "$.transport")
        return
    try:
        for configured in config.destinations:
            destination, path = configured.destination, json_path(("destinations", configured.name))
            judgement = probe(destination, transport, time.time())
            if judgement is None:
                yield (
                    configured.name,
                    f"the destination type {destination.name} offers no way to ask its platform",
                )
            elif judgement.verdict is Verdict.DONE:
                yield configured.name, judgement.reason or "the platform takes events of this account"
            else:
                words = platform_words(
                    judgement.platform_message, judgement.platform_field, judgement.trace_id
                )
                sentences = join_words((judgement.reason, judgement.advice, words))
                diagnostics.add(
                    f"the platform refused this account. {sentences}".rstrip(), path, judgement.code
                )
    finally:
        _close(transport, config, plugins, diagnostics)


def _print(problem: Problem, *, as_json: bool) -> None:
    if as_json:
        record = {"path": problem.path, "message": problem.message, "code": problem.code}
        write_line({"severity": problem.severity, **record})
        return
    echo(describe_problem(problem))


def _verdict(errors: int, warnings: int, mappings: int) -> str:
    if errors:
        return f": {count_noun(errors, 'error')}, {count_noun(warnings, 'warning')}"
    if warnings:
        return f": {count_noun(warnings, 'warning')}, no errors; {count_noun(mappings, 'mapping')}"
    return f" is fine: {count_noun(mappings, 'mapping')}"
