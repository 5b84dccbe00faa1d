"""The settings of a destination: what is refused, what is warned of."""

from datetime import date

import pytest

from capi_actions import ConfigError, Plugins, Secret
from capi_actions.config import read_config
from capi_actions_facebook.settings import LAST_DAYS, Settings, version_error, version_warning


def warnings(plugins: Plugins, settings: str) -> list[tuple[str, int | None]]:
    """Return the warnings about a configuration with these settings."""
    text = f'[destinations.a]\ntype = "facebook"\npixel_id = "1"\naccess_token = "t"\n{settings}'
    return [
        (warning.path.rpartition(".")[2], warning.code) for warning in read_config(text, plugins).warnings
    ]


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ('pixel_id = "abc"', "pixel_id should be digits only"),
        ('pixel_id = "١٢٣"', "pixel_id should be digits only"),
        ('pixel_id = "1"\napi_version = "25"', 'api_version should look like "v25.0"'),
        ('pixel_id = "1"\napi_version = "vx.0"', "api_version should look like"),
        ('pixel_id = "1"\npartner_agent = "a-very-long-agent-name-1.0"', "fewer than 23 characters"),
        ('pixel_id = "1"\npartner_agent = "1.0"', "2 letters at least"),
        ('pixel_id = "1"\nbase_url = "ftp://a"', "base_url should be an http or https address"),
        ('pixel_id = "1"\nbase_url = "https://a/?access_token=x"', "without a query"),
        ('pixel_id = "1"\nbase_url = "http://a.example"', "over http the token would travel unencrypted"),
        (
            'pixel_id = "1"\nbase_url = "http://127.0.0.1.a.example"',
            "over http the token would travel unencrypted",
        ),
        ('pixel_id = "1"\nbase_url = "http://10.0.0.1:8080"', "http is for this machine alone"),
        ('pixel_id = "1"\ntime_zone = "Berlin"', "time_zone should be a time zone that this machine knows"),
        (
            'pixel_id = "1"\nnormalization = "pixle"',
            "no normalization profile 'pixle'; there are: documented, pixel, or several joined by +",
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


def test_what_works_today_but_should_be_looked_at_is_warned_of(plugins: Plugins) -> None:
    """A dead version, a test code left in production, a token in the file."""
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
        ("v9.0", date(2026, 11, 23), True),
    ],
)
def test_versions_end_after_their_last_day(version: str, today: date, ended: bool) -> None:
    """By Meta's changelog."""
    assert ended is (version_error(version, today) is not None)


@pytest.mark.parametrize(
    ("version", "warned"),
    [("v25.0", False), ("v26.0", False), ("v27.0", True), ("v99.0", True), ("v25.1", True), ("v25.00", True)],
)
def test_versions_that_may_not_exist_are_warned_of(version: str, warned: bool, plugins: Plugins) -> None:
    """A slip of the finger would only show when the first request fails."""
    assert warned is (version_warning(version) is not None)
    assert warned is (("api_version", None) in warnings(plugins, f'api_version = "{version}"'))


def test_the_default_version_lives() -> None:
    """Tools with a dead one wired in are among users' pains."""
    number = Settings(pixel_id="1", access_token=Secret("t")).api_version.removeprefix("v").removesuffix(".0")

    assert LAST_DAYS[int(number)] > date(2028, 1, 1)
