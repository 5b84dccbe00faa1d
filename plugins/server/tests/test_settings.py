"""The table ``[server]``: what is wrong is said at once, with what would be right."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from capi_actions import ConfigError
from capi_actions.cli.check import check as check_command
from capi_actions_server.commands import serve
from capi_actions_server.components import Components

DESTINATION = """
[destinations.shop]
type = "facebook"
pixel_id = "1234567890"
access_token = "unused"
mappings = [{ action = "facebook.purchase" }]
"""
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
        ('[server.keys.a]\nkey = "short"\n', "$.server.keys.a: key should have 16 characters or more"),
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


def check(table: str, folder: Path) -> list[str]:
    """Return what `capi check` prints about the table."""
    path = folder / "capi.toml"
    path.write_text(DESTINATION + table, encoding="utf-8")
    result = CliRunner().invoke(check_command, ["--config", str(path)], standalone_mode=False)
    return [line for line in result.output.splitlines() if "$.server" in line]


def test_all_mistakes_are_found_at_once(tmp_path: Path) -> None:
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
    paths = [line.split(": ")[:2] for line in check(table, tmp_path)]

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
    table: str, problem: str, tmp_path: Path, open_components: Callable[[str], Components]
) -> None:
    """The server starts all the same."""
    whole = f'[server]\n{table}\n[server.keys.a]\nkey = {{ env = "KEY_A" }}\n'

    assert problem in "\n".join(check(whole, tmp_path))
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
def test_what_is_right_is_not_objected_to(table: str, tmp_path: Path) -> None:
    """Else nobody reads the warnings."""
    assert [] == check(f'[server]\n{table}\n[server.keys.a]\nkey = {{ env = "KEY_A" }}\n', tmp_path)


def test_without_a_configuration_the_command_says_what_writes_one(tmp_path: Path) -> None:
    """One with a table for it."""
    with pytest.raises(ConfigError, match=r"there is no file .*none\.toml; `capi init --serve` writes one"):
        serve.main(["--config", str(tmp_path / "none.toml")], standalone_mode=False)


def test_the_command_offers_what_the_docs_say(root: Path) -> None:
    """An option that nobody knows is of no use."""
    page = (root / "docs" / "how-to" / "serve.md").read_text(encoding="utf-8")
    options = {option for parameter in serve.params for option in parameter.opts if option.startswith("--")}

    assert {"--config", "--host", "--port", "--reuse-port", "--no-deliver"} == options
    assert "--reuse-port" in page
    assert "--no-deliver" in page
