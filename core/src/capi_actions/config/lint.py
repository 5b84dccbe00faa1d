"""Checks beyond the shape of a configuration: likely mistakes, and the files that it names.

What is named ``lint_…`` only warns.
"""

import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from capi_actions.config.model import Config, DestinationDraft, MappingConfig, MappingDraft
from capi_actions.errors import ConfigError, Diagnostics, Problem, json_path
from capi_actions.files import read_regular_file
from capi_actions.model import Destination
from capi_actions.secret import Secret
from capi_actions.tracebacks import where

_VARIABLE = re.compile(r"\$\w+|\$?\{\w+\}|\{\{\w+\}\}|\$\(\w+\)|%\w+%|env[:.]\w+", re.ASCII | re.IGNORECASE)
"""How other programs' configurations name a variable."""
_VARIABLE_ITSELF = (
    'is this text itself, and not what a variable of the environment holds; for that, write { env = "NAME" }'
)


def lint_secrets(settings: object, mode: int, diagnostics: Diagnostics) -> None:
    """Warn about tokens that are written in a table, or in tables and lists below it.

    :param settings: what was made of the table: an attrs object, or values by key.
    :param mode: the file's permissions; 0 if there is no file.
    """
    written = 'is written in the file; { env = "NAME" } keeps it out of backups and repositories'
    if readers := _READERS[bool(mode & stat.S_IRGRP), bool(mode & stat.S_IROTH)]:
        written += f". {readers} can read the file (mode {stat.S_IMODE(mode):04o}): chmod 600 it"
    for path, secret in _secrets(settings, ()):
        if secret.literal:
            diagnostics.warn(_VARIABLE_ITSELF if _VARIABLE.fullmatch(secret.value) else written, path)


_READERS: Mapping[tuple[bool, bool], str] = {
    (False, False): "",
    (True, False): "Its group",
    (False, True): "Everyone on this machine",
    (True, True): "Its group and everyone on this machine",
}
"""Who else can read a file, by whether its group may and whether all others may."""


def _secrets(value: object, keys: tuple[str | int, ...]) -> Iterator[tuple[str, Secret]]:
    """Yield the secrets within settings, each with its path."""
    if isinstance(value, Secret):
        yield json_path(keys), value
        return
    kind = type(value)
    if attrs.has(kind):
        for attribute in attrs.fields(kind):
            yield from _secrets(getattr(value, attribute.name, None), (*keys, attribute.name))
    elif isinstance(value, Mapping):
        for key, member in value.items():
            yield from _secrets(member, (*keys, str(key)))
    elif isinstance(value, list | tuple):
        for index, member in enumerate(value):
            yield from _secrets(member, (*keys, index))


def lint_accounts(destinations: Sequence[DestinationDraft], diagnostics: Diagnostics) -> None:
    """Warn about destinations that send to one account: it gets each event twice.

    One with errors takes part as soon as its account can be read: correcting them is no reason for a second round.

    One without enabled mappings takes no events: it is there to deliver what is queued under a former name.
    """
    first: dict[tuple[str, str], str] = {}
    for destination in destinations:
        mappings = destination.mappings
        if mappings is not None and not any(mapping.enabled for mapping in mappings):
            continue
        if destination.destination is None:
            continue
        try:
            account: object = destination.destination.account
        except KeyboardInterrupt:
            raise
        except BaseException:  # noqa: BLE001, S112  a plugin may raise anything; the account is only compared
            continue
        if not isinstance(account, str) or not account:
            continue
        name = first.setdefault((destination.type, account), destination.name)
        if name != destination.name:
            message = f"is the same account as destinations.{name}: events that both take arrive there twice"
            diagnostics.warn(message, json_path(("destinations", destination.name)))


def lint_mapping_tables(mappings: Sequence[MappingConfig], diagnostics: Diagnostics) -> None:
    """Warn about mappings that together take no events, or take them twice."""
    if not any(mapping.enabled for mapping in mappings):
        reason = "all its mappings are disabled" if mappings else "its list of mappings is empty"
        hint = "leave mappings out to enable every action with a prebuilt trigger"
        diagnostics.warn(f"receives no events: {reason}; {hint}")
    for index, mapping in enumerate(mappings):
        first = mappings.index(mapping)
        if first < index and mapping.enabled and not isinstance(mapping, MappingDraft):
            diagnostics.warn(f"is the same as mappings[{first}]: each event is sent twice", f"$[{index}]")


def lint_by_plugin(
    destination: Destination, method: str, *arguments: object, diagnostics: Diagnostics, complete: bool = True
) -> None:
    """Add what a destination's ``lint_settings`` or ``lint_mapping`` finds.

    Settings that are linted work, so all of it are warnings.  What ``lint_mapping`` finds can never be sent: it is an
    error, unless the problem itself is a warning.  A method that fails is a warning: it is no reason not to send.

    :param complete: False when settings or mapping have errors: then what the method can't cope with is
        expected, and only the problems before it count.
    """
    may_be_errors = method == "lint_mapping"
    try:
        problems: object = getattr(destination, method)(*arguments)
        for problem in problems if isinstance(problems, Iterable) else [problems]:
            if isinstance(problem, Problem):
                add = diagnostics.add if may_be_errors and problem.severity == "error" else diagnostics.warn
                add(problem.message, problem.path, problem.code)
            else:
                complaint = f"must give capi_actions.Problem, but gave {type(problem).__name__}"
                diagnostics.warn(f"{method}() of the destination type {destination.name} {complaint}")
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  a plugin may raise anything
        if complete:
            diagnostics.warn(f"{method}() of the destination type {destination.name} failed ({where(error)})")


def check_certificates(transport: Mapping[str, Any], folder: Path, diagnostics: Diagnostics) -> None:
    """Check the certificates that ``[transport]`` names.

    :param folder: where a relative path starts.
    """
    name = transport.get("ca_file")
    if not isinstance(name, str):
        return
    import ssl  # takes 6 ms

    try:
        read_regular_file(folder / name, name)
        ssl.create_default_context(cafile=folder / name)
    except ConfigError as error:
        diagnostics.add(error.message, "$.ca_file")
    except ssl.SSLError:
        diagnostics.add("should hold certificates (PEM), but no certificate is in it", "$.ca_file")
    except (OSError, ValueError) as error:  # ValueError: a path that no file can have
        reason = error.strerror if isinstance(error, OSError) else "no file can have this name"
        diagnostics.add(f"{name} can't be read: {reason}", "$.ca_file")


def check_outbox_file(config: Config, diagnostics: Diagnostics) -> None:
    """Check that the file that ``[outbox]`` names can be opened or created.  Nothing is created."""
    name = config.outbox.get("path")
    if not isinstance(name, str):
        return
    try:
        problem = _access_problem((config.folder / name).absolute())
    except ValueError:
        problem = "no file can have this name"
    if problem:
        diagnostics.add(problem, "$.outbox.path")


def _access_problem(path: Path) -> str | None:
    if path.is_dir():
        return "is a folder; name a file in it"
    if path.exists() and not path.is_file():
        return f"{path} is not a regular file"
    if path.exists() and not os.access(path, os.R_OK | os.W_OK):
        return f"{path} exists, but this user can't read and write it"
    folder = next(parent for parent in path.parents if parent.exists())
    if not folder.is_dir():
        return f"{folder} should be a folder, but it is a file"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"this user can't write to the folder {folder}"
    return None
