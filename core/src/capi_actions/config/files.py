"""Files that a configuration names: whether they are there and may be used."""

import os
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from capi_actions.config.model import Config
from capi_actions.errors import Problem

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
