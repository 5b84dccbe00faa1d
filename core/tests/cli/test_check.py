"""`capi check`: what can never work, what is likely to be a mistake, and what files are called."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from capi_actions import Destination, Problem, Request, Response, TransportFactory

MAPPING = '[[destinations.main.mappings]]\naction = "acme.ping"\n'


@pytest.fixture
def check(capi: Any, config: Path) -> Any:
    """Add to a configuration that is fine, and check it; gives status, and messages by severity and path."""
    config.write_text(config.read_text().replace('"sesame"', '{ env = "ACME_TOKEN" }'), encoding="utf-8")

    def check(more: str) -> tuple[int, dict[tuple[str, str], str]]:
        config.write_text(config.read_text() + more, encoding="utf-8")
        result = capi("check", "-c", str(config), "--json")
        problems = {(line["severity"], line["path"]): line["message"] for line in result.lines}
        assert len(problems) == len(result.lines)
        return result.status, problems

    return check


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    """A token in the environment."""
    monkeypatch.setenv("ACME_TOKEN", "sesame")


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ("mappings = []\n", "its list of mappings is empty"),
        (MAPPING + "enabled = false\n", "all its mappings are disabled"),
    ],
)
def test_a_destination_that_gets_nothing_is_warned_about(check: Any, more: str, reason: str) -> None:
    """Somebody may have meant it for a while: no error."""
    hint = "leave mappings out to enable every action with a prebuilt trigger"

    assert check(more) == (
        0,
        {("warning", "$.destinations.main.mappings"): f"receives no events: {reason}; {hint}"},
    )


def test_the_same_mapping_twice_is_warned_about(check: Any) -> None:
    """The platform would get every event twice, with one id; which of two is disabled doesn't matter."""
    off, other = MAPPING + "enabled = false\n", MAPPING + "trigger = 'type = \"page\"'\n"
    status, problems = check(MAPPING + off + other + MAPPING + off)

    assert status == 0
    assert problems == {
        ("warning", "$.destinations.main.mappings[3]"): "is the same as mappings[0]: each event is sent twice"
    }


def test_a_destination_needs_a_name(check: Any) -> None:
    """Nobody could resume it, or tell it in the metrics."""
    status, problems = check(
        '[destinations.""]\ntype = "acme"\naccount = "a"\ntoken = { env = "ACME_TOKEN" }\n'
    )

    assert status == 2
    assert problems == {
        ("error", "$.destinations['']"): "a destination needs a name, as in [destinations.main]"
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "ca.pem can't be read: No such file or directory"),
        (b"not PEM", "should hold certificates (PEM), but no certificate is in it"),
        (b"", "should hold certificates (PEM), but no certificate is in it"),
    ],
)
def test_certificates_must_be_there(
    capi: Any, config: Path, check: Any, content: bytes | None, message: str, ping: Any
) -> None:
    """Else every request would fail, and be tried again, until all has expired; what sends nothing needs none."""
    if content is not None:
        (config.parent / "ca.pem").write_bytes(content)

    assert check('[transport]\nca_file = "ca.pem"\n') == (2, {("error", "$.transport.ca_file"): message})
    assert capi("send", "-c", str(config)).status == 2
    assert capi("preview", "-c", str(config), lines=[ping()]).status == 0


def test_an_outbox_in_the_place_of_a_folder_or_behind_a_file_is_reported(check: Any, config: Path) -> None:
    """Before the first event comes; and nothing is made."""
    status, problems = check('[outbox]\npath = "."\n')
    assert (status, problems["error", "$.outbox.path"]) == (2, "is a folder; name a file in it")
    config.write_text(config.read_text().replace('path = "."', 'path = "capi.toml/a/b"'))
    status, problems = check("")
    assert status == 2
    assert problems["error", "$.outbox.path"] == f"{config} should be a folder, but it is a file"
    config.write_text(config.read_text().replace("capi.toml/a/b", "new/outbox.sqlite3"))
    assert check("") == (0, {})
    assert not (config.parent / "new").exists()


def test_an_outbox_that_is_some_other_file_is_reported(
    check: Any, config: Path, capi: Any, ping: Any
) -> None:
    """Naming the events' own file is a likely slip; an empty file, or an outbox, is fine."""
    other = config.with_name("events.jsonl")
    other.write_text("{}\n", encoding="utf-8")
    status, problems = check('[outbox]\npath = "events.jsonl"\n')
    assert status == 2
    assert (
        problems["error", "$.outbox.path"]
        == f"{other} is not an outbox but some other file; give another path"
    )
    other.write_text("", encoding="utf-8")
    assert check("") == (0, {})
    assert capi("send", "-c", str(config), lines=[ping()]).status == 0
    assert check("") == (0, {})


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    """A folder that isn't one of pytest's, whose permissions other test runs may be changing, too."""
    with TemporaryDirectory() as folder:
        yield Path(folder)


def test_an_outbox_that_this_user_may_not_write_is_reported(shared_folder: Path) -> None:
    """In a process that isn't root, as root may write anything."""
    script = f"""
import os
from pathlib import Path
from capi_actions.config import Config, check_outbox_file
from capi_actions.errors import Diagnostics
folder = Path({str(shared_folder)!r})
(folder / "mine").write_text("")
os.chmod(folder / "mine", 0o600)
os.chmod(folder, 0o555)
if os.getuid() == 0:
    os.setgid(65534); os.setuid(65534)
else:
    os.chmod(folder / "mine", 0o000)
for name in ("new/outbox.db", "mine"):
    config = Config(destinations=[], outbox={{"path": name}}, folder=folder)
    diagnostics = Diagnostics()
    check_outbox_file(config, diagnostics)
    print(*(problem.message for problem in diagnostics.errors))
"""
    folders = [folder for folder in shared_folder.parents if folder.stat().st_mode & 0o077 == 0]
    modes = [folder.stat().st_mode for folder in folders]
    try:
        for folder in folders:
            folder.chmod(0o755)
        ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    finally:
        shared_folder.chmod(0o755)
        for folder, mode in zip(folders, modes, strict=True):
            folder.chmod(mode)

    assert ended.stdout.splitlines() == [
        f"this user can't write to the folder {shared_folder}",
        f"{shared_folder / 'mine'} exists, but this user can't read and write it",
    ]


def test_a_proxy_variable_that_cannot_be_read_is_an_error(
    check: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the first event would find out; the value may hold a password."""
    monkeypatch.setenv("HTTPS_PROXY", "garbage")

    assert check("") == (
        2,
        {
            (
                "error",
                "",
            ): "the environment variable HTTPS_PROXY holds no address of a proxy: it should be like"
            " http://proxy.example.com:8080; correct or unset it"
        },
    )


def test_the_proxy_in_use_is_told_but_is_no_warning(
    capi: Any, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it is needed it is right, and where it isn't a person should see it."""
    monkeypatch.setenv("HTTPS_PROXY", "http://user:hidden@proxy.example.com:3128")
    result = capi("check", "--strict", "-c", str(config))

    assert (
        "requests over https go through the proxy proxy.example.com:3128, which HTTPS_PROXY names"
        in result.err
    )
    assert "hidden" not in result.out + result.err


@pytest.mark.parametrize("fault", [ValueError, SystemExit, OSError])
@pytest.mark.parametrize("online", [(), ("--online",)])
def test_a_transport_that_fails_to_close_is_a_warning(
    capi: Any, config: Path, install: Any, fault: type[BaseException], online: Any
) -> None:
    """And one whose notes fail: its requests may be right.  Neither is said twice, nor its text."""

    class Broken:
        def send(self, request: Request) -> Response:
            return Response(status=500, headers={}, body=b"")

        def close(self) -> None:
            raise fault("MARKER")

        @property
        def notes(self) -> list[str]:
            raise fault("MARKER")

    install("broken", capi_transports=[TransportFactory(name="broken", make=Broken)])
    text = config.read_text(encoding="utf-8")
    config.write_text(f'{text}\n[transport]\ntype = "broken"\n', encoding="utf-8")
    result = capi("check", "-c", str(config), *online)

    warnings = [line for line in result.out.splitlines() if line.startswith("warning: plugin 'broken'")]
    assert [
        f"warning: plugin 'broken': its transport 'broken' has a fault in {part} ({fault.__name__} in {function}"
        for part, function in [("close()", "close"), ("notes", "notes")]
    ] == [line.rpartition(", ")[0] for line in warnings]
    assert "MARKER" not in result.out + result.err


def test_filters_that_are_not_there_are_warned_about(check: Any) -> None:
    """They do nothing, as in the reference; a misspelt one would never show."""
    one = '{ "@liquid" = "{{ event | upcaes | downcase }}" }'
    two = '{ "@if" = { exists = "x", then = { "@liquid" = "{% assign a = event | xyzzy: 1 %}{{ a | upcase }}" } } }'
    status, problems = check(MAPPING + f"mapping = {{ name = {one}, id = {two} }}\n")
    path = "$.destinations.main.mappings[0].mapping"

    assert status == 0
    assert problems == {
        (
            "warning",
            f"{path}.name.@liquid",
        ): "there is no filter 'upcaes': it does nothing; did you mean 'upcase'?",
        ("warning", f"{path}.id.@if.then.@liquid"): "there is no filter 'xyzzy': it does nothing",
    }


def test_a_code_is_said_to_be_the_platform_s(
    capi: Any, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bare number means nothing to whoever reads it."""

    def lint_mapping(self: Destination, action: str, mapping: object) -> list[Problem]:
        return [Problem("is odd", "$.name", 2635)]

    monkeypatch.setattr(Destination, "lint_mapping", lint_mapping)
    result = capi("check", "-c", str(config))

    assert (
        "error: $.destinations.main.mapping.name: is odd (the platform's error 2635)"
        in result.out.splitlines()
    )


@pytest.mark.parametrize("name", [".", "folder", "folder/capi.toml", "folder/../folder"])
def test_files_are_named_once_and_as_they_were_given(
    capi: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The last part alone is empty for `.`, and of two files of one name says nothing."""
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    checked = capi("check", "-c", name).out.splitlines()[0]
    sent = capi("send", "-c", name).err

    problem = "there is no file" if name.endswith(".toml") else "can't be read: it is a directory"
    assert checked == f"error: {sent.removeprefix('capi: ').strip()}"
    assert problem in checked
    assert checked.partition("; `capi init")[0].count(f" {name}") == 1


def test_init_says_of_a_folder_that_it_is_one(
    capi: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writing over it would not help."""
    monkeypatch.chdir(tmp_path)
    result = capi("init", "-c", ".", "--force")

    assert (result.status, result.err) == (2, "capi: . is a folder; name a file, such as capi.toml\n")


def test_broken_toml_is_reported_with_its_file(capi: Any, tmp_path: Path) -> None:
    """Also by commands that say nothing else."""
    path = tmp_path / "capi.toml"
    path.write_text("a =", encoding="utf-8")

    checked, sent = capi("check", "-c", str(path)), capi("send", "-c", str(path))
    why = f"{path} is not valid TOML: Invalid value (at end of document)\n"

    assert (checked.out, sent.err) == (f"error: {why}", f"capi: {why}")


@pytest.mark.parametrize("name", [".", "no/such.json", "a\\u0000b"])
def test_a_mapping_file_is_named_as_it_was_given(check: Any, name: str) -> None:
    """Its path starts at the configuration's folder."""
    _, problems = check(MAPPING + f'mapping_file = "{name}"\n')

    message = problems["error", "$.destinations.main.mappings[0].mapping_file"]
    assert message.startswith(f"{name} can't be read: ".replace("\\u0000", "\0"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("kind", ["pipe", "device", "directory", "link to a pipe"])
def test_a_mapping_file_is_a_regular_file(check: Any, config: Path, kind: str) -> None:
    """Nobody may write to the pipe, and a device never ends: `check` would wait for good."""
    target = config.parent / "mapping.json"
    os.mkfifo(config.parent / "pipe")
    match kind:
        case "pipe":
            os.mkfifo(target)
        case "device":
            target.symlink_to("/dev/zero")
        case "directory":
            target.mkdir()
        case _:
            target.symlink_to("pipe")
    _, problems = check(MAPPING + 'mapping_file = "mapping.json"\n')

    message = problems["error", "$.destinations.main.mappings[0].mapping_file"]
    what = "a directory" if kind == "directory" else "no regular file"
    assert message == f"mapping.json can't be read: it is {what}"


def test_a_mapping_file_has_a_size(check: Any, config: Path) -> None:
    """A log file that is named by mistake doesn't fill the memory; a link to a mapping is fine."""
    (config.parent / "long.json").write_bytes(b" " * (8 * 2**20) + b"{}")
    (config.parent / "real.json").write_bytes(b" " * (8 * 2**20 - 2) + b"{}")
    (config.parent / "link.json").symlink_to("real.json")
    _, problems = check(MAPPING + 'mapping_file = "long.json"\n' + MAPPING + 'mapping_file = "link.json"\n')

    path = "$.destinations.main.mappings[{}].mapping_file"
    assert problems["error", path.format(0)] == "long.json can't be read: it is longer than 8 MiB"
    assert ("error", path.format(1)) not in problems


def test_warnings_are_reported_beside_errors(check: Any) -> None:
    """Of the same mapping, of others, of settings and of plugins: nobody has to correct one thing at a time."""
    mistakes = 'mapping = { name = { "@pth" = "$.x" }, nmae = "x", time = "soon" }\n'
    status, problems = check("loud = true\n" + MAPPING + mistakes + MAPPING + 'trigger = "x = 1 and x = 2"\n')
    first, second = (f"$.destinations.main.mappings[{index}]" for index in (0, 1))

    assert status == 2
    assert {
        ("error", f"{first}.mapping.name"),
        ("warning", f"{first}.mapping.nmae"),
        ("error", f"{first}.mapping.time"),
        ("warning", f"{second}.trigger"),
        ("warning", "$.destinations.main.loud"),
    } == set(problems)


def test_every_plugin_that_is_refused_is_named(capi: Any, config: Path, install: Any) -> None:
    """Not only the first."""
    install("first", capi_actions=5)
    install("second", capi_directives="x")
    result = capi("check", "-c", str(config), "--json")

    assert result.status == 2
    assert [(line["path"], line["message"]) for line in result.lines] == [
        ("plugin 'first' (first 1.0)", "capi_actions() must return a list, but returned int"),
        ("plugin 'second' (second 1.0)", "capi_directives() must return a list, but returned str"),
    ]


MAPPED = '[[destinations.main.mappings]]\naction = "acme.ping"\n'


def test_a_refused_plugin_that_is_not_used_is_a_warning(capi: Any, config: Path, install: Any) -> None:
    """One broken package must not stop what has nothing to do with it."""
    config.write_text(config.read_text(encoding="utf-8") + MAPPED, encoding="utf-8")
    install("first", capi_actions=5)
    install("second", capi_commands="x")

    checked = capi("check", "-c", str(config), "--json")
    previewed = capi(
        "preview", "-c", str(config), lines=[{"type": "track", "event": "x", "timestamp": 2**33}]
    )
    assert checked.status == 0
    assert [(line["severity"], line["path"]) for line in checked.lines if "plugin" in line["path"]] == [
        ("warning", "plugin 'first' (first 1.0)"),
        ("warning", "plugin 'second' (second 1.0)"),
    ]
    assert previewed.status == 0
    assert (
        "plugin 'first' (first 1.0): capi_actions() must return a list, but returned int; it isn't used"
        in previewed.err
    )
    assert previewed.err.count("; it isn't used here\n") == 2


@pytest.mark.parametrize(
    ("text", "hooks"),
    [
        ("", {"capi_actions": 5}),  # all actions of a type are on
        (MAPPED, {"capi_events": 5}),
        (MAPPED, {"capi_normalizers": 5}),
        (MAPPED, {"capi_report": 5}),
        (MAPPED + 'mapping = { name = { "@lost" = {} } }\n', {"capi_directives": 5}),
        (MAPPED + '[transport]\ntype = "lost"\n', {"capi_transports": 5}),
        ('[destinations.other]\ntype = "lost"\n', {"capi_destinations": 5}),
    ],
)
def test_a_refused_plugin_that_may_be_used_stops_events(
    capi: Any, config: Path, install: Any, text: str, hooks: dict[str, Any]
) -> None:
    """Filters, normalizers and observers are used without being named; all that is refused is named at once."""
    config.write_text(config.read_text(encoding="utf-8") + text, encoding="utf-8")
    install("lost", **hooks)
    install("more", capi_commands=5)
    previewed = capi(
        "preview", "-c", str(config), lines=[{"type": "track", "event": "x", "timestamp": 2**33}]
    )
    checked = capi("check", "-c", str(config), "--json")

    assert (previewed.status, previewed.out) == (2, "")
    lines = [line for line in previewed.err.splitlines() if not line.startswith("capi: warning: $")]
    lost, more, advice = lines
    assert ["capi: plugin 'lost' (lost 1.0)", "capi: plugin 'more' (more 1.0)"] == [
        line.rpartition(": ")[0].partition(": capi_")[0] for line in (lost, more)
    ]
    assert advice.startswith("capi: to go on without 'lost', 'more': `capi uninstall`, or `disabled = [")
    assert checked.status == 2
    assert ["plugin 'lost' (lost 1.0)", "plugin 'more' (more 1.0)"] == [
        line["path"] for line in checked.lines
    ]


@pytest.mark.parametrize(
    ("text", "status"),
    [("1 / 0\ndef capi_commands(): ...", 0), ("1 / 0\ndef capi_events(): ...", 2), ("1 / 0", 2)],
)
def test_a_plugin_that_can_not_be_imported_is_judged_by_its_text(
    capi: Any, config: Path, install: Any, monkeypatch: pytest.MonkeyPatch, text: str, status: int
) -> None:
    """Nobody can ask it what it would have offered."""
    config.write_text(config.read_text(encoding="utf-8") + MAPPED, encoding="utf-8")
    install("broken", capi_commands=[])
    monkeypatch.delitem(sys.modules, "broken_for_tests")
    (config.parent / "site" / "broken_for_tests.py").write_text(text, encoding="utf-8")

    checked = capi("check", "-c", str(config), "--json")

    assert checked.status == status
    assert "plugin 'broken' (broken 1.0)" in [line["path"] for line in checked.lines]


def test_a_broken_file_that_the_configuration_names_is_used(capi: Any, config: Path) -> None:
    """Why else would it stand there."""
    config.write_text(
        config.read_text(encoding="utf-8") + MAPPED + '[plugins]\nfiles = ["odd.py"]\n', "utf-8"
    )
    (config.parent / "odd.py").write_text("1 / 0\ndef capi_commands(): ...", encoding="utf-8")

    assert capi("check", "-c", str(config)).status == 2
    assert capi("outbox", "stats", "-c", str(config), "--json").status == 0


@pytest.mark.parametrize("hook", ["capi_actions", "capi_events", "capi_outboxes", "capi_destinations"])
def test_the_outbox_can_always_be_looked_after(capi: Any, config: Path, install: Any, hook: str) -> None:
    """While a plugin is repaired, items wait and may expire."""
    install("lost", **{hook: 5})

    assert capi("outbox", "stats", "-c", str(config), "--json").status == 0
    config.write_text(config.read_text(encoding="utf-8") + '[outbox]\ntype = "lost"\n', encoding="utf-8")
    unknown = capi("outbox", "stats", "-c", str(config))
    problem, advice = unknown.err.splitlines()
    assert (2, f"capi: plugin 'lost' (lost 1.0): {hook}() must return a list, but returned int") == (
        unknown.status,
        problem,
    )
    assert (
        "capi: to go on without 'lost': `capi uninstall`, or `disabled = [\"lost\"]` below [plugins] in the"
        " configuration, or CAPI_DISABLED_PLUGINS=lost" == advice
    )


def test_what_is_no_template_is_not_read_as_one(check: Any) -> None:
    """A literal may hold anything."""
    literal = '{ "@literal" = { "@liquid" = "{% if", other = 1 } }'

    assert check(MAPPING + f"mapping = {{ name = {literal} }}\n") == (0, {})


def test_a_mapping_that_is_too_deep_is_one_problem(check: Any, config: Path) -> None:
    """And ends no command in the middle of it."""
    depth = 400
    deep = '{"tag": ' + '{"a": ' * depth + "1" + "}" * depth + "}"
    (config.parent / "deep.json").write_text(deep, encoding="utf-8")

    assert check(MAPPING + 'mapping_file = "deep.json"\n') == (
        2,
        {
            (
                "error",
                "$.destinations.main.mappings[0].mapping_file",
            ): "a mapping should be at most 100 levels deep"
        },
    )


def test_a_mapping_beside_a_mapping_file_is_checked_too(check: Any, config: Path) -> None:
    """Whichever of them is kept should be right."""
    (config.parent / "m.json").write_text('{"name": {"@pth": "$.x"}}', encoding="utf-8")
    status, problems = check(MAPPING + 'mapping_file = "m.json"\nmapping = { id = { "@pth" = "$.x" } }\n')
    path = "$.destinations.main.mappings[0]"

    assert status == 2
    assert {(f"{path}"), f"{path}.mapping_file.name", f"{path}.mapping.id"} == {
        where for _, where in problems
    }


@pytest.mark.parametrize(
    ("table", "path", "offered"),
    [
        ('[destinations.shop]\ntype = "gone"\n', "destinations.shop.type", "the destination type 'gone'"),
        ('[outbox]\ntype = "gone"\n', "outbox.type", "'gone'"),
        ('[transport]\ntype = "gone"\n', "transport.type", "'gone'"),
    ],
)
def test_what_a_disabled_plugin_may_offer_is_said(
    capi: Any, config: Path, install: Any, table: str, path: str, offered: str
) -> None:
    """Beside what others offer; otherwise one looks for a package that is there."""
    install("spare", capi_actions=[])
    text = config.read_text(encoding="utf-8")
    config.write_text(f'{text}{table}\n[plugins]\ndisabled = ["spare"]\n', encoding="utf-8")

    (line,) = [line for line in capi("check", "-c", str(config)).out.splitlines() if "error" in line]
    assert line.startswith(f"error: $.{path}: no plugin offers {offered}; there are: ")
    assert line.endswith("; disabled plugins may: 'spare'")


def test_how_to_go_on_without_a_file_is_to_take_it_out(capi: Any, config: Path, install: Any) -> None:
    """No package is there to uninstall; with one, both are said."""
    (config.parent / "broken.py").write_text("import nothing_of_this_name\n", encoding="utf-8")
    files = '[plugins]\nfiles = ["broken.py"]\n'
    config.write_text(config.read_text(encoding="utf-8") + files, encoding="utf-8")

    table = '`disabled = ["broken"]` below [plugins] in the configuration, or CAPI_DISABLED_PLUGINS=broken'
    (advice,) = [line for line in capi("check", "-c", str(config)).err.splitlines() if "to go on" in line]
    assert f"capi: to go on without 'broken': take the file out of `files`, or {table}" == advice

    install("worn", capi_actions=5)
    (advice,) = [line for line in capi("check", "-c", str(config)).err.splitlines() if "to go on" in line]
    assert "`capi uninstall`, or take the file out of `files`, or `disabled = [" in advice


def test_why_a_refused_plugin_is_not_disabled_is_said_beside_it(
    capi: Any, config: Path, install: Any
) -> None:
    """A misspelt name, or a text instead of a list, is why it is loaded at all."""
    install("worn", capi_actions=5)
    text = config.read_text(encoding="utf-8")
    for disabled, problem in (
        ('"worn"', "error: $.plugins.disabled: should be a list, but it is text in quotes"),
        (
            '["worm"]',
            "warning: $.plugins.disabled[0]: there is no plugin 'worm' to disable; did you mean 'worn'?",
        ),
    ):
        config.write_text(f"{text}[plugins]\ndisabled = {disabled}\n", encoding="utf-8")
        lines = capi("check", "-c", str(config)).out.splitlines()

        assert problem in lines
        assert "error: plugin 'worn' (worn 1.0): capi_actions() must return a list, but returned int" in lines
