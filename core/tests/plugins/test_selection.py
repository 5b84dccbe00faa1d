"""Plugins that are switched off, and plugins in one file."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from capi_actions import PluginError, Plugins
from capi_actions.config import read_config
from capi_actions.plugins import DISABLED_VARIABLE, Selection, inspect_installed

CODE = """
\"\"\"Greetings of ours.\"\"\"
from attrs import frozen
from capi_actions import Directive, action, from_path, hookimpl


@action("acme.hello", title="Hello")
class Hello:
    name: str = from_path("$.event")

    def build(self):
        return {"name": self.name}


@hookimpl
def capi_directives():
    return [Directive(name="@hello", compile=lambda value, compiler: lambda payload: "hello")]


@hookimpl
def capi_actions():
    return [Hello]
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A configuration with a plugin in a file beside it, read from another folder."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "my_plugin.py").write_text(CODE, encoding="utf-8")
    path = tmp_path / "shop" / "capi.toml"
    path.write_text('[plugins]\nfiles = ["my_plugin.py"]\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    yield path
    for name in [name for name in sys.modules if name.startswith("capi_plugin_")]:
        del sys.modules[name]


def test_one_file_is_enough(config: Path) -> None:
    """Its path is relative to the configuration, and nothing is written beside it."""
    plugins = Plugins.configured(config)
    (info,) = (info for info in plugins.describe() if info.name == "my_plugin")

    assert {"@hello"} <= plugins.directives.keys()
    assert "acme.hello" in plugins.actions
    assert ("Greetings of ours", str(config.parent / "my_plugin.py")) == (info.description, info.distribution)
    assert {"capi.toml", "my_plugin.py"} == {path.name for path in config.parent.iterdir()}


def test_a_file_is_run_once_in_a_process(config: Path) -> None:
    """`capi` loads plugins for their commands and once more for its own; a metric can be registered only once."""
    first, second = Plugins.configured(config), Plugins.configured(config)

    assert first.actions["acme.hello"] is second.actions["acme.hello"]


def test_a_file_can_have_the_name_of_any_module(config: Path) -> None:
    """Nobody remembers what the standard library has."""
    (config.parent / "json.py").write_text(CODE.replace("hello", "hi"), encoding="utf-8")
    config.write_text('[plugins]\nfiles = ["json.py", "json.py"]\n', encoding="utf-8")

    assert "@hi" in Plugins.configured(config).directives
    assert "dumps" in vars(sys.modules["json"])


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("\n1 / 0\n", "can't be imported: ZeroDivisionError: division by zero (my_plugin.py, line 2)"),
        ("import json\n\njson.loads('{')\n", "(my_plugin.py, line 3)"),
        ("def broken(:\n", "can't be imported: SyntaxError: invalid syntax (my_plugin.py, line 1)"),
        ("raise SystemExit(3)\n", "can't be imported: SystemExit: 3 (my_plugin.py, line 1)"),
        (CODE.replace("    return [Hello]", "    return [Helo]"), "NameError: name 'Helo' is not defined"),
        (CODE.replace("    return [Hello]", "    return [Helo]"), "(my_plugin.py, line 22)"),
        (CODE.replace("    return [Hello]", "    return 5"), "must return a list, but returned int"),
        (CODE.replace('name="@hello"', 'name="hello"'), "must be an at sign and one word"),
    ],
)
def test_a_file_that_is_broken_is_named_with_the_line(config: Path, code: str, message: str) -> None:
    """Most authors begin here, so most mistakes are made here."""
    (config.parent / "my_plugin.py").write_text(code, encoding="utf-8")

    with pytest.raises(PluginError) as caught:
        Plugins.configured(config).require_all()

    assert "my_plugin" == caught.value.plugin
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["missing.py", "capi.toml", "."])
def test_what_is_no_python_file_is_refused(config: Path, name: str) -> None:
    """With the path that was looked for."""
    config.write_text(f'[plugins]\nfiles = ["{name}"]\n', encoding="utf-8")

    with pytest.raises(PluginError, match=r"there is no Python file .*shop"):
        Plugins.configured(config).require_all()


def test_a_plugin_in_a_file_can_be_imported_after_it_was_repaired(config: Path) -> None:
    """In one process, as a test suite does."""
    (config.parent / "my_plugin.py").write_text("1 / 0", encoding="utf-8")
    assert ["my_plugin"] == [refusal.plugin for refusal in Plugins.configured(config).refused]
    (config.parent / "my_plugin.py").write_text(CODE, encoding="utf-8")

    assert "@hello" in Plugins.configured(config).directives


def test_what_a_plugin_prints_is_not_taken_for_data(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Standard output holds JSON lines; what a module or a hook prints goes to standard error."""
    code = CODE.replace("    return [Hello]", "    print('in a hook')\n    return [Hello]")
    (config.parent / "my_plugin.py").write_text(f"print('at import')\n{code}", encoding="utf-8")

    assert "acme.hello" in Plugins.configured(config).actions
    assert ("", "at import\nin a hook\n") == capsys.readouterr()


def test_a_disabled_plugin_is_not_even_imported(config: Path) -> None:
    """It may be the one that breaks everything; `capi plugins` still lists it."""
    (config.parent / "my_plugin.py").write_text("1 / 0", encoding="utf-8")
    config.write_text('[plugins]\nfiles = ["my_plugin.py"]\ndisabled = ["my_plugin"]\n', encoding="utf-8")
    plugins = Plugins.configured(config)
    (info,) = (info for info in inspect_installed(Selection.read(config)) if info.name == "my_plugin")

    assert "@hello" not in plugins.directives
    assert (str(config), None, {}) == (info.disabled_by, info.error, info.hooks)


def test_the_environment_disables_plugins_too(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For one run, or for programs without a configuration."""
    monkeypatch.setenv(DISABLED_VARIABLE, " other , my_plugin,")

    assert "@hello" not in Plugins.configured(config).directives
    assert {"other": DISABLED_VARIABLE, "my_plugin": DISABLED_VARIABLE} == Selection.make().disabled


def test_the_core_can_not_be_disabled(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing would work without its directives, and nothing could be stored."""
    monkeypatch.setenv(DISABLED_VARIABLE, "core")
    config.write_text('[plugins]\ndisabled = ["core"]\n', encoding="utf-8")
    plugins = Plugins.configured(config)
    warnings = read_config(config.read_text(), plugins, strict=False).warnings

    assert "sqlite" in plugins.outboxes
    message = "the plugin 'core' is the core's own and can't be disabled"
    assert [("$.plugins.disabled[0]", message), (DISABLED_VARIABLE, message)] == [
        (warning.path, warning.message) for warning in warnings
    ]


def test_a_name_that_disables_nothing_is_warned_of(config: Path, acme_installed: None) -> None:
    """It may be misspelt, or the package's; it may as well be right on another machine."""
    text = '[plugins]\ndisabled = ["acne", "acme-for-tests"]\n'
    first, second = read_config(text, Plugins.installed(), strict=False).warnings

    assert "there is no plugin 'acne' to disable; did you mean 'acme'?" == first.message
    assert "'acme-for-tests' is a package; name its plugin, 'acme'" == second.message


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        ("plugins = 5", "$.plugins", "should be a table, but it is a whole number"),
        ('[plugins]\ndisabled = "acme"', "$.plugins.disabled", "should be a list, but it is text in quotes"),
        (
            "[plugins]\nfiles = [5]",
            "$.plugins.files[0]",
            "should be text in quotes, but it is a whole number",
        ),
        ("[plugins]\nfile = []", "$.plugins", "'file' isn't known here; did you mean 'files'?"),
    ],
)
def test_a_wrong_table_is_reported_with_the_rest(config: Path, text: str, path: str, message: str) -> None:
    """Not before: plugins are loaded first, and what is wrong elsewhere should be seen in the same run."""
    config.write_text(text, encoding="utf-8")
    problems = read_config(text, Plugins.configured(config), strict=False).errors

    assert (path, message) in [(problem.path, problem.message) for problem in problems]


def test_what_a_disabled_plugin_may_offer_is_hinted_at(
    acme_installed: None, config_text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who switched it off a year ago has forgotten."""
    monkeypatch.setenv(DISABLED_VARIABLE, "acme")
    (error,) = read_config(config_text.replace('"acme"', '"acme"'), Plugins.installed(), strict=False).errors

    assert error.message.startswith("no plugin offers the destination type 'acme'")
