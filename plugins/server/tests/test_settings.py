"""The table ``[server]``: what is wrong is said at once, with what would be right."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capi_actions import Action, ConfigError, Plugins, read_text_file
from capi_actions.cli.check import check as check_command
from capi_actions.pipeline.compiled_action import CompiledAction
from capi_actions_server.commands import serve
from capi_actions_server.components import Components

KEY = '[server.keys.a]\nkey = "0123456789abcdef"\n'


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two write keys in the environment."""
    monkeypatch.setenv("KEY_A", "0123456789abcdef-a")
    monkeypatch.setenv("KEY_B", "0123456789abcdef-b")


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ("[server]\n", "nobody may send: add a table [server.keys.main]"),
        ("", "nobody may send"),
        ('[server.keys.a]\nkey = "short"\n', "$.server.keys.a.key: should have 16 characters or more"),
        (KEY + 'destinations = ["shpo"]\n', "there is no destination 'shpo'; there are: shop"),
        (
            KEY + '[server.keys.b]\nkey = "0123456789abcdef"\n',
            "$.server.keys.b.key: is the key of 'a', too; each",
        ),
        (KEY + 'client = "sometimes"\n', "should be one of auto, always, never"),
        (
            KEY + '[server.webhooks.w]\nsecret = "0123456789abcdef"\nformat = "shopfiy"\n',
            "no plugin offers the format 'shopfiy'",
        ),
        ("[server]\nport = 70000\n" + KEY, "$.server.port: should be from 0 to 65,535"),
        ("[server]\nmax_body_bytes = 1\n" + KEY, "$.server.max_body_bytes: should be from 1,000 to"),
        ('[server]\ntrusted_proxies = ["10.0.0.0/33"]\n' + KEY, "should be addresses or networks"),
        (
            '[server]\nallowed_origins = ["shop.example"]\n' + KEY,
            "should be origins, such as https://shop.example",
        ),
        ('[server]\naddress_headers = ["X Y"]\n' + KEY, "should be the name of a header"),
        (
            '[server]\nhost = "https://0.0.0.0:80"\n' + KEY,
            "$.server.host: should be an address or a name to listen at",
        ),
        ('[server]\nhost = "[::1]"\n' + KEY, "such as 127.0.0.1, :: or localhost, without a port"),
        (KEY + "destinations = []\n", "$.server.keys.a.destinations: is empty"),
        ("[server.webhooks.w]\n", "$.server.webhooks.w.secret: is missing"),
        ("[server]\nprot = 1\n" + KEY, "'prot' isn't known here; did you mean 'port'?"),
    ],
)
def test_a_mistake_is_said_at_once(
    table: str, problem: str, open_components: Callable[[str], Components]
) -> None:
    """And nothing is opened."""
    with pytest.raises(ConfigError) as caught:
        open_components(table)

    assert problem in str(caught.value)
    assert "0123456789abcdef" not in str(caught.value)


Check = Callable[[str], list[str]]


@pytest.fixture
def check(write_config: Callable[[str], Path]) -> Check:
    """Return what `capi check` prints about a table."""

    def run(table: str) -> list[str]:
        path = write_config(table)
        result = CliRunner().invoke(check_command, ["--config", str(path)], standalone_mode=False)
        return [line for line in result.output.splitlines() if "$.server" in line]

    return run


def test_all_mistakes_are_found_at_once(check: Check) -> None:
    """Those of one table and those between tables, each with its path."""
    table = """
[server]
host = "0.0.0.0"
trusted_proxies = ["0.0.0.0/0", "224.0.0.0/8"]
address_headers = ["X-Forwarded-For"]
metrics_from = ["0.0.0.0/0"]
request_seconds = 20.0
max_body_bytes = 1000
[server.keys.a]
key = { env = "KEY_A" }
destinations = ["shop", "shop", "shpo"]
[server.keys.b]
key = { env = "KEY_A" }
[server.webhooks.w]
secret = { env = "KEY_A" }
format = "shopfiy"
signed = "body"
tolerance = 10
destinations = []
"""
    paths = [line.split(": ")[:2] for line in check(table)]

    assert [
        ["error", "$.server.keys.a.destinations"],
        ["error", "$.server.webhooks.w.destinations"],
        ["error", "$.server.webhooks.w.format"],
        ["error", "$.server.keys.b.key"],
        ["warning", "$.server.keys.a.destinations"],
        ["warning", "$.server.webhooks.w.tolerance"],
        ["warning", "$.server.webhooks.w.secret"],
        ["warning", "$.server.pages"],
        ["warning", "$.server.trusted_proxies"],
        ["warning", "$.server.trusted_proxies"],
        ["warning", "$.server.address_headers"],
        ["warning", "$.server.metrics_from"],
        ["warning", "$.server.shutdown_seconds"],
        ["warning", "$.server.max_body_bytes"],
    ] == paths


FORM_ERRORS = {
    'host = "0.0.0.0"': ("host = 1", "$.server.host"),
    "port = 8090": ("port = 70000", "$.server.port"),
    'trusted_proxies = ["0.0.0.0/0"]': ('trusted_proxies = ["10.0.0.0/33"]', "$.server.trusted_proxies"),
    'address_headers = ["X-Forwarded-For"]': ('address_headers = ["X Y"]', "$.server.address_headers"),
    'metrics_from = ["0.0.0.0/0"]': ("metrics_from = [1]", "$.server.metrics_from[0]"),
    "request_seconds = 20.0": ('request_seconds = "x"', "$.server.request_seconds"),
    "max_body_bytes = 1000": ("max_body_bytes = 1", "$.server.max_body_bytes"),
    'a.destinations = ["shpo"]': ('a.destinations = "shpo"', "$.server.keys.a.destinations"),
    'b.key = { env = "KEY_A" }': ('b.key = "short"', "$.server.keys.b.key"),
    'w.format = "shopfiy"': ("w.format = 1", "$.server.webhooks.w.format"),
    "w.tolerance = 10": ("w.tolerance = 0", "$.server.webhooks.w.tolerance"),
    "w.destinations = []": ("w.destinations = [1]", "$.server.webhooks.w.destinations[0]"),
}
"""Lines of a table, each of which is wrong or likely so beside the others, and what is wrong in their form instead."""

BESIDE_OTHERS = {
    "$.server.host": 'host = "0.0.0.0"',
    "$.server.trusted_proxies": 'trusted_proxies = ["0.0.0.0/0"]',
    "$.server.address_headers": 'address_headers = ["X-Forwarded-For"]',
    "$.server.metrics_from": 'metrics_from = ["0.0.0.0/0"]',
    "$.server.shutdown_seconds": "request_seconds = 20.0",
    "$.server.max_body_bytes": "max_body_bytes = 1000",
    "$.server.keys.a.destinations": 'a.destinations = ["shpo"]',
    "$.server.keys.b.key": 'b.key = { env = "KEY_A" }',
    "$.server.webhooks.w.format": 'w.format = "shopfiy"',
    "$.server.webhooks.w.tolerance": "w.tolerance = 10",
    "$.server.webhooks.w.destinations": "w.destinations = []",
}
"""Where checks find something, and the line that they find it in."""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(st.sampled_from(sorted(FORM_ERRORS))))
def test_an_error_in_the_form_hides_nothing_but_what_needs_it(check: Check, wrong: set[str]) -> None:
    """Everything else that is wrong with the table is said in the same round."""
    lines = [FORM_ERRORS[line][0] if line in wrong else line for line in FORM_ERRORS]
    a, b, *webhook = lines[7:]
    table = "\n".join(
        [
            "[server]",
            *lines[:7],
            "[server.keys]",
            'a.key = { env = "KEY_A" }',
            a,
            b,
            "[server.webhooks]",
            'w.secret = { env = "KEY_B" }',
            'w.signed = "body"',
            *webhook,
        ]
    )
    paths = {line.split(": ")[1] for line in check(table)}
    needed = {"$.server.pages": 'host = "0.0.0.0"', **BESIDE_OTHERS}
    del needed["$.server.host"]  # with trusted proxies, it may be reached

    assert {path for path, line in needed.items() if line not in wrong} | {
        FORM_ERRORS[line][1] for line in wrong
    } == paths


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        (
            'host = "::"',
            "warning: $.server.host: :: can be reached from other machines, and the server itself",
        ),
        ('host = "shop.internal"', "warning: $.server.host: shop.internal can be reached"),
        ('address_headers = ["CF-Connecting-IP"]', "warning: $.server.address_headers: has no effect"),
        ('trusted_proxies = ["::/0"]', "warning: $.server.trusted_proxies: ::/0 trusts nearly everybody"),
        ('trusted_proxies = ["0.0.0.0"]', "is no address that a proxy connects from"),
        (
            '[server.pages]\ntoken = { env = "KEY_A" }',
            "warning: $.server.pages.token: is the same as keys.a.key",
        ),
        ('keys.c.key = "0123456789abcdef"', "warning: $.server.keys.c.key: is written in the file"),
    ],
)
def test_what_is_likely_a_mistake_is_a_warning(
    table: str, problem: str, check: Check, open_components: Callable[[str], Components]
) -> None:
    """The server starts all the same."""
    whole = f'[server]\n{table}\n[server.keys.a]\nkey = {{ env = "KEY_A" }}\n'

    assert problem in "\n".join(check(whole))
    open_components(whole)


@pytest.mark.parametrize(
    "table",
    [
        "",
        'host = "localhost"',
        'host = "::1"',
        'host = "0.0.0.0"\ntrusted_proxies = ["10.0.0.0/8", "fc00::/7"]\npages.token = { env = "KEY_B" }',
        'trusted_proxies = ["10.1.2.3"]\naddress_headers = ["X-Real-IP"]',
        'keys.c.key = { env = "KEY_B" }\nkeys.c.destinations = ["shop"]',
    ],
)
def test_what_is_right_is_not_objected_to(table: str, check: Check) -> None:
    """Else nobody reads the warnings."""
    assert [] == check(f'[server]\n{table}\n[server.keys.a]\nkey = {{ env = "KEY_A" }}\n')


@pytest.fixture
def taken_port() -> Iterator[str]:
    """A port of this machine that something else listens at: a server that starts there ends at once."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield str(other.getsockname()[1])


def start(path: Path, *options: str) -> list[str]:
    """Return what `capi serve` prints about a configuration before it listens."""
    result = CliRunner().invoke(serve, ["--config", str(path), *options], standalone_mode=False)
    assert isinstance(result.exception, ConfigError)
    assert "" == result.stdout
    return result.stderr.splitlines()


def test_a_start_prints_once_what_check_warns_of(
    write_config: Callable[[str], Path], taken_port: str
) -> None:
    """Whoever starts a service doesn't run another command first; a table, a trigger and a secret alike."""
    path = write_config(f"[server]\nshutdown_seconds = 1\n{KEY}")
    trigger = 'mappings = [{ trigger = \'event = "A" and event = "B"\', '
    path.write_text(path.read_text(encoding="utf-8").replace("mappings = [{ ", trigger), encoding="utf-8")
    checked = CliRunner().invoke(check_command, ["--config", str(path)], standalone_mode=False)
    warnings = [f"capi: {line}" for line in checked.stdout.splitlines()]

    assert warnings == start(path, "--port", taken_port)
    for place in ("access_token", "keys.a.key", "trigger", "shutdown_seconds"):
        assert any(f".{place}: " in line for line in warnings)


def test_a_start_warns_of_the_address_that_the_command_line_names(
    write_config: Callable[[str], Path], check: Check, taken_port: str
) -> None:
    """It takes the place of the file's, also when it is judged."""
    table = f"[server]\nhost = '0.0.0.0'\n{KEY}"
    lines = start(write_config(table), "--host", "127.0.0.1", "--port", taken_port)

    assert not any("$.server.host" in line for line in lines)
    assert any("$.server.host" in line for line in check(table))


@pytest.mark.parametrize("host", ["https://0.0.0.0", "x y", "", "127.0.0.1:80"])
def test_a_host_that_is_none_is_an_error_of_the_command_line(
    write_config: Callable[[str], Path], host: str
) -> None:
    """In a sentence, as in the file."""
    path = write_config(KEY)
    with pytest.raises(ConfigError, match=r"^--host should be an address or a name to listen at"):
        serve.main(["--config", str(path), "--host", host], standalone_mode=False)


def test_without_a_configuration_the_command_says_what_writes_one(tmp_path: Path) -> None:
    """One with a table for it."""
    with pytest.raises(
        ConfigError,
        match=r"there is no file .*none\.toml; `capi init --serve --config .*none\.toml` writes one",
    ):
        serve.main(["--config", str(tmp_path / "none.toml")], standalone_mode=False)


def test_the_command_offers_what_the_docs_say(root: Path) -> None:
    """An option that nobody knows is of no use."""
    page = (root / "docs" / "how-to" / "serve.md").read_text(encoding="utf-8")
    options = {option for parameter in serve.params for option in parameter.opts if option.startswith("--")}

    assert {"--config", "--host", "--port", "--reuse-port", "--no-deliver"} == options
    assert "--reuse-port" in page
    assert "--no-deliver" in page


def test_a_start_reads_and_compiles_the_configuration_once(
    write_config: Callable[[str], Path], plugins: Plugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice takes twice the time, and a file that is written in between would be checked, but another one used."""
    read, compiled = [], []
    compile_action = CompiledAction.compile

    def counting_read(path: Path) -> str:
        read.append(path)
        return read_text_file(path)

    def counting_compile(action: Action, *arguments: Any) -> CompiledAction:
        compiled.append(action.name)
        return compile_action(action, *arguments)

    monkeypatch.setattr("capi_actions.config.load.read_text_file", counting_read)
    monkeypatch.setattr(CompiledAction, "compile", counting_compile)
    path = write_config(KEY)
    Components.open(path, plugins=plugins, deliver=False).close()

    assert [path] == read
    assert ["facebook.purchase"] == compiled
