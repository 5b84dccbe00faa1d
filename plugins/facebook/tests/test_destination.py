"""Settings, envelopes and deadlines of a pixel."""

import json
from datetime import date
from typing import Any

import pytest

from capi_actions import ConfigError, EventError, Plugins, Secret
from capi_actions.config import read_config
from capi_actions_facebook.currencies import currency_code
from capi_actions_facebook.destination import Facebook
from capi_actions_facebook.settings import Settings
from capi_actions_facebook.versions import LAST_DAYS, problem_with


def facebook(**settings: Any) -> Facebook:
    """Make a destination."""
    return Facebook(Settings(**{"pixel_id": "123", "access_token": Secret("sesame"), **settings}))


def warnings(plugins: Plugins, settings: str) -> list[tuple[str, int | None]]:
    """Read a configuration with more settings; give its warnings."""
    text = f'[destinations.a]\ntype = "facebook"\npixel_id = "1"\naccess_token = "t"\n{settings}'
    return [(each.path.rpartition(".")[2], each.code) for each in read_config(text, plugins).warnings]


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
        ('pixel_id = "1"\nbase_url = "http://a.example"', "over http the token would travel in clear"),
        (
            'pixel_id = "1"\nbase_url = "http://127.0.0.1.a.example"',
            "over http the token would travel in clear",
        ),
        ('pixel_id = "1"\nbase_url = "http://10.0.0.1:8080"', "http is for this machine alone"),
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
def test_this_machine_may_be_asked_in_clear(host: str, plugins: Plugins) -> None:
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
    ("version", "today", "wrong"),
    [
        ("v20.0", date(2026, 9, 24), False),
        ("v20.0", date(2026, 9, 25), True),
        ("v25.0", date(2026, 11, 23), False),
        ("v26.0", date(2030, 1, 1), False),
        ("v9.0", date(2026, 11, 23), True),
    ],
)
def test_versions_end_after_their_last_day(version: str, today: date, wrong: bool) -> None:
    """By Meta's changelog."""
    assert wrong is (problem_with(version, today) is not None)


def test_the_default_version_lives() -> None:
    """Tools with a dead one wired in are among users' pains."""
    assert LAST_DAYS[Settings(pixel_id="1", access_token=Secret("t")).api_version] > date(2028, 1, 1)


def test_the_envelope_joins_items_and_keeps_the_token_in_a_header() -> None:
    """Addresses end up in logs."""
    request = facebook(partner_agent="acme-1.0").envelope("T1", [b'{"a":1}', b'{"b":2}'])

    assert request.url == "https://graph.facebook.com/v25.0/123/events"
    assert json.loads(request.body) == {
        "data": [{"a": 1}, {"b": 2}],
        "test_event_code": "T1",
        "partner_agent": "acme-1.0",
    }
    assert request.headers["authorization"] == "Bearer sesame"
    assert "sesame" not in repr(request)


def test_without_a_test_code_the_envelope_holds_the_data_alone() -> None:
    """An empty code would still be one."""
    assert facebook().envelope("", [b"{}"]).body == b'{"data":[{}]}'


def test_a_mapping_s_test_code_goes_before_the_setting_s() -> None:
    """And items with different codes go into different requests."""
    data = {"event_time": 1, "event_id": "e"}

    assert facebook(test_event_code="S").prepare(dict(data), "M", str).group == "M"
    assert facebook(test_event_code="S").prepare(dict(data), "", str).group == "S"
    assert facebook().prepare(dict(data), "", str).group == ""


def test_an_event_without_an_id_gets_one_from_its_content() -> None:
    """So that a repeat is dropped."""
    data: dict[str, Any] = {"event_time": 1}
    prepared = facebook().prepare(data, "", lambda: "from-content")

    assert prepared.event_id == data["event_id"] == "from-content"
    assert facebook().prepare({"event_time": 1, "event_id": "own"}, "", str).event_id == "own"


@pytest.mark.parametrize(("source", "days"), [("website", 7), ("physical_store", 62)])
def test_the_deadline_is_meta_s(source: str, days: int) -> None:
    """After it nothing is retried."""
    data = {"event_time": 1000, "event_id": "e", "action_source": source}

    assert facebook().prepare(data, "", str).deadline == 1000 + days * 86_400


@pytest.mark.parametrize(
    ("action", "mapping", "codes"),
    [
        ("facebook.purchase", {"value": 1, "currency": "EUR", "user_data": {"email": {"@path": "$.e"}}}, []),
        ("facebook.purchase", {"currency": "EUR"}, [2804009]),
        ("facebook.purchase", {"value": 1}, [2804010]),
        ("facebook.purchase", {"value": 1, "currency": "XYZ"}, [2804011]),
        ("facebook.lead", {"user_data": {"city": {"@path": "$.c"}, "gender": "f"}}, [2804050]),
        ("facebook.lead", {"user_data": {"@path": "$.user"}}, []),
    ],
)
def test_mappings_that_can_only_be_refused_are_warned_of(
    action: str, mapping: dict[str, Any], codes: list[int]
) -> None:
    """With the subcode that Meta would answer for every event."""
    assert codes == [problem.code for problem in facebook().advise_mapping(action, mapping)]


@pytest.mark.parametrize(("given", "code"), [("EUR", "EUR"), ("usd", "USD"), (" Jpy ", "JPY")])
def test_currencies_in_any_case(given: str, code: str) -> None:
    """The reference refuses `usd`."""
    assert code == currency_code(given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("FAKE", "FAKE is not a valid currency code."),
        ("jane@example.com", "This is not a valid currency code."),
    ],
)
def test_a_wrong_currency_is_named_unless_it_may_be_personal(given: str, message: str) -> None:
    """Anything can stand in the wrong field."""
    with pytest.raises(EventError) as caught:
        currency_code(given)

    assert caught.value.message == message
