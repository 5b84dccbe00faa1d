"""`capi outbox`: see what is queued and what failed, and repair it."""

import shlex
from pathlib import Path
from time import time
from typing import Any

import pytest

from capi_actions import Item, Judgement, Verdict
from capi_actions.builtin.outbox import SqliteOutbox
from capi_actions.cli.console import format_time


@pytest.fixture
def failed(capi: Any, config: Path, ping: Any) -> Path:
    """A configuration whose outbox holds three dead letters."""
    events = [ping(number, event="Bad", messageId=f"bad-{number}") for number in range(3)]
    capi("send", "-c", str(config), lines=[*events, ping(9)])
    return config


def test_stats_count_what_is_held(capi: Any, failed: Path, ping: Any, acme_server: Any) -> None:
    """And say why a destination is paused, and what to do then."""
    acme_server.status = 401
    capi("send", "-c", str(failed), lines=[ping(7)])
    result = capi("outbox", "stats", "-c", str(failed))
    (record,) = capi("outbox", "stats", "--json", "-c", str(failed)).lines

    assert (result.status, result.err) == (0, "")
    words = " ".join(result.out.split())
    assert "main is paused since " in words
    assert " (1): It is locked. Unlock it. Then: capi outbox resume main" in words
    assert record["oldest"] is not None
    assert {key: record[key] for key in record if key != "oldest"} == {
        "destination": "main",
        "waiting": 1,
        "delayed": 0,
        "leased": 0,
        "leased_until": None,
        "dead": 3,
        "backoff_until": None,
        "paused": {
            "reason": "It is locked.",
            "advice": "Unlock it.",
            "code": 1,
            "subcode": None,
            "platform_message": "",
            "platform_field": "",
            "trace_id": "",
            "since": record["paused"]["since"],
        },
    }


def test_an_empty_outbox_prints_no_records(capi: Any, config: Path) -> None:
    """An empty table, and no line for machines."""
    assert capi("outbox", "stats", "-c", str(config)).status == 0
    assert capi("outbox", "stats", "--json", "-c", str(config)) == (0, "", "")
    assert capi("outbox", "export", "-c", str(config)) == (0, "", "")


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_the_table_of_the_dead_holds_every_word(capi: Any, failed: Path, columns: int) -> None:
    """At any width: cut off is nothing, and no line is too long."""
    result = capi("outbox", "dead", "-c", str(failed), columns=columns)
    words = " ".join(result.out.replace("│", " ").split())

    assert result.status == 0
    assert "…" not in result.out
    assert max(map(len, result.out.splitlines())) <= columns
    for number in range(3):
        assert f"bad-{number}" in words
    for part in ("acme.ping", "main", "It is bad.", "Mend it.", "code 4/44,"):
        assert words.count(part) == 3


def test_a_long_table_is_cut_at_rows_and_says_so(capi: Any, failed: Path) -> None:
    """A million dead letters make no table that anybody reads."""
    result = capi("outbox", "dead", "--limit", "2", "-c", str(failed))

    assert result.out.count("It is bad.") == 2
    export = shlex.join(["capi", "outbox", "export", "--config", str(failed)])
    assert result.err == f"capi: only the first 2 are shown; --json or `{export}` print all\n"
    assert len(capi("outbox", "dead", "--limit", "2", "--json", "-c", str(failed)).lines) == 3


def test_machines_get_everything_about_a_dead_letter(capi: Any, failed: Path) -> None:
    """Export adds the item itself; personal data in it is hashed."""
    listed = capi("outbox", "dead", "--json", "-c", str(failed)).lines
    exported = capi("outbox", "export", "-c", str(failed)).lines

    assert [{key: line[key] for key in line if key != "item"} for line in exported] == listed
    assert listed[0].keys() == {
        "id", "destination", "action", "message_id", "event_id", "event_time", "deadline",
        "code", "subcode", "reason", "advice", "tries", "buried_at",
        "platform_message", "platform_field", "trace_id",
    }  # fmt: skip
    assert [line["item"]["id"] for line in exported] == [line["event_id"] for line in listed]
    assert (listed[0]["code"], listed[0]["subcode"], listed[0]["reason"]) == (4, 44, "It is bad.")


@pytest.mark.parametrize("moment", ["yesterday", "2026-11-31", "", "nan", "2026-11-28T25:00:00Z"])
@pytest.mark.parametrize("option", ["--since", "--before"])
def test_a_wrong_time_is_told_with_a_right_one(capi: Any, failed: Path, option: str, moment: str) -> None:
    """What the commands print themselves is right, too: it is copied."""
    result = capi("outbox", "dead", option, moment, "-c", str(failed))

    assert (result.status, result.err.splitlines()[0]) == (
        2,
        f"capi: Invalid value for '{option}': should be a time, such as 2026-11-28, 2026-11-28T12:30:00Z or 1795869000",
    )


def test_the_times_that_are_printed_select(capi: Any, failed: Path) -> None:
    """The table's and JSON's own."""
    letters = capi("outbox", "dead", "--json", "-c", str(failed)).lines
    buried = min(letter["buried_at"] for letter in letters)
    for moment in (str(buried), format_time(buried)):
        assert letters == capi("outbox", "dead", "--json", "--since", moment, "-c", str(failed)).lines


@pytest.mark.parametrize(
    ("conditions", "count"),
    [
        ((), 3),
        (("--destination", "main", "--action", "acme.ping", "--code", "4", "--subcode", "44"), 3),
        (("--since", "2020-01-01", "--before", "2100-01-01T00:00:00"), 3),
        (("--before", "2020-01-01"), 0),
        (("--since", "2100-01-01 00:00:00"), 0),
        (("--since", "2020-01-01 00:00:00+00:00", "--before", "2100-01-01T00:00:00.5Z"), 3),
        (("--since", "1577836800", "--before", "4102444800.25"), 3),
        (("--action", "acme.page"), 0),
        (("--code", "5"), 0),
        (("--subcode", "0"), 0),
        (("--id", "1", "--id", "3", "--id", str(10**30)), 2),
    ],
)
def test_dead_letters_are_selected_by_conditions(
    capi: Any, failed: Path, conditions: tuple[str, ...], count: int
) -> None:
    """Those that meet every condition; nought is a condition, too."""
    assert len(capi("outbox", "dead", "--json", *conditions, "-c", str(failed)).lines) == count
    if conditions:
        result = capi("outbox", "replay", "--json", *conditions, "-c", str(failed))
        assert result.lines == [{"moved": count, "expired": 0}]


def test_replayed_letters_are_delivered(capi: Any, failed: Path, acme_server: Any) -> None:
    """After what was wrong is repaired, with the same ids."""
    acme_server.status = 200
    result = capi("outbox", "replay", "--all", "-c", str(failed))

    assert (result.status, result.out) == (0, "")
    deliver = shlex.join(["capi", "deliver", "--config", str(failed)])
    assert result.err == f"3 dead letters queued again. Next: {deliver}\n"
    assert capi("deliver", "-c", str(failed)).status == 0
    assert {item["id"] for item in acme_server.taken} == {"m9", "bad-0", "bad-1", "bad-2"}


def test_purged_letters_are_gone(capi: Any, failed: Path) -> None:
    """For good."""
    result = capi("outbox", "purge", "--id", "1", "-c", str(failed))

    assert (result.status, result.err) == (0, "1 dead letter deleted.\n")
    for command in ("purge", "replay"):
        nothing = capi("outbox", command, "--id", "1", "-c", str(failed))
        assert (nothing.status, nothing.err) == (0, "No dead letter matches.\n")
    assert capi("outbox", "purge", "--id", "2", "--json", "-c", str(failed)) == (0, '{"deleted":1}\n', "")
    assert capi("outbox", "purge", "--all", "-c", str(failed)).err == "1 dead letter deleted.\n"
    assert capi("outbox", "purge", "--all", "--json", "-c", str(failed)).lines == [{"deleted": 0}]
    assert capi("outbox", "dead", "--json", "-c", str(failed)).lines == []


@pytest.mark.parametrize("command", ["replay", "purge"])
def test_all_must_be_given(capi: Any, failed: Path, command: str) -> None:
    """Not what happens when somebody forgets the conditions."""
    result = capi("outbox", command, "-c", str(failed))

    both = capi("outbox", command, "--all", "--id", "3", "-c", str(failed))

    assert (result.status, both.status) == (2, 2)
    assert "select dead letters with --all, or with conditions" in result.err
    assert "use either --all or conditions, not both" in both.err
    assert len(capi("outbox", "dead", "--json", "-c", str(failed)).lines) == 3


@pytest.mark.parametrize("command", ["dead", "export", "replay", "purge"])
def test_a_misspelt_destination_is_a_usage_error(capi: Any, failed: Path, command: str) -> None:
    """ "0 dead letters" would look as if all were well."""
    result = capi("outbox", command, "--destination", "mian", "-c", str(failed))

    assert result.status == 2
    assert "there is no destination 'mian'; did you mean 'main'?" in result.err


def test_a_back_off_is_shown_and_can_be_ended(capi: Any, config: Path, ping: Any, acme_server: Any) -> None:
    """When the platform is known to take events again; delayed items become due at once, too."""
    acme_server.after = 3_600
    capi("send", "-c", str(config), lines=[ping(1)])
    acme_server.status, acme_server.after = 503, 0
    capi("outbox", "resume", "main", "-c", str(config))
    capi("send", "-c", str(config), "--wait", "0", lines=[ping(2)])
    with SqliteOutbox(config.parent / "capi-outbox.sqlite3") as outbox:
        outbox.back_off("main", time() + 3_000)
    shown = " ".join(capi("outbox", "stats", "-c", str(config)).out.split())
    (before,) = capi("outbox", "stats", "--json", "-c", str(config)).lines
    sent = capi("deliver", "-c", str(config), "--wait", "0")
    ended = capi("outbox", "resume", "main", "-c", str(config))
    (after,) = capi("outbox", "stats", "--json", "-c", str(config)).lines

    assert "main is backing off until 20" in shown
    unwrapped = shown.replace(" ", "")  # a long path is wrapped
    assert f"`capi outbox resume main --config {config}` ends that".replace(" ", "") in unwrapped
    assert "backing off until 20" in " ".join(sent.err.replace("│", " ").split())
    assert (before["backoff_until"] > time(), before["delayed"], before["waiting"]) == (True, 1, 0)
    assert ended.err == "main was not paused; its back-off has ended, and delayed items are due now.\n"
    assert (after["backoff_until"], after["delayed"], after["waiting"]) == (None, 0, 1)


def test_a_configuration_that_is_wrong_elsewhere_is_no_hindrance(capi: Any, failed: Path) -> None:
    """Somebody who mends a mapping wants to look at the dead letters meanwhile; a wrong outbox table is one."""
    failed.write_text(failed.read_text() + 'size = "x"\n', encoding="utf-8")
    assert len(capi("outbox", "dead", "--json", "-c", str(failed)).lines) == 3
    assert capi("outbox", "resume", "main", "-c", str(failed)).status == 0
    failed.write_text(failed.read_text() + "[outbox]\npaht = 1\n", encoding="utf-8")
    result = capi("outbox", "dead", "-c", str(failed))

    assert result.status == 2
    assert result.err == "capi: $.outbox: 'paht' isn't known here; did you mean 'path'?\n"


def test_resume_ends_a_pause(capi: Any, config: Path, ping: Any, acme_server: Any) -> None:
    """Of a destination that there is: a misspelt name would go unnoticed."""
    acme_server.status = 401
    capi("send", "-c", str(config), lines=[ping()])

    assert capi("outbox", "resume", "mian", "-c", str(config)).status == 2
    assert "did you mean 'main'?" in capi("outbox", "resume", "mian", "-c", str(config)).err
    assert capi("outbox", "resume", "main", "-c", str(config)).err.startswith("main is resumed.")
    assert capi("outbox", "resume", "main", "-c", str(config)).err == "main was not paused.\n"


def test_items_of_a_destination_that_is_gone_can_be_seen_and_resumed(
    capi: Any, config: Path, ping: Any, acme_server: Any
) -> None:
    """They wait until it is configured again."""
    acme_server.status = 401
    capi("send", "-c", str(config), lines=[ping()])
    config.write_text(
        config.read_text().replace("destinations.main", "destinations.renamed"), encoding="utf-8"
    )

    assert [line["destination"] for line in capi("outbox", "stats", "--json", "-c", str(config)).lines] == [
        "main"
    ]
    shown = " ".join(capi("outbox", "stats", "-c", str(config)).out.split())
    assert "its items wait until [destinations.main] is added again" in shown
    sent = " ".join(capi("deliver", "-c", str(config), "--wait", "0").err.replace("│", " ").split())
    assert "isn't in the configuration: add [destinations.main] again" in sent
    assert capi("outbox", "resume", "main", "-c", str(config)).status == 0
    assert capi("outbox", "resume", "renamed", "-c", str(config)).status == 0


def test_items_that_are_no_json_are_exported_too(capi: Any, config: Path) -> None:
    """Another platform's items may be anything."""
    with SqliteOutbox(config.parent / "capi-outbox.sqlite3") as outbox:
        outbox.put([Item("main", "acme.ping", None, "e", 1, 2, "", b"\xff\x00")])
        claim = outbox.claim("main", 1, 1_000, 60, 0)
        assert claim is not None
        outbox.bury(claim.lease, [claim.items[0].id], Judgement(verdict=Verdict.DEAD, reason="[bold]?"), 1)
    (line,) = capi("outbox", "export", "-c", str(config)).lines

    assert line["item"] == {"base64": "/wA="}
    assert "[bold]?" in capi("outbox", "dead", "-c", str(config)).out
    assert line["code"] is None
