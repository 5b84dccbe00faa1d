"""Warnings about mappings of which Meta would refuse every event."""

from types import SimpleNamespace
from typing import Any

import pytest

import capi_actions_facebook.plugin
from capi_actions import JsonObject, Plugins, action, builtin, field, from_path, hookimpl
from capi_actions.config import read_config
from capi_actions.errors import Diagnostics
from capi_actions.pipeline import check_mappings
from capi_actions_facebook.mapping_lint import lint_mapping, with_placeholders

E = {"@path": "$.e"}
MESSAGE = {"action_source": "business_messaging"}


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

    assert codes == [problem.code for problem in lint_mapping(action, mapping)]


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


def test_constants_that_a_field_refuses_are_errors(plugins: Plugins) -> None:
    """Each constant of a mapping is checked now, as it would be with every event."""
    text = f'[destinations.a]\ntype = "facebook"\npixel_id = "1"\naccess_token = "t"\n{CHECKED}'
    diagnostics = Diagnostics()
    check_mappings(read_config(text, plugins), plugins, diagnostics)
    problems = {
        problem.path.removeprefix("$.destinations.a.mappings[0].mapping."): (problem.message, problem.code)
        for problem in diagnostics
    }

    assert [problem.path.rpartition(".")[2] for problem in diagnostics.warnings] == ["emale"]
    assert set(problems) == {
        "action_source",
        "value",
        "contents[0].quantity",
        "data_processing_options_state",
        "user_data.leadID",
        "user_data.emale",
        "event_time",
    }
    assert problems["action_source"][1] == 2804019
    assert problems["value"][0].startswith(
        "Value must be a number but it was a text with letters; write 12.50: "
    )
    assert problems["user_data.emale"][0].endswith("did you mean 'email'?")
    assert "nothing is mapped to it" in problems["event_time"][0]


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


@action("facebook.pong", title="Pong")
class Pong:
    """Builds ``user_data`` of a field of its own."""

    ph: list[str] = from_path("$.phone", hashed="ph")
    time: int = from_path("$.timestamp")
    user_data: dict[str, Any] | None = field()

    def build(self) -> JsonObject:
        """Build the event."""
        return {"event_name": "Pong", "event_time": self.time, "user_data": {"ph": self.ph}}


@pytest.fixture
def mapping() -> JsonObject:
    """Pong's prebuilt mapping."""
    other = SimpleNamespace(__name__="pong", capi_actions=hookimpl(lambda: [Pong]))
    return Plugins(builtin, capi_actions_facebook.plugin, other).actions["facebook.pong"].mapping


def test_an_action_that_builds_user_data_of_other_fields_is_not_warned_of(mapping: JsonObject) -> None:
    """Nobody can tell from the mapping what will be in it; what is mapped to it is judged as ever."""
    too_broad = {**mapping, "user_data": {"city": "Berlin"}}

    assert list(lint_mapping("facebook.pong", mapping)) == []
    assert [problem.code for problem in lint_mapping("facebook.pong", too_broad)] == [2804050]


@pytest.mark.parametrize(
    ("item", "filled"),
    [
        (E, {"id": "p-1"}),
        (
            {"id": E, "delivery_category": E, "quantity": E},
            {"id": "p-1", "delivery_category": "in_store", "quantity": None},
        ),
        ({"id": "", "title": "x"}, {"id": "", "title": "x"}),
        ("x", "x"),
    ],
)
def test_placeholders_stand_where_the_event_decides(item: Any, filled: Any) -> None:
    """Constants stay, so that only they are judged."""
    assert filled == with_placeholders(item)
