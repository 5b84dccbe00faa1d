"""``capi eval``: try mappings, triggers, fields, actions and whole flows, one JSON line each."""

from collections.abc import Callable, Iterator
from typing import IO

import click

from capi_actions.cli.lines import error_record, read_lines, write
from capi_actions.cli.options import files_argument
from capi_actions.config.structure import did_you_mean
from capi_actions.errors import ConfigError, EventError, Problem
from capi_actions.fields import compile_fields, read_fields
from capi_actions.mapping import compile_mapping
from capi_actions.model import MISSING, Action, JsonObject
from capi_actions.pipeline.decode import decode_json
from capi_actions.pipeline.recipe import Recipe
from capi_actions.plugins import Plugins
from capi_actions.triggers import compile_trigger

Form = Callable[[JsonObject, Plugins], JsonObject]


@click.group("eval")
def evaluate() -> None:
    """Try a mapping, trigger, field set, action or flow: JSON Lines in, JSON Lines out."""


def _form(name: str) -> Callable[[Form], Form]:
    """Add a form of ``capi eval`` as a command."""

    def add(form: Form) -> Form:
        def command(files: tuple[IO[bytes], ...]) -> int:
            installed = Plugins.installed()
            failed = False
            for record in _results(files, lambda line: form(line, installed)):
                failed = failed or "error" in record
                write(record)
            return 1 if failed else 0

        evaluate.add_command(click.command(name, help=form.__doc__)(files_argument(command)))
        return form

    return add


def _results(files: tuple[IO[bytes], ...], form: Callable[[JsonObject], JsonObject]) -> Iterator[JsonObject]:
    for number, line in read_lines(files):
        try:
            if isinstance(line, EventError):
                raise line
            record = decode_json(line)
            if not isinstance(record, dict):
                raise EventError.of("a line must be a JSON object")
        except EventError as error:
            yield {"line": number, "error": error_record(error)}
            continue
        try:
            yield form(record)
        except (EventError, ConfigError) as error:
            yield {"error": error_record(error)}


@_form("mapping")
def _mapping(record: JsonObject, plugins: Plugins) -> JsonObject:
    """Turn {"mapping", "payload"} into {"result"}."""
    result = compile_mapping(record.get("mapping"), plugins.directives)(record.get("payload", {}))
    return {"result": None if result is MISSING else result}


@_form("trigger")
def _trigger(record: JsonObject, plugins: Plugins) -> JsonObject:
    """Turn {"trigger", "event"} into {"match"}."""
    return {"match": compile_trigger(_text(record, "trigger")).matches(record.get("event"))}


@_form("fields")
def _fields(record: JsonObject, plugins: Plugins) -> JsonObject:
    """Turn {"fields", "payload"} into {"result"}."""
    return {"result": compile_fields(read_fields(record.get("fields", {})))(record.get("payload"))}


@_form("action")
def _action(record: JsonObject, plugins: Plugins) -> JsonObject:
    """Turn {"action", "mapping" or null, "event", "settings"} into {"item"}.

    A mapping is taken whole; null means the prebuilt one.
    """
    name = _text(record, "action")
    action = plugins.actions.get(name)
    if action is None:
        raise ConfigError.of(f"there is no action {name!r}{did_you_mean(name, plugins.actions)}", "$.action")
    mapping = record.get("mapping")
    profile = _profile(action, record.get("settings") or {}, plugins)
    recipe = Recipe.compile(
        action, action.mapping if mapping is None else mapping, plugins, plugins.hashers(profile)
    )
    item, _ = recipe.data(record.get("event", {}))
    return {"item": item}


@_form("flow")
def _flow(record: JsonObject, plugins: Plugins) -> JsonObject:
    """Turn {"fields", "mapping", "trigger" (optional), "event"} into {"subscribed", "payload"}.

    The event is mapped and validated also when the trigger doesn't match.
    """
    event = record.get("event", {})
    trigger = record.get("trigger")
    subscribed = trigger is None or compile_trigger(_text(record, "trigger")).matches(event)
    try:
        fields = read_fields(record.get("fields", {}))
        mapping = record.get("mapping")
        if mapping is None:
            mapping = {key: spec.default for key, spec in fields.items() if spec.default is not None}
        payload = compile_fields(fields)(compile_mapping(mapping, plugins.directives)(event))
    except (EventError, ConfigError) as error:
        return {"subscribed": subscribed, "error": error_record(error)}
    return {"subscribed": subscribed, "payload": payload}


def _text(record: JsonObject, key: str) -> str:
    found = record.get(key)
    if not isinstance(found, str):
        raise ConfigError((Problem("should be text", f"$.{key}"),))
    return found


def _profile(action: Action, settings: JsonObject, plugins: Plugins) -> str:
    """Find the normalization profile that settings ask for.

    Nothing is sent, so that no other setting matters: they may be missing or unknown.
    """
    kind = plugins.destinations.get(action.destination)
    if kind is None:
        raise ConfigError.of(f"no plugin offers the destination type {action.destination!r}", "$.action")
    profile = settings.get("normalization", kind.default_profile())
    try:
        plugins.hashers(profile)
    except (KeyError, AttributeError):
        raise ConfigError.of("names no profile of an installed plugin", "$.settings.normalization") from None
    return str(profile)
