"""Servers in processes of their own, which tests can kill.

All are forked from one process that has imported everything: starting one takes 0.1 s instead of one.
"""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["capi_actions_server.run", "capi_actions_facebook.plugin"])
_PATIENCE = 60.0  # seconds


class ServerProcess:
    """A running ``capi serve``.

    :ivar url: its address.
    """

    def __init__(self, config: Path, *options: str) -> None:
        """Start it, and return when it answers.

        :param options: further words of the command.
        """
        ours, theirs = _CONTEXT.Pipe()
        self._process: ForkServerProcess = _CONTEXT.Process(
            target=_serve, args=(str(config), options, theirs)
        )
        self._process.start()
        assert ours.poll(_PATIENCE), "the server did not start"
        self.url: str = ours.recv()

    def kill(self) -> None:
        """End it as a power cut would."""
        self._signal(signal.SIGKILL)
        self.wait()

    def terminate(self) -> None:
        """Ask it to stop, as service managers do."""
        self._signal(signal.SIGTERM)

    def wait(self) -> int | None:
        """Wait until it has ended, and return its exit status."""
        self._process.join(_PATIENCE)
        return self._process.exitcode

    def _signal(self, number: int) -> None:
        if self._process.pid is not None and self._process.is_alive():
            os.kill(self._process.pid, number)


@contextmanager
def running_server(config: Path, *options: str) -> Iterator[ServerProcess]:
    """Run a server; it is killed at the end if it still runs."""
    server = ServerProcess(config, *options)
    try:
        yield server
    finally:
        server.kill()


def _serve(config: str, options: tuple[str, ...], connection: Connection) -> None:
    from capi_actions.cli.app import main
    from capi_actions_server import commands

    commands.announce = lambda url: connection.send(url)
    os._exit(main(["serve", "--config", config, "--port", "0", *options]))
