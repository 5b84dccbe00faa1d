"""Find what a mapping can never send, and what is likely to be a mistake in it."""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from attrs import evolve

from capi_actions.codec import EVENT_FIELDS
from capi_actions.config import DestinationConfig
from capi_actions.config.lint import lint_by_plugin
from capi_actions.errors import ConfigError, Diagnostics, EventError, Problem, json_path
from capi_actions.fields import compile_fields
from capi_actions.mapping import is_directive
from capi_actions.model import Action, Field, Json, JsonObject
from capi_actions.personal_data import personal_kind
from capi_actions.pipeline.compile import MappingUnit
from capi_actions.pipeline.compiled_action import SYNC_MODE, without_unused_objects
from capi_actions.text import closest, did_you_mean

_SPECIAL = "__segment_internal_"
_ROOT_DIRECTIVE = f"{_SPECIAL}directive"

Keys = tuple[str | int, ...]


def lint_unit(unit: MappingUnit, directives: Collection[str], diagnostics: Diagnostics) -> None:
    """Report what can never be sent, as errors, and likely mistakes, as warnings.

    :param directives: the names of all directives.

    Parts with errors are passed over; everything beside them is looked at.
    """
    if unit.trigger is not None:
        for problem in unit.trigger.lint():
            diagnostics.warn(problem.message, unit.trigger_path, problem.code)
    if unit.mapping is None or "$" in unit.malformed:  # too large or too deep to look at
        return
    diagnostics = diagnostics.under(unit.mapping_path)
    values, lookalikes = Diagnostics(), Diagnostics()
    lint_lookalikes(unit.mapping, directives, lookalikes)
    if unit.action is not None and _ROOT_DIRECTIVE not in unit.mapping:
        linter = FieldLinter(unit.malformed, values)
        linter.lint_mapping(without_unused_objects(unit.action, unit.mapping), unit.action)
        destination = unit.destination.destination
        if destination is not None:
            lint_by_plugin(
                destination,
                "lint_mapping",
                unit.action.name,
                unit.mapping,
                diagnostics=values,
                complete=unit.compiled_action is not None and isinstance(unit.destination, DestinationConfig),
            )
    diagnostics.extend(_merge_lookalikes(values, lookalikes))
    if unit.action is not None:
        lint_personal_data(unit.mapping, unit.action, diagnostics)
    if unit.compiled_action is not None:
        lint_paths(unit.compiled_action.resolve.paths, diagnostics)
    lint_templates(unit.mapping, diagnostics)


def _merge_lookalikes(values: Diagnostics, lookalikes: Diagnostics) -> Iterator[Problem]:
    """Yield the problems of values, and in place of those of a lookalike that it is one: that is the mistake.

    It is an error where its field refuses the text, as then no event can be sent.
    """
    messages = {problem.path: problem for problem in lookalikes}
    refused = {problem.path for problem in values.errors}
    yield from (problem for problem in values if problem.path not in messages)
    for path, problem in messages.items():
        yield evolve(problem, severity="error") if path in refused else problem


class FieldLinter:
    """Compares a mapping's literals with the fields that they are for; directives are left to the events.

    :param malformed: paths of errors in the mapping, which are passed over.
    """

    def __init__(self, malformed: frozenset[str], diagnostics: Diagnostics) -> None:
        self._malformed = malformed
        self._diagnostics = diagnostics

    def lint_mapping(self, mapping: JsonObject, action: Action) -> None:
        """Report required fields without a value, unknown fields, and wrong literals."""
        for key, spec in action.fields.items():
            if spec.required is True and mapping.get(key) in (None, ""):
                message = f"{action.name} requires it, but nothing is mapped to it: no event can be sent"
                self._diagnostics.add(message, json_path((key,)), spec.code)
        own = {key: value for key, value in mapping.items() if not key.startswith(_SPECIAL)}
        self._lint_members(own, action.fields, f"{action.name} has", ())
        mode = mapping.get(SYNC_MODE)
        if mode is not None and mode not in action.sync_modes:
            self._diagnostics.add(f"Sync mode {mode} is not supported", f"$.{SYNC_MODE}")

    def _lint_members(
        self, members: Mapping[str, Any], fields: Mapping[str, Field], owner: str, keys: Keys
    ) -> None:
        for key, value in members.items():
            if key in fields:
                self._lint_value(value, key, fields[key], (*keys, key))
            else:
                hint = did_you_mean(key, list(fields))
                message = f"{owner} no such field; it is left out{hint}"
                self._diagnostics.warn(message, json_path((*keys, key)))

    def _lint_value(self, value: Any, key: str, spec: Field, keys: Keys) -> None:
        if is_directive(value):
            return
        if isinstance(value, list) and spec.multiple:
            for index, item in enumerate(value):
                self._lint_value(item, key, evolve(spec, multiple=False), (*keys, index))
        elif isinstance(value, dict) and spec.properties is not None:
            kept = value.keys() - spec.properties.keys() if spec.additional_properties else set()
            members = {name: member for name, member in value.items() if name not in kept}
            self._lint_members(members, spec.properties, f"{key} has", keys)
        elif not _has_directive(value) and not self._is_malformed(keys):
            self._lint_literal(value, key, spec, json_path(keys))

    def _lint_literal(self, value: Json, key: str, spec: Field, path: str) -> None:
        """Check a value as it will be checked with every event."""
        alone = evolve(spec, required=False, hashed=None, sent_as=None, properties=None)
        try:
            check = compile_fields({key: alone})
        except ConfigError:  # the field's own definition is at fault, which is an error already
            return
        try:
            check({key: value})
        except EventError as error:
            for problem in error.problems:
                self._diagnostics.add(problem.message, path, problem.code)

    def _is_malformed(self, keys: Keys) -> bool:
        path = json_path(keys)
        return any(
            malformed == path or malformed.startswith((f"{path}.", f"{path}["))
            for malformed in self._malformed
        )


def lint_personal_data(mapping: JsonObject, action: Action, diagnostics: Diagnostics) -> None:
    """Warn about fields that aren't hashed, but hold or take what is personal by its form or its name."""
    pending: list[tuple[Keys, Any, Mapping[str, Field] | None]] = [((), mapping, action.fields)]
    while pending:
        keys, value, fields = pending.pop()
        if isinstance(value, str):
            if kind := personal_kind(
                value, next((key for key in reversed(keys) if isinstance(key, str)), "")
            ):
                diagnostics.warn(f"isn't hashed, but holds {kind}", json_path(keys))
        elif isinstance(value, list):
            pending += [((*keys, index), item, None) for index, item in enumerate(value)]
        elif isinstance(value, dict):
            path = value.get("@path")
            if isinstance(path, str) and (named := _kind_by_name(path)):
                diagnostics.warn(f"isn't hashed, but takes {path}, by its name {named}", json_path(keys))
            for key, member in value.items():
                spec = fields.get(key) if fields is not None else None
                if not (spec and spec.hashed) and not key.startswith("__"):
                    pending.append(((*keys, key), member, spec.properties if spec else None))


_EMAIL_NAMES = frozenset({"email", "emailaddress", "mail", "useremail"})
_PHONE_NAMES = frozenset({"phone", "phonenumber", "mobile", "mobilephone", "telephone"})


def _kind_by_name(path: str) -> str | None:
    """Return what personal data a path leads to by the name of its last key, or None."""
    name = path.rpartition(".")[2].lower().replace("_", "").replace("-", "")
    return "an e-mail address" if name in _EMAIL_NAMES else "a phone number" if name in _PHONE_NAMES else None


def _has_directive(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_has_directive, value))
    return isinstance(value, dict) and (is_directive(value) or _has_directive(list(value.values())))


def lint_paths(paths: Iterable[str], diagnostics: Diagnostics) -> None:
    """Warn about paths that lead to nothing: with a misspelt field of events, or with another language's brackets.

    :param paths: that a mapping reads, such as ``$.propertys.total``.
    """
    for path in paths:
        if "[" in path or "]" in path:  # those around an index or a quoted name are gone
            hint = "in brackets stands an index or a name in quotes; for each item of a list, use @arrayPath"
            diagnostics.warn(f"reads {path}, where a name has a bracket; {hint}")
        root = path.split(".", 2)[1:2]
        # Other fields are allowed, so only a name that is very close to a known one is a mistake.
        if root and root[0] not in EVENT_FIELDS and (match := closest(root[0], EVENT_FIELDS, certain=True)):
            diagnostics.warn(f"reads {path}, but events have no field {root[0]!r}; did you mean {match!r}?")


def lint_lookalikes(mapping: Json, directives: Collection[str], diagnostics: Diagnostics) -> None:
    """Warn about texts that look like paths, and objects that look like directives: both are sent as they are.

    :param directives: the names of all directives.
    """
    plain_names = {name.removeprefix("@"): name for name in directives}
    pending: list[tuple[Keys, Json]] = [((), mapping)]
    while pending:
        keys, value = pending.pop()
        if keys and str(keys[-1]).startswith(("@", "__")):
            continue
        if isinstance(value, str) and _PATH.fullmatch(value):
            text = json.dumps(value, ensure_ascii=False)
            message = (
                f'is the text {text} itself; to take what the event has there, write {{ "@path" = {text} }}'
            )
            diagnostics.warn(message, json_path(keys))
        elif isinstance(value, list):
            pending += [((*keys, index), item) for index, item in enumerate(value)]
        elif isinstance(value, dict):
            name = plain_names.get(next(iter(value))) if len(value) == 1 else None
            member = next(iter(value.values())) if name else None
            if name and isinstance(member, str) and _PATH.fullmatch(member):
                message = f"is an object with the key {name[1:]!r}; the directive is {name!r}, with an @"
                diagnostics.warn(message, json_path(keys))
            else:
                pending += [((*keys, key), item) for key, item in value.items()]


_PATH = re.compile(r"\$\.[A-Za-z_][\w$\[\]'\". -]{0,200}")


def lint_templates(mapping: Json, diagnostics: Diagnostics) -> None:
    """Warn about filters in Liquid templates that don't exist."""
    for keys, source in _templates(mapping):
        from capi_actions.mapping.liquid import filters, template  # 0.2 s, and few mappings need it

        try:
            template.parse(source)
        except template.TemplateSyntaxError:  # an error already, or text that only looks like a template
            continue
        for name in template.unknown_filters(source):
            match = closest(name, filters.FILTERS)
            hint = f"; did you mean {match!r}?" if match else ""
            diagnostics.warn(f"there is no filter {name!r}: it does nothing{hint}", json_path(keys))


def _templates(mapping: Json) -> Iterator[tuple[Keys, str]]:
    pending: list[tuple[Keys, Json]] = [((), mapping)]
    while pending:
        keys, value = pending.pop()
        if isinstance(value, list):
            pending += [((*keys, index), item) for index, item in enumerate(value)]
        elif isinstance(value, dict):
            pending += [((*keys, key), member) for key, member in value.items()]
        elif isinstance(value, str) and keys and keys[-1] == "@liquid":
            yield keys, value
