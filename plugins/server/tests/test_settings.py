"""The table ``[server]``: what is wrong is said at once, with what would be right."""

from collections.abc import Callable
from pathlib import Path

import pytest

from capi_actions import ConfigError
from capi_actions_server.commands import serve
from capi_actions_server.service import Service

KEY = '[server.keys.a]\nkey = "0123456789abcdef"\n'


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ("[server]\n", "nobody may send: add a table [server.keys.main]"),
        ("", "nobody may send"),
        ('[server.keys.a]\nkey = "short"\n', "$.server.keys.a: key should have 16 characters or more"),
        (KEY + 'destinations = ["shpo"]\n', "there is no destination 'shpo'; there are: shop"),
        (KEY + '[server.keys.b]\nkey = "0123456789abcdef"\n', "$.server.keys.b.key: is the key of 'a', too"),
        (KEY + 'client = "sometimes"\n', "should be one of auto, always, never"),
        (
            KEY + '[server.webhooks.w]\nsecret = "0123456789abcdef"\nformat = "shopfiy"\n',
            "no plugin offers the format 'shopfiy'",
        ),
        ("[server]\nport = 70000\n" + KEY, "port should be from 0 to 65,535"),
        ("[server]\nmax_body_bytes = 1\n" + KEY, "max_body_bytes should be from 1,000 to"),
        ('[server]\ntrusted_proxies = ["10.0.0.0/33"]\n' + KEY, "should be addresses or networks"),
        (
            '[server]\nallowed_origins = ["shop.example"]\n' + KEY,
            "should be origins, such as https://shop.example",
        ),
        ('[server]\naddress_headers = ["X Y"]\n' + KEY, "should be the name of a header"),
        ("[server]\nprot = 1\n" + KEY, "'prot' isn't known here; did you mean 'port'?"),
    ],
)
def test_a_mistake_is_said_at_once(table: str, problem: str, open_service: Callable[[str], Service]) -> None:
    """And nothing is opened."""
    with pytest.raises(ConfigError) as caught:
        open_service(table)

    assert problem in str(caught.value)
    assert "0123456789abcdef" not in str(caught.value)


def test_the_command_offers_what_the_docs_say(root: Path) -> None:
    """An option that nobody knows is of no use."""
    page = (root / "docs" / "how-to" / "serve.md").read_text(encoding="utf-8")
    options = {option for parameter in serve.params for option in parameter.opts if option.startswith("--")}

    assert {"--config", "--host", "--port", "--reuse-port", "--no-deliver"} == options
    assert "--reuse-port" in page
    assert "--no-deliver" in page
