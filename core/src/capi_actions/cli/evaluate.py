"""``capi eval``: try mappings, triggers, fields, actions and whole flows, one JSON line each."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

import click

from capi_actions.cli.console import error_record
from capi_actions.cli.options import config_option, files_argument
from capi_actions.codec import decode_json
from capi_actions.errors import ConfigError, EventError
from capi_actions.fields import compile_fields, read_fields
from capi_actions.hashing import Hasher
from capi_actions.jsonl import JsonLine, read_lines, write_line
from capi_actions.mapping import compile_mapping
from capi_actions.model import MISSING, Action, Json, JsonObject
from capi_actions.pipeline.compiled_action import CompiledAction
from capi_actions.plugins import Plugins, Selection
from capi_actions.text import closest, did_you_mean
from capi_actions.tracebacks import where
from capi_actions.triggers import compile_trigger

Evaluator = Callable[[JsonObject, Plugins], JsonObject]

_MAX_KEY_LENGTH = 60  # characters of a key that a message repeats


@click.group("eval")
def evaluate() -> None:
    """Try a mapping, trigger or action on JSON Lines.

    Reads JSON Lines from files or standard input and prints one JSON line for each.  Of the configuration, only the
    table [plugins] is read.
    """


def _subcommand(name: str) -> Callable[[Evaluator], Evaluator]:
    """Add an evaluator as a subcommand; its docstring is the help text."""

    def add(evaluator: Evaluator) -> Evaluator:
        def command(files: tuple[IO[bytes], ...], config_path: Path) -> int:
            installed = Plugins.installed(Selection.read(config_path))
            failed = False
            for line in read_lines(files):
                answer = _evaluate_line(line, lambda record: evaluator(record, installed))
                failed = _write(line, answer) or failed
            return 1 if failed else 0

        evaluate.add_command(
            click.command(name, help=evaluator.__doc__)(
                files_argument(config_option(must_exist=True)(command))
            )
        )
        return evaluator

    return add


@_subcommand("mapping")
def _evaluate_mapping(record: JsonObject, plugins: Plugins) -> JsonObject:
    """Turn {"mapping", "payload"} into {"result"}."""
    mapping = _require_member(record, "mapping", ("mapping", "payload"))
    result = compile_mapping(mapping, plugins.directives)(record.get("payload", {}))
    return {"result": None if result is MISSING else result}


@_subcommand("trigger")
def _evaluate_trigger(record: JsonObject, plugins: Plugins) -> JsonObject:
    """Turn {"trigger", "event"} into {"match"}."""
    _require_member(record, "trigger", ("trigger", "event"))
    return {"match": compile_trigger(_string(record, "trigger")).matches(record.get("event"))}


@_subcommand("fields")
def _evaluate_fields(record: JsonObject, plugins: Plugins) -> JsonObject:
    """Turn {"fields", "payload"} into {"result"}."""
    return {"result": compile_fields(read_fields(record.get("fields", {})))(record.get("payload"))}


@_subcommand("action")
def _evaluate_action(record: JsonObject, plugins: Plugins) -> JsonObject:
    """Turn {"action", "mapping", "event", "settings"} into {"item"}.

    "mapping" is a complete mapping, or null for the prebuilt one.  The platform's checks, ids and
    deadlines are not applied: `capi preview` does that.
    """
    _require_member(record, "action", ("action", "mapping", "event", "settings"))
    name = _string(record, "action")
    action = plugins.actions.get(name)
    if action is None:
        hint = did_you_mean(name, plugins.actions)
        raise ConfigError.of(f"there is no action {name[:_MAX_KEY_LENGTH]!r}{hint}", "$.action")
    mapping = record.get("mapping")
    if not isinstance(mapping, dict | None):
        raise ConfigError.of("should be an object, or null for the prebuilt mapping", "$.mapping")
    hashers = _hashers(action, record.get("settings"), plugins)
    if mapping is None:
        mapping = action.mapping
    item, _ = CompiledAction.compile(action, mapping, plugins, hashers).build(record.get("event", {}))
    return {"item": item}


@_subcommand("flow")
def _evaluate_flow(record: JsonObject, plugins: Plugins) -> JsonObject:
    """Turn {"fields", "mapping", "trigger", "event"} into {"payload"}.

    "trigger" is optional.  The event is mapped and validated even if the trigger doesn't match: "subscribed"
    says whether it does.  An error has "subscribed", too; it is false when the trigger itself is malformed.
    """
    event = record.get("event", {})
    trigger = record.get("trigger")
    subscribed = trigger is None
    try:
        if trigger is not None:
            subscribed = compile_trigger(_string(record, "trigger")).matches(event)
        fields = read_fields(record.get("fields", {}))
        mapping = record.get("mapping")
        if mapping is None:
            mapping = {key: spec.default for key, spec in fields.items() if spec.default is not None}
        payload = compile_fields(fields)(compile_mapping(mapping, plugins.directives)(event))
    except (EventError, ConfigError) as error:
        return {"subscribed": subscribed, "error": error_record(error)}
    return {"subscribed": subscribed, "payload": payload}


def _evaluate_line(line: JsonLine, evaluator: Callable[[JsonObject], JsonObject]) -> JsonObject:
    """Return the answer to one line; every error becomes a record with file and line."""
    try:
        answer = evaluator(_parse(line.text))
    except (EventError, ConfigError) as error:
        answer = {"error": error_record(error)}
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  a plugin may raise anything; the other lines go on
        answer = {"error": {"message": f"something in a plugin failed ({where(error)})", "path": "$"}}
    return {**line.place, **answer} if "error" in answer else answer


def _parse(text: bytes | EventError) -> JsonObject:
    if isinstance(text, EventError):
        raise text
    record = decode_json(text)
    if not isinstance(record, dict):
        raise EventError.of("a line must be a JSON object")
    return record


def _write(line: JsonLine, answer: JsonObject) -> bool:
    """Write an answer; return whether it is an error, such as one that JSON can't hold."""
    try:
        write_line(answer)
    except EventError as error:
        write_line({**line.place, "error": error_record(error)})
        return True
    return "error" in answer


def _require_member(record: JsonObject, key: str, keys: tuple[str, ...]) -> Json:
    """Return a member.

    :param keys: the members of such a record, for the message.
    :raises ConfigError: when it is missing.
    """
    if key not in record:
        unknown = [name[:_MAX_KEY_LENGTH] for name in record if name not in keys]
        match = closest(key, unknown)
        hint = f", but there is {match!r}" if match else ""
        raise ConfigError.of(f"there is no {key!r}{hint}; a line holds {', '.join(keys)}")
    return record[key]


def _string(record: JsonObject, key: str) -> str:
    value = record.get(key)
    if not isinstance(value, str):
        raise ConfigError.of("should be text", f"$.{key}")
    return value


def _hashers(action: Action, settings: Json, plugins: Plugins) -> Mapping[str, Hasher]:
    """Return the hashers of the normalization profile in settings.

    As nothing is sent, no other setting matters: they may be missing or unknown.
    """
    destination = plugins.destinations.get(action.destination)
    if destination is None:
        raise ConfigError.of(f"no plugin offers the destination type {action.destination!r}", "$.action")
    if not isinstance(settings, dict | None):
        raise ConfigError.of("should be an object", "$.settings")
    profile = (settings or {}).get("normalization", destination.default_profile())
    if not isinstance(profile, str):
        raise ConfigError.of("should be text, the name of a profile", "$.settings.normalization")
    try:
        return plugins.hashers(profile)
    except KeyError as error:
        raise ConfigError.of(str(error.args[0]), "$.settings.normalization") from None
