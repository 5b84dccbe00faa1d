"""An outbox from outside the repository: it passes mypy, works, and is what the page shows."""

import ast
import subprocess
import sys
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from time import time
from types import ModuleType
from typing import Any

import pytest

import capi_actions_facebook.plugin
from capi_actions import Client, Outbox, OutboxError, Plugins, builtin
from capi_actions_sandbox import Sandbox

PAGE = "docs/how-to/outbox.md"


@pytest.fixture
def file(page: Callable[[str], list[Any]], tmp_path: Path) -> Path:
    """The page's module, in a folder of its own."""
    block, _ = (block for block in page(PAGE) if block.language == "python")
    assert block.file == "memory_outbox.py"
    path: Path = tmp_path / block.file
    path.write_text(block.text, encoding="utf-8")
    return path


@pytest.fixture
def module(file: Path) -> ModuleType:
    """The same, imported."""
    spec = spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def mypy(file: Path) -> subprocess.CompletedProcess[str]:
    """Check a file as its author would, without this repository's settings."""
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--config-file=",
        "--cache-dir=.mypy_cache",
        file.name,
    ]
    return subprocess.run(command, cwd=file.parent, capture_output=True, text=True, check=False)


def test_it_needs_nothing_but_the_public_names(file: Path) -> None:
    """Beside the standard library: else a stranger couldn't write it by the project's own rule."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}

    assert {
        name for name in modules if name not in sys.stdlib_module_names and name != "collections.abc"
    } == {"capi_actions"}


def test_mypy_holds_it_to_the_contract(file: Path) -> None:
    """It passes as it is; without one method, or with one that returns something else, it is refused."""
    passed = mypy(file)
    assert passed.returncode == 0, passed.stdout + passed.stderr

    text = file.read_text(encoding="utf-8")
    file.write_text(
        text.replace("class MemoryOutbox(Outbox)", "class MemoryOutbox").replace("def ready(", "def count(")
    )
    refused = mypy(file)
    assert refused.returncode == 1
    assert '"type[MemoryOutbox]"' in refused.stdout
    assert '"Callable[..., Outbox]"' in refused.stdout

    file.write_text(
        text.replace(
            "def extend(self, lease: int, until: float) -> bool:",
            "def extend(self, lease: int, until: float) -> str:",
        )
    )
    assert 'incompatible with return type "bool" in supertype' in mypy(file).stdout


def test_events_pass_through_it(
    module: ModuleType, page: Callable[[str], list[Any]], config: Path, sandbox: Sandbox
) -> None:
    """Chosen as the page says, and filled by the client, it is emptied by the usual delivery."""
    (choice,) = (block.text for block in page(PAGE) if block.language == "toml")
    config.write_text(config.read_text(encoding="utf-8") + choice, encoding="utf-8")
    plugins = Plugins(builtin, capi_actions_facebook.plugin, module)
    names = [f"m{number}" for number in range(20)]

    with Client.from_config(config, plugins=plugins) as client:
        for name in names:
            event = {"type": "page", "messageId": name, "userId": "u", "timestamp": time()}
            (item,) = client.send(event).accepted
            assert item.event_id == name
        assert client.flush(timeout=120)

    assert names == sorted(
        (arrival["event"]["event_id"] for arrival in sandbox.events()), key=lambda name: int(name[1:])
    )
    assert not list(config.parent.glob("*.db"))


def test_it_cannot_be_used_once_closed(module: ModuleType) -> None:
    """As the contract demands."""
    outbox: Outbox = module.MemoryOutbox()
    with outbox:
        assert outbox.destinations() == []

    with pytest.raises(OutboxError, match="closed"):
        outbox.stats()


def test_the_tests_of_the_page_are_the_core_s(
    page: Callable[[str], list[Any]], module: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them run on this outbox elsewhere; here the snippet is what counts."""
    _, block = (block for block in page(PAGE) if block.language == "python")
    monkeypatch.setitem(sys.modules, "memory_outbox", module)
    names: dict[str, Any] = {"__name__": "test_memory_outbox"}
    exec(compile(block.text, PAGE, "exec"), names)
    suite = names["TestMemoryOutbox"]()

    assert block.file == "test_memory_outbox.py"
    assert len([name for name in dir(suite) if name.startswith("test_")]) > 50
    suite.test_tries_add_up(tmp_path)
    suite.test_the_later_of_two_back_offs_holds(tmp_path)
