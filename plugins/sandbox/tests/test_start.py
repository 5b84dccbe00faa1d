"""What is imported when: every run of `capi` imports the plugins."""

import ast
import subprocess
import sys
from pathlib import Path

import capi_actions_sandbox


def test_knowing_the_commands_imports_no_server() -> None:
    """It would add 60 ms to every command of `capi`."""
    code = "import capi_actions_sandbox.plugin, sys; print(*sys.modules, sep='\\n')"
    output = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True
    ).stdout

    assert set() == {"asyncio", "rich", "starlette", "uvicorn"} & set(output.split())


def test_type_checkers_see_what_programs_get() -> None:
    """The table of names says the same as the imports for type checkers, and all of them are there."""
    tree = ast.parse(Path(capi_actions_sandbox.__file__).read_text(encoding="utf-8"))
    checked = {
        alias.name: node.module
        for block in tree.body
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }

    assert checked == vars(capi_actions_sandbox)["_MODULES"]
    assert sorted(checked) == sorted(capi_actions_sandbox.__all__)
    assert set(checked) <= set(dir(capi_actions_sandbox))
    assert all(getattr(capi_actions_sandbox, name) is not None for name in checked)
