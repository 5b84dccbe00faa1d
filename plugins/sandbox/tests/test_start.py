"""What is imported when: every run of `capi` imports the plugins."""

import subprocess
import sys

import capi_actions_sandbox
from support.imports import names_for_type_checkers


def test_knowing_the_commands_imports_no_server() -> None:
    """It would add 60 ms to every command of `capi`."""
    code = "import capi_actions_sandbox.plugin, sys; print(*sys.modules, sep='\\n')"
    output = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True
    ).stdout

    assert set() == {"asyncio", "rich", "starlette", "uvicorn"} & set(output.split())


def test_type_checkers_see_what_programs_get() -> None:
    """The table of names says the same as the imports for type checkers, and all of them are there."""
    checked = names_for_type_checkers(capi_actions_sandbox)

    assert checked == vars(capi_actions_sandbox)["_MODULES"]
    assert sorted(checked) == sorted(capi_actions_sandbox.__all__)
    assert set(checked) <= set(dir(capi_actions_sandbox))
    assert all(getattr(capi_actions_sandbox, name) is not None for name in checked)
