"""The demo shows what a new user should see, and says so truthfully."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from capi_actions import Plugins
from capi_actions_sandbox.demo import run as module
from capi_actions_sandbox.demo.samples import samples

STANDARD_EVENTS = set(
    """
    AddPaymentInfo AddToCart AddToWishlist CompleteRegistration Contact CustomizeProduct Donate FindLocation
    InitiateCheckout Lead PageView Purchase Schedule Search StartTrial SubmitApplication Subscribe ViewContent
    """.split()
)


def test_every_standard_event_arrives_and_every_hash_is_the_pixel_s(capi: Any) -> None:
    """Known answers: what the real pixel sent for these people stands in the samples."""
    result = capi("demo", "--json")
    arrived = [line for line in result.lines if line["received"]]

    assert result.status == 0
    assert {line["received"]["event_name"] for line in arrived} >= STANDARD_EVENTS
    assert {"Identified", "GroupJoined", "LevelReached"} <= {
        line["received"]["event_name"] for line in arrived
    }
    assert [line["equal_to_pixel"] for line in arrived] == [line["hashes"] for line in arrived] == [11] * 22


@pytest.mark.parametrize("has_sdk", [False, True])
def test_the_demo_with_a_server_says_the_same_and_what_it_opens(
    capi: Any, has_sdk: bool, tmp_path: Path
) -> None:
    """The samples go over HTTP there, by the SDK if it is there; it ends at a signal, and its server with it."""
    if not has_sdk:
        hide_sdk(tmp_path)
    command = [sys.executable, "-m", "capi_actions.cli", "demo", "--serve", "--json"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "HTTP_PROXY": "http://127.0.0.1:1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as demo:
        assert demo.stderr is not None
        said = "".join(iter(demo.stderr.readline, "Send an event of your own:\n"))
        demo.send_signal(signal.SIGINT)
        out, err = demo.communicate(timeout=60)
    addresses = set(re.findall(r"http://[0-9.:]+", said))

    assert 0 == demo.returncode, err
    assert summary([json.loads(line) for line in out.splitlines()]) == summary(capi("demo", "--json").lines)
    assert "" == err.partition("curl")[0].strip()
    assert ("Segment's own SDK, sent the events" in said) is has_sdk
    assert ("isn't installed" in said) is not has_sdk
    assert 2 == len(addresses)
    for address in addresses:
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])), timeout=5)


def hide_sdk(folder: Path) -> None:
    """Let a package stand before the SDK's that has nothing of it."""
    (folder / "segment").mkdir()
    (folder / "segment" / "__init__.py").touch()


def summary(lines: list[Any]) -> list[tuple[object, ...]]:
    """Return what lines of the demo say, without times."""
    return [
        (line["event"], (line["received"] or {}).get("event_name"), line["equal_to_pixel"], line["reason"])
        for line in lines
    ]


def test_what_does_not_arrive_has_its_reason(capi: Any) -> None:
    """Nothing takes it, it is refused before sending, or the platform refused it alone."""
    reasons = [line["reason"] for line in capi("demo", "--json").lines if not line["received"]]

    assert reasons == [
        "no action takes it",
        "refused before sending: The root value is missing the required field 'currency'.",
        "set aside: Meta doesn't take this currency. Use a currency that Meta Ads supports."
        " (Meta's error 100/2804011)",
    ]


def test_the_table_says_the_same(capi: Any) -> None:
    """For people."""
    result = capi("demo")

    assert result.status == 0
    assert "22 of 25 events arrived" in result.out
    assert "all are equal to those of the real pixel (2.9.324)" in " ".join(result.out.split())
    assert "Next: capi init" in result.out.splitlines()[-2]


@pytest.mark.parametrize(
    ("columns", "head"),
    [
        (40, ["event", "Meta received"]),
        (80, ["event", "Meta received", "what else", "hashes"]),
        (120, ["event", "Meta received", "what else", "hashes", "source"]),
    ],
)
def test_the_table_cuts_nothing_off(
    capi: Any, monkeypatch: pytest.MonkeyPatch, columns: int, head: list[str]
) -> None:
    """A narrow terminal shows fewer columns, but each name of Meta's on one line."""
    monkeypatch.setenv("COLUMNS", str(columns))
    out = capi("demo").out
    lines = [[cell.strip() for cell in re.split("[┃│]", line)[1:-1]] for line in out.splitlines()]

    assert head in lines
    assert "…" not in out
    assert max(map(len, out.splitlines())) <= columns
    assert {line[1] for line in lines if line} >= STANDARD_EVENTS
    assert "1 products" not in " ".join(out.split())
    assert columns < 120 or "97.44 EUR, 1 product, fbc" in out


def test_a_wrong_hash_would_show(monkeypatch: pytest.MonkeyPatch, plugins: Plugins, capi: Any) -> None:
    """A demo that can't fail proves nothing."""

    def with_a_wrong_answer() -> Any:
        for number, sample in enumerate(samples()):
            yield sample if number else type(sample)(sample.event, {**sample.hashes, "em": "0" * 64})

    monkeypatch.setattr(module, "samples", with_a_wrong_answer)
    result = capi("demo")

    assert result.status == 1
    assert "only 241 are equal to those" in " ".join(result.out.split())


def test_without_the_facebook_plugin_the_demo_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, plugins: Plugins, capi: Any
) -> None:
    """The stand-in can be installed without it."""
    monkeypatch.setattr(plugins, "destinations", {})
    monkeypatch.setattr("capi_actions_sandbox.demo.command.Plugins.configured", lambda *_: plugins)
    result = capi("demo")

    assert result.status == 2
    assert "pip install ./plugins/facebook, in a clone of the repository" in result.err
