"""The directive in a mapping, and the normalizer beside another profile."""

import re
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from capi_actions import Hasher, MappingError, Normalizer, PluginError, Plugins, builtin, hookimpl
from capi_actions.mapping import compile_mapping
from capi_actions_phone import international, plugin
from capi_actions_phone.countries import country_code, likely_countries
from capi_actions_phone.normalizer import COUNTRY_VARIABLE

PHONE = {"@path": "$.traits.phone"}


def digits(text: str) -> str:
    """Normalize as the pixel does, in short."""
    return re.sub("[^0-9]", "", text).lstrip("0")


PLATFORM = SimpleNamespace(
    __name__="platform",
    capi_normalizers=hookimpl(
        lambda: [Normalizer(profile="pixel", key="ph", normalize=digits, otherwise="raw")]
    ),
)


def resolve(mapping: Any, event: Any) -> Any:
    """Return what a mapping makes of an event."""
    plugins = Plugins(builtin, plugin)
    return compile_mapping({"ph": mapping}, plugins.directives)(event).get("ph")


@pytest.mark.parametrize(
    ("argument", "event", "number"),
    [
        (PHONE, {"traits": {"phone": "0660 1234567", "address": {"country": "AT"}}}, "+436601234567"),
        (PHONE, {"traits": {"phone": "0660 1234567"}, "context": {"locale": "de-AT"}}, "+436601234567"),
        (PHONE, {"traits": {"phone": 6601234567, "address": {"country": "AT"}}}, "+436601234567"),
        (PHONE, {"traits": {"phone": "0660 1234567"}}, "0660 1234567"),
        (PHONE, {"traits": {"phone": ["0660"]}}, ["0660"]),
        (PHONE, {"traits": {}}, None),
        ("+43 660 1234567", {}, "+436601234567"),
        ({"value": PHONE, "default": "Austria"}, {"traits": {"phone": "0660 1234567"}}, "+436601234567"),
        (
            {"value": PHONE, "country": {"@path": "$.properties.land"}, "default": "DE"},
            {"traits": {"phone": "0660 1234567", "address": {"country": "US"}}, "properties": {"land": "AT"}},
            "+436601234567",
        ),
        (
            {"value": PHONE, "country": "AT"},
            {"traits": {"phone": "06 12 34 56 78", "address": {"country": "FR"}}},
            "06 12 34 56 78",
        ),
    ],
)
def test_the_directive_makes_numbers_international(argument: Any, event: Any, number: Any) -> None:
    """By the event's signs, by those that were named, or else not at all: then the number stays as it is."""
    assert number == resolve({"@phone_e164": argument}, event)


def phone_hasher() -> Hasher:
    """Load the plugin, and return what hashes phone numbers."""
    return Plugins(builtin, PLATFORM, plugin).hashers("pixel+phone")["ph"]


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ({"value": PHONE, "region": "AT"}, "shouldn't have 'region'"),
        ({"default": "AT"}, "should have a value"),
        ({"value": PHONE, "default": "Atlantis"}, "should be a country, such as AT"),
        ({"value": PHONE, "default": 43}, "should be a country, such as AT"),
        ({"value": {"@phon": 1}}, "@phon"),
    ],
)
def test_a_malformed_directive_is_refused_with_its_place(argument: Any, message: str) -> None:
    """When the configuration is read."""
    with pytest.raises(MappingError, match=message) as caught:
        resolve({"@phone_e164": argument}, {})
    assert "@phone_e164" in caught.value.path


def test_the_normalizer_adds_the_international_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """To the platform's own; where both are the same there is one hash."""
    monkeypatch.setenv(COUNTRY_VARIABLE, " at ")
    hasher = phone_hasher()
    both = [sha256(number).hexdigest() for number in (b"6601234567", b"436601234567")]

    assert both == hasher("0660 1234567")
    assert both[1] == hasher("+43 660 1234567")
    monkeypatch.setenv(COUNTRY_VARIABLE, "")
    assert both[0] == phone_hasher()("0660 1234567")


@pytest.mark.parametrize("country", ["AT", ""])
def test_the_country_is_read_once(monkeypatch: pytest.MonkeyPatch, country: str) -> None:
    """A normalizer is pure: what changes the environment later must not make another person of somebody."""
    monkeypatch.setenv(COUNTRY_VARIABLE, country)
    hasher = phone_hasher()
    first = hasher("0660 1234567")

    for later in ("DE", "AT", "nowhere"):
        monkeypatch.setenv(COUNTRY_VARIABLE, later)
        assert first == hasher("0660 1234567")
    monkeypatch.delenv(COUNTRY_VARIABLE)
    assert first == hasher("0660 1234567")


def test_what_is_no_country_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """National numbers would silently stay national."""
    monkeypatch.setenv(COUNTRY_VARIABLE, "Atlantis")

    with pytest.raises(PluginError, match="CAPI_PHONE_COUNTRY should be a country, such as AT"):
        phone_hasher()


@pytest.fixture
def people(vectors: Callable[[str], Any]) -> list[tuple[str, list[str]]]:
    """The phone numbers of the vectors' people, each with the country that stands beside it."""

    def member(user: dict[str, Any], *names: str) -> Any:
        return next((value for key, value in user.items() if key.lower() in names), None)

    def find() -> Iterator[tuple[str, list[str]]]:
        for line in vectors("pixel/users.jsonl"):
            phone, country = member(line["user"], "ph", "phone"), member(line["user"], "country", "cn")
            is_hash = isinstance(phone, str) and re.fullmatch(
                "[0-9a-fA-F]{32}|[0-9a-fA-F]{64}", phone.strip()
            )
            if isinstance(phone, str) and re.search(r"\d", phone) and not is_hash:
                code = country_code(country)
                yield phone, [code] if code else []

    return list(find())


def matchable(people: list[tuple[str, list[str]]]) -> tuple[int, int]:
    """Count the people whose digits alone are an international number, and those of whom there is one."""
    numbers = [(digits(phone), international(phone, countries)) for phone, countries in people]
    return sum(number == f"+{plain}" for plain, number in numbers), sum(
        number is not None for _, number in numbers
    )


def test_more_people_become_matchable_as_the_readme_says(
    people: list[tuple[str, list[str]]], vectors: Callable[[str], Any], root: Path
) -> None:
    """Within a few: each release of the library knows numbers that are new or withdrawn."""
    readme = " ".join((root / "plugins" / "phone" / "README.md").read_text(encoding="utf-8").split())
    figures = re.search(
        r"(\d+) have a phone number, and for (\d+) a number exists.* international number of (\d+), this directive of"
        r" all \2: (\d+) people more become matchable\. Of the (\d+) people .*, it is (\d+) instead of (\d+)\.",
        readme,
    )
    assert figures is not None
    count, after, before, more, sdk_count, sdk_after, sdk_before = map(int, figures.groups())
    by_phone: dict[str, list[str]] = {}
    for event in vectors("real/events.jsonl"):
        traits = event.get("context", {}).get("traits") or event.get("traits") or {}
        if traits.get("phone"):
            by_phone.setdefault(traits["phone"], list(likely_countries(event)))

    assert (count, sdk_count, more) == (len(people), len(by_phone), after - before)
    assert pytest.approx((before, after), abs=6) == matchable(people)
    assert pytest.approx((sdk_before, sdk_after), abs=3) == matchable(list(by_phone.items()))
