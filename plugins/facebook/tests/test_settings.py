"""The settings of a destination: what is refused, what is warned of."""

from datetime import date, datetime, tzinfo
from ipaddress import ip_address
from typing import Self
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from urllib3.util import parse_url

from capi_actions import ConfigError, Plugins, Secret
from capi_actions.config import read_config
from capi_actions.testing import make_batch
from capi_actions_facebook import destination
from capi_actions_facebook.destination import Facebook
from capi_actions_facebook.facts import LAST_DAYS
from capi_actions_facebook.settings import Settings, version_error, version_warning
from support.length import examples


def warnings(plugins: Plugins, options: str) -> list[tuple[str, int | None]]:
    """Return the warnings about a configuration with these settings."""
    text = f'[destinations.a]\ntype = "facebook"\npixel_id = "1"\naccess_token = "t"\n{options}'
    return [
        (warning.path.rpartition(".")[2], warning.code) for warning in read_config(text, plugins).warnings
    ]


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ('pixel_id = "abc"', "should be digits only"),
        ('pixel_id = "١٢٣"', "should be digits only"),
        ('pixel_id = "1"\napi_version = "25"', 'should look like "v25.0"'),
        ('pixel_id = "1"\napi_version = "vx.0"', "should look like"),
        ('pixel_id = "1"\npartner_agent = "a-very-long-agent-name-1.0"', "fewer than 23 characters"),
        ('pixel_id = "1"\npartner_agent = "1.0"', "2 letters at least"),
        ('pixel_id = "1"\nbase_url = "ftp://a"', "should be an http or https address"),
        ('pixel_id = "1"\nbase_url = "https://a/?access_token=x"', "without user, query"),
        ('pixel_id = "1"\nbase_url = "http://a.example"', "over http the token would travel unencrypted"),
        (
            'pixel_id = "1"\nbase_url = "http://127.0.0.1.a.example"',
            "over http the token would travel unencrypted",
        ),
        ('pixel_id = "1"\nbase_url = "http://10.0.0.1:8080"', "http is for this machine alone"),
        ('pixel_id = "1"\ntime_zone = "Berlin"', "should be a time zone that this machine knows"),
        (
            'pixel_id = "1"\nnormalization = "pixle"',
            "no normalization profile 'pixle'; did you mean 'pixel'?",
        ),
    ],
)
def test_wrong_settings_say_what_would_be_right(setting: str, why: str, plugins: Plugins) -> None:
    """Before anything is sent."""
    with pytest.raises(ConfigError) as caught:
        read_config(f'[destinations.a]\ntype = "facebook"\naccess_token = "t"\n{setting}', plugins)

    assert why in str(caught.value)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1.2.3:8080", "[::1]:8080", "localhost", "https://a.example"]
)
def test_http_is_allowed_on_this_machine(host: str, plugins: Plugins) -> None:
    """For rehearsals; and any host with a certificate."""
    url = host if "//" in host else f"http://{host}"
    text = f'[destinations.shop]\ntype = "facebook"\npixel_id = "1"\naccess_token = "t"\nbase_url = "{url}"\n'

    assert read_config(text, plugins).destinations[0].destination.settings.base_url == url


HOSTILE_ADDRESSES = [
    r"http://evil.example\@127.0.0.1",
    r"http://evil.example\127.0.0.1",
    r"https:\\evil.example",
    "http://127.0.0.1@evil.example",
    "http://user:secret@127.0.0.1",
    "http://@127.0.0.1",
    "http://127.0.0.1:80@evil.example",
    "http://evil.example#@127.0.0.1",
    "http://evil.example?@127.0.0.1",
    "http://127.0.0.1#",
    "http://127.0.0.1?",
    "http://127.0.0.1/?a=b",
    "http://127.0.0.1\t.evil.example",
    "http://127.0.0.1\n",
    " http://127.0.0.1",
    "http://127.0.0.1 ",
    "http://127.0.0.1\x00.evil.example",
    "http://127.0.0.1\u2028",
    "http://127.0.0.1%2eevil.example",
    "http://%6cocalhost",
    "http://[::1%25eth0]",
    "http://[::1%eth0]",
    "http://[v1.x]",
    "http://[::1",
    "http://[]",
    "http://::1",
    "http://localhost.",
    "http://evil.localhost",
    "http://loc\u0430lhost",
    "http://\uff4cocalhost",
    "https://gr\u0430ph.facebook.com",
    "http://127.0.0.1\u3002evil.example",
    "http://①27.0.0.1",
    "http://0177.0.0.1",
    "http://127.1",
    "http://2130706433",
    "http://0x7f.0.0.1",
    "http://127.0.0.01",
    "http://127.0.0.1.",
    "https://1.2.3",
    "https://a..example",
    "https://-a.example",
    "https://" + "a" * 64 + ".example",
    "https://a.example:",
    "https://a.example:0",
    "https://a.example:65536",
    "https://a.example:٨٠",
    "https://a.example:+80",
    "https://a.example:8 0",
    "https://a_b.example",
    "https:a.example",
    "https:///a.example",
    "//a.example",
    "a.example",
    "",
]


@pytest.mark.parametrize("url", HOSTILE_ADDRESSES)
def test_addresses_that_parsers_read_differently_are_refused(url: str) -> None:
    """Whoever can set one must not get the token."""
    with pytest.raises(ValueError, match="should"):
        make_settings(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://graph.facebook.com",
        "HTTPS://Graph.Facebook.com/",
        "https://proxy.example:8443/meta/",
        "https://xn--bcher-kva.example",
        "https://10.0.0.1",
        "https://[2001:db8::1]:8443/x",
        "http://localhost:65535",
        "http://LOCALHOST",
        "http://[::1]",
    ],
)
def test_ordinary_addresses_are_taken_as_they_are(url: str) -> None:
    """A gateway of one's own, too."""
    assert url == make_settings(url).base_url


_PIECES = st.sampled_from(
    [
        *(
            "http:",
            "https:",
            "HTTP:",
            "/",
            "//",
            "\\",
            "@",
            ":",
            ":80",
            ":0",
            "#",
            "?",
            "%",
            "%40",
            "%5c",
            "[",
            "]",
        ),
        *(
            "127.0.0.1",
            "::1",
            "[::1]",
            "localhost",
            "evil.example",
            ".",
            "..",
            "-",
            "_",
            " ",
            "\t",
            "\r\n",
            "\0",
        ),
        *(
            "\u3002",
            "\uff0f",
            "\uff20",
            "\u0430",
            "\xad",
            "\u200d",
            "ß",
            "①",
            "0x7f",
            "0177.0.0.1",
            "127.1",
            "a",
            "1",
        ),
    ]
)


@example(r"http://evil.example\@127.0.0.1")
@given(
    st.one_of(
        st.lists(_PIECES, max_size=10).map("".join),
        st.lists(_PIECES, max_size=8).map(lambda pieces: "http://" + "".join(pieces)),
        st.lists(_PIECES, max_size=8).map(lambda pieces: "http://127.0.0.1" + "".join(pieces)),
        st.text(max_size=30).map("https://".__add__),
        st.text(),
    )
)
@settings(max_examples=examples(1000))
def test_the_host_that_is_judged_is_the_host_that_gets_the_token(url: str) -> None:
    """Else http to any host passes for http to this machine; urllib3's own parser decides."""
    try:
        address = make_settings(url).base_url
    except ValueError:
        return
    connected = parse_url(Facebook(make_settings(address)).envelope(make_batch(b"{}")).url)
    judged = urlsplit(address)

    assert (judged.scheme, judged.port) == (connected.scheme, connected.port)
    assert judged.hostname == (connected.host or "").strip("[]")
    assert connected.auth is None
    assert judged.scheme == "https" or is_loopback(connected.host or "")


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine, whatever a name server says."""
    return host == "localhost" or ip_address(host.strip("[]")).is_loopback


def make_settings(base_url: str) -> Settings:
    """Return settings with an address."""
    return Settings(pixel_id="1", access_token=Secret("t"), base_url=base_url)


def test_settings_show_no_token() -> None:
    """Not in tracebacks and logs."""
    assert "sesame" not in repr(Settings(pixel_id="1", access_token=Secret("sesame", literal=True)))


class DayOfTheTable(datetime):
    """A clock that shows the day on which Meta's versions were read: all that are the default still work."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        """Return the noon of that day."""
        return cls(2026, 11, 30, 12, tzinfo=tz)


def test_what_works_today_but_should_be_looked_at_is_warned_of(
    plugins: Plugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dead version, a test code left in production, a token in the file."""
    monkeypatch.setattr(destination, "datetime", DayOfTheTable)

    assert warnings(plugins, "") == [("access_token", None)]
    assert ("api_version", 2635) in warnings(plugins, 'api_version = "v18.0"')
    assert ("test_event_code", None) in warnings(plugins, 'test_event_code = "T1"')


@pytest.mark.parametrize(
    ("version", "today", "ended"),
    [
        ("v20.0", date(2026, 9, 24), False),
        ("v20.0", date(2026, 9, 25), True),
        ("v25.0", date(2026, 11, 23), False),
        ("v26.0", date(2030, 1, 1), False),
        ("v27.0", date(2030, 1, 1), False),
        ("v9.0", date(2026, 11, 23), True),
    ],
)
def test_versions_end_after_their_last_day(version: str, today: date, ended: bool) -> None:
    """By Meta's changelog."""
    assert ended is (version_error(version, today) is not None)


@pytest.mark.parametrize(
    ("version", "warned"),
    [
        ("v25.0", False),
        ("v26.0", False),
        ("v27.0", False),
        ("v28.0", True),
        ("v99.0", True),
        ("v25.1", True),
        ("v25.00", True),
    ],
)
def test_versions_that_may_not_exist_are_warned_of(version: str, warned: bool, plugins: Plugins) -> None:
    """A slip of the finger would only show when the first request fails."""
    assert warned is (version_warning(version) is not None)
    assert warned is (("api_version", None) in warnings(plugins, f'api_version = "{version}"'))


def test_the_default_version_lives() -> None:
    """Tools with a dead one wired in are among users' pains."""
    number = Settings(pixel_id="1", access_token=Secret("t")).api_version.removeprefix("v").removesuffix(".0")

    assert LAST_DAYS[int(number)] > date(2028, 1, 1)
