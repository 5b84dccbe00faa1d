"""`capi install` and `capi uninstall`: what they say and refuse; ``tests/downstream`` has pip do the work."""

import json
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from capi_actions import Directive
from capi_actions.cli import install as module

Calls = list[tuple[str, ...]]


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], Calls]:
    """Put a function in the place of pip, and return the commands that it gets."""

    def replace(effect: Callable[[], object]) -> Calls:
        calls: Calls = []

        def run_pip(*arguments: str) -> None:
            calls.append(arguments)
            effect()

        def show(plugin: str) -> int:
            calls.append(("show", plugin))
            return 0

        monkeypatch.setattr(module, "_run_pip", run_pip)
        monkeypatch.setattr(module, "_show", show)
        return calls

    return replace


def nothing() -> None:
    """Change nothing."""


@pytest.mark.parametrize("option", ["-e", "--editable"])
def test_a_folder_that_is_not_there_is_said_in_a_sentence(
    capi: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pip: Any, option: str
) -> None:
    """Before pip, which lists all schemes of addresses that it knows."""
    monkeypatch.chdir(tmp_path)

    (tmp_path / "rent").mkdir()

    assert capi("install", option, "none").err.startswith("capi: --editable: there is no folder none\n")
    calls = pip(lambda: None)
    folders = ["rent", "./rent[extra]", str(tmp_path / "rent"), "git+https://rent.example/rent"]
    for folder in folders:
        capi("install", option, folder)
    assert folders == [call[3] for call in calls]


def test_what_was_installed_is_shown(
    capi: Any, only_acme: None, install: Any, pip: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All plugins that are new, whatever the package was called; options are pip's."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rent").mkdir()
    calls = pip(
        lambda: install(
            "rent", capi_directives=[Directive(name="@rent", compile=lambda value, compiler: dict)]
        )
    )
    result = capi("install", "-U", "-e", "./rent", "capi-rent>=1")

    assert (0, "") == (result.status, result.out)
    assert [
        ("install", "--quiet", "--upgrade", "--editable", "./rent", "--", "capi-rent>=1"),
        ("show", "rent"),
    ] == calls


def test_all_that_pip_says_is_printed_on_demand(capi: Any, only_acme: None, pip: Any) -> None:
    """Fifty lines for a package with its requirements, which hide what it brings."""
    calls = pip(nothing)
    capi("install", "--verbose", "acme-for-tests")
    capi("uninstall", "--verbose", "acme")

    assert [("install", "--", "acme-for-tests"), ("uninstall", "--yes", "--", "acme-for-tests")] == calls[::2]


@pytest.mark.parametrize(
    "words",
    [
        ["Acme_for.tests"],
        ["acme-for-tests>=0.5,<2"],
        ["acme-for-tests[fast]==1.0; python_version >= '3'"],
        ["acme-for-tests @ https://acme.example/acme_for_tests-1.0.tar.gz"],
        ["./wheels/acme_for_tests-1.0-py3-none-any.whl"],
        ["https://acme.example/acme_for_tests-1.0-py3-none-any.whl#sha256=0"],
        ["acme_for_tests-1.0.tar.gz"],
        ["./acme"],
        ["acme/"],
        ["acme/../acme[fast]"],
        ["--editable", "acme"],
        ["-e", "./acme[fast]"],
        ["requests", "acme-for-tests"],
    ],
)
def test_a_plugin_that_is_there_already_is_shown_too(
    capi: Any, only_acme: None, pip: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    """Whoever installs something twice wants to know what it is, whatever he calls it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "acme").mkdir()
    origin = {"url": (tmp_path / "acme").as_uri(), "dir_info": {}}
    (tmp_path / "site/acme_for_tests-1.0.dist-info/direct_url.json").write_text(json.dumps(origin))
    calls = pip(nothing)
    result = capi("install", *words)

    assert (0, "acme-for-tests 1.0 was installed before.\n") == (result.status, result.err)
    assert ("show", "acme") == calls[-1]


@pytest.mark.parametrize(
    ("word", "origin"),
    [
        ("git+https://acme.example/acme.git", "https://acme.example/acme.git"),
        ("git+https://acme.example/acme.git@v1#egg=acme", "https://acme.example/acme.git"),
        ("git+ssh://git@acme.example/acme.git@v1", "ssh://git@acme.example/acme.git"),
        ("acme @ git+https://acme.example/acme.git@v1", "https://acme.example/acme.git"),
        ("https://acme.example/archive/main.zip", "https://acme.example/archive/main.zip"),
    ],
)
def test_a_plugin_that_came_from_an_address_is_known_by_it(
    capi: Any, only_acme: None, pip: Any, tmp_path: Path, word: str, origin: str
) -> None:
    """It says nothing of the name."""
    file = tmp_path / "site/acme_for_tests-1.0.dist-info/direct_url.json"
    file.write_text(json.dumps({"url": origin}))
    pip(nothing)

    assert 0 == capi("install", word).status


@pytest.mark.parametrize("origin", ["", "5", "[]", "{", '{"url": 5}', "[" * 9999])
def test_a_package_whose_origin_cannot_be_read_stops_nothing(
    capi: Any, only_acme: None, pip: Any, tmp_path: Path, origin: str
) -> None:
    """Any installer may have written it; another package isn't taken for it."""
    (tmp_path / "site/acme_for_tests-1.0.dist-info/direct_url.json").write_text(origin)
    pip(nothing)

    assert 2 == capi("install", "acme", "./acme", "https://acme.example").status
    assert 0 == capi("install", "acme-for-tests").status


def test_a_package_without_a_plugin_is_pointed_out(capi: Any, only_acme: None, pip: Any) -> None:
    """It may be another package of a similar name."""
    pip(nothing)
    result = capi("install", "requests")

    assert 2 == result.status
    assert "capi: what was installed offers nothing to capi, so it is no plugin" in result.err


@pytest.mark.parametrize("name", ["acme", "acme-for-tests", "ACME.for_tests"])
def test_a_plugin_is_uninstalled_by_its_own_name_or_its_package_s(
    capi: Any, only_acme: None, pip: Any, name: str
) -> None:
    """Both are shown by `capi plugins`."""
    calls = pip(nothing)
    result = capi("uninstall", name)

    assert (0, "Uninstalled acme-for-tests.\n") == (result.status, result.err)
    assert [("uninstall", "--quiet", "--yes", "--", "acme-for-tests")] == calls


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("attrs", "'attrs' is no plugin of capi: `pip uninstall attrs` removes it"),
        ("core", "'core' is capi itself; `pip uninstall capi-actions` removes it"),
        ("capi_actions", "'capi_actions' is capi itself"),
        ("acne", "there is no plugin 'acne'; did you mean 'acme'?"),
    ],
)
def test_what_is_no_plugin_is_not_uninstalled(
    capi: Any, only_acme: None, pip: Any, name: str, message: str
) -> None:
    """Nor is anything that was named beside it."""
    calls = pip(nothing)
    result = capi("uninstall", "acme", name)

    assert 2 == result.status
    assert message in " ".join(result.err.split())
    assert [] == calls


def test_two_packages_with_a_plugin_of_one_name_are_told_apart(
    capi: Any, only_acme: None, install: Any, pip: Any, tmp_path: Path
) -> None:
    """The name alone would be a guess."""
    install("rent")
    info = tmp_path / "site" / "tent-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tent\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[capi_actions]\nrent = rent_for_tests\n")
    calls = pip(nothing)

    assert "several packages have a plugin 'rent': name one of rent, tent" in capi("uninstall", "rent").err
    assert 0 == capi("uninstall", "tent").status
    assert [("uninstall", "--quiet", "--yes", "--", "tent")] == calls


def test_an_environment_without_pip_says_how_to_get_it(
    capi: Any, only_acme: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As those that uv makes."""
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    for command in (("install", "capi-actions-phone"), ("uninstall", "acme")):
        result = capi(*command)

        assert 2 == result.status
        assert result.err.startswith(f"capi: there is no pip for {sys.executable}: ")
        assert "-m ensurepip" in result.err


def test_the_operating_system_s_python_is_left_alone(
    capi: Any, only_acme: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """pip would refuse it as well, in a screen of text."""
    (tmp_path / "EXTERNALLY-MANAGED").write_text("[externally-managed]\n")
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path))
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    result = capi("install", "capi-actions-phone")

    assert 2 == result.status
    assert "belongs to the operating system" in result.err
    assert "python3 -m venv .venv" in result.err


def test_nothing_to_install_is_a_usage_error(capi: Any, only_acme: None) -> None:
    """Rather than what pip says."""
    assert "name a PACKAGE, or a folder with --editable" in capi("install").err


def test_a_package_that_pip_can_not_find_is_named(
    capi: Any, only_acme: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what pip printed before it; nothing is fetched here."""
    pytest.importorskip("pip")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    result = capi("install", "capi-actions-nothing-of-this-name")

    assert 2 == result.status
    assert "ERROR: No matching distribution found" in result.err
    assert "capi: pip finds no package 'capi-actions-nothing-of-this-name' that fits" in result.err


def test_what_else_goes_wrong_is_left_to_pip_to_explain(
    capi: Any, only_acme: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its output goes to standard error, line by line, and can't steer a terminal."""

    def popen(command: list[str], **options: Any) -> Any:
        code = "import sys; print('half\\x1b[2J way'); print('broken', file=sys.stderr); sys.exit(3)"
        return real([sys.executable, "-c", code], **options)

    real = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", popen)
    result = capi("install", "capi-actions-phone")

    assert (2, "") == (result.status, result.out)
    assert ["half\ufffd[2J way", "broken"] == sorted(result.err.splitlines()[:2], reverse=True)
    assert "capi: `pip install` failed; what it printed says why\n" in result.err
