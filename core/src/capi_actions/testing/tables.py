"""Tests of the tables of the configuration that a plugin reads."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any
from uuid import uuid4

import attrs

from capi_actions.cli.init import render_plugin_table
from capi_actions.config.structure import structure
from capi_actions.errors import Diagnostics, Problem
from capi_actions.model import ConfigTable, Json
from capi_actions.testing.base import PluginTests, require
from capi_actions.testing.samples import ODD_VALUES


class ConfigTableTests(PluginTests):
    """Tests of every table of a plugin: subclass, and set ``plugin``.

    :cvar table_examples: tables that people write, by the table's name, as ``tomllib`` reads them.  One at least
        where a setting has no default.
    """

    table_examples: Mapping[str, Sequence[Mapping[str, Any]]] = {}

    def test_a_table_can_be_read(self) -> None:
        """If this fails, an example is refused, gives other settings when read again, or is missing."""
        for name, table in self._own("capi_tables").items():
            for example in self._table_examples(name, table):
                first, problems = _read(table, example)
                require(not problems, f"[{name}] is refused: {'; '.join(map(str, problems))}")
                require(
                    first == _read(table, example)[0], f"[{name}] gives other settings when it is read again"
                )

    def test_what_init_writes_needs_only_its_blanks_filled(self) -> None:
        """If this fails, ``example`` or a default isn't what the table can hold: ``capi init`` would write it."""
        for name, table in self._own("capi_tables").items():
            text = render_plugin_table(self._load_plugins(), name)
            settings, heading, example = text.partition(table.example or "\0")
            for written in (text, _uncomment(settings) + heading + example):
                try:
                    data = tomllib.loads(written)
                except tomllib.TOMLDecodeError as error:
                    raise AssertionError(
                        f"what `capi init` writes for [{name}] is no TOML: {error}"
                    ) from error
                require(
                    set(data) == {name}, f"the example of [{name}] must be below it, but has {sorted(data)}"
                )
                filled = {key: value for key, value in data[name].items() if value != ""}
                _, problems = _read(table, filled)
                wrong = [problem for problem in problems if problem.path not in _blanks(table)]
                require(
                    not wrong,
                    f"what `capi init` writes for [{name}] is refused: {'; '.join(map(str, wrong))}",
                )

    def test_every_setting_is_described(self) -> None:
        """If this fails, the docstring of ``settings_type`` lacks ``:ivar name:`` for a setting that people write."""
        for name, table in self._own("capi_tables").items():
            docstring = table.settings_type.__doc__ or ""
            for attribute in _written_settings(table):
                require(
                    re.search(rf"^\s*:(ivar|param) {attribute.name}:", docstring, re.MULTILINE),
                    f"{table.settings_type.__name__} doesn't describe {attribute.name}: `capi init` would write it"
                    f" into [{name}] without a word",
                )

    def test_any_value_is_taken_or_refused(self) -> None:
        """If this fails, a validator or converter raises something else than ValueError: it isn't the user's fault."""
        for name, table in self._own("capi_tables").items():
            for example in self._table_examples(name, table):
                for attribute in attrs.fields(table.settings_type):
                    for odd in ODD_VALUES:
                        self._require_verdict(name, table, {**example, attribute.name: deepcopy(odd)})

    def _require_verdict(self, name: str, table: ConfigTable, data: Mapping[str, Any]) -> None:
        blamed = uuid4().hex  # stands in for the plugin's name: only what is its fault names it
        _, problems = _read(table, data, plugin=blamed)
        faults = [problem for problem in problems if blamed in problem.message]
        require(not faults, f"[{name}] is read with an error of the plugin: {'; '.join(map(str, faults))}")

    @classmethod
    def _table_examples(cls, name: str, table: ConfigTable) -> Iterator[Mapping[str, Any]]:
        """Yield the author's examples, and the empty table if nothing is required."""
        examples = list(cls.table_examples.get(name, ()))
        if not any(attribute.default is attrs.NOTHING for attribute in attrs.fields(table.settings_type)):
            examples.append({})
        require(examples, f"[{name}] has required settings: add a table to table_examples[{name!r}]")
        yield from examples


def _read(
    table: ConfigTable, data: Mapping[str, Json], plugin: str = "core"
) -> tuple[object, Sequence[Problem]]:
    diagnostics = Diagnostics()
    settings: object = structure(
        deepcopy(dict(data)), table.settings_type, diagnostics, need_secrets=False, plugin=plugin
    )
    return settings, diagnostics.errors


def _written_settings(table: ConfigTable) -> Iterator["attrs.Attribute[Any]"]:
    """Yield the settings that ``capi init`` writes."""
    for attribute in attrs.fields(table.settings_type):
        if attribute.metadata.get("init", True):
            yield attribute


def _blanks(table: ConfigTable) -> set[str]:
    """Return the paths of the settings that a person must fill in."""
    return {
        f"$.{attribute.name}" for attribute in _written_settings(table) if attribute.default is attrs.NOTHING
    }


def _uncomment(text: str) -> str:
    """Return what ``capi init`` writes with every default made a setting."""
    return re.sub(r"(?m)^# (?=\w+ = )", "", text)
