"""``capi pixel verify``, with a stand-in for the pixel script (``fake_pixel.js``)."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from click.testing import CliRunner, Result

from capi_actions_facebook.commands import pixel
from capi_actions_facebook.normalization import normalize_user
from capi_actions_facebook.normalization.verify import engine, people

FAKE = (Path(__file__).parent / "fake_pixel.js").read_text(encoding="utf-8")
EXAMPLES, SEED = 60, 5

Answers: TypeAlias = list[dict[str, Any] | None]
Verify: TypeAlias = Callable[..., Result]


@pytest.fixture
def verify(tmp_path: Path) -> Verify:
    """Run the command on a script."""

    def verify(script: str, *options: str) -> Result:
        path = tmp_path / "pixel.js"
        path.write_text(script, encoding="utf-8")
        arguments = ["verify", str(path), "--examples", str(EXAMPLES), "--seed", str(SEED), *options]
        return CliRunner().invoke(pixel, arguments)

    return verify


@pytest.fixture
def right() -> Answers:
    """What a pixel would say that agrees with us on everything."""
    return [dict(normalize_user(user)) for user in people(EXAMPLES, SEED)]


def script(answers: Sequence[dict[str, Any] | None]) -> str:
    pairs = [None if answer is None else list(answer.items()) for answer in answers]
    return f"var ANSWERS = {json.dumps(pairs)};\n{FAKE}"


def test_a_script_that_agrees(verify: Verify, right: Answers) -> None:
    """Nothing on stdout, a table for people, exit status 0; keys of no interest are passed over."""
    result = verify(script([{**(answer or {}), "Phone": "x", "uid": "y"} for answer in right]))

    assert (result.exit_code, result.stdout) == (0, "")
    assert "pixel script 0.0.1-fake, seed 5" in result.stderr
    (total,) = (line for line in result.stderr.splitlines() if "examples" in line)
    assert [cell.strip() for cell in total.strip("│ ").split("│")] == ["examples", str(EXAMPLES), "0"]


def test_every_disagreement_is_printed(verify: Verify, right: Answers) -> None:
    """A wrong hash, a missing one and one too many; exit status 1."""
    users = list(people(EXAMPLES, SEED))
    wrong, missing, more = (
        next(index for index, answer in enumerate(right) if answer and key in answer and index > after)
        for key, after in (("fn", 0), ("zp", 20), ("ct", 40))
    )
    assert right[wrong] is not None
    right[wrong] = {**(right[wrong] or {}), "fn": "0" * 64}
    right[missing] = {key: hashed for key, hashed in (right[missing] or {}).items() if key != "zp"}
    absent = next(key for key in ("em", "ge", "db") if key not in (right[more] or {}))
    right[more] = {**(right[more] or {}), absent: "0" * 64}
    result = verify(script(right), "--json")
    *lines, summary = map(json.loads, result.stdout.splitlines())

    assert result.exit_code == 1
    assert [(line["user"], line["differ"]) for line in lines] == [
        (users[wrong], ["fn"]),
        (users[missing], ["zp"]),
        (users[more], [absent]),
    ]
    assert lines[0]["pixel"] == right[wrong]
    assert lines[0]["ours"] == normalize_user(users[wrong])
    assert (summary["agree"], summary["disagree"]) == (EXAMPLES - 3, 3)
    assert (summary["version"], summary["seed"]) == ("0.0.1-fake", SEED)
    assert summary["keys"]["fn"]["differ"] == summary["keys"]["zp"]["differ"] == 1
    assert summary["keys"]["country"]["differ"] == 0


def test_a_request_that_is_not_sent_is_a_disagreement(verify: Verify, right: Answers) -> None:
    """Unless there was nothing to send anyway."""
    full = next(index for index, answer in enumerate(right) if answer)
    right[full] = None
    result = verify(script([answer or None for answer in right]), "--json")
    first, summary = map(json.loads, result.stdout.splitlines())

    assert result.exit_code == 1
    assert first["pixel"] is None
    assert summary["disagree"] == 1


def test_another_seed_makes_other_people() -> None:
    """And the same seed the same ones, so that a disagreement can be looked into."""
    assert list(people(100, 1)) == list(people(100, 1))
    assert list(people(100, 1)) != list(people(100, 2))


def test_people_are_single_fields_and_whole_users_of_every_kind() -> None:
    """Half and half, every key, nulls, numbers, escapes: all that JSON can carry."""
    examples = list(people(2000, 1))
    singles, users = examples[::2], examples[1::2]
    values = [value for user in users for value in user.values()]

    assert len(examples) == 2000
    assert {len(user) for user in singles} == {1}
    assert {key for user in singles for key in user} == {
        "em", "ph", "fn", "ln", "ct", "st", "zp", "country", "db", "ge", "external_id",
    }  # fmt: skip
    assert {type(value) for value in values} == {str, int, float, type(None)}
    assert any("\ud800" in value for value in values if isinstance(value, str))
    assert json.loads(json.dumps(examples)) == examples


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ("throw new Error('no page');", "Error: no page"),
        ("this is no script", "SyntaxError"),
        ("var x = 1;", "TypeError: fbq.registerPlugin is not a function"),
    ],
)
def test_a_script_that_does_not_run_is_a_mistake_in_the_command(
    verify: Verify, broken: str, message: str
) -> None:
    """Exit status 2, and what V8 said, without the script's lines."""
    result = verify(broken)

    assert result.exit_code == 2
    assert f"the pixel script doesn't run here: {message}" in result.stderr


def test_a_script_that_hangs_is_given_up(verify: Verify, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a minute; here sooner."""
    monkeypatch.setattr(engine, "_TIMEOUT", 0.2)
    result = verify("while (true) {}")

    assert result.exit_code == 2
    assert "the pixel script doesn't run here: it took over 0.2 s or 2 GB" in result.stderr


def test_without_mini_racer_it_says_what_to_install(verify: Verify, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an extra: nobody else needs V8."""
    monkeypatch.setitem(sys.modules, "py_mini_racer", None)
    result = verify(FAKE)

    assert result.exit_code == 2
    assert "pip install './plugins/facebook[pixel-js]', in a clone" in result.stderr


FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda path: None, "there is no file {path}"),
    "a pipe": (os.mkfifo, "{path} can't be read: it is no regular file"),
    "a device": (lambda path: path.symlink_to("/dev/zero"), "{path} can't be read: it is no regular file"),
    "a folder": (Path.mkdir, "{path} can't be read: it is a directory"),
    "a loop": (lambda path: path.symlink_to(path), "{path} can't be read: Too many levels of symbolic links"),
    "too large": (
        lambda path: path.write_bytes(b" " * 2**24),
        "{path} can't be read: it is longer than 8 MiB",
    ),
    "not UTF-8": (lambda path: path.write_bytes(b"//\n// \xff"), "{path} is not UTF-8 text (line 2)"),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_can_t_be_read_is_a_mistake_in_the_command(tmp_path: Path, kind: str) -> None:
    """As everywhere; nothing is waited for, and nothing read without an end."""
    make, message = FILES[kind]
    path = tmp_path / "pixel.js"
    make(path)
    result = CliRunner().invoke(pixel, ["verify", str(path)])

    assert 2 == result.exit_code
    assert message.replace("{path}", str(path)) in result.stderr


def test_a_byte_order_mark_is_no_part_of_the_script(tmp_path: Path, right: Answers) -> None:
    """Some editors write one when the script is saved."""
    path = tmp_path / "pixel.js"
    path.write_text(script(right), encoding="utf-8-sig")
    options = ["--examples", str(EXAMPLES), "--seed", str(SEED)]

    assert 0 == CliRunner().invoke(pixel, ["verify", str(path), *options]).exit_code


def test_the_program_ends(tmp_path: Path, right: Answers) -> None:
    """Python 3.13 waits for ever for a V8 that was not closed."""
    path = tmp_path / "pixel.js"
    path.write_text(script(right), encoding="utf-8")
    program = "from capi_actions_facebook.commands import pixel; pixel()"
    options = ["verify", str(path), "--examples", str(EXAMPLES), "--seed", str(SEED), "--json"]
    done = subprocess.run(
        [sys.executable, "-c", program, *options], capture_output=True, timeout=60, check=True
    )

    assert json.loads(done.stdout)["agree"] == EXAMPLES
