"""When the outbox is somebody else's."""

import subprocess
import sys
from pathlib import Path


def test_a_file_of_somebody_else_is_said(path: Path) -> None:
    """Its folder is fine, so to be told of that alone would lead astray; in a process that isn't root."""
    script = f"""
import os
from capi_actions.errors import OutboxError
from capi_actions.outbox import SqliteOutbox
path = {str(path)!r}
SqliteOutbox(path).close()
os.chmod(path, 0o600 if os.getuid() == 0 else 0)
os.chmod(os.path.dirname(path), 0o777)
if os.getuid() == 0:
    os.setgid(65534); os.setuid(65534)
try:
    SqliteOutbox(path)
except OutboxError as error:
    print(error)
"""
    folders = list(path.parents)[:3]
    modes = [each.stat().st_mode for each in folders]
    try:
        for each in folders:
            each.chmod(0o755)
        ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    finally:
        for each, mode in zip(folders, modes, strict=True):
            each.chmod(mode)

    assert (
        f"the outbox {path} can't be opened; this user must be able to read and write the file itself"
        in ended.stdout
    )
