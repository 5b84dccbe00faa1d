"""kill -9 in the middle of everything, with the client, the Facebook plugin and the sandbox.

``CAPI_KILLS`` is how often: 5 times in a normal run, once in each way; 15 in ``nox -s soak``, 200 in
``nox -s chaos``.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest

from capi_actions_sandbox import Sandbox

VICTIM = Path(__file__).with_name("victim.py")
WAYS = ("moment", "statement", "accepted", "request", "answer")
MOST_STATEMENTS = 400
PATIENCE = 120.0  # seconds; a lease of the last life runs out after one


def kill_one(config: Path, accepted: Path, name: str, way: str, random: Random) -> None:
    """Start a life and see it die."""
    count = random.randint(1, MOST_STATEMENTS if way == "statement" else 5)
    command = [sys.executable, str(VICTIM), str(config), str(accepted), name, way, str(count)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"alive\n"
        if way == "moment":
            time.sleep(random.uniform(0.2, 0.6))  # opening everything takes 0.3
            process.kill()
    assert process.returncode == -9


@pytest.mark.soak
def test_every_accepted_event_arrives_whatever_is_killed(config: Path, sandbox: Sandbox, capi: Any) -> None:
    """At random moments, before any SQL statement, just after events were accepted, before a request, after an answer.

    Repeats are equal; nothing is dead, nothing is left, and a tenth of the answers got lost besides.
    """
    kills = int(os.environ.get("CAPI_KILLS", "5"))
    random = Random(3)
    accepted = config.with_name("accepted")
    accepted.touch()
    sandbox.fault("lost,rate=0.1")
    for number in range(kills):
        kill_one(config, accepted, f"life{number}", WAYS[number % len(WAYS)], random)
    left = undelivered(config, capi)
    result = capi("deliver", "--config", str(config), "--wait", str(PATIENCE), "--json")

    known = set(accepted.read_text(encoding="utf-8").split())
    arrived = [record["event"] for record in sandbox.events()]
    bodies: dict[str, set[str]] = {}
    for event in arrived:
        bodies.setdefault(event["event_id"], set()).add(json.dumps(event, sort_keys=True))
    print(
        f"\n{kills} kills ({', '.join(WAYS)}): {len(known)} events accepted, {left} left by the last life,"
        f" {len(bodies)} arrived, {len(arrived) - len(bodies)} repeats,"
        f" {sandbox.counts()['requests']} requests"
    )
    assert result.status == 0
    assert sandbox.counts()["kept"] == len(arrived)
    assert known
    assert known <= bodies.keys()
    assert all(len(versions) == 1 for versions in bodies.values())
    assert undelivered(config, capi) == 0
    assert capi("outbox", "dead", "--config", str(config), "--json").lines == []


def undelivered(config: Path, capi: Any) -> int:
    """Count what waits in the outbox."""
    stats = capi("outbox", "stats", "--config", str(config), "--json").lines
    return sum(line["waiting"] + line["delayed"] + line["leased"] for line in stats)
