"""`capi new`: a complete plugin; names are checked and nothing is overwritten.

``tests/downstream`` runs the tests of what it writes."""

import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from capi_actions import Plugins
from capi_actions.cli.scaffold import KINDS, compatible_versions, render_plugin


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, where a plugin is to be written."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_a_complete_distribution(capi: Any, only_acme: None, folder: Path, kind: str) -> None:
    """With what an index, a type checker and CI want; nothing of the template's name or of other kinds is left."""
    result = capi("new", "rent-shop", "--kind", kind)
    files = {
        path.relative_to(folder / "rent-shop").as_posix(): path.read_text(encoding="utf-8")
        for path in (folder / "rent-shop").rglob("*")
        if path.is_file()
    }
    project = tomllib.loads(files["pyproject.toml"])["project"]
    kinds = {"action", "destination"} if kind == "destination" else {kind}

    assert (0, "") == (result.status, result.out)
    assert {
        *("pyproject.toml", "README.md", "noxfile.py", ".gitignore", ".github/workflows/ci.yml"),
        *(f"src/capi_actions_rent_shop/{name}" for name in ("__init__.py", "plugin.py", "py.typed")),
        *(f"src/capi_actions_rent_shop/{kind}.py" for kind in kinds),
        *(f"tests/test_{name}.py" for name in ("plugin", *kinds)),
    } == set(files)
    assert "capi-actions-rent-shop" == project["name"]
    assert {"rent-shop": "capi_actions_rent_shop.plugin"} == project["entry-points"]["capi_actions"]
    assert "Typing :: Typed" in project["classifiers"]
    for path, text in files.items():
        assert "# with" not in text, path
        for other in set(KINDS) - kinds:
            assert f"capi_actions_rent_shop.{other}" not in text, path
            assert f"## {other.capitalize()}\n" not in text, path
    if kind != "action":
        assert not [path for path, text in files.items() if "acme" in text.lower()]


def test_an_action_alone_is_for_an_installed_platform(capi: Any, only_acme: None, folder: Path) -> None:
    """The first one, or the one that is named; its package is required, and its plugin is there in tests."""
    result = capi("new", "rent", "--kind", "action")
    capi("new", "tent", "--kind", "action", "--for", "acme")
    project = tomllib.loads((folder / "rent" / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    tests = (folder / "rent" / "tests" / "test_plugin.py").read_text(encoding="utf-8")

    assert "Its action is for the destination type 'acme'; --for names another.\n" in result.err
    assert "acme-for-tests>=1.0,<2" in project["dependencies"]
    assert '@action("acme.rent"' in (folder / "rent/src/capi_actions_rent/action.py").read_text(
        encoding="utf-8"
    )
    assert '@action("acme.tent"' in (folder / "tent/src/capi_actions_tent/action.py").read_text(
        encoding="utf-8"
    )
    assert "import acme_for_tests\n" in tests
    assert "    others = (acme_for_tests,)\n" in tests
    assert '    config = {"account": "1234567890", "token": "1234567890"}\n' in tests


def test_it_says_what_to_do_next(capi: Any, only_acme: None) -> None:
    """In commands that can be pasted."""
    assert (
        """\
Wrote rent: 11 files of the package capi-actions-rent.
Next:
  capi install --editable ./rent # changes take effect without another install
  capi plugins rent              # what it offers
  python -m pytest rent          # needs capi-actions[testing]
Then change the modules in rent/src/capi_actions_rent: directive.
"""
        == capi("new", "rent", "--kind", "directive").err
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "Rent_Shop",
            "single hyphens, begin with a letter, and have at most 30 characters; 'rent-shop' would do",
        ),
        ("rent--shop", "'rent-shop' would do"),
        ("3d", "'d' would do"),
        ("rent/shop", "'rent-shop' would do"),
        ("../rent", "'rent' would do"),
        ("-", "can't be a package's name"),
        ("über", "'ber' would do"),
        ("a" * 31, f"'{'a' * 30}' would do"),
        ("class", "'class' is a word of Python"),
        ("none", "'None' is a word of Python"),
        ("capi-actions-rent", "begins with 'capi-actions-', which is put before every name: 'rent'"),
        ("core", "a plugin 'core' is installed already; `capi plugins core` describes it"),
        ("acme", "a plugin 'acme' is installed already"),
        ("sqlite", "there is a outbox 'sqlite' already"),
        ("urllib3", "there is a transport 'urllib3' already"),
        ("check", "there is a command 'check' already"),
        ("taken", "taken exists in this folder already; nothing is overwritten"),
    ],
)
def test_a_name_that_would_not_do_is_refused(
    capi: Any, only_acme: None, folder: Path, name: str, message: str
) -> None:
    """Before anything is written, with one that would."""
    (folder / "taken").write_text("mine", encoding="utf-8")
    result = capi("new", "--kind=outbox", "--kind=transport", "--kind=command", "--", name)

    assert 2 == result.status
    assert message.replace("a outbox", "an outbox") in " ".join(result.err.split())
    assert ["taken"] == [path.name for path in folder.iterdir()]
    assert "mine" == (folder / "taken").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("rent",), "Missing option '--kind'"),
        (("rent", "--kind", "filters"), "'filters' is not one of"),
        (
            ("rent", "--kind", "outbox", "--for", "acme"),
            "--for says what an action is for: add --kind action",
        ),
        (("rent", "--kind", "action", "--for", "acne"), "no destination type 'acne'; did you mean 'acme'?"),
    ],
)
def test_options_that_do_not_go_together_are_usage_errors(
    capi: Any, only_acme: None, folder: Path, arguments: tuple[str, ...], message: str
) -> None:
    """Nothing is written then."""
    result = capi("new", *arguments)

    assert 2 == result.status
    assert message in " ".join(result.err.split())
    assert [] == list(folder.iterdir())


def test_an_action_without_any_platform_needs_one(capi: Any, no_plugins: None, folder: Path) -> None:
    """The message says how to get one."""
    assert "none is installed: add --kind destination" in capi("new", "rent", "--kind", "action").err
    assert 0 == capi("new", "rent", "--kind", "destination").status


def test_a_folder_that_can_not_be_written_is_reported(
    capi: Any, only_acme: None, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And half a plugin isn't left behind."""

    def fail(path: Path, *_: Any, **__: Any) -> int:
        raise OSError(28, "No space left on device")  # a write knows no name

    monkeypatch.setattr(Path, "write_text", fail)
    result = capi("new", "rent", "--kind", "outbox")

    assert 2 == result.status
    assert re.match(r"capi: rent/\S+ can't be written: No space left on device\n", result.err)
    assert [] == list(folder.iterdir())


def test_the_template_is_a_plugin_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """It can be loaded as it lies there: with one thing of each kind."""
    from capi_actions import builtin

    template = Path(sys.modules["capi_actions"].__file__ or "").parent / "templates" / "plugin"
    monkeypatch.syspath_prepend(template / "src")
    import capi_actions_acme.plugin  # type: ignore[import-not-found]  # it is on no path but this one

    *_, info = Plugins(builtin, capi_actions_acme.plugin).describe()

    assert len(KINDS) == len(info.hooks)
    assert all(offer.description for offer in info.offers if offer.hook not in ("capi_normalizers",))


def test_a_plugin_requires_the_core_that_it_was_written_for() -> None:
    """Up to the next version that may break it."""
    assert ">=0.1,<0.2" == compatible_versions("0.1.0")
    assert ">=1.4,<2" == compatible_versions("1.4.7rc1")
    assert ">=3.0,<4" == compatible_versions("3")
    assert '"capi-actions>=' in render_plugin("rent", ["outbox"])["pyproject.toml"]
