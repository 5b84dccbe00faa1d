"""Options of a plugin's outbox or transport arrive in the types that its parameters name."""

from enum import Enum
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from capi_actions import (
    ConfigError,
    OutboxError,
    OutboxFactory,
    Plugins,
    Secret,
    Transport,
    TransportFactory,
    builtin,
    hookimpl,
)
from capi_actions.config import read_config
from capi_actions.plugins.loading import Candidate
from capi_actions.runtime import open_outbox, open_transport


class Mode(Enum):
    """A choice."""

    FAST = "fast"
    SAFE = "safe"


@pytest.fixture
def calls() -> list[dict[str, Any]]:
    """What the factories were called with."""
    return []


@pytest.fixture
def plugins(acme_candidate: Candidate, calls: list[dict[str, Any]]) -> Plugins:
    """The core, Acme, and a plugin whose factories have one option of each kind."""

    def make(
        password: Secret,
        store: Path,
        ratio: float = 1,
        size: int = 5,
        mode: Mode = Mode.SAFE,
        hosts: list[str] = [],  # noqa: B006  what a plugin may write
        extra: Path | None = None,
        path: str = "",
    ) -> Transport:
        calls.append(dict(locals()))
        raise OutboxError("no store here")

    plugin = SimpleNamespace(
        __name__="options",
        capi_transports=hookimpl(lambda: [TransportFactory(name="t", make=make)], specname="capi_transports"),
        capi_outboxes=hookimpl(lambda: [OutboxFactory(name="o", make=make)], specname="capi_outboxes"),  # type: ignore[arg-type]
    )
    return Plugins(builtin, plugin, acme_candidate)


SHOP = '[destinations.shop]\ntype = "acme"\naccount = "a"\ntoken = "t"\n'


@pytest.mark.parametrize(("table", "kind"), [("outbox", "o"), ("transport", "t")])
def test_options_are_structured_by_their_annotations(
    plugins: Plugins, calls: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, table: str, kind: str
) -> None:
    """A password is a Secret, a path starts in the configuration's folder, a whole number may be a float."""
    monkeypatch.setenv("STORE_PASSWORD", "sesame")
    options = (
        f'[{table}]\ntype = "{kind}"\npassword = {{ env = "STORE_PASSWORD" }}\nstore = "a/b"\nratio = 2\n'
    )
    config = read_config(
        SHOP + options + 'mode = "fast"\nhosts = ["h"]\npath = "c"\n', plugins, Path("/conf")
    )

    with pytest.raises(OutboxError):
        (open_outbox if table == "outbox" else open_transport)(config, plugins)

    (call,) = calls
    assert {key: call[key] for key in ("password", "store", "ratio", "size", "mode", "hosts", "path")} == {
        "password": Secret("sesame"),
        "store": Path("/conf/a/b"),
        "ratio": 2.0,
        "size": 5,
        "mode": Mode.FAST,
        "hosts": ["h"],
        "path": "/conf/c",
    }
    assert type(call["ratio"]) is float
    assert "sesame" not in repr(config)


def test_what_does_not_fit_is_reported_with_its_place(plugins: Plugins) -> None:
    """All of it at once, and a secret in the file only as a warning."""
    options = '[outbox]\ntype = "o"\npassword = 5\nstore = 1\nratio = "x"\nmode = "slow"\nhosts = [1]\nextra = false\n'
    with pytest.raises(ConfigError) as caught:
        read_config(SHOP + options, plugins)

    assert {problem.path: problem.message for problem in caught.value.problems} == {
        "$.outbox.password": 'should be { env = "NAME_OF_A_VARIABLE" }, but it is a whole number',
        "$.outbox.store": "should be text in quotes, but it is a whole number",
        "$.outbox.ratio": "should be a number, but it is text in quotes",
        "$.outbox.mode": "should be one of fast, safe",
        "$.outbox.hosts[0]": "should be text in quotes, but it is a whole number",
        "$.outbox.extra": "should be text in quotes, but it is true or false",
    }
    literal = read_config(SHOP + '[outbox]\ntype = "o"\npassword = "sesame"\nstore = "x"\n', plugins)
    assert "$.outbox.password" in [problem.path for problem in literal.warnings]
