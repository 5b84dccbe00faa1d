"""What tests of everything together share."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner

from capi_actions import Plugins
from capi_actions.cli.app import main
from capi_actions_sandbox import Sandbox, SandboxOptions
from support.vectors import read_vectors


@pytest.fixture(scope="session")
def real_events() -> list[dict[str, Any]]:
    """What unmodified SDKs sent, dated within the last hour: Meta takes events of seven days."""
    events = read_vectors("real/events.jsonl")
    moment = datetime.now(UTC) - timedelta(hours=1)
    return [
        {**event, "timestamp": (moment + timedelta(seconds=number)).isoformat()}
        for number, event in enumerate(events)
    ]


@pytest.fixture(scope="session")
def plugins() -> Plugins:
    """Everything that is installed."""
    return Plugins.installed()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A stand-in for Meta, as strict as it can be.  No API version ends, so that tests don't, either."""
    with Sandbox(SandboxOptions.strict(last_days={})) as running:
        yield running


@pytest.fixture
def config(tmp_path: Path, sandbox: Sandbox) -> Path:
    """A configuration without mappings, for the sandbox."""
    path = tmp_path / "capi.toml"
    path.write_text(
        '[destinations.shop]\ntype = "facebook"\npixel_id = "1234567890"\n'
        f'access_token = "sesame"\nbase_url = "{sandbox.url}"\n',
        encoding="utf-8",
    )
    return path


class Outcome(NamedTuple):
    """What a command printed and returned."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        """Standard output as JSON Lines."""
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Outcome]


@pytest.fixture
def capi() -> Run:
    """Run `capi` in this process, as the console script does."""

    def run(*arguments: str, lines: list[Any] | None = None) -> Outcome:
        text = None if lines is None else "".join(json.dumps(line) + "\n" for line in lines)
        runner = CliRunner()
        with runner.isolation(input=text) as (out, err, _):
            status = main(list(arguments))
            return Outcome(status, out.getvalue().decode(), err.getvalue().decode())

    return run
