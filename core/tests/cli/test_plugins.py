"""`capi plugins`: descriptions, replacements, what is disabled, what the configuration doesn't use; tracebacks."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from capi_actions.plugins import DISABLED_VARIABLE

CODE = """
\"\"\"Things of ours.\"\"\"
from capi_actions import Directive, Normalizer, OutboxFactory, hookimpl


@hookimpl
def capi_directives():
    return [
        Directive(name=name, compile=lambda value, compiler: lambda payload: "hello", description="Says hello.")
        for name in ("@hello", "@hi")
    ]


@hookimpl
def capi_normalizers():
    return [Normalizer(profile="plain", key="em", normalize=str.upper, otherwise="drop", replaces=True)]


@hookimpl
def capi_outboxes():
    return [OutboxFactory(name="memory", make=dict, description="forgets")]
"""

HELLO = """
[plugins]
files = ["mine.py"]
[[destinations.main.mappings]]
action = "acme.ping"
mapping = { name = { "@hello" = {} } }
"""


@pytest.fixture
def mine(config: Path, only_acme: None) -> Iterator[Path]:
    """A plugin in a file, of which the configuration uses one directive and a normalizer."""
    path = config.parent / "mine.py"
    path.write_text(CODE, encoding="utf-8")
    config.write_text(config.read_text(encoding="utf-8") + HELLO, encoding="utf-8")
    yield path
    for name in [name for name in sys.modules if name.startswith("capi_plugin_")]:
        del sys.modules[name]


def words(text: str) -> str:
    """A table's words without its frame."""
    return " ".join("".join(character for character in text if not "\u2500" <= character <= "\u257f").split())


def test_descriptions_replacements_and_what_is_not_used_are_shown(
    capi: Any, config: Path, mine: Path
) -> None:
    """A list of names alone would leave everything to be guessed."""
    core, acme, record = capi("plugins", "-c", str(config), "--json").lines
    table = words(capi("plugins", "-c", str(config), columns=300).out)

    assert ("mine", str(mine), "Things of ours") == (record["name"], record["package"], record["description"])
    assert {"hook": "capi_directives", "name": "@hello", "description": "Says hello"} in record["offers"]
    assert [{"name": "plain/em", "plugin": "acme"}] == record["replaces"]
    assert {"capi_directives": ["@hi"], "capi_outboxes": ["memory"]} == record["unconfigured"]
    assert ({}, {"capi_actions": ["acme.page"]}) == (core["unconfigured"], acme["unconfigured"])
    assert "Things of ours" in table
    assert "replaces plain/em of acme" in table
    assert f"idle {config} doesn't use: directives @hi; outboxes memory" in table


def test_one_plugin_is_described_in_full(capi: Any, config: Path, mine: Path) -> None:
    """Each offer with its own description; an action's is its title."""
    shown = words(capi("plugins", "mine", "-c", str(config), columns=300).out)
    platform = words(capi("plugins", "acme", "-c", str(config)).out)

    assert f"mine ({mine}) Things of ours" in shown.replace("\n", "")
    assert "capi_directives @hello Says hello" in shown
    assert "capi_normalizers plain/em replaces that of acme" in shown
    assert "capi_actions acme.ping Ping" in platform
    assert "capi_destinations acme A platform that takes events of one day" in platform
    (record,) = capi("plugins", "mine", "-c", str(config), "--json").lines
    assert "mine" == record["name"]


def test_an_unknown_plugin_is_a_usage_error_with_a_hint(capi: Any, only_acme: None) -> None:
    """The closest name."""
    result = capi("plugins", "acne")

    assert 2 == result.status
    assert "there is no plugin 'acne'; did you mean 'acme'?" in result.err


def test_disabled_plugins_are_listed_as_such(
    capi: Any, config: Path, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With who does it: the configuration, or the environment."""
    monkeypatch.setenv(DISABLED_VARIABLE, "mine")
    mine.write_text("1 / 0", encoding="utf-8")
    result = capi("plugins", "-c", str(config), columns=120)
    *_, record = capi("plugins", "-c", str(config), "--json").lines

    assert 0 == result.status
    assert f"disabled by {DISABLED_VARIABLE}" in words(result.out)
    assert ("mine", {}, DISABLED_VARIABLE) == (record["name"], record["hooks"], record["disabled_by"])
    assert f"disabled by {DISABLED_VARIABLE}" in words(
        capi("plugins", "mine", "-c", str(config), columns=300).out
    )


@pytest.mark.parametrize("text", ["", "[destinations", "[destinations.main]\ntype = 5\n"])
def test_without_a_sound_configuration_nothing_is_called_idle(
    capi: Any, only_acme: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """The list of plugins is what somebody looks at before there is one; but a file that is named must be there."""
    monkeypatch.chdir(tmp_path)
    if text:
        (tmp_path / "capi.toml").write_text(text, encoding="utf-8")

    assert 0 == capi("plugins").status
    assert 2 == capi("plugins", "-c", "missing.toml").status
    assert "there is no file missing.toml" in capi("plugins", "-c", "missing.toml").err


def test_a_mapping_file_s_directives_are_used(capi: Any, config: Path, mine: Path) -> None:
    """One that can't be read uses none; `capi check` reports it."""
    text = config.read_text(encoding="utf-8").replace(
        'mapping = { name = { "@hello" = {} } }', 'mapping_file = "m.json"'
    )
    config.write_text(text, encoding="utf-8")
    *_, without = capi("plugins", "-c", str(config), "--json").lines
    (config.parent / "m.json").write_text('{"name": [{"@hi": 1}]}', encoding="utf-8")
    *_, record = capi("plugins", "-c", str(config), "--json").lines

    assert ["@hello", "@hi"] == without["unconfigured"]["capi_directives"]
    assert ["@hello"] == record["unconfigured"]["capi_directives"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("plugins", "--traceback"),
        ("--traceback", "check"),
        ("--traceback", "preview"),
    ],
)
def test_why_a_plugin_can_not_be_imported_is_shown_whole(
    capi: Any, config: Path, mine: Path, arguments: tuple[str, ...]
) -> None:
    """The message has one line of it, as it is no matter for who only sends events."""
    mine.write_text("def outer():\n    return {}['inner']\n\nouter()\n", encoding="utf-8")
    told = capi(*arguments, "-c", str(config))
    quiet = capi(*(word for word in arguments if word != "--traceback"), "-c", str(config), columns=300)

    assert (2, 2) == (told.status, quiet.status)
    assert "Traceback (most recent call last):\n" in told.err
    assert f'File "{mine}", line 2, in outer\n' in told.err
    assert "KeyError: 'inner'\n" in told.err
    assert "Traceback" not in quiet.err
    assert "can't be imported: KeyError: 'inner' (mine.py, line 2)" in words(quiet.out + quiet.err)


def test_commands_of_a_file_are_commands_of_capi(
    capi: Any, config: Path, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the folder of the configuration, or with the environment's; so is what `capi eval` knows."""
    mine.write_text(
        "import click\nfrom capi_actions import hookimpl\n\n\n"
        "@click.command()\ndef greet():\n    click.echo('hi')\n\n\n"
        "@hookimpl\ndef capi_commands():\n    return [greet]\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("CAPI_CONFIG", str(config))

    assert (0, "hi\n", "") == capi("greet")
    assert "greet" in capi("--help").out
