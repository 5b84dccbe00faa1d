"""``capi normalize``: JSON Lines in, JSON Lines out."""

import json
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from capi_actions import Normalizer, PluginError, Plugins, builtin, hookimpl
from capi_actions_facebook import plugin
from capi_actions_facebook.commands import normalize

ADA = "b5fc85e55755f9e0d030a10ab4429b6b2944855f9a0d60077fe832becbc41d72"


def run(lines: str | bytes, *arguments: str) -> Result:
    return CliRunner().invoke(normalize, arguments, input=lines)


def answers(result: Result) -> list[Any]:
    return [json.loads(line) for line in result.stdout_bytes.splitlines()]


@pytest.mark.usefixtures("year_of_the_vectors")
def test_all_vectors_pass_through_it(vectors: Callable[[str], Any]) -> None:
    """Fields give the same line, users what the pixel sent."""
    fields, users = vectors("pixel/fields.jsonl"), vectors("pixel/users.jsonl")
    questions = [{"key": line["key"], "value": line["value"]} for line in fields]
    questions += [{"user": line["user"]} for line in users]
    result = run("".join(json.dumps(line) + "\n" for line in questions))

    assert result.exit_code == 0
    assert answers(result) == fields + [{"ud": line["ud"]} for line in users]


def test_lone_surrogates_survive() -> None:
    """They come and go as escapes."""
    result = run('{"key": "fn", "value": "A\\ud800", "note": "\\udfff"}\n')

    assert result.stdout.isascii()
    assert answers(result) == [
        {
            "key": "fn",
            "value": "A\ud800",
            "note": "\udfff",
            "normalized": "a\ud800",
            "hash": "25819b9b43d499092eb2be7b6f27ae28439eee434cea4490191ab4ccb8f3409c",
        }
    ]


@pytest.mark.parametrize(
    ("value", "normalized"),
    [
        (16505551212, "16505551212"),
        (1.65e10, "16500000000"),
        (1.5, "15"),
        (1e-7, "17"),
        (1e21, "121"),
        (0, None),
        (-0.0, None),
        (None, None),
        ("", None),
    ],
)
def test_numbers_stand_for_their_text_and_nothing_for_nothing(value: Any, normalized: str | None) -> None:
    """Phones and postal codes come as numbers often enough."""
    (answer,) = answers(run(json.dumps({"key": "ph", "value": value})))

    assert (answer["value"], answer["normalized"]) == (value, normalized)
    assert (answer["hash"] is None) == (value in (None, ""))


def test_both_profiles_give_lists_where_they_differ() -> None:
    """One entry per profile: null where one has no normalized string."""
    lines = ({"key": "ge", "value": "Male"}, {"key": "ge", "value": "F"}, {"key": "em", "value": ADA + ".AQ"})
    ge, same, hashed = answers(run("\n".join(map(json.dumps, lines)), "--profile", "pixel+documented"))

    assert ge["normalized"] == [None, "m"]
    assert len(ge["hash"]) == 2
    assert same["normalized"] == "f"
    assert isinstance(same["hash"], str)
    assert (hashed["normalized"], hashed["hash"]) == (ADA + ".AQ", ADA + ".AQ")


def test_users_follow_the_profile_too() -> None:
    """Where init finds a value is one thing, how it is written another."""
    (answer,) = answers(run('{"user": {"City": "Zürich"}}', "--profile", "documented"))

    assert answer == {"ud": {"ct": sha256("zürich".encode()).hexdigest()}}


@pytest.mark.parametrize(
    ("line", "message", "path"),
    [
        (b"nonsense", "is not JSON: Expecting value at line 1, column 1", "$"),
        (b'{"key": "em"', "is not JSON: Expecting ',' delimiter at line 1, column 13", "$"),
        (b'{"key": "em", "value": NaN}', "is not JSON: NaN is no JSON number", "$"),
        (b'{"key": "em", "value": "\xff"}', "is not UTF-8 text: wrong byte at position 24", "$"),
        (b"[" * 100_000, "is nested too deeply", "$"),
        (b"[]", "must be a JSON object: ", "$"),
        (b'{"key": "em"}', 'must be one of {"key"', "$"),
        (b'{"key": "email", "value": "x"}', "must be one of em, ph, fn,", "$.key"),
        (b'{"key": ["em"], "value": "x"}', "must be one of em, ph, fn,", "$.key"),
        (b'{"key": "em", "value": true}', "must be a string, a number or null", "$.value"),
        (b'{"key": "em", "value": ["x"]}', "must be a string, a number or null", "$.value"),
        (b'{"user": []}', "must be an object", "$.user"),
        (b'{"key": "ph", "value": ' + b"1" * 5000 + b"}", "is not JSON: ", "$"),
    ],
)
def test_a_bad_line_is_said_and_the_rest_goes_on(line: bytes, message: str, path: str) -> None:
    """With its number, blank lines counted; the exit status tells at the end."""
    good = b'{"key": "em", "value": "Ada@example.com"}\n'
    result = run(good + b"\n" + line + b"\n" + good)
    first, error, last = answers(result)

    assert result.exit_code == 1
    assert first["hash"] == last["hash"] == ADA
    assert error["line"] == 3
    assert error["error"]["message"].startswith(message)
    assert error["error"]["path"] == path


def test_no_message_repeats_the_value() -> None:
    """What is wrong may still be personal."""
    for line in (
        '{"key": "em", "value": "ada@secret',
        '{"key": "ada@secret", "value": 1}',
        '{"user": "ada@secret"}',
    ):
        assert "ada@secret" not in run(line).stdout


def test_it_reads_and_writes_as_the_other_commands_do(tmp_path: Path) -> None:
    """Compact, in UTF-8, file and line first; a mark of byte order is none."""
    names = []
    for index, text in enumerate(("7\n", "\ufeff{}\n\n5\n")):
        path = tmp_path / f"{index}.jsonl"
        path.write_text(text, encoding="utf-8")
        names.append(str(path))
    result = run("", *names)
    good = run('{"key": "ct", "value": "Zürich"}')

    assert [answer["place"] for answer in answers(result)] == [
        f"{name}:{line}" for name, line in ((names[0], 1), (names[1], 1), (names[1], 3))
    ]
    assert [answer["line"] for answer in answers(result)] == [1, 1, 3]
    assert run("7\n").stdout.startswith('{"line":1,"error":{"message":"must be')
    assert good.stdout.startswith('{"key":"ct","value":"Zürich","normalized":"zrich","hash":"b253')


def test_numbers_are_read_as_those_of_events_are() -> None:
    """Beyond 64 bits an event's number is a double."""
    exact, rounded = answers(run('{"key": "ph", "value": 12345678901234567}\n{"key": "ph", "value": 1e22}\n'))
    (long,) = answers(run('{"key": "ph", "value": 10000000000000000000001}'))

    assert exact["normalized"] == "12345678901234567"
    assert long["normalized"] == rounded["normalized"] == "122"  # from 1e+22, as browsers write it


@pytest.fixture
def with_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another package that replaces one normalizer, and has a profile of its own."""

    def broken(value: str) -> str:
        raise ValueError(value)

    others = [
        Normalizer(profile="pixel", key="ct", normalize=str.upper, otherwise="raw", replaces=True),
        Normalizer(profile="acme", key="ct", normalize=str.lower, otherwise="raw"),
        Normalizer(profile="acme", key="shoe", normalize=str.strip, otherwise="raw"),
        Normalizer(profile="acme", key="em", normalize=broken, otherwise="raw"),
    ]
    other = SimpleNamespace(__name__="acme", capi_normalizers=hookimpl(lambda: others))
    monkeypatch.setattr(Plugins, "configured", lambda path: Plugins(builtin, plugin, other))


@pytest.mark.usefixtures("with_others")
def test_other_plugins_normalizers_are_shown() -> None:
    """What the engine would do, not what this package alone would."""
    city, shoe = '{"key": "ct", "value": "Ab"}', '{"key": "shoe", "value": " 42 "}'

    assert answers(run(city))[0]["normalized"] == "AB"
    assert answers(run(city, "--profile", "documented+acme"))[0]["normalized"] == "ab"
    assert answers(run(city, "--profile", "acme + pixel"))[0]["normalized"] == ["ab", "AB"]
    assert answers(run(shoe, "--profile", "acme"))[0]["normalized"] == "42"
    assert answers(run('{"user": {"ct": "Ab", "fn": "x"}}', "--profile", "acme")) == [
        {"ud": {"ct": sha256(b"ab").hexdigest()}}
    ]
    (failed,) = answers(run('{"key": "em", "value": "ada@secret"}', "--profile", "acme"))
    assert failed["error"]["message"].startswith(
        "the normalizer acme/em failed on this event (ValueError in broken, "
    )


@pytest.mark.parametrize(
    ("profile", "why"),
    [
        ("pixle", "no normalization profile 'pixle'; did you mean 'pixel'?"),
        ("pixel+", "no normalization profile ''; there are:"),
        ("", "should name a profile"),
    ],
)
def test_an_unknown_profile_is_a_mistake_in_the_command(profile: str, why: str) -> None:
    """With the sentence that a configuration gets."""
    result = run('{"key": "ct", "value": "Ab"}', "--profile", profile)

    assert result.exit_code == 2
    assert why in " ".join(result.stderr.split())


def test_files_are_read_in_order(tmp_path: Path) -> None:
    """And a file that doesn't exist is a mistake in the command."""
    names = []
    for index, name in enumerate(("Ada", "Bob")):
        path = tmp_path / f"{index}.jsonl"
        path.write_text(json.dumps({"key": "fn", "value": name}))
        names.append(str(path))

    assert [answer["normalized"] for answer in answers(run("", *names))] == ["ada", "bob"]
    assert run("", str(tmp_path / "none")).exit_code == 2


def test_a_line_is_answered_before_the_next_arrives() -> None:
    """It streams: a file of 5 GB needs no more memory than a small one."""
    command = [sys.executable, "-c", "from capi_actions_facebook.commands import normalize; normalize()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for name in ("Ada", "Bob"):
            process.stdin.write(json.dumps({"key": "fn", "value": name}).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["normalized"] == name.lower()
        process.stdin.close()
        assert process.wait(timeout=60) == 0


MINE = """
from capi_actions import Normalizer, hookimpl

@hookimpl
def capi_normalizers():
    return [Normalizer(profile="mine", key="em", normalize=str.upper, otherwise="drop")]
"""


def test_the_plugins_of_the_configuration_are_used(tmp_path: Path) -> None:
    """Those in a file of one's own, and not those that are disabled: as events are normalized."""
    (tmp_path / "mine.py").write_text(MINE, encoding="utf-8")
    config = tmp_path / "capi.toml"
    line = '{"key": "em", "value": "a"}\n'

    config.write_text('[plugins]\nfiles = ["mine.py"]\n', encoding="utf-8")
    (answer,) = answers(run(line, "--profile", "mine", "--config", str(config)))
    assert "A" == answer["normalized"]
    config.write_text('[plugins]\nfiles = ["mine.py"]\ndisabled = ["mine"]\n', encoding="utf-8")
    refused = run(line, "--profile", "mine", "--config", str(config))
    assert (2, True) == (refused.exit_code, "no normalization profile 'mine'" in refused.stderr)


def test_a_normalizer_that_can_not_be_loaded_is_not_passed_over(tmp_path: Path) -> None:
    """It may be what replaces one of these."""
    (tmp_path / "mine.py").write_text(f"{MINE}\n1 / 0\n", encoding="utf-8")
    config = tmp_path / "capi.toml"
    config.write_text('[plugins]\nfiles = ["mine.py"]\n', encoding="utf-8")

    with pytest.raises(PluginError, match="ZeroDivisionError"):
        CliRunner().invoke(normalize, ["--config", str(config)], input="", catch_exceptions=False)
