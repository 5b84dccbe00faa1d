"""Which plugins are loaded: those that are installed, without disabled ones, and single files."""

import os
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import field, frozen

from capi_actions.errors import ConfigError
from capi_actions.files import read_text_file

DISABLED_VARIABLE = "CAPI_DISABLED_PLUGINS"
"""The environment variable that disables plugins: names separated by commas."""


@frozen(kw_only=True)
class Selection:
    """What a configuration says about plugins.

    :ivar disabled: the plugins that aren't loaded, each with what disables it: a configuration or a variable.
    :ivar files: Python files that are plugins, beside those that are installed.
    """

    disabled: Mapping[str, str] = field(factory=dict)
    files: Sequence[Path] = ()

    @classmethod
    def read(cls, path: Path) -> "Selection":
        """Return what a configuration file selects, and the environment.

        What is wrong in the file, or its absence, is left to those who read the whole of it.
        """
        try:
            table = tomllib.loads(read_text_file(path)).get("plugins", {})
        except (ConfigError, OSError, ValueError, RecursionError):
            table = {}
        files = [path.parent / file for file in dict.fromkeys(_texts(table, "files"))]
        return cls.make(_texts(table, "disabled"), files, source=str(path))

    @classmethod
    def make(cls, disabled: Iterable[str] = (), files: Iterable[Path] = (), source: str = "") -> "Selection":
        """Return a selection with what the environment disables, too.

        :param disabled: names of plugins, as ``capi plugins`` lists them.
        :param source: the configuration that names these; for messages.
        """
        names = dict.fromkeys(disabled_by_environment(), DISABLED_VARIABLE)
        return cls(disabled={**names, **dict.fromkeys(disabled, source)}, files=tuple(files))


def disabled_by_environment() -> list[str]:
    """Return the names in the variable CAPI_DISABLED_PLUGINS."""
    names = os.environ.get(DISABLED_VARIABLE, "").split(",")
    return [name.strip() for name in names if name.strip()]


def _texts(table: Any, key: str) -> list[str]:
    """Return the texts in a list of a table, which may be anything."""
    values = table.get(key) if isinstance(table, dict) else None
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []
