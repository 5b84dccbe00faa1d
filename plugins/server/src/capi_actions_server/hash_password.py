"""The command ``capi hash-password``."""

import sys

import click

from capi_actions_server.passwords import hash_password

_SHORTEST = 10  # characters


@click.command("hash-password")
def hash_command() -> None:
    """Print the hash of a password for [server.pages] in the configuration.

    Asks for the password twice, or reads it from standard input if that is no terminal.
    """
    if sys.stdin.isatty():
        password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if len(password) < _SHORTEST:
        raise click.ClickException(f"the password should have {_SHORTEST} characters or more")
    click.echo(hash_password(password))
