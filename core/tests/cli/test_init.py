"""`capi init`: the first command that anybody runs."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import attrs
import pytest

from capi_actions import ConfigTable, Plugins, Secret, builtin, hookimpl


def test_what_init_writes_needs_only_its_blanks_filled(
    capi: Any, tmp_path: Path, only_acme: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Check says which; then it is fine, with and without the settings that are commented out."""
    monkeypatch.delenv("ACME_TOKEN", raising=False)
    path = tmp_path / "capi.toml"
    result = capi("init", "-c", str(path))
    text = path.read_text(encoding="utf-8")

    assert (result.status, result.out) == (0, "")
    assert "capi check" in result.err
    (problem,) = capi("check", "-c", str(path), "--json").lines
    assert problem["message"] == "the environment variable ACME_TOKEN isn't set"
    monkeypatch.setenv("ACME_TOKEN", "sesame")
    for filled in (text, re.sub(r"(?m)^# (?=\w+ = )", "", text.partition("\n# Without mappings")[0])):
        path.write_text(filled, encoding="utf-8")
        assert capi("check", "-c", str(path)) == (0, "", f"{path} is fine: 1 mapping.\n")


def test_commented_defaults_are_toml_of_the_right_type(capi: Any, tmp_path: Path, only_acme: None) -> None:
    """Whoever takes away the hash must not get a text where a number belongs."""
    path = tmp_path / "capi.toml"
    capi("init", "-c", str(path))
    text = path.read_text(encoding="utf-8")

    for line in (
        'account = ""',
        'token = { env = "ACME_TOKEN" }',
        "# size = 10",
        "# factor = 1.0",
        "# loud = false",
        '# normalization = "plain"',
        '# tag = ""',
        '# action = "acme.ping"',
    ):
        assert f"\n{line}\n" in text


def uncommented(text: str) -> list[str]:
    """Take the hash from each commented setting alone; of the example of a mapping, some lines together."""
    lines = text.splitlines()
    start = lines.index("# [[destinations.main.mappings]]")
    example = range(start, start + 5)
    choices = [[number] for number in range(len(lines)) if number not in example]
    choices += [[start, start + 1, *some] for some in ([], [start + 2], [start + 3], [start + 2, start + 3])]
    return [
        "\n".join(line.removeprefix("# ") if number in chosen else line for number, line in enumerate(lines))
        for chosen in choices
        if all(re.match(r"# (\w+ = |\[\[)", lines[number]) for number in chosen)
    ]


def test_any_line_can_be_uncommented(
    capi: Any, tmp_path: Path, only_acme: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each table's head stands there already, and each default is one; but nobody can guess a file's name."""
    monkeypatch.setenv("ACME_TOKEN", "sesame")
    path = tmp_path / "capi.toml"
    capi("init", "-c", str(path))
    files = uncommented(path.read_text(encoding="utf-8"))

    for text in files:
        path.write_text(text, encoding="utf-8")
        result = capi("check", "-c", str(path))
        assert result.status == (2 if '\nca_file = ""' in text else 0), result.err
    assert len(files) == 6 + 4 + 3 + 5 + 3 + 2 + 4


def test_plugins_of_an_overwritten_file_stay_selected(
    capi: Any, tmp_path: Path, only_acme: None, install: Any
) -> None:
    """The destination type may be one of a plugin in a file; and what is disabled may be what breaks everything."""
    (tmp_path / "mine.py").write_text(
        "from capi_actions import *\n\n@hookimpl\ndef capi_directives():\n"
        "    return [Directive(name='@mine', compile=print)]\n",
        encoding="utf-8",
    )
    install("lost", capi_actions=5)
    path = tmp_path / "capi.toml"
    path.write_text('[plugins]\nfiles = ["mine.py"]\ndisabled = ["acme"]\n', encoding="utf-8")
    result = capi("init", "--force", "-c", str(path))
    text = path.read_text(encoding="utf-8")

    assert 0 == result.status
    assert "# No plugin offers a destination type" in text
    assert '[plugins]\nfiles = ["mine.py"]\ndisabled = ["acme"]\n' in text
    assert "capi: warning: plugin 'lost' (lost 1.0): capi_actions() must return a list" in result.err


def test_init_says_of_each_setting_what_it_is(
    capi: Any, tmp_path: Path, only_acme: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the words of the class that it is read into, without their markup."""
    monkeypatch.setattr(Plugins.installed().destinations["acme"], "settings_type", Documented)
    path = tmp_path / "capi.toml"
    capi("init", "-c", str(path))
    text = path.read_text(encoding="utf-8")

    assert DOCUMENTED in text
    for words in (
        "# Threads that send, for each destination",
        "# Certificates (PEM) to trust",
        "# The file;",
    ):
        assert f"\n{words}" in text


class Colour(Enum):
    """A type that TOML has no word for."""

    RED = "red"


@attrs.frozen(kw_only=True)
class Documented:
    """Settings.

    :ivar token: a :class:`~capi_actions.Secret`.
    :ivar names: ``a`` and ``b``,
        and so on.
    """

    token: Secret
    names: list[str] = attrs.Factory(lambda: ["a", "b"])
    limits: dict[str, float] = attrs.Factory(lambda: {"a": 1.5, "b c": 2.0})
    colour: Colour = Colour.RED
    text: str = 'say "hi"\\\x07'
    other: str | None = attrs.field(default=None, metadata={"example": "o-1"})
    odd: object = attrs.Factory(lambda self: self, takes_self=True)


DOCUMENTED = r"""
[destinations.main]
type = "acme"

# A capi_actions.Secret.
token = { env = "ACME_TOKEN" }

# a and b, and so on.
# names = ["a", "b"]
# limits = { a = 1.5, "b c" = 2.0 }
# colour = "red"
# text = "say \"hi\"\\\U00000007"
# other = "o-1"
# odd = ""
"""


def test_init_without_plugins_says_what_is_missing(capi: Any, tmp_path: Path, no_plugins: None) -> None:
    """The core alone sends nowhere."""
    path = tmp_path / "capi.toml"

    assert capi("init", "-c", str(path)).status == 0
    assert "No plugin offers a destination type" in path.read_text(encoding="utf-8")


def test_init_overwrites_nothing(capi: Any, tmp_path: Path) -> None:
    """Unless with --force."""
    path = tmp_path / "capi.toml"
    path.write_text("# mine", encoding="utf-8")
    result = capi("init", "-c", str(path))

    assert result.status == 2
    assert "already exists; use --force to overwrite" in result.err
    assert path.read_text(encoding="utf-8") == "# mine"
    assert capi("init", "-c", str(path), "--force").status == 0
    assert path.read_text(encoding="utf-8") != "# mine"


def test_init_does_not_overwrite_what_appears_while_it_works(
    capi: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two of them started at once: nobody's settings are lost."""
    path = tmp_path / "capi.toml"
    configured = Plugins.configured

    def write_meanwhile(config_path: Path) -> Plugins:
        plugins = configured(config_path)
        path.write_text("# mine", encoding="utf-8")
        return plugins

    monkeypatch.setattr(Plugins, "configured", write_meanwhile)
    result = capi("init", "-c", str(path))

    assert result.status == 2
    assert "already exists; use --force to overwrite" in result.err
    assert path.read_text(encoding="utf-8") == "# mine"


def test_init_says_why_it_can_not_write(capi: Any, tmp_path: Path) -> None:
    """In a sentence, without a traceback."""
    result = capi("init", "-c", str(tmp_path / "missing" / "capi.toml"))

    assert result.status == 2
    assert f"there is no folder {tmp_path / 'missing'}; make it first" in result.err


@pytest.mark.parametrize("options", [(), ("--force",)])
def test_init_says_which_commands_go_on(
    capi: Any, tmp_path: Path, only_acme: None, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    """They can be pasted: with the file's name, unless it is the usual one."""
    monkeypatch.chdir(tmp_path)

    assert "then run `capi check`." in capi("init", *options).err
    assert (
        "then run `capi check --config 'my shop.toml'`." in capi("init", "-c", "my shop.toml", *options).err
    )
    assert "`capi init --config none.toml` writes one" in capi("preview", "-c", "none.toml").err


@contextmanager
def full_disk() -> Iterator[None]:
    """Let no file grow beyond 1,000 bytes: a limit of the process, so nothing else may run in it."""
    resource = pytest.importorskip("resource")
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, former[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)


@pytest.mark.parametrize("former", [None, "", "# mine\n", "# mine\n" * 100])
def test_a_full_disk_costs_nothing_that_was_there(
    capi: Any, tmp_path: Path, only_acme: None, former: str | None
) -> None:
    """Neither the settings that were to be overwritten, nor the next attempt, which half a file would refuse."""
    path = tmp_path / "capi.toml"
    if former is not None:
        path.write_text(former, encoding="utf-8")
        path.chmod(0o600)
    with full_disk():
        result = capi("init", "-c", str(path), *([] if former is None else ["--force"]))

    assert (2, f"capi: {path} can't be written: File too large\n") == (result.status, result.err)
    assert former == (path.read_text(encoding="utf-8") if path.exists() else None)


def test_a_file_that_is_overwritten_keeps_its_mode_and_nothing_else(
    capi: Any, tmp_path: Path, only_acme: None
) -> None:
    """Others shall not read the token of a shorter or longer file."""
    path = tmp_path / "capi.toml"
    path.write_text("# mine\n" * 10_000, encoding="utf-8")
    path.chmod(0o600)
    capi("init", "-c", str(path), "--force")
    capi("init", "-c", str(tmp_path / "new.toml"))

    assert (tmp_path / "new.toml").read_bytes() == path.read_bytes()
    assert 0o600 == path.stat().st_mode & 0o777


def test_init_for_a_server_says_what_to_install(capi: Any, tmp_path: Path, only_acme: None) -> None:
    """The table is a plugin's; without it nothing is written."""
    path = tmp_path / "capi.toml"
    result = capi("init", "--serve", "-c", str(path))

    assert result.status == 2
    assert "no plugin reads the table [server]: pip install ./plugins/server" in result.err
    assert not path.exists()


def test_init_writes_a_plugin_s_table(capi: Any, tmp_path: Path, monkeypatch: Any) -> None:
    """With its settings, but for those that are tables themselves, and its example."""

    @attrs.frozen(kw_only=True)
    class Settings:
        """A server's.

        :ivar port: where it listens.
        """

        port: int = 8090
        keys: dict[str, str] = attrs.field(factory=dict, metadata={"init": False})

    table = ConfigTable(
        name="server", settings_type=Settings, example='[server.keys]\na = "b"\n', description="who may send"
    )
    monkeypatch.setattr(Plugins, "configured", classmethod(lambda cls, path: cls(builtin, offering(table))))
    path = tmp_path / "capi.toml"
    result = capi("init", "--serve", "-c", str(path))

    assert result.status == 0, result.err
    text = path.read_text(encoding="utf-8")
    assert text.endswith(
        '\n# Who may send.\n[server]\n\n# Where it listens.\n# port = 8090\n\n[server.keys]\na = "b"\n'
    )


def offering(table: ConfigTable) -> SimpleNamespace:
    """Return a plugin that offers a table."""
    return SimpleNamespace(__name__="tables", capi_tables=hookimpl(lambda: [table]))
