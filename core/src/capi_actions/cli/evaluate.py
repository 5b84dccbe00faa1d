"""``capi eval``: try mappings, triggers, fields, actions and whole flows, one JSON line each."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import IO

import click

from capi_actions.cli.console import error_record, read_lines, write
from capi_actions.cli.options import files_argument
from capi_actions.codec import decode_json
from capi_actions.errors import ConfigError, EventError, where
from capi_actions.fields import compile_fields, read_fields
from capi_actions.hashing import Hasher
from capi_actions.mapping import compile_mapping
from capi_actions.model import MISSING, Action, Json, JsonObject
from capi_actions.pipeline.compiled_action import Recipe
from capi_actions.plugins import Plugins
from capi_actions.text import did_you_mean
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
            for number, line in read_lines(files):
                record = _result(number, line, lambda given: form(given, installed))
                failed = _write(number, record) or failed
            return 1 if failed else 0

        evaluate.add_command(click.command(name, help=form.__doc__)(files_argument(command)))
        return form

    return add


def _result(number: int, line: bytes | EventError, form: Callable[[JsonObject], JsonObject]) -> JsonObject:
    try:
        record = form(_given(line))
    except (EventError, ConfigError) as error:
        record = {"error": error_record(error)}
    except Exception as error:  # noqa: BLE001  a plugin may raise anything, and the other lines go on
        record = {"error": {"message": f"something in a plugin failed ({where(error)})", "path": "$"}}
    return {"line": number, **record} if "error" in record else record


def _given(line: bytes | EventError) -> JsonObject:
    if isinstance(line, EventError):
        raise line
    given = decode_json(line)
    if not isinstance(given, dict):
        raise EventError.of("a line must be a JSON object")
    return given


def _write(number: int, record: JsonObject) -> bool:
    """Write a line; say whether it tells of an error."""
    try:
        write(record)
    except EventError as error:
        write({"line": number, "error": error_record(error)})
        return True
    return "error" in record


@_form("mapping")
def _mapping(record: JsonObject, plugins: Plugins) -> JsonObject:
    """Turn {"mapping", "payload"} into {"result"}."""
    mapping = _given_under("mapping", record, ("mapping", "payload"))
    result = compile_mapping(mapping, plugins.directives)(record.get("payload", {}))
    return {"result": None if result is MISSING else result}


@_form("trigger")
def _trigger(record: JsonObject, plugins: Plugins) -> JsonObject:
    """Turn {"trigger", "event"} into {"match"}."""
    _given_under("trigger", record, ("trigger", "event"))
    return {"match": compile_trigger(_text(record, "trigger")).matches(record.get("event"))}


@_form("fields")
def _fields(record: JsonObject, plugins: Plugins) -> JsonObject:
    """Turn {"fields", "payload"} into {"result"}."""
    return {"result": compile_fields(read_fields(record.get("fields", {})))(record.get("payload"))}


@_form("action")
def _action(record: JsonObject, plugins: Plugins) -> JsonObject:
    """Turn {"action", "mapping" or null, "event", "settings"} into {"item"}.

    A mapping is taken whole; null means the prebuilt one.  The platform's checks, ids and deadlines
    aren't applied: `capi preview` does all of it.
    """
    _given_under("action", record, ("action", "mapping", "event", "settings"))
    name = _text(record, "action")
    action = plugins.actions.get(name)
    if action is None:
        raise ConfigError.of(
            f"there is no action {name[:60]!r}{did_you_mean(name, plugins.actions)}", "$.action"
        )
    mapping = record.get("mapping")
    if not isinstance(mapping, dict | None):
        raise ConfigError.of("should be an object, or null for the prebuilt mapping", "$.mapping")
    hashers = _hashers(action, record.get("settings"), plugins)
    recipe = Recipe.compile(action, action.mapping if mapping is None else mapping, plugins, hashers)
    item, _ = recipe.data(record.get("event", {}))
    return {"item": item}


@_form("flow")
def _flow(record: JsonObject, plugins: Plugins) -> JsonObject:
    """Turn {"fields", "mapping", "trigger" (optional), "event"} into {"subscribed", "payload"}.

    The event is mapped and validated also when the trigger doesn't match.  Of an error, it is said
    whether the trigger matches all the same; a malformed one doesn't.
    """
    event = record.get("event", {})
    trigger = record.get("trigger")
    subscribed = trigger is None
    try:
        if trigger is not None:
            subscribed = compile_trigger(_text(record, "trigger")).matches(event)
        fields = read_fields(record.get("fields", {}))
        mapping = record.get("mapping")
        if mapping is None:
            mapping = {key: spec.default for key, spec in fields.items() if spec.default is not None}
        payload = compile_fields(fields)(compile_mapping(mapping, plugins.directives)(event))
    except (EventError, ConfigError) as error:
        return {"subscribed": subscribed, "error": error_record(error)}
    return {"subscribed": subscribed, "payload": payload}


def _given_under(key: str, record: JsonObject, keys: tuple[str, ...]) -> Json:
    """Give a member that must be there.

    :param keys: what a line of this form holds.
    """
    if key not in record:
        close = get_close_matches(key, [each[:60] for each in record if each not in keys], n=1)
        hint = f", but there is {close[0]!r}" if close else ""
        raise ConfigError.of(f"there is no {key!r}{hint}; a line holds {', '.join(keys)}")
    return record[key]


def _text(record: JsonObject, key: str) -> str:
    found = record.get(key)
    if not isinstance(found, str):
        raise ConfigError.of("should be text", f"$.{key}")
    return found


def _hashers(action: Action, settings: Json, plugins: Plugins) -> Mapping[str, Hasher]:
    """Give the hashers of the normalization profile that settings ask for.

    Nothing is sent, so that no other setting matters: they may be missing or unknown.
    """
    kind = plugins.destinations.get(action.destination)
    if kind is None:
        raise ConfigError.of(f"no plugin offers the destination type {action.destination!r}", "$.action")
    if not isinstance(settings, dict | None):
        raise ConfigError.of("should be an object", "$.settings")
    profile = (settings or {}).get("normalization", kind.default_profile())
    if not isinstance(profile, str):
        raise ConfigError.of("should be text, the name of a profile", "$.settings.normalization")
    try:
        return plugins.hashers(profile)
    except KeyError as error:
        raise ConfigError.of(str(error.args[0]), "$.settings.normalization") from None
