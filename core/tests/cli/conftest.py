"""Plugins for tests of the command line."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from capi_actions import Action, Directive, hookimpl
from capi_actions.plugins import loading
from capi_actions.plugins.packages import PackagedPlugin, find_plugins

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Install a plugin: its name, its hooks and what these offer."""
    site = tmp_path / "site"
    monkeypatch.syspath_prepend(site)

    def install(name: str, **hooks: object) -> None:
        plugin = SimpleNamespace(__name__=name)
        for hook, offered in hooks.items():
            setattr(plugin, hook, hookimpl(lambda offered=offered: offered))
        info = site / f"{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[capi_actions]\n{name} = {name}_for_tests\n")
        monkeypatch.setitem(sys.modules, f"{name}_for_tests", plugin)

    return install


@pytest.fixture
def lost_action(install: Install) -> None:
    """An action for a destination type that nobody offers."""
    action = Action(name="lost.ping", title="Ping", description="", trigger=None, fields={}, build=dict)
    install("lost", capi_actions=[action])


@pytest.fixture
def crashing_directive(install: Install) -> str:
    """A directive that raises with a person's address in its message; returns the address."""
    address = "marker@example.com"

    def crash(payload: object) -> object:
        raise KeyError(address)

    install("crash", capi_directives=[Directive(name="@crash", compile=lambda value, compiler: crash)])
    return address


@pytest.fixture
def only_acme(acme_installed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave nothing but the core and the small platform, whatever is installed beside them."""
    _leave(monkeypatch, {"core", "acme"})


@pytest.fixture
def no_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave nothing but the core."""
    _leave(monkeypatch, {"core"})


def _leave(monkeypatch: pytest.MonkeyPatch, names: set[str]) -> None:
    others = {plugin.name for plugin in find_plugins()} - names

    def filtered() -> list[PackagedPlugin]:
        return [plugin for plugin in find_plugins() if plugin.name not in others]

    monkeypatch.setattr(loading, "find_plugins", filtered)
