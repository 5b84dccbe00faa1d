"""What holds for a destination's settings holds for tables and lists within them, and for defaults."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from attrs import field, frozen

from capi_actions import ConfigTable, OutboxFactory, Plugins, Problem, Secret, builtin, hookimpl
from capi_actions.config import Config, load_config

SHARED_DEFAULT = Path("shared.pem")


@frozen(kw_only=True)
class Certificate:
    """A table within the settings."""

    file: Path
    key: Secret | None = None
    chain: Path = Path("chain.pem")
    others: Sequence[Path] = ()


@frozen(kw_only=True)
class Settings:
    """Settings with paths and secrets at every depth."""

    account: str = "a"
    token: Secret = field(factory=lambda: Secret("of the environment"))
    normalization: str = "plain"
    log: Path = Path("log.txt")
    certificate: Certificate = Certificate(file=SHARED_DEFAULT)
    more: list[Certificate] = field(factory=list)
    by_name: dict[str, Certificate] = field(factory=dict)
    extra: tuple[Path, ...] = (Path("extra.txt"),)
    beside: Path = field(init=False, default=Path("beside.txt"))


TABLE = ConfigTable(name="acme-server", settings_type=Settings)


def read(text: str, acme: SimpleNamespace, folder: Path, mode: int = 0o600) -> tuple[Config, Settings]:
    """Read a configuration with one destination, and return its settings too.

    :param text: the destination's table.
    """
    kind: Any = acme.capi_destinations()[0]
    nested = type("Nested", (kind,), {"settings_type": Settings, "lint_settings": lambda self: ()})
    plug = SimpleNamespace(
        __name__="plug",
        capi_destinations=hookimpl(lambda: [nested]),
        capi_normalizers=acme.capi_normalizers,
        capi_tables=hookimpl(lambda: [TABLE]),
    )
    path = folder / "capi.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    config = load_config(path, Plugins(builtin, plug))
    return config, config.destinations[0].destination.settings


def test_relative_paths_start_at_the_file_wherever_they_stand(acme: SimpleNamespace, tmp_path: Path) -> None:
    """In tables and lists below, and as defaults; absolute ones stay."""
    _, settings = read(
        """
        [destinations.main]
        type = "acme"
        certificate = { file = "a.pem", others = ["b.pem", "/c.pem"] }
        more = [{ file = "d/e.pem", chain = "../f.pem" }]
        by_name.x = { file = "g.pem" }
        """,
        acme,
        tmp_path,
    )

    assert tmp_path / "log.txt" == settings.log
    assert tmp_path / "beside.txt" == settings.beside
    assert (tmp_path / "extra.txt",) == settings.extra
    chain = tmp_path / "chain.pem"
    expected = Certificate(file=tmp_path / "a.pem", chain=chain, others=(tmp_path / "b.pem", Path("/c.pem")))
    assert expected == settings.certificate
    assert [Certificate(file=tmp_path / "d/e.pem", chain=tmp_path / "../f.pem")] == settings.more
    assert {"x": Certificate(file=tmp_path / "g.pem", chain=chain)} == settings.by_name


def test_a_default_that_two_configurations_share_starts_at_each_one_s_file(
    acme: SimpleNamespace, tmp_path: Path
) -> None:
    """The object is the class's, so that a change in it would be one for all."""
    text = '[destinations.main]\ntype = "acme"\n'
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        _, settings = read(text, acme, folder)

        assert folder / SHARED_DEFAULT == settings.certificate.file


def test_a_path_starts_at_the_file_also_in_a_table_of_a_plugin(acme: SimpleNamespace, tmp_path: Path) -> None:
    """Such as ``[server]``."""
    text = '[destinations.main]\ntype = "acme"\n[acme-server]\ncertificate.file = "a.pem"\n'
    config, _ = read(text, acme, tmp_path)

    table: Any = config.tables["acme-server"]
    assert (tmp_path / "a.pem", tmp_path / "log.txt") == (table.certificate.file, table.log)


def test_a_relative_folder_counts_once(
    acme: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of `--config conf/capi.toml`."""
    (tmp_path / "conf").mkdir()
    monkeypatch.chdir(tmp_path)
    _, settings = read('[destinations.main]\ntype = "acme"\nlog = "x.txt"\n', acme, Path("conf"))

    assert (tmp_path / "conf" / "x.txt", tmp_path / "conf" / "extra.txt") == (settings.log, *settings.extra)


def test_a_token_in_the_file_is_warned_of_wherever_it_stands(acme: SimpleNamespace, tmp_path: Path) -> None:
    """With its path; one that is a default isn't in the file."""
    config, _ = read(
        """
        [destinations.main]
        type = "acme"
        token = "sesame-1"
        certificate = { file = "a", key = "sesame-2" }
        more = [{ file = "a" }, { file = "b", key = "sesame-3" }]
        by_name."x.y" = { file = "a", key = "sesame-4" }
        """,
        acme,
        tmp_path,
        mode=0o644,
    )

    message = (
        'is written in the file; { env = "NAME" } keeps it out of backups and repositories. Its group and everyone'
        " on this machine can read the file (mode 0644): chmod 600 it"
    )
    at = "$.destinations.main"
    paths = ["token", "certificate.key", "more[1].key", "by_name['x.y'].key"]
    assert [Problem(message, f"{at}.{path}", severity="warning") for path in paths] == list(config.problems)


def test_a_token_in_an_option_s_table_is_warned_of(acme: SimpleNamespace, tmp_path: Path) -> None:
    """Options of outboxes and transports are settings, too."""

    def make(certificate: Certificate, names: Mapping[str, str]) -> Any:
        raise NotImplementedError

    factory = OutboxFactory(name="odd", make=make)
    plug = SimpleNamespace(__name__="odd", capi_outboxes=hookimpl(lambda: [factory]))
    path = tmp_path / "capi.toml"
    path.write_text(
        '[destinations.main]\ntype = "acme"\naccount = "a"\ntoken = { env = "ACME" }\n'
        '[outbox]\ntype = "odd"\nnames = {}\ncertificate = { file = "a", key = "sesame" }\n'
    )
    path.chmod(0o600)
    config = load_config(path, Plugins(builtin, acme, plug), need_secrets=False)

    assert ["$.outbox.certificate.key"] == [problem.path for problem in config.problems]
