"""What works, but is likely to be a mistake."""

import os
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import fields

from capi_actions.config.model import Config, DestinationConfig, MappingConfig
from capi_actions.errors import Problem, below, where
from capi_actions.model import Destination
from capi_actions.secret import Secret


def doubts(destinations: Iterable[DestinationConfig]) -> Iterator[Problem]:
    """Warn of tokens in the file, of mappings that do nothing or too much, and pass on the plugins' own advice."""
    for each in destinations:
        path = f"$.destinations.{each.name}"
        settings = each.destination.settings
        for attribute in fields(type(settings)):
            value = getattr(settings, attribute.name)
            if isinstance(value, Secret) and value.literal:
                message = 'stands in the file; { env = "NAME" } keeps it out of backups and repositories'
                yield Problem(message, f"{path}.{attribute.name}")
        yield from advice(each.destination, "lint_settings", each.destination.lint_settings, path)
        if each.mappings is not None:
            yield from _mappings(list(each.mappings), f"{path}.mappings")


def _mappings(mappings: list[MappingConfig], path: str) -> Iterator[Problem]:
    if not any(each.enabled for each in mappings):
        found = "all its mappings are switched off" if mappings else "its list of mappings is empty"
        hint = "leave mappings out to switch on every action with a prebuilt trigger"
        yield Problem(f"takes no event, as {found}; {hint}", path)
    for index, each in enumerate(mappings):
        first = mappings.index(each)
        if first < index and each.enabled:
            yield Problem(f"is the same as mappings[{first}]: each event is sent twice", f"{path}[{index}]")


_SQLITE = (
    b"SQLite format 3\0"  # how such files begin: https://www.sqlite.org/fileformat.html (read 2026-11-28)
)


def certificate_problems(transport: Mapping[str, Any], folder: Path) -> Iterator[Problem]:
    """Say what is wrong with the certificates that ``[transport]`` names.

    :param folder: where a relative path starts.
    """
    name = transport.get("ca_file")
    if not isinstance(name, str):
        return
    try:
        (folder / name).read_bytes()
        ssl.create_default_context(cafile=folder / name)
    except ssl.SSLError:
        yield Problem("should hold certificates (PEM), but no certificate is in it", "$.transport.ca_file")
    except (OSError, ValueError) as error:  # ValueError: a path that no file can have
        reason = error.strerror if isinstance(error, OSError) else "no file can have this name"
        yield Problem(f"{name} can't be read: {reason}", "$.transport.ca_file")


def outbox_problems(config: Config) -> Iterator[Problem]:
    """Say why the file that ``[outbox]`` names couldn't be opened or made; nothing is touched."""
    name = config.outbox.get("path")
    if not isinstance(name, str):
        return
    path = (config.folder / name).absolute()
    try:
        problem = _unusable(path) or (_foreign(path) if config.outbox.get("type") == "sqlite" else "")
    except ValueError:
        problem = "no file can have this name"
    if problem:
        yield Problem(problem, "$.outbox.path")


def _foreign(path: Path) -> str:
    if not path.is_file():
        return f"{path} is no file" if path.exists() else ""
    with path.open("rb") as file:
        is_ours = file.read(len(_SQLITE)) in (b"", _SQLITE)
    return "" if is_ours else f"{path} is not an outbox but some other file; give another path"


def _unusable(path: Path) -> str:
    if path.is_dir():
        return "is a folder; name a file in it"
    if path.exists() and not os.access(path, os.R_OK | os.W_OK):
        return f"{path} is there, but this user may not read and write it"
    folder = next(each for each in path.parents if each.exists())
    if not folder.is_dir():
        return f"{folder} is in the way: it should be a folder, but it is a file"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"the folder {folder} can't be written by this user"
    return ""


def advice(
    destination: Destination, name: str, give: Callable[[], Iterable[Problem]], path: str
) -> Iterator[Problem]:
    """Ask a destination for advice; where that fails, say so instead: it is no reason not to send.

    :param name: the method's name, for that message.
    :param path: the place in the configuration that the advice is about.
    """
    try:
        given: object = give()
        found = list(given) if isinstance(given, Iterable) else [given]
    except Exception as error:  # noqa: BLE001  a plugin may raise anything
        yield Problem(f"{name}() of the destination type {destination.name} failed ({where(error)})", path)
        return
    for each in found:
        if isinstance(each, Problem):
            yield from below(path, [each])
        else:
            wrong = f"must give capi_actions.Problem, but gave {type(each).__name__}"
            yield Problem(f"{name}() of the destination type {destination.name} {wrong}", path)
