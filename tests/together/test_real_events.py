"""Events as unmodified SDKs sent them go the whole way."""

from pathlib import Path
from typing import Any

import pytest

from capi_actions_sandbox import Sandbox

# What no prebuilt action takes: who somebody is, or which group they joined, is no event for Meta by itself.
UNMATCHED = {"group": 6, "identify": 30}


def test_every_event_that_an_action_takes_arrives(
    real_events: list[dict[str, Any]], config: Path, sandbox: Sandbox, capi: Any
) -> None:
    """With the default configuration; none is refused, and what was not taken is said."""
    result = capi("send", "--config", str(config), "--json", lines=real_events)
    summary = result.lines[-1]["summary"]
    taken = [event for event in real_events if event["type"] not in UNMATCHED]

    assert (result.status, len(result.lines)) == (0, 1), result.out
    assert summary["unmatched"] == UNMATCHED
    assert summary["delivered"] == summary["stored"] == len(taken) == 204
    assert {event["messageId"] for event in taken} == {
        record["event"]["event_id"] for record in sandbox.events()
    }


def test_preview_says_the_same_and_sends_nothing(
    real_events: list[dict[str, Any]], config: Path, sandbox: Sandbox, capi: Any
) -> None:
    """Line for line, in order."""
    result = capi("preview", "--config", str(config), lines=real_events)
    taken = [event["messageId"] for event in real_events if event["type"] not in UNMATCHED]

    assert result.status == 0
    assert [line["message_id"] for line in result.lines] == taken
    assert sandbox.events() == []


@pytest.mark.parametrize("profile", ["documented", "pixel+documented"])
def test_other_normalization_profiles_arrive_too(
    profile: str, real_events: list[dict[str, Any]], config: Path, sandbox: Sandbox, capi: Any
) -> None:
    """Lists of hashes are what Meta takes for every hashed key."""
    text = config.read_text(encoding="utf-8")
    config.write_text(f'{text}normalization = "{profile}"\n', encoding="utf-8")

    assert capi("send", "--config", str(config), lines=real_events).status == 0
    assert len(sandbox.events()) == 204
