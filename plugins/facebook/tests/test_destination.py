"""Settings, envelopes and deadlines of a pixel."""

import json
from datetime import date
from typing import Any

import pytest

from capi_actions import ConfigError, EventError, Plugins, Secret
from capi_actions.config import read_config
from capi_actions.errors import Diagnostics
from capi_actions.pipeline import check_mappings
from capi_actions_facebook.destination import Facebook
from capi_actions_facebook.settings import LAST_DAYS, Settings, doubt_about, problem_with
from capi_actions_facebook.values import currency_code

E = {"@path": "$.e"}
MESSAGE = {"action_source": "business_messaging"}


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


@pytest.mark.parametrize(
    ("version", "doubted"),
    [("v25.0", False), ("v26.0", False), ("v27.0", True), ("v99.0", True), ("v25.1", True), ("v25.00", True)],
)
def test_versions_that_may_not_exist_are_doubted(version: str, doubted: bool, plugins: Plugins) -> None:
    """A slip of the finger would only show when the first request fails."""
    assert doubted is (doubt_about(version) is not None)
    assert doubted is (("api_version", None) in warnings(plugins, f'api_version = "{version}"'))


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
        ("facebook.lead", {"user_data": {"city": E, "email": "", "phone": None}}, [2804050]),
        ("facebook.lead", {"user_data": {"fbLoginID": 0}}, [2804050]),
        ("facebook.purchase", {"value": "", "currency": ""}, [2804009, 2804010]),
        ("facebook.lead", {"currency": " eur "}, []),
        ("facebook.lead", {"currency": 5}, [2804011]),
        ("facebook.lead", {"event_time": "never"}, [None]),
        ("facebook.lead", {"event_time": E}, []),
        ("facebook.lead", {"contents": [{"quantity": 1}]}, [2804008]),
        ("facebook.lead", {"contents": [{"id": E}, {"id": 7, "delivery_category": E}, E]}, []),
        ("facebook.lead", {"contents": [{"id": E, "delivery_category": "drone"}]}, [2804008]),
        ("facebook.custom", {"custom_data": {"contents": ["x"]}}, [2804008]),
        ("facebook.lead", {"action_source": "app"}, [2804019]),
        ("facebook.lead", {"action_source": "app", "app_data_field": {"use_app_data": False}}, [2804019]),
        ("facebook.lead", {"action_source": "app", "app_data_field": {"use_app_data": E}}, []),
        ("facebook.lead", {"app_data_field": {"use_app_data": True}}, [2804043, 2804043]),
        ("facebook.lead", {"app_data_field": {"use_app_data": True, "osName": E, "osVersion": E}}, []),
        (
            "facebook.lead",
            {"app_data_field": {"use_app_data": True, "osName": "x", "osVersion": "1"}},
            [2804043],
        ),
        (
            "facebook.lead",
            {"app_data_field": {"use_app_data": True, "version": "i2", "osVersion": ""}},
            [2804043],
        ),
        ("facebook.lead", {"app_data_field": {"osVersion": ""}}, []),
        ("facebook.lead", {"user_data": {"leadID": 5, "email": E}}, [2804036]),
        ("facebook.lead", {"user_data": {"leadID": "123456789012345"}}, []),
        ("facebook.lead", {"action_source": "website", "user_data": {"email": E}}, [2804019]),
        ("facebook.custom", {"action_source": "website", "user_data": {"email": E}}, []),
        ("facebook.custom", {"action_source": "business_messaging", "event_name": E}, [2804019]),
        ("facebook.lead", {**MESSAGE, "messaging_channel": "messenger"}, [2804066, 2804069, 2804019]),
        (
            "facebook.custom",
            {**MESSAGE, "messaging_channel": "whatsapp", "event_name": E},
            [2804116, 2804071],
        ),
        ("facebook.custom", {**MESSAGE, "messaging_channel": "instagram", "user_data": E}, []),
        ("facebook.custom", {**MESSAGE, "messaging_channel": E}, []),
        (
            "facebook.custom",
            {"messaging_channel": "instagram", "action_source": "chat", "user_data": E},
            [2804019],
        ),
        ("facebook.custom", {"event_name": "Purchase"}, [2804009, 2804010]),
        ("facebook.custom", {"event_name": "Purchase", "custom_data": E}, []),
        ("facebook.custom", {"event_name": "Purchase", "custom_data": {"value": E, "currency": E}}, []),
        (
            "facebook.custom",
            {"event_name": "Purchase", "custom_data": {"value": "x", "currency": "€"}},
            [2804009, 2804011],
        ),
        ("acme.other", {"user_data": {"email": E}, "contents": "x"}, []),
    ],
)
def test_mappings_that_can_only_be_refused_are_warned_of(
    action: str, mapping: dict[str, Any], codes: list[int]
) -> None:
    """With the subcode that Meta would answer for every event."""
    mapping = {"user_data": {"email": E, "client_user_agent": E}, **mapping}

    assert codes == [problem.code for problem in facebook().lint_mapping(action, mapping)]


CHECKED = """
[[destinations.a.mappings]]
action = "facebook.lead"
mapping.action_source = "web"
mapping.value = "abc"
mapping.contents = [{ id = "x", quantity = "many" }]
mapping.data_processing_options_state = 5
mapping.user_data.leadID = "abc"
mapping.user_data.emale = "x"
mapping.user_data.city = { "@path" = "$.city" }
mapping.user_data.phone = [5, ""]
mapping.currency = " EUR "
mapping.event_time = ""
mapping.opt_out = { "@path" = "$.x" }
mapping.custom_data = { own = [1] }
"""


def test_what_no_field_takes_is_said_by_check(plugins: Plugins) -> None:
    """Each constant of a mapping is checked now, as it would be with every event."""
    text = f'[destinations.a]\ntype = "facebook"\npixel_id = "1"\naccess_token = "t"\n{CHECKED}'
    diagnostics = Diagnostics()
    check_mappings(read_config(text, plugins), plugins, diagnostics)
    found = {
        problem.path.removeprefix("$.destinations.a.mappings[0].mapping."): (problem.message, problem.code)
        for problem in diagnostics.warnings
    }

    assert diagnostics.errors == []
    assert set(found) == {
        "action_source",
        "value",
        "contents[0].quantity",
        "data_processing_options_state",
        "user_data.leadID",
        "user_data.emale",
        "event_time",
    }
    assert found["action_source"][1] == 2804019
    assert found["value"][0] == "Value must be a number but it was a string."
    assert found["user_data.emale"][0].endswith("did you mean 'email'?")
    assert "nothing is mapped to it" in found["event_time"][0]


def test_prebuilt_mappings_give_no_warning(plugins: Plugins) -> None:
    """A false alarm teaches people not to look."""
    text = '[destinations.a]\ntype = "facebook"\npixel_id = "1"\naccess_token = "t"\n'
    mapped = "".join(
        f"[[destinations.a.mappings]]\naction = '{name}'\ntrigger = 'type = \"track\"'\n"
        for name in plugins.actions
    )

    diagnostics = Diagnostics()
    check_mappings(read_config(text + mapped, plugins), plugins, diagnostics)

    assert list(diagnostics) == []


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
