"""The commands ``capi serve`` and ``capi hash-password``.

``capi`` imports this module whatever it is to do, so that what serves is imported by the command itself.
"""

import shlex
import sys
from pathlib import Path

import click

from capi_actions import ConfigError, config_option
from capi_actions_server.passwords import hash_password

_SHORTEST_PASSWORD = 10  # characters


@click.command()
@config_option
@click.option("--host", help="The address to listen at, instead of the configuration's.")
@click.option("--port", type=click.IntRange(0, 65535), help="The port; 0 chooses a free one.")
@click.option("--reuse-port", is_flag=True, help="Let several processes listen at the port.")
@click.option("--no-deliver", is_flag=True, help="Only store: `capi deliver --forever` runs apart.")
def serve(config_path: Path, host: str | None, port: int | None, reuse_port: bool, no_deliver: bool) -> None:
    """Take events over HTTP, and deliver them.

    Runs until Ctrl-C or SIGTERM.  The table [server] of the configuration says where, and who may send; `capi init
    --serve` writes one.
    """
    from capi_actions_server.run import run

    if not config_path.exists():
        raise ConfigError.of(f"there is no file {config_path}; `{_init_command(config_path)}` writes one", "")
    run(
        config_path,
        host=host,
        port=port,
        reuse_port=reuse_port,
        deliver=not no_deliver,
        announce=announce,
    )


def _init_command(path: Path) -> str:
    """Return the command that writes this file; it can be pasted into a shell."""
    words = ("capi", "init", "--serve")
    return shlex.join(words if path == Path("capi.toml") else (*words, "--config", str(path)))


def announce(url: str) -> None:
    """Print where the server listens."""
    click.echo(f"Listening at {url}; Ctrl-C stops.", err=True)


@click.command("hash-password")
def hash_command() -> None:
    """Print the hash of a password for the status page.

    It belongs below [server.pages] in the configuration.  Asks for the password twice, or reads it from standard
    input if that is no terminal.
    """
    if sys.stdin.isatty():
        password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if len(password) < _SHORTEST_PASSWORD:
        raise click.ClickException(f"the password should have {_SHORTEST_PASSWORD} characters or more")
    click.echo(hash_password(password))
