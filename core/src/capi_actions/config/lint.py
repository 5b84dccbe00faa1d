"""Checks beyond the shape of a configuration: likely mistakes, and the files that it names.

What is named ``lint_…`` only warns.
"""

import os
import ssl
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from capi_actions.config.model import Config, MappingConfig, MappingDraft
from capi_actions.errors import Diagnostics, Problem, where
from capi_actions.model import Destination
from capi_actions.secret import Secret


def lint_secrets(settings: Mapping[str, Any], diagnostics: Diagnostics) -> None:
    """Warn about tokens that are written in the file.

    :param settings: a destination's settings by key.
    """
    for key, value in settings.items():
        if isinstance(value, Secret) and value.literal:
            message = 'is written in the file; { env = "NAME" } keeps it out of backups and repositories'
            diagnostics.warn(message, f"$.{key}")


def lint_mapping_tables(mappings: Sequence[MappingConfig], diagnostics: Diagnostics) -> None:
    """Warn about mappings that together take no events, or take them twice."""
    if not any(mapping.enabled for mapping in mappings):
        reason = "all its mappings are disabled" if mappings else "its list of mappings is empty"
        hint = "leave mappings out to enable every action with a prebuilt trigger"
        diagnostics.warn(f"receives no events: {reason}; {hint}")
    for index, mapping in enumerate(mappings):
        first = mappings.index(mapping)
        if first < index and mapping.enabled and not isinstance(mapping, MappingDraft):
            diagnostics.warn(f"is the same as mappings[{first}]: each event is sent twice", f"$[{index}]")


def lint_by_plugin(
    destination: Destination, method: str, *arguments: object, diagnostics: Diagnostics, complete: bool = True
) -> None:
    """Add the warnings of a destination's ``lint_settings`` or ``lint_mapping``.

    A method that fails is a warning itself: it is no reason not to send.

    :param complete: False when settings or mapping have errors: then what the method can't cope with is
        expected, and only the warnings before it count.
    """
    try:
        warnings: object = getattr(destination, method)(*arguments)
        for warning in warnings if isinstance(warnings, Iterable) else [warnings]:
            if isinstance(warning, Problem):
                diagnostics.warn(warning.message, warning.path, warning.code)
            else:
                complaint = f"must give capi_actions.Problem, but gave {type(warning).__name__}"
                diagnostics.warn(f"{method}() of the destination type {destination.name} {complaint}")
    except Exception as error:  # noqa: BLE001  a plugin may raise anything
        if complete:
            diagnostics.warn(f"{method}() of the destination type {destination.name} failed ({where(error)})")


def check_certificates(transport: Mapping[str, Any], folder: Path, diagnostics: Diagnostics) -> None:
    """Check the certificates that ``[transport]`` names.

    :param folder: where a relative path starts.
    """
    name = transport.get("ca_file")
    if not isinstance(name, str):
        return
    try:
        (folder / name).read_bytes()
        ssl.create_default_context(cafile=folder / name)
    except ssl.SSLError:
        diagnostics.add("should hold certificates (PEM), but no certificate is in it", "$.ca_file")
    except (OSError, ValueError) as error:  # ValueError: a path that no file can have
        reason = error.strerror if isinstance(error, OSError) else "no file can have this name"
        diagnostics.add(f"{name} can't be read: {reason}", "$.ca_file")


# Source: https://www.sqlite.org/fileformat.html (read 2026-11-28).
_SQLITE_HEADER = b"SQLite format 3\0"


def check_outbox_file(config: Config, diagnostics: Diagnostics) -> None:
    """Check that the file that ``[outbox]`` names can be opened or created.  Nothing is created."""
    name = config.outbox.get("path")
    if not isinstance(name, str):
        return
    path = (config.folder / name).absolute()
    try:
        problem = _access_problem(path)
        if not problem and config.outbox.get("type") == "sqlite":
            problem = _format_problem(path)
    except ValueError:
        problem = "no file can have this name"
    if problem:
        diagnostics.add(problem, "$.outbox.path")


def _access_problem(path: Path) -> str | None:
    if path.is_dir():
        return "is a folder; name a file in it"
    if path.exists() and not os.access(path, os.R_OK | os.W_OK):
        return f"{path} exists, but this user can't read and write it"
    folder = next(parent for parent in path.parents if parent.exists())
    if not folder.is_dir():
        return f"{folder} should be a folder, but it is a file"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"this user can't write to the folder {folder}"
    return None


def _format_problem(path: Path) -> str | None:
    if not path.is_file():
        return f"{path} is not a regular file" if path.exists() else None
    with path.open("rb") as file:
        is_outbox = file.read(len(_SQLITE_HEADER)) in (b"", _SQLITE_HEADER)
    return None if is_outbox else f"{path} is not an outbox but some other file; give another path"
