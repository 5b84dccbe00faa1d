"""The command ``capi serve``."""

from pathlib import Path

import click

from capi_actions_server.app import create_app
from capi_actions_server.service import Service
from capi_actions_server.serving import Server, listen, url_of


@click.command()
@click.option(
    "--config",
    "-c",
    "config_path",
    type=click.Path(path_type=Path),
    default=Path("capi.toml"),
    envvar="CAPI_CONFIG",
    show_default=True,
    show_envvar=True,
    help="The configuration file.",
)
@click.option("--host", help="The address to listen at, instead of the configuration's.")
@click.option("--port", type=click.IntRange(0, 65535), help="The port; 0 chooses a free one.")
@click.option("--no-deliver", is_flag=True, help="Only store: `capi deliver --forever` runs apart.")
def serve(config_path: Path, host: str | None, port: int | None, no_deliver: bool) -> None:
    """Take events over HTTP, and deliver them, until Ctrl-C or SIGTERM."""
    service = Service.open(config_path, deliver=not no_deliver)
    try:
        settings = service.settings
        listening = listen(host or settings.host, settings.port if port is None else port)
        url = url_of(listening)
        server = Server(
            create_app(service),
            settings.shutdown_seconds,
            lambda: click.echo(f"Listening at {url}; Ctrl-C stops.", err=True),
        )
        server.run([listening])
    finally:
        service.close()
