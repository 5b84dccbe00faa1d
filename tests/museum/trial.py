"""Try a broken plugin: load it, run the conformance tests on it, and use it."""

import importlib
import itertools
import logging
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from capi_actions import (
    CapiError,
    ConfigError,
    PluginError,
    Plugins,
    Request,
    Response,
    TransportFactory,
    builtin,
    hookimpl,
)
from capi_actions.config import read_config
from capi_actions.pipeline import HeldBack, Refusal
from capi_actions.plugins.loading import Candidate
from capi_actions.plugins.packages import find_plugins
from capi_actions.runtime import Runtime
from capi_actions.testing import PluginConformance
from capi_actions.testing.hanging import hang_limit
from museum.plugins import Broken

NOW = 1_800_000_000.0
EVENTS = [
    {
        "type": "track",
        "event": "Ping",
        "messageId": f"m-{number}",
        "properties": {"total": 5, "days": 3, "products": [{"a": 1}]},
        "context": {"traits": {"email": "jän@example.com"}},
    }
    for number in range(3)
]


def load(name: str, broken: Broken, folder: Path) -> ModuleType:
    """Import a broken plugin's module, so that another process can import it, too.

    :raises PluginError: when it is refused.
    """
    module_name = f"broken_{name}"
    path = folder / f"{module_name}.py"
    path.write_text(broken.source, encoding="utf-8")
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    info = folder / f"{module_name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {module_name}\nVersion: 1.0\n", encoding="utf-8"
    )
    (info / "entry_points.txt").write_text(f"[capi_actions]\n{name} = {module_name}\n", encoding="utf-8")
    importlib.invalidate_caches()
    (plugin,) = (plugin for plugin in find_plugins() if plugin.name == name)
    Plugins(builtin, Candidate(name, "", plugin.load))
    return sys.modules[module_name]


def failing_test(module: ModuleType, folder: Path) -> str:
    """Return the name of the first test of the kit that fails; "" if all pass."""

    class Suite(PluginConformance):
        plugin = module
        config: dict[str, Any] = {}  # noqa: RUF012  as authors write it
        hangs_after = 1.0
        longest_call = 0.5
        calls_in_any_order = 2

    names = [name for name in dir(Suite) if name.startswith("test_") and getattr(Suite, name) is not None]
    for name in sorted(names, key=lambda name: "another_process" in name):  # the slowest last
        for number, arguments in enumerate(_arguments(getattr(Suite, name))):
            if "tmp_path" in getattr(Suite, name).__code__.co_varnames:
                arguments["tmp_path"] = folder / f"{name}-{number}"
                arguments["tmp_path"].mkdir()
            try:
                with hang_limit(Suite):
                    getattr(Suite(), name)(**arguments)
            except KeyboardInterrupt:
                raise
            except BaseException:  # noqa: BLE001  whatever fails a test
                return name
    return ""


def _arguments(test: Any) -> Iterator[dict[str, Any]]:
    """Yield the arguments that pytest would pass for each parametrization."""
    marks = [mark for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]
    axes = [[{mark.args[0]: value} for value in mark.args[1]] for mark in marks]
    for combination in itertools.product(*axes):
        yield {name: value for axis in combination for name, value in axis.items()}


class Recorder(logging.Handler):
    """Keeps messages from warnings up."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


def told_at_run_time(module: ModuleType, broken: Broken, folder: Path) -> Sequence[str]:
    """Send three events, and return what a person would be told of the plugin; the run itself must not break."""
    if hasattr(module, "Urllib3Transport"):  # there is nothing to send to
        return []
    arrived: list[Request] = []

    def receive(request: Request) -> Response:
        arrived.append(request)
        return Response(status=200, headers={}, body=b"")

    recorder = SimpleNamespace(
        __name__="recorder",
        capi_transports=hookimpl(
            lambda: [
                TransportFactory(
                    name="recorder", make=lambda: SimpleNamespace(send=receive, close=lambda: None)
                )
            ]
        ),
    )
    plugins = Plugins(builtin, recorder, module)
    outbox = 'type = "broken"' if broken.has("capi_outboxes") else 'path = "outbox.sqlite3"'
    transport = "broken" if broken.has("capi_transports") else "recorder"
    text = f'[destinations.b]\ntype = "broken"\n[outbox]\n{outbox}\n[transport]\ntype = "{transport}"\n'
    if broken.has("capi_tables"):
        text += "[broken]\nlimit = 7\n"
    log = Recorder()
    logger = logging.getLogger("capi_actions")
    logger.addHandler(log)
    told: list[str] = []
    try:
        told += _run(text, plugins, folder)
    except (CapiError, ConfigError, PluginError) as error:
        told.append(str(error))
    finally:
        logger.removeHandler(log)
    return [*told, *log.messages]


def _run(text: str, plugins: Plugins, folder: Path) -> Iterator[str]:
    config = read_config(text, plugins, folder)
    with Runtime.open(config, plugins) as runtime:
        for event in EVENTS:
            for outcome in runtime.pipeline.process(event, NOW):
                if isinstance(outcome, Refusal):
                    yield outcome.error.message
                elif isinstance(outcome, HeldBack):
                    yield outcome.reason
                else:
                    runtime.outbox.put([outcome])
        runtime.deliverer.drain()
        for pause in runtime.outbox.paused().values():
            yield pause.judgement.reason
        for letter in runtime.outbox.dead():
            yield letter.reason
