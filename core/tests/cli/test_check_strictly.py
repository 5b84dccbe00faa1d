"""`capi check`: looks alike but isn't, tokens with something around them, one account twice, `--strict`, `--online`."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capi_actions import ConfigError, Destination, Judgement, Plugins, Request, Response, Verdict
from capi_actions.config import read_config

MAPPING = '[[destinations.main.mappings]]\naction = "acme.ping"\n'
AT = "$.destinations.main.mappings[0].mapping"


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    """A token in the environment."""
    monkeypatch.setenv("ACME_TOKEN", "sesame")


@pytest.fixture
def fine(config: Path) -> Path:
    """A configuration with nothing to warn of."""
    config.write_text(config.read_text().replace('"sesame"', '{ env = "ACME_TOKEN" }'), encoding="utf-8")
    return config


@pytest.fixture
def check(capi: Any, fine: Path) -> Any:
    """Add to a configuration that is fine, and check it; returns status, and messages by severity and path."""

    def check(more: str, *options: str) -> tuple[int, dict[tuple[str, str], str]]:
        fine.write_text(fine.read_text() + more, encoding="utf-8")
        result = capi("check", "-c", str(fine), "--json", *options)
        return result.status, {(line["severity"], line["path"]): line["message"] for line in result.lines}

    return check


@pytest.mark.parametrize(
    ("mapping", "severity", "message"),
    [
        ('tag = "$.properties.email"', "warning", 'is the text "$.properties.email" itself;'),
        ('tag = "$.context.traits[0].id"', "warning", 'write { "@path" = "$.context.traits[0].id" }'),
        ('tag = { path = "$.x" }', "error", "the directive is '@path', with an @"),
        ('tag = { template = "$.x" }', "error", "the directive is '@template', with an @"),
    ],
)
def test_what_only_looks_like_a_path_or_a_directive_is_warned_of(
    check: Any, mapping: str, severity: str, message: str
) -> None:
    """It would be sent as it is, with every event, and nothing else would show it; some fields refuse an object."""
    _, problems = check(MAPPING + f"mapping = {{ {mapping} }}\n")

    assert message in problems[severity, f"{AT}.tag"]


def test_a_text_that_looks_like_a_path_is_one_mistake(check: Any) -> None:
    """That a number is expected there, or one of some words, is true and misleads; but no event could be sent."""
    _, problems = check(MAPPING + 'mapping = { time = "$.properties.time" }\n')

    of_time = {severity: text for (severity, path), text in problems.items() if path == f"{AT}.time"}
    assert ["error"] == list(of_time)
    assert of_time["error"].startswith('is the text "$.properties.time" itself; to take what the event has')


@pytest.mark.parametrize(
    "mapping",
    [
        'tag = "$5 off"',
        'tag = "$"',
        'tag = "US$.50"',
        'tag = "$.50"',
        'tag = { "@path" = "$.x" }',
        'tag = { "@literal" = "$.x" }',
        'tag = { "@if" = { exists = { "@path" = "$.x" }, then = "y" } }',
    ],
)
def test_other_texts_and_directives_are_not(check: Any, mapping: str) -> None:
    """A false alarm teaches people not to look."""
    assert check(MAPPING + f"mapping = {{ {mapping} }}\n") == (0, {})


@pytest.mark.parametrize(
    ("mapping", "field", "match"),
    [
        ('{ "@path" = "$.propertys.total" }', "propertys", "properties"),
        ('{ "@path" = "$.contxt.ip" }', "contxt", "context"),
        ('{ "@path" = "userid" }', "userid", "userId"),
        ('{ "@template" = "{{timestamps}}" }', "timestamps", "timestamp"),
    ],
)
def test_a_path_that_begins_with_a_misspelt_field_is_warned_of(
    check: Any, mapping: str, field: str, match: str
) -> None:
    """It leads to nothing, with every event."""
    _, problems = check(MAPPING + f"mapping = {{ tag = {mapping} }}\n")

    assert f"events have no field {field!r}; did you mean {match!r}?" in problems["warning", AT]


@pytest.mark.parametrize(
    "path",
    [
        "$.properties.items[*].id",
        "$.properties.items[].id",
        "$.properties.a[-1]",
        "$.properties.a[?(@.x)]",
        "$.[",
    ],
)
def test_a_path_with_another_language_s_brackets_is_warned_of(check: Any, path: str) -> None:
    """JSONPath's, of which the reference knows a part: it leads to nothing, with every event."""
    _, problems = check(MAPPING + f'mapping = {{ tag = {{ "@path" = "{path}" }} }}\n')

    assert "where a name has a bracket; in brackets stands an index" in problems["warning", AT]


@pytest.mark.parametrize("path", ["$.properties.items[0].id", "$.properties['a b'].c", "$['properties'].a"])
def test_brackets_around_an_index_or_a_name_are_right(check: Any, path: str) -> None:
    """The reference's own."""
    _, problems = check(MAPPING + f'mapping = {{ tag = {{ "@path" = "{path}" }} }}\n')

    assert ("warning", AT) not in problems


@pytest.mark.parametrize(
    "path",
    ["$.orderId", "$.properties.propertys", "$.user", "$.users[0]", "$.contents", "$", "$.x.event", "$.e"],
)
def test_other_fields_are_the_sender_s_own(check: Any, path: str) -> None:
    """Events may have any."""
    assert check(MAPPING + f'mapping = {{ tag = {{ "@path" = "{path}" }} }}\n') == (0, {})


def test_what_can_never_be_sent_is_an_error(check: Any) -> None:
    """Each event would be refused: no required value, a literal that always fails, a mode that isn't there."""
    status, problems = check(MAPPING + 'mapping = { name = "", time = "soon" }\n')

    assert (2, {("error", f"{AT}.name"), ("error", f"{AT}.time")}) == (status, set(problems))


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ('"EAAB1234"', "holds quotes around the token"),
        ("'EAAB1234'", "holds quotes around the token"),
        ("Bearer EAAB1234", "begins with 'Bearer'; give the token alone"),
        ("bearer EAAB1234", "begins with 'bearer'"),
        ("EAAB 1234", "holds a space"),
        ("EAAB\n1234", "holds characters that no token has"),
        ("EAAB\u200b1234", "holds characters that no token has"),
    ],
)
def test_a_token_with_something_around_it_is_an_error(
    check: Any, monkeypatch: pytest.MonkeyPatch, token: str, message: str
) -> None:
    """The platform's answer would be that it is invalid, and everybody would make a new one."""
    monkeypatch.setenv("ACME_TOKEN", token)
    status, problems = check("")

    assert status == 2
    assert message in problems["error", "$.destinations.main.token"]
    assert "EAAB" not in problems["error", "$.destinations.main.token"]


@given(st.text(st.characters(max_codepoint=0x2FF), min_size=1, max_size=40))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_message_about_a_token_shows_it(plugins: Plugins, text: str) -> None:
    """Whatever it is that somebody has pasted."""
    secret = f"{text}SECRET"
    toml = f'[destinations.main]\ntype = "acme"\naccount = "a"\ntoken = {json.dumps(secret)}\n'
    try:
        config = read_config(toml, plugins)
    except ConfigError as error:
        assert "SECRET" not in str(error)
    else:
        assert not any("SECRET" in problem.message for problem in config.problems)


@pytest.mark.parametrize(
    ("mode", "readers"),
    [
        (0o600, None),
        (0o700, None),
        (0o640, "Its group can read the file (mode 0640): chmod 600 it"),
        (0o604, "Everyone on this machine can read the file (mode 0604): chmod 600 it"),
        (0o644, "Its group and everyone on this machine can read the file (mode 0644): chmod 600 it"),
    ],
)
def test_a_token_in_a_file_that_others_can_read_is_warned_of_with_the_mode(
    capi: Any, config: Path, mode: int, readers: str | None
) -> None:
    """A literal token is one thing, one that everybody can read is another."""
    config.chmod(mode)
    (line,) = capi("check", "-c", str(config), "--json").lines

    assert line["message"].startswith("is written in the file;")
    assert ("can read" in line["message"]) is (readers is not None)
    assert line["message"].endswith(readers or "repositories")


@pytest.fixture
def accounts(monkeypatch: pytest.MonkeyPatch, plugins: Plugins) -> None:
    """Let the small platform say which account a destination is."""
    account = property(lambda self: self.settings.account)
    monkeypatch.setattr(plugins.destinations["acme"], "account", account)


SECOND = '[destinations.second]\ntype = "acme"\naccount = "{}"\ntoken = {{ env = "ACME_TOKEN" }}\n{}'


@pytest.mark.parametrize(
    ("account", "more", "is_doubled"),
    [
        ("a", "", True),
        ("b", "", False),
        ("a", "mappings = []\n", False),
        ("a", '[[destinations.second.mappings]]\naction = "acme.ping"\nenabled = false\n', False),
    ],
)
def test_the_same_account_twice_is_warned_of(
    check: Any, accounts: None, account: str, more: str, is_doubled: bool
) -> None:
    """Unless one of the two takes no events, as after a rename."""
    _, problems = check(SECOND.format(account, more))
    message = "is the same account as destinations.main: events that both take arrive there twice"

    assert is_doubled is (problems.get(("warning", "$.destinations.second")) == message)


def test_strict_counts_warnings(capi: Any, config: Path) -> None:
    """In CI nobody reads them."""
    loose, strict = (capi("check", "-c", str(config), *options) for options in ((), ("--strict",)))

    assert (loose.status, strict.status) == (0, 2)
    assert loose.out == strict.out


class Asked:
    """What `--online` asked, and the status of the answer."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, kind: type[Destination], url: str) -> None:
        def probe(destination: Destination, now: float) -> Request:
            return Request(
                method="POST", url=url, headers={"authorization": "sesame"}, body=b'[{"name": "Probe"}]'
            )

        def judge_probe(destination: Destination, response: Response) -> Judgement:
            if response.status == 200:
                return Judgement(verdict=Verdict.DONE, reason="It may be sent to")
            return Judgement(
                verdict=Verdict.PAUSE,
                code=190,
                reason="It is locked.",
                advice="Unlock it.",
                platform_message="Session of ada@example.com has expired",
                trace_id="AbC",
            )

        monkeypatch.setattr(kind, "probe", probe)
        monkeypatch.setattr(kind, "judge_probe", judge_probe)


def test_online_asks_the_platform(
    capi: Any, fine: Path, acme_server: Any, monkeypatch: pytest.MonkeyPatch, plugins: Plugins
) -> None:
    """Yes is a note, anything else an error with the platform's own words, cleaned."""
    Asked(monkeypatch, plugins.destinations["acme"], acme_server.url)
    granted = capi("check", "-c", str(fine), "--online")
    acme_server.status = 401
    denied = capi("check", "-c", str(fine), "--online")

    assert (granted.status, granted.out) == (0, "")
    assert granted.err.splitlines()[0] == "capi: main: It may be sent to"
    assert denied.status == 2
    assert denied.out == (
        "error: $.destinations.main: the platform refused this account. It is locked. Unlock it."
        ' The platform said: "Session of [removed] has expired" (trace id AbC) (the platform\'s error 190)\n'
    )
    assert not list(fine.parent.glob("*.sqlite3*"))


def test_online_without_an_answer_is_an_error(
    capi: Any, fine: Path, monkeypatch: pytest.MonkeyPatch, plugins: Plugins
) -> None:
    """Nobody said yes; what a plugin breaks is told as its fault."""
    Asked(monkeypatch, plugins.destinations["acme"], "http://127.0.0.1:9/")
    unreachable = capi("check", "-c", str(fine), "--online")
    monkeypatch.setattr(plugins.destinations["acme"], "probe", lambda destination, now: 5)
    broken = capi("check", "-c", str(fine), "--online")

    assert (unreachable.status, broken.status) == (2, 2)
    assert "No answer came: " in unreachable.out
    assert "The destination's plugin has a fault in probe()" in broken.out


def test_online_says_when_there_is_no_way_to_ask(capi: Any, fine: Path) -> None:
    """That is no error: the type can't do it."""
    result = capi("check", "-c", str(fine), "--online")

    assert result.status == 0
    assert "capi: main: the destination type acme offers no way to ask its platform\n" in result.err


def test_a_mistake_in_the_transport_hides_nothing_else(check: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever corrects one thing and checks again should be done."""
    monkeypatch.setenv("HTTPS_PROXY", "ftp://proxy.example.com")

    status, problems = check('[transport]\nmax_seconds = 500\n[outbox]\npath = "."\n')

    assert status == 2
    assert problems["error", "$.transport.max_seconds"] == "should be from 0.1 to 30"
    assert problems["error", "$.outbox.path"] == "is a folder; name a file in it"
    assert any("HTTPS_PROXY" in message for message in problems.values())


@pytest.mark.parametrize(
    "mistake",
    ["size = 0.5", 'normalization = "plian"', "colour = 1", 'token = ""', "check_consent = 5"],
)
def test_an_account_with_a_mistake_is_compared_with_others(check: Any, accounts: None, mistake: str) -> None:
    """Both are there once the mistake is corrected."""
    token = "" if mistake.startswith("token") else 'token = { env = "ACME_TOKEN" }\n'

    _, problems = check(f'[destinations.again]\ntype = "acme"\naccount = "a"\n{token}{mistake}\n')

    assert "is the same account as destinations.main" in problems["warning", "$.destinations.again"]


MISTAKES = """
[[destinations.main.mappings]]
action = "acme.ping"
trigger = 'event = "A" and event = "B"'
[[destinations.main.mappings]]
action = "acme.ping"
mapping = { nmae = "x" }
"""


@pytest.mark.parametrize(
    ("command", "kinds"),
    [
        (["send"], ["token", "trigger", "nmae"]),
        (["send", "--processes", "2"], ["token", "trigger", "nmae"]),
        (["preview"], ["token", "trigger", "nmae"]),
        (["deliver", "--wait", "0"], ["token"]),
    ],
    ids=" ".join,
)
def test_commands_print_once_what_check_warns_of(
    capi: Any, config: Path, command: list[str], kinds: list[str]
) -> None:
    """Of what they use: mappings have had their turn when what waits is delivered."""
    config.write_text(config.read_text() + MISTAKES, encoding="utf-8")
    checked = [f"capi: {line}" for line in capi("check", "-c", str(config)).out.splitlines()]
    warnings = [line for line in capi(*command, "-c", str(config)).err.splitlines() if ": $." in line]

    assert [line for line in checked if line.split(": ")[2].rpartition(".")[2] in kinds] == warnings
    assert len(kinds) == len(warnings)
