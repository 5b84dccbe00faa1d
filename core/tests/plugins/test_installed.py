"""Installed plugins: real distributions in a folder on the import path."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from capi_actions import PluginError, Plugins
from capi_actions.plugins.loading import find_candidates


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that Python looks for distributions in."""
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("acme_")]:
        del sys.modules[name]


def install(
    site: Path, name: str, code: str, *, needs: str = "capi-actions>=0.1", entry: str | None = None
) -> None:
    """Write what pip would write for a one-module plugin."""
    (site / f"acme_{name}.py").write_text(code, encoding="utf-8")
    info = site / f"acme_{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: acme-{name}\nVersion: 1.0\nRequires-Dist: {needs}\n", encoding="utf-8"
    )
    (info / "entry_points.txt").write_text(
        f"[capi_actions]\n{entry or name} = acme_{name}\n", encoding="utf-8"
    )


GOOD = """
from capi_actions import Normalizer, hookimpl

@hookimpl
def capi_normalizers():
    return [Normalizer(profile="acme", key="em", normalize=str.lower, otherwise="raw")]
"""


def test_pip_installed_plugins_are_found(site: Path) -> None:
    """An entry point is all it takes."""
    install(site, "good", GOOD)

    plugins = Plugins.installed()

    assert "em" in plugins.hashers("acme")
    assert ("good", "acme-good 1.0") in {(info.name, info.distribution) for info in plugins.describe()}


def test_the_core_comes_first(site: Path) -> None:
    """Whatever a plugin's name sorts like."""
    install(site, "aaa", GOOD)

    assert next(candidate.name for candidate in find_candidates()) == "core"


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("import nothing_of_this_name", "can't be imported (acme_bad): ModuleNotFoundError"),
        ("def broken(:", "can't be imported (acme_bad): SyntaxError"),
        ("raise SystemError('boom')", "SystemError: boom"),
    ],
)
def test_a_broken_import_is_named(site: Path, code: str, why: str) -> None:
    """One plugin's fault must not look like the core's."""
    install(site, "bad", code)

    with pytest.raises(PluginError) as caught:
        Plugins.installed()

    assert caught.value.plugin == "bad"
    assert why in str(caught.value)


def test_a_plugin_for_another_version_of_the_core_is_refused(site: Path) -> None:
    """pip can be made to install it all the same."""
    install(site, "old", GOOD, needs="capi-actions>=9")

    with pytest.raises(
        PluginError, match=r"plugin 'old' \(acme-old 1\.0\): it needs capi-actions>=9, but 0\.\d"
    ):
        Plugins.installed()


def test_two_entry_points_of_one_name_are_refused(site: Path) -> None:
    """Both packages are named."""
    install(site, "one", GOOD, entry="same")
    install(site, "two", GOOD.replace("acme", "zeta"), entry="same")

    with pytest.raises(PluginError, match=r"one of acme-one 1\.0, one of acme-two 1\.0"):
        Plugins.installed()


def test_requirements_that_nobody_can_read_are_passed_over(site: Path) -> None:
    """They are pip's business."""
    install(site, "odd", GOOD, needs="capi-actions (what?)")

    assert "em" in Plugins.installed().hashers("acme")
