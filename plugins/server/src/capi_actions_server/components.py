"""The components of a running server: opened and closed together, used by the endpoints and the pages."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from attrs import evolve, frozen

from capi_actions import Client, Config, ConfigError, Plugins, Problem, load_config
from capi_actions_server.ingest.writer import Writer
from capi_actions_server.live_view_file import LiveViewFile, Sharer
from capi_actions_server.recent_events import RecentEvents
from capi_actions_server.settings import ServerSettings
from capi_actions_server.settings_checks import NOBODY_MAY_SEND


@frozen(kw_only=True)
class Components:
    """A running server's components.

    :ivar client: delivers, and has the state of the destinations.
    :ivar config: the whole configuration.
    :ivar findings: what `capi check` finds in it, and what is no reason not to start.
    :ivar settings: its table ``[server]``.
    :ivar plugins: everything that is installed.
    :ivar writer: stores events.
    :ivar recent_events: what came in last, for the live view.
    :ivar live_view_file: shows it to the live views of other processes, and theirs here.
    :ivar sharer: writes it to that file.
    """

    client: Client
    config: Config
    findings: Sequence[Problem]
    settings: ServerSettings
    plugins: Plugins
    writer: Writer
    recent_events: RecentEvents
    live_view_file: LiveViewFile
    sharer: Sharer

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        plugins: Plugins | None = None,
        deliver: bool = True,
        host: str | None = None,
        port: int | None = None,
    ) -> "Components":
        """Open the outbox, and start to store and deliver.

        :param path: of the configuration.
        :param deliver: False only stores.
        :param host: the address to listen at, instead of the configuration's.
        :param port: the port, instead of the configuration's.
        :raises ConfigError: when the configuration is wrong, with all problems.
        :raises PluginError: when a plugin can't be loaded.
        :raises OutboxError: when the outbox can't be opened.
        """
        installed = plugins or Plugins.configured(path)
        config = _override(load_config(path, installed, strict=False), host, port)
        findings = list(_check_presence(config))

        def review(problems: Sequence[Problem]) -> None:
            findings.extend(problems)
            errors = [problem for problem in findings if problem.severity == "error"]
            if config.errors or any(problem.path.startswith("$.server") for problem in errors):
                installed.require_all()  # what is missing may be in a plugin that was refused
                raise ConfigError(tuple(errors))

        client = Client.from_config(
            path, plugins=installed, deliver=deliver, config=config, on_findings=review
        )
        settings: ServerSettings = config.tables["server"]
        writer = Writer(client, settings.max_waiting, settings.request_seconds)
        writer.start()
        recent_events, live_view_file = RecentEvents(), LiveViewFile.beside_outbox(config)
        sharer = Sharer(recent_events, live_view_file)
        sharer.start()
        return cls(
            client=client,
            config=config,
            findings=findings,
            settings=settings,
            plugins=installed,
            writer=writer,
            recent_events=recent_events,
            live_view_file=live_view_file,
            sharer=sharer,
        )

    def close(self) -> None:
        """Store what waits, and stop delivering; what is left stays in the outbox for the next time."""
        self.sharer.close()
        self.writer.stop(self.settings.shutdown_seconds)
        self.client.close()


def _override(config: Config, host: str | None, port: int | None) -> Config:
    """Return the configuration with the command line's address, which is checked like the file's own."""
    settings = config.tables.get("server")
    if settings is None:
        return config
    try:
        settings = evolve(
            settings,
            host=settings.host if host is None else host,
            port=settings.port if port is None else port,
        )
    except ValueError as error:
        raise ConfigError.of(f"--{error}", "") from None
    return evolve(config, tables={**config.tables, "server": settings})


def _check_presence(config: Config) -> Iterator[Problem]:
    """Yield that the table ``[server]`` is missing: an empty one is the same mistake."""
    if "server" not in config.tables and "server" not in config.incomplete_tables:
        yield Problem(NOBODY_MAY_SEND, "$.server")
