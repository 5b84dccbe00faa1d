"""`capi check`: everything that is wrong, at once, and what other commands make of it."""

from pathlib import Path
from typing import Any

import pytest

BAD = """
[destinations.one]
type = "acme"
acount = "a"
token = "t"
size = "big"
normalization = "plian"

[[destinations.one.mappings]]
trigger = "x"

[[destinations.one.mappings]]
action = "acme.ping"
trigger = "event ="
mapping = { name = { "@pth" = "$.x" } }

[destinations.two]
type = "acme"
account = "a"
token = "t"

[[destinations.two.mappings]]
action = "acme.pnig"

[[destinations.two.mappings]]
action = "acme.page"
mapping_file = "missing.json"

[outbox]
pth = "x"
busy_seconds = "long"

[transport]
type = "pigeon"

[delivery]
workers = 0
keep_dead_days = 0
"""


def test_check_reports_everything_that_is_wrong_at_once(
    capi: Any, tmp_path: Path, acme_installed: None, only_acme: None
) -> None:
    """Settings, options, triggers and mappings, also of a destination whose settings are wrong."""
    path = tmp_path / "capi.toml"
    path.write_text(BAD, encoding="utf-8")
    result = capi("check", "-c", str(path), "--json")
    errors = [line for line in result.lines if line["severity"] == "error"]
    messages = {line["path"]: line["message"] for line in errors}

    assert result.status == 2
    assert "did you mean 'account'?" in messages["$.destinations.one"]
    assert messages["$.destinations.one.account"] == "is missing"
    assert messages["$.destinations.one.size"] == "should be a whole number, but it is text in quotes"
    unknown = "no normalization profile 'plian'; did you mean 'plain'?"
    assert messages["$.destinations.one.normalization"] == unknown
    assert messages["$.destinations.one.mappings[0].action"] == "is missing"
    assert "expected" in messages["$.destinations.one.mappings[0].trigger"]
    assert "expected" in messages["$.destinations.one.mappings[1].trigger"]
    assert "@pth" in messages["$.destinations.one.mappings[1].mapping.name"]
    assert messages["$.destinations.two.mappings[0].action"].endswith("did you mean 'acme.ping'?")
    assert (
        messages["$.destinations.two.mappings[1].trigger"] == "acme.page has no prebuilt trigger: give it one"
    )
    unreadable = messages["$.destinations.two.mappings[1].mapping_file"]
    assert unreadable == "missing.json can't be read: No such file or directory"
    assert messages["$.outbox"] == "'pth' isn't known here; did you mean 'path'?"
    assert messages["$.outbox.busy_seconds"] == "should be a number, but it is text in quotes"
    assert messages["$.transport.type"] == "no plugin offers 'pigeon'; there are: urllib3"
    assert messages["$.delivery.workers"] == "should be from 1 to 1,000"
    assert messages["$.delivery.keep_dead_days"] == "should be from 1 to 36,500"
    assert len(messages) == len(errors) == 16
    assert [line["path"] for line in result.lines if line["severity"] == "warning"] == [
        "$.destinations.one.token",
        "$.destinations.two.token",
    ]


@pytest.mark.parametrize("command", ["send", "preview", "deliver"])
def test_other_commands_report_the_same(
    capi: Any, tmp_path: Path, acme_installed: None, only_acme: None, command: str
) -> None:
    """Before anything is read, sent or opened."""
    path = tmp_path / "capi.toml"
    path.write_text(BAD, encoding="utf-8")
    checked = capi("check", "-c", str(path))
    told = {line.removeprefix("error: ") for line in checked.out.splitlines() if line.startswith("error: ")}
    result = capi(command, "-c", str(path))

    assert (result.status, result.out) == (2, "")
    assert checked.err == f"{path}: 16 errors, 2 warnings.\n"
    assert len(told) == 16
    assert told <= {line.removeprefix("capi: ") for line in result.err.splitlines()}
    assert list(tmp_path.glob("*.sqlite3")) == []


def test_check_of_what_is_fine_says_so_and_warns(capi: Any, config: Path) -> None:
    """Warnings aren't errors: the exit status stays 0."""
    result = capi("check", "-c", str(config))

    assert result.status == 0
    assert result.out.startswith("warning: $.destinations.main.token: is written in the file;")
    assert result.err == f"{config}: 1 warning, no errors; 1 mapping.\n"


def test_check_reports_mappings_that_are_likely_mistakes_or_can_never_be_sent(
    capi: Any, config: Path
) -> None:
    """Nothing else would ever show them; what no event can get past is an error."""
    text = config.read_text(encoding="utf-8")
    more = """loud = true
    [[destinations.main.mappings]]
    action = "acme.ping"
    trigger = 'event = "a" and event = "b"'
    mapping = { nmae = "x", __segment_internal_sync_mode = "upsert" }
    [[destinations.main.mappings]]
    action = "acme.page"
    trigger = 'type = "page"'
    mapping_file = "empty.json"
    """
    config.write_text(text + more, encoding="utf-8")
    (config.parent / "empty.json").write_text("{}", encoding="utf-8")
    result = capi("check", "-c", str(config), "--json")
    messages = {line["path"]: line["message"] for line in result.lines}

    mapping = "$.destinations.main.mappings"
    assert result.status == 2
    assert {line["path"] for line in result.lines if line["severity"] == "error"} == {
        f"{mapping}[0].mapping.__segment_internal_sync_mode",
        f"{mapping}[1].mapping_file.time",
    }
    assert {line["code"] for line in result.lines} == {None}
    assert "is loud" in messages["$.destinations.main.loud"]
    assert "never" in messages["$.destinations.main.mappings[0].trigger"]
    assert "did you mean 'name'?" in messages["$.destinations.main.mappings[0].mapping.nmae"]
    mode = messages["$.destinations.main.mappings[0].mapping.__segment_internal_sync_mode"]
    assert mode == "Sync mode upsert is not supported"
    assert "nothing is mapped to it" in messages["$.destinations.main.mappings[1].mapping_file.time"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"[]", "should hold a JSON object, the mapping"),
        (b"{", "is not JSON"),
        (b'{"name": NaN}', "NaN is no JSON number"),
        (b"\xff", "is not UTF-8"),
        (b"[" * 100_000, "is nested too deeply"),
    ],
)
def test_a_mapping_file_that_holds_no_mapping_is_named(
    capi: Any, config: Path, content: bytes, why: str
) -> None:
    """It comes from elsewhere."""
    text = config.read_text(encoding="utf-8")
    config.write_text(
        text + '[[destinations.main.mappings]]\naction = "acme.ping"\nmapping_file = "m.json"\n',
        encoding="utf-8",
    )
    (config.parent / "m.json").write_bytes(content)
    problem, warning = capi("check", "-c", str(config), "--json").lines

    assert (problem["severity"], warning["severity"]) == ("error", "warning")
    assert problem["path"] == "$.destinations.main.mappings[0].mapping_file"
    assert problem["message"].startswith("m.json ")
    assert why in problem["message"]


def test_a_missing_configuration_says_how_to_get_one(capi: Any, tmp_path: Path) -> None:
    """With the status of a usage error."""
    result = capi("check", "-c", str(tmp_path / "capi.toml"))

    path = tmp_path / "capi.toml"
    assert result.status == 2
    assert result.out == f"error: there is no file {path}; `capi init --config {path}` writes one\n"
