"""Read the files that a person names: at most 8 MiB, and regular files only."""

import codecs
import os
import stat
from pathlib import Path

from capi_actions.errors import ConfigError

MAX_BYTES = 8 * 2**20  # a mapping's million characters take 6 MB when all of them are escaped


def read_text_file(path: Path) -> str:
    """Return the text of a file in UTF-8, without the byte order mark that some editors put before it.

    :raises FileNotFoundError: when there is no such file.
    :raises ConfigError: when it is a pipe, a device or a folder, longer than 8 MiB, can't be read or isn't UTF-8.
    """
    try:
        return read_regular_file(path, str(path)).decode("utf-8")
    except FileNotFoundError:
        raise
    except ConfigError as error:
        problem = error.message
    except OSError as error:
        problem = f"{path} can't be read: {error.strerror}"
    except UnicodeDecodeError as error:
        encoding = (
            "utf-16" if error.object.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "latin1"
        )
        hint = f"save it as UTF-8, as with `iconv -f {encoding} -t utf-8`"
        line = error.object.count(b"\n", 0, error.start) + 1
        problem = f"{path} is not UTF-8 text (line {line}); {hint}"
    except ValueError:
        problem = f"{path} can't be read: no file can have this name"
    raise ConfigError.of(problem, "")


def read_regular_file(path: Path, name: str) -> bytes:
    """Return a file's content, without the byte order mark that some editors put before UTF-8.

    :param name: of the file, for messages.
    :raises ConfigError: when it is a pipe, a device or a folder, or longer than :data:`MAX_BYTES`.
    :raises OSError: when it can't be read.
    :raises ValueError: when no file can have this path.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        kind = "a directory" if stat.S_ISDIR(mode) else "no regular file"
        raise ConfigError.of(f"{name} can't be read: it is {kind}")
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ConfigError.of(f"{name} can't be read: it is longer than {MAX_BYTES // 2**20} MiB")
    return content.removeprefix(codecs.BOM_UTF8)
