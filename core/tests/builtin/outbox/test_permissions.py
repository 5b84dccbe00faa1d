"""When the outbox is somebody else's, or nobody may write it."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

SCRIPT = """
import os
from capi_actions.errors import OutboxError
from capi_actions.builtin.outbox import SqliteOutbox
path = {path!r}
SqliteOutbox(path).close()
os.chmod(path, {file})
os.chmod(os.path.dirname(path), {folder})
if os.getuid() == 0:
    os.setgid(65534); os.setuid(65534)
try:
    SqliteOutbox(path)
except OutboxError as error:
    print(error)
"""


@pytest.fixture
def path() -> Iterator[Path]:
    """Where the outbox lies: not in pytest's folders, whose permissions other test runs may be changing, too."""
    with TemporaryDirectory() as folder:
        yield Path(folder) / "outbox.db"


@pytest.fixture
def message(path: Path) -> Callable[[str, str], str]:
    """Return what is said of an outbox with these permissions, in a process that isn't root: root may do anything."""

    def message(file: str, folder: str) -> str:
        script = SCRIPT.format(path=str(path), file=file, folder=folder)
        folders = [
            parent for parent in path.parents if parent.stat().st_mode & 0o077 == 0 or parent == path.parent
        ]
        modes = [parent.stat().st_mode for parent in folders]
        try:
            for parent in folders:
                parent.chmod(0o755)
            return subprocess.run(
                [sys.executable, "-c", script], capture_output=True, text=True, check=True
            ).stdout
        finally:
            for parent, mode in zip(folders, modes, strict=True):
                parent.chmod(mode)

    return message


def test_a_file_of_somebody_else_is_said(path: Path, message: Callable[[str, str], str]) -> None:
    """Its folder is fine, so a message about the folder alone would mislead."""
    sentence = message("0o600 if os.getuid() == 0 else 0", "0o777")

    assert (
        f"the outbox {path} can't be opened; this user must be able to read and write the file itself"
        in sentence
    )


def test_a_read_only_outbox_is_said(path: Path, message: Callable[[str, str], str]) -> None:
    """With what would mend it."""
    sentence = message("0o444", "0o555")

    assert f"the outbox {path} is read-only; make the file and its folder writable for this user" in sentence
