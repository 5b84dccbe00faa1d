"""Consent: an event goes only where it may, and what is unclear stays here."""

import logging
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import ConsentSettings, DestinationInfo, Held, JsonObject, Plugins, builtin
from capi_actions.builtin.consent import consent_check
from capi_actions.config import read_config
from capi_actions.errors import ConfigError
from capi_actions.pipeline import HeldBack, Pipeline

NAMES = ("Acme (Actions)", "Acme")
MISSING = object()

ODD_VALUES: list[Any] = [
    True,
    False,
    None,
    0,
    1,
    "",
    "true",
    "false",
    [],
    [True],
    {},
    {"a": 1},
    {"on": False},
]
INTEGRATIONS = st.sampled_from([MISSING, None, {}, *ODD_VALUES]) | st.dictionaries(
    st.sampled_from(["All", "all", " ALL ", *NAMES, "acme", " Acme", "Other", "Alle"]),
    st.sampled_from(ODD_VALUES),
)
PREFERENCES = st.sampled_from([MISSING, *ODD_VALUES]) | st.dictionaries(
    st.sampled_from(["advertising", "Advertising", "analytics", "functional"]), st.sampled_from(ODD_VALUES)
)


def with_member(name: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[JsonObject]:
    """Draw objects that have one member, or none where the value is MISSING."""
    return values.map(lambda value: {} if value is MISSING else {name: value})


CONSENTS = with_member("categoryPreferences", PREFERENCES) | st.sampled_from([MISSING, *ODD_VALUES])
CONTEXTS = with_member("consent", CONSENTS) | st.sampled_from(
    [MISSING, None, "text", 0, False, [], {"ip": "x"}]
)


def check(event: JsonObject, **settings: Any) -> str | None:
    """Return why an event is held back from Acme, or None."""
    settings = {"integration_names": NAMES, **settings}
    info = DestinationInfo(name="shop", type="acme", consent=ConsentSettings(**settings))
    function = consent_check(info)
    result = function(event) if function else event
    assert isinstance(result, Held) or result is event
    return result.reason if isinstance(result, Held) else None


def integrations_forbid(value: Any) -> bool:
    """Read the rule for ``integrations`` from the docs, sentence by sentence."""
    if value is MISSING or value is None:
        return False
    if not isinstance(value, dict):
        return True
    yes = [key for key, choice in value.items() if choice is True or isinstance(choice, dict)]
    no = [key.strip().lower() for key in value if key not in yes]
    if "acme" in no or "acme (actions)" in no:
        return True
    return "all" in no and "Acme" not in yes and "Acme (Actions)" not in yes


def preferences_forbid(context: Any, categories: tuple[str, ...], required: bool) -> bool:
    """Read the rule for ``context.consent`` from the docs, sentence by sentence."""
    if not categories:
        return False
    match {} if context in (MISSING, None) else context:
        case {"consent": {"categoryPreferences": {**preferences}}}:
            return [category for category in categories if preferences.get(category) is True] != list(
                categories
            )
        case {"consent": None}:
            return required
        case {"consent": consent}:
            return required if consent == {} else True
        case {}:
            return required
    return True


@given(
    INTEGRATIONS,
    CONTEXTS,
    st.sampled_from([(), ("advertising",), ("analytics", "advertising")]),
    st.booleans(),
)
def test_an_event_is_held_back_exactly_when_the_rules_say_so(
    integrations: Any, context: Any, categories: tuple[str, ...], required: bool
) -> None:
    """Both rules, whatever the event has in their places."""
    required = required and bool(categories)
    event: JsonObject = {"type": "track"}
    event |= {} if integrations is MISSING else {"integrations": integrations}
    event |= {} if context is MISSING else {"context": context}
    is_forbidden = integrations_forbid(integrations) or preferences_forbid(context, categories, required)

    reason = check(event, consent_categories=categories, consent_required=required)

    assert is_forbidden == (reason is not None)
    assert check(event, check_consent=False) is None


@pytest.mark.parametrize("spelling", ["All", "all", " ALL"])
@pytest.mark.parametrize("name", [*NAMES, "acme", "ACME (Actions) "])
@pytest.mark.parametrize(
    ("everything", "value"), [*product([True, False], [True, False, {}, {"pixel": 1}, "true"])]
)
def test_no_counts_in_any_spelling_and_yes_in_one(
    spelling: str, name: str, everything: bool, value: Any
) -> None:
    """A program that misspells a name must not send what somebody forbade."""
    allows = value is True or isinstance(value, dict)
    expected = allows and (everything or name in NAMES)

    assert expected == (check({"integrations": {spelling: everything, name: value}}) is None)


# Source: "Reconcile consent object and integrations object conflicts" on
# https://segment.com/docs/privacy/consent-management/consent-in-segment-connections/ (read 2026-11-30).
# Where a row for an empty consent object contradicts another, the first one counts; see docs/how-to/consent.md.
TABLE: list[tuple[Any, Any, tuple[str, ...], bool]] = [
    (None, None, ("ad",), True),
    ({}, None, ("ad",), True),
    ({"categoryPreferences": {}}, None, ("ad",), False),
    ({"categoryPreferences": {}}, None, (), True),
    (None, {"Acme": True, "Other": False}, ("ad",), True),
    (None, {"Acme": False, "Other": True}, ("ad",), False),
    ({"categoryPreferences": {}}, {"Acme": True}, ("ad",), False),
    ({"categoryPreferences": {}}, {"Acme": True}, (), True),
    ({"categoryPreferences": {"ad": True, "analytics": False}}, {"Acme": False}, (), False),
    ({"categoryPreferences": {"ad": True, "analytics": False}}, None, ("ad",), True),
    ({"categoryPreferences": {"ad": True, "analytics": False}}, None, ("analytics",), False),
    ({"categoryPreferences": {"ad": True, "analytics": False}}, {"Other": True}, ("ad",), True),
    ({"categoryPreferences": {"ad": True, "analytics": False}}, {"Acme": False}, ("ad",), False),
    ({"categoryPreferences": {"ad": True, "analytics": False}}, {"Acme": True}, ("ad", "analytics"), False),
    ({"categoryPreferences": {"ad": True, "analytics": True}}, {"Acme": True}, ("ad", "analytics"), True),
    ({"categoryPreferences": {"ad": True}}, None, ("functional",), False),
]


@pytest.mark.parametrize(("consent", "integrations", "categories", "goes"), TABLE)
def test_the_rows_of_segment_s_own_table(
    consent: Any, integrations: Any, categories: tuple[str, ...], goes: bool
) -> None:
    """Who moves here must not send more than before, nor less."""
    event: JsonObject = {"type": "track", "context": {}}
    event["context"] |= {} if consent is None else {"consent": consent}
    event |= {} if integrations is None else {"integrations": integrations}

    assert goes == (check(event, consent_categories=categories) is None)


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"integrations": "none"}, "integrations is not an object"),
        ({"integrations": {"acme": 0}}, '"Acme" is not true in integrations'),
        (
            {"integrations": {"All": False}},
            "All is not true in integrations, nor is any name of this destination",
        ),
        ({"context": "{}"}, "context is not an object, so consent can't be checked"),
        (
            {"context": {"consent": {"categoryPreference": {"ad": True}}}},
            "context.consent has no object categoryPreferences, so consent can't be checked",
        ),
        ({"context": {"consent": {"categoryPreferences": {"Ad": True}}}}, 'no consent to "ad"'),
        ({}, "it has no consent preferences"),
    ],
)
def test_a_reason_names_the_setting_and_nothing_of_the_event(event: JsonObject, reason: str) -> None:
    """Events are counted by it: an id in it would make a million reasons, and personal data would be printed."""
    assert reason == check(event, consent_categories=["ad"], consent_required=not event)


def test_preferences_that_nothing_checks_are_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    """A destination without consent_categories takes such events: its owner may believe that they are checked."""
    info = DestinationInfo(name="shop", type="acme")
    function = consent_check(info)
    assert function
    event: JsonObject = {"type": "track", "context": {"consent": {"categoryPreferences": {"ad": False}}}}

    with caplog.at_level(logging.WARNING, "capi_actions.consent"):
        assert all(function(event) is event for _ in range(3))

    (record,) = caplog.records
    assert "shop: events have consent preferences, but they are not checked" in record.getMessage()


def test_it_is_on_by_default(plugins: Plugins, config_text: str, ping: Any) -> None:
    """Without a word in the configuration."""
    pipeline = Pipeline.build(read_config(config_text, plugins), plugins)

    (outcome,) = pipeline.process(ping(integrations={"All": False}), 0)

    assert isinstance(outcome, HeldBack)
    assert (
        outcome.destination,
        outcome.message_id,
        outcome.filter,
        outcome.failed,
    ) == ("main", "m0", "consent", False)


def test_a_destination_type_brings_its_names(plugins: Plugins, config_text: str, ping: Any) -> None:
    """And a destination's table replaces them."""
    acme = type("Named", (plugins.destinations["acme"],), {"integration_names": NAMES})
    loaded = Plugins(builtin, _Platform(plugins, acme))
    event = ping(timestamp=10, integrations={"All": False, "Acme": True})

    def outcomes(text: str) -> list[Any]:
        return Pipeline.build(read_config(config_text + text, loaded), loaded).process(event, 10)

    assert [isinstance(outcome, HeldBack) for outcome in outcomes("")] == [False]
    assert [isinstance(outcome, HeldBack) for outcome in outcomes('integration_names = ["Acme EU"]')] == [
        True
    ]
    assert [isinstance(outcome, HeldBack) for outcome in outcomes("check_consent = false")] == [False]


class _Platform:
    """The small platform with another destination type."""

    __name__ = "acme"

    def __init__(self, plugins: Plugins, destination: type) -> None:
        from capi_actions import hookimpl

        self.capi_destinations = hookimpl(lambda: [destination])
        self.capi_actions = hookimpl(lambda: list(plugins.actions.values()))
        self.capi_normalizers = hookimpl(lambda: list(plugins._normalizers.values()))


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        ('consent_categories = "ad"', "consent_categories", "should be a list, but it is text in quotes"),
        (
            "consent_categories = [1]",
            "consent_categories[0]",
            "should be text in quotes, but it is a whole number",
        ),
        ('consent_categories = [" "]', "consent_categories", "should hold no empty text"),
        ('integration_names = [""]', "integration_names", "should hold no empty text"),
        (
            "consent_required = true",
            "consent_required",
            "needs consent_categories, the categories that must be true",
        ),
        ("consent_required = 1", "consent_required", "should be true or false, but it is a whole number"),
        (
            "consent_categorys = []",
            "",
            "'consent_categorys' isn't known here; did you mean 'consent_categories'?",
        ),
    ],
)
def test_a_mistake_in_the_settings_is_an_error(
    plugins: Plugins, config_text: str, text: str, path: str, message: str
) -> None:
    """Consent that is configured wrongly must not mean that all is sent."""
    with pytest.raises(ConfigError) as caught:
        read_config(config_text + text, plugins)

    place = f"$.destinations.main.{path}" if path else "$.destinations.main"
    assert [(place, message)] == [(problem.path, problem.message) for problem in caught.value.problems]


def test_settings_are_checked_without_a_destination_type(plugins: Plugins, tmp_path: Path) -> None:
    """One mistake must not hide another."""
    config = read_config('[destinations.main]\nconsent_required = "yes"', plugins, tmp_path, strict=False)

    assert [problem.path for problem in config.errors] == [
        "$.destinations.main.type",
        "$.destinations.main.consent_required",
    ]


def test_switching_it_off_is_warned_of(plugins: Plugins, config_text: str) -> None:
    """It may have been meant for a test."""
    config = read_config(config_text + "check_consent = false", plugins)

    assert "$.destinations.main.check_consent" in [problem.path for problem in config.warnings]
