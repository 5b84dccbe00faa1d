"""Event times as Meta gets them, in the zone that the settings name."""

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from capi_actions import Plugins, Secret, parse_time
from capi_actions.cli.preview import preview
from capi_actions.config import read_config
from capi_actions.pipeline.pipeline import Pipeline, Refusal
from capi_actions_facebook.destination import Facebook
from capi_actions_facebook.settings import Settings
from capi_actions_facebook.validation import check_event


def facebook(**settings: Any) -> Facebook:
    """Make a destination."""
    return Facebook(Settings(pixel_id="123", access_token=Secret("sesame"), **settings))


def test_without_the_setting_a_time_without_a_zone_is_utc_with_a_word(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One for a run, not for each event."""
    destination = facebook()
    for _ in range(3):
        data = {"event_time": parse_time("2026-11-23T17:24:12"), "event_id": "e"}
        assert destination.prepare(data, "", str).event_time == 1795454652
        assert type(data["event_time"]) is int

    (record,) = caplog.records
    assert "an event time without a zone is read as UTC: set time_zone" in record.getMessage()


@pytest.mark.parametrize(
    ("zone", "seconds"), [("UTC", 1795454652), ("America/New_York", 1795454652 + 5 * 3600)]
)
def test_with_the_setting_there_is_nothing_to_say(
    zone: str, seconds: int, caplog: pytest.LogCaptureFixture
) -> None:
    """And the time of a click id that was made of the event's moves with it."""
    data = {
        "event_time": parse_time("2026-11-23T17:24:12"),
        "event_id": "e",
        "user_data": {"fbc": "fb.1.1795454652000.IwAR"},
    }

    assert facebook(time_zone=zone).prepare(data, "", str).event_time == seconds
    assert data["event_time"] == seconds
    assert data["user_data"] == {"fbc": f"fb.1.{seconds}000.IwAR"}
    assert caplog.records == []


def test_a_zone_s_name_that_nearly_always_is_american_is_read_with_a_word(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """As e-mail's rules say; Manila and Havana say PST and CDT, too."""
    data = {"event_time": parse_time("Mon Nov 23 09:24:12 PST 2026"), "event_id": "e"}

    assert facebook().prepare(data, "", str).event_time == 1795454652
    assert "with the zone PST is read as in e-mail" in caplog.text
    data = {"event_time": parse_time("Tue Nov 24 01:24:12 PST 2026"), "event_id": "e"}
    assert facebook(time_zone="Asia/Manila").prepare(data, "", str).event_time == 1795454652


def process(plugins: Plugins, timestamp: str, settings: str = "", now: float = 1795454652) -> Any:
    """Return what becomes of a page view of this time."""
    text = f'[destinations.a]\ntype = "facebook"\npixel_id = "1"\naccess_token = "t"\n{settings}'
    event = {"type": "page", "userId": "u", "timestamp": timestamp, "messageId": "m"}
    (outcome,) = Pipeline.build(read_config(text, plugins), plugins).process(event, now)
    return outcome


def test_an_event_with_a_zone_of_two_meanings_is_refused(plugins: Plugins) -> None:
    """Chicago's and Shanghai's CST are 14 hours apart."""
    refusal = process(plugins, "Mon Nov 23 11:24:12 CST 2026")

    assert isinstance(refusal, Refusal)
    assert "CST is the name of several zones; set time_zone, or write the offset" in refusal.error.message
    assert (
        process(plugins, "Mon Nov 23 11:24:12 CST 2026", 'time_zone = "America/Chicago"').event_time
        == 1795454652
    )


def test_the_setting_goes_through_the_whole_pipeline(plugins: Plugins) -> None:
    """Deadlines count from the right moment."""
    item = process(plugins, "2026-11-23T18:24:12", 'time_zone = "Europe/Berlin"')

    assert item.event_time == 1795454652
    assert b'"event_time":1795454652' in item.body


@pytest.mark.parametrize(
    ("hours", "delay", "name"),
    [(1, 1, "UTC+1"), (5.5, 0, "UTC+5:30"), (10, 500, "UTC+10"), (5.75, 3, "UTC+5:45")],
)
def test_the_refusal_of_a_future_time_names_the_likely_cause(
    hours: float, delay: int, name: str, plugins: Plugins
) -> None:
    """ "Check the clock" sends people the wrong way."""
    local = datetime.fromtimestamp(1795454652 - delay, timezone(timedelta(hours=hours)))
    outcome = process(plugins, local.strftime("%Y-%m-%dT%H:%M:%S"))

    assert isinstance(outcome, Refusal)
    assert f"seconds in the future: as if a time in {name} had lost its zone" in outcome.error.message
    assert "set time_zone" in outcome.error.message


@pytest.mark.parametrize("ahead", [61, 300, 2000, 4000, 15 * 3600])
def test_other_distances_are_the_clock_s(ahead: int) -> None:
    """No zone is so far from UTC."""
    data = {
        "event_name": "Lead",
        "event_time": 1000 + ahead,
        "action_source": "other",
        "user_data": {"em": "x"},
    }
    (problem,) = check_event(data, 1000)

    assert problem.message.endswith("in the future: check the sender's clock")


def test_preview_says_on_standard_error_how_it_read_times_without_a_zone(
    tmp_path: Path,
) -> None:
    """Where people look first, and once for the whole file."""
    config = tmp_path / "capi.toml"
    config.write_text(
        '[destinations.a]\ntype = "facebook"\npixel_id = "1"\naccess_token = "t"\n', encoding="utf-8"
    )
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0).isoformat()
    lines = json.dumps({"type": "page", "userId": "u", "timestamp": now}) + "\n"

    result = CliRunner().invoke(preview, ["--config", str(config)], input=lines * 3)

    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 3
    assert result.stderr.count("an event time without a zone is read as UTC: set time_zone") == 1
