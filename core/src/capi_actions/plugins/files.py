"""Load a plugin from one Python file, which no package brings."""

import sys
from contextlib import redirect_stdout
from hashlib import sha256
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import module_from_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from capi_actions.errors import ConfigError, PluginError
from capi_actions.files import read_regular_file
from capi_actions.tracebacks import exception_text, source_line

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer  # collections.abc has it since Python 3.12


def load_file(path: Path) -> ModuleType:
    """Import a file, once in a process.

    :raises PluginError: when it isn't there or can't be imported, with the line at fault.
    """
    content = _read(path)
    location = path.resolve()
    # A name that no installed module has: a file may be called json.py.
    digest = sha256(str(location).encode("utf-8", "surrogateescape")).hexdigest()[:12]
    name = f"capi_plugin_{digest}_{path.stem}"
    if name in sys.modules:
        return sys.modules[name]
    loader = _Loader(name, str(location), content)
    module = module_from_spec(ModuleSpec(name, loader, origin=str(location)))
    module.__file__ = str(location)
    sys.modules[name] = module  # as annotations of classes are looked up there
    try:
        with redirect_stdout(sys.stderr):  # standard output holds data, and nothing that a plugin prints
            loader.exec_module(module)
    except KeyboardInterrupt:
        del sys.modules[name]
        raise
    except BaseException as error:  # a module may do anything when it is imported
        del sys.modules[name]
        problem = f"can't be imported: {exception_text(error)}{source_line(error, str(location))}"
        raise PluginError(path.stem, problem) from error
    return module


_HINT = "[plugins] files takes paths relative to the configuration"


def _read(path: Path) -> bytes:
    problem = f"there is no Python file {path}"
    try:
        if path.suffix == ".py":
            return read_regular_file(path, str(path))
    except (FileNotFoundError, NotADirectoryError):
        pass
    except ConfigError as error:
        problem = error.message
    except (OSError, ValueError) as error:  # ValueError: a path that no file can have
        reason = error.strerror if isinstance(error, OSError) else "no file can have this name"
        problem = f"{path} can't be read: {reason}"
    raise PluginError(path.stem, f"{problem}; {_HINT}")


class _Loader(SourceFileLoader):
    """Loads a file that lies beside a configuration, where no byte code should be read or written.

    :param content: the file's own.
    """

    def __init__(self, name: str, path: str, content: bytes) -> None:
        super().__init__(name, path)
        self._content = content

    def get_data(self, path: str) -> bytes:
        """Return the file's content; there is no other file to read."""
        if path != self.path:
            raise FileNotFoundError(path)
        return self._content

    def set_data(self, path: str, data: "Buffer", *, _mode: int = 0o666) -> None:
        """Write nothing."""
