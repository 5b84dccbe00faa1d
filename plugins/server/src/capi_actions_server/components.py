"""The components of a running server: opened and closed together, used by the endpoints and the pages."""

from pathlib import Path

from attrs import evolve, frozen

from capi_actions import Client, Config, ConfigError, ConfigNames, Plugins, load_config
from capi_actions_server.ingest.writer import Writer
from capi_actions_server.live_view_file import LiveViewFile, Sharer
from capi_actions_server.recent_events import RecentEvents
from capi_actions_server.settings import ServerSettings
from capi_actions_server.settings_checks import check_settings


@frozen(kw_only=True)
class Components:
    """A running server's components.

    :ivar client: delivers, and has the state of the destinations.
    :ivar config: the whole configuration.
    :ivar settings: its table ``[server]``.
    :ivar plugins: everything that is installed.
    :ivar writer: stores events.
    :ivar recent_events: what came in last, for the live view.
    :ivar live_view_file: shows it to the live views of other processes, and theirs here.
    :ivar sharer: writes it to that file.
    """

    client: Client
    config: Config
    settings: ServerSettings
    plugins: Plugins
    writer: Writer
    recent_events: RecentEvents
    live_view_file: LiveViewFile
    sharer: Sharer

    @classmethod
    def open(cls, path: Path, *, plugins: Plugins | None = None, deliver: bool = True) -> "Components":
        """Open the outbox, and start to store and deliver.

        :param path: of the configuration.
        :param deliver: False only stores.
        :raises ConfigError: when the configuration is wrong, with all problems.
        :raises PluginError: when a plugin can't be loaded.
        :raises OutboxError: when the outbox can't be opened.
        """
        installed = plugins or Plugins.configured(path)
        config = load_config(path, installed, strict=False)
        settings = config.tables.get("server") or ServerSettings()
        if not config.errors:
            names = ConfigNames(destinations=config.names, inputs=list(installed.inputs))
            if errors := [
                evolve(problem, path=f"$.server{problem.path[1:]}")
                for problem in check_settings(settings, names)
                if problem.severity == "error"
            ]:
                raise ConfigError(tuple(errors))
        client = Client.from_config(path, plugins=installed, deliver=deliver)
        writer = Writer(client, settings.max_waiting, settings.request_seconds)
        writer.start()
        recent_events, live_view_file = RecentEvents(), LiveViewFile.beside_outbox(config)
        sharer = Sharer(recent_events, live_view_file)
        sharer.start()
        return cls(
            client=client,
            config=config,
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
