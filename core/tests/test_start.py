"""What is imported when: starting takes as long as the imports do."""

import inspect
import json
import subprocess
import sys
from collections.abc import Iterable
from typing import get_type_hints

import click
import pytest

import capi_actions
from capi_actions.builtin.transport import open_transport
from capi_actions.builtin.transport.urllib3 import Urllib3Transport
from capi_actions.cli.app import CORE_COMMANDS, app
from support.imports import names_for_type_checkers

SLOW = "asyncio liquid rich ssl starlette urllib3 uvicorn prometheus_client hypothesis".split()


def imported_by(code: str, modules: Iterable[str]) -> set[str]:
    """Return which of these modules a program has imported when it ends, in a process of its own."""
    program = f"import json, sys\n{code}\nprint(json.dumps(list(sys.modules)))"
    command = [sys.executable, "-c", program]
    output = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    return set(modules) & set(json.loads(output.splitlines()[-1]))


def test_the_package_imports_nothing_but_logging() -> None:
    """It takes 30 ms then, a third of what attrs, click and pluggy alone do."""
    assert set() == imported_by(
        "import capi_actions", [*SLOW, "attrs", "cattrs", "click", "orjson", "pluggy"]
    )


def test_the_client_imports_only_what_it_always_needs() -> None:
    """A program that is started for a few events waits for it."""
    assert set() == imported_by("from capi_actions import Client", SLOW)


def test_help_imports_no_command() -> None:
    """Nor what draws tables, reads configurations, or sends."""
    code = "from capi_actions.cli.app import main; main(['--help'])"

    assert set() == imported_by(
        code,
        [
            *SLOW,
            "cattrs",
            "capi_actions.config",
            "capi_actions.pipeline",
            "capi_actions.cli.send",
            "capi_actions.client",
        ],
    )


@pytest.mark.parametrize(
    ("command", "modules"),
    [
        (["check", "--config", "missing.toml"], ["rich", "urllib3", "asyncio", "capi_actions.cli.send"]),
        (["eval", "trigger", "/dev/null"], ["rich", "urllib3", "asyncio", "capi_actions.delivery"]),
        (["plugins"], ["urllib3", "asyncio", "starlette", "uvicorn", "prometheus_client"]),
    ],
    ids=lambda value: value[0],
)
def test_a_command_imports_what_it_needs(command: list[str], modules: list[str]) -> None:
    """Not what another one needs."""
    code = f"from capi_actions.cli.app import main; main({command!r})"

    assert set() == imported_by(code, modules)


def test_help_shows_the_help_of_the_commands_themselves() -> None:
    """It stands a second time beside the names, to be shown without importing them."""
    context = click.Context(app)
    for name, (_, _, text) in CORE_COMMANDS.items():
        command = app.get_command(context, name)

        assert command is not None
        assert name == command.name
        assert text == command.get_short_help_str(limit=200)


def test_every_name_can_be_imported() -> None:
    """And is listed, as if it were there."""
    for name in capi_actions.__all__:
        assert getattr(capi_actions, name) is not None
        assert name in dir(capi_actions)


def test_type_checkers_see_what_programs_get() -> None:
    """The table of names says the same as the imports for type checkers; a module within needs neither."""
    checked = names_for_type_checkers(capi_actions)

    assert checked == vars(capi_actions)["_MODULES"]
    assert sorted([*checked, "builtin"]) == sorted(capi_actions.__all__)


def test_an_unknown_name_is_an_error() -> None:
    """As for any module."""
    with pytest.raises(AttributeError, match="module 'capi_actions' has no attribute 'cliient'"):
        vars(capi_actions)["__getattr__"]("cliient")
    with pytest.raises(ImportError, match="cannot import name 'cliient' from 'capi_actions'"):
        exec("from capi_actions import cliient")


def test_a_transport_takes_the_same_options_before_and_after_it_is_imported() -> None:
    """`capi check` knows the options without importing urllib3; only there do numbers have bounds."""
    before, after = inspect.signature(open_transport), inspect.signature(Urllib3Transport)
    types = get_type_hints(open_transport)  # without bounds

    assert list(after.parameters.values()) == [
        parameter.replace(annotation=types[name]) for name, parameter in before.parameters.items()
    ]
