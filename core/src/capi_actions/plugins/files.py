"""Load a plugin from one Python file, which no package brings."""

import sys
from contextlib import redirect_stdout
from hashlib import sha256
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import module_from_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from capi_actions.errors import PluginError, exception_text, source_line

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer  # collections.abc has it since Python 3.12


def load_file(path: Path) -> ModuleType:
    """Import a file, once in a process.

    :raises PluginError: when it isn't there or can't be imported, with the line at fault.
    """
    if path.suffix != ".py" or not path.is_file():
        problem = f"there is no Python file {path}; [plugins] files takes paths relative to the configuration"
        raise PluginError(path.stem, problem)
    location = path.resolve()
    # A name that no installed module has: a file may be called json.py.
    digest = sha256(str(location).encode("utf-8", "surrogateescape")).hexdigest()[:12]
    name = f"capi_plugin_{digest}_{path.stem}"
    if name in sys.modules:
        return sys.modules[name]
    loader = _Loader(name, str(location))
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


class _Loader(SourceFileLoader):
    """Reads a file that lies beside a configuration, where no byte code should be written."""

    def set_data(self, path: str, data: "Buffer", *, _mode: int = 0o666) -> None:
        """Write nothing."""
