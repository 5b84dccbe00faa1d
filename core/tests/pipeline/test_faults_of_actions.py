"""An action that is declared wrongly: its author is told, and nobody looks for the fault in a configuration."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from attrs import evolve, frozen

from capi_actions import Action, ConfigError, Field, Normalizer, Plugins, Secret, builtin, hookimpl
from capi_actions.config import read_config
from capi_actions.pipeline.pipeline import Pipeline

FAULT = "the action acme.ping of plugin 'plug' is at fault: "
LISTED = '[[destinations.main.mappings]]\naction = "acme.ping"\n'

Check = Callable[..., list[tuple[str, str]]]


@frozen
class NoProfile:
    """Settings without normalization."""

    account: str
    token: Secret


@pytest.fixture
def errors_of(plugins: Plugins, tmp_path: Path) -> Check:
    """Say what is wrong with a configuration that uses an action which differs from the small platform's."""

    def problems(text: str = "", settings: Any = None, trigger: str | None = None, **fields: Field) -> Any:
        acme, ping = plugins.destinations["acme"], plugins.actions["acme.ping"]
        action: Action = evolve(ping, fields={**ping.fields, **fields}, trigger=trigger or ping.trigger)
        if settings:
            acme = type("Odd", (acme,), {"settings_type": settings, "lint_settings": lambda self: ()})
        plug = SimpleNamespace(
            __name__="plug",
            capi_destinations=hookimpl(lambda: [acme]),
            capi_actions=hookimpl(lambda: [action]),
            capi_normalizers=hookimpl(lambda: list(plugins._normalizers.values())),
        )
        loaded = Plugins(builtin, plug)
        start = '[destinations.main]\ntype = "acme"\naccount = "a"\ntoken = "sesame"\n'
        config = read_config(start + text, loaded, tmp_path, strict=False)
        with pytest.raises(ConfigError) as caught:
            Pipeline.build(config, loaded)
        return [(problem.path, problem.message) for problem in caught.value.problems]

    return problems


def test_a_prebuilt_mapping_is_the_plugins(errors_of: Check) -> None:
    """There is nothing of it in the configuration, so that no place there can be named but the action's."""
    at = Field(type="string", default={"@liquidd": "x"})
    why = f"{FAULT}its prebuilt mapping: /at has an invalid directive: @liquidd (did you mean @liquid?)."

    assert errors_of(at=at) == [("$.destinations.main", why)]
    assert errors_of(LISTED, at=at) == [("$.destinations.main.mappings[0].action", why)]


def test_the_users_own_mistakes_stay_where_they_are(errors_of: Check) -> None:
    """Beside the plugin's; one that a mapping replaces doesn't count."""
    at = Field(type="string", default={"@liquidd": "x"})
    own = '{ "@pth" = "$.x" }'
    mistake = "has an invalid directive: @pth (did you mean @path?)."

    assert errors_of(LISTED + f"mapping = {{ at = {own} }}", at=at) == [
        ("$.destinations.main.mappings[0].mapping.at", f"/at {mistake}")
    ]
    (place, message), (chosen, _) = errors_of(LISTED + f"mapping = {{ name = {own} }}", at=at)
    assert (place, message) == ("$.destinations.main.mappings[0].mapping.name", f"/name {mistake}")
    assert chosen == "$.destinations.main.mappings[0].action"


def test_a_mapping_file_is_the_users_alone(errors_of: Check, tmp_path: Path) -> None:
    """The prebuilt mapping takes no part."""
    (tmp_path / "own.json").write_text('{"name": {"@pth": "$.x"}}')
    at = Field(type="string", default={"@liquidd": "x"})

    ((place, _),) = errors_of(LISTED + 'mapping_file = "own.json"', at=at)
    assert place == "$.destinations.main.mappings[0].mapping_file.name"

    (tmp_path / "own.json").write_text('{"at": {"@liquidd": "x"}}')
    ((place, message),) = errors_of(LISTED + 'mapping_file = "own.json"', at=at)
    assert place == "$.destinations.main.mappings[0].mapping_file.at"
    assert "fault" not in message


@pytest.mark.parametrize(
    ("field", "why"),
    [
        (
            Field(type="string", hashed="emm"),
            "its field at.hashed: there is no hasher 'emm'; did you mean 'em'?",
        ),
        (Field(type="string", format="mail"), "its field at.format: there is no format 'mail'; use one of "),
        (
            Field(type="object", properties={"x": Field(type="object", hashed="em")}),
            "its field at.properties.x.hashed: an object can't be hashed; hash its properties",
        ),
    ],
)
def test_fields_are_the_plugins(errors_of: Check, field: Field, why: str) -> None:
    """By name, with what is wrong."""
    ((path, message),) = errors_of(at=field)

    assert path == "$.destinations.main"
    assert message.startswith(FAULT + why)


def test_a_destination_type_without_a_profile_is_named(errors_of: Check) -> None:
    """`there is no hasher 'em'; there is none` said nothing of the destination type."""
    nested = Field(type="object", properties={"ph": Field(type="string", hashed="ph")})

    assert errors_of(settings=NoProfile, user=nested) == [
        (
            "$.destinations.main",
            f"{FAULT}email, user.ph should be hashed, but the destination type 'acme' has no"
            " normalization profile: its settings lack normalization",
        )
    ]


def test_a_profile_that_lacks_keys_is_named_itself(plugins: Plugins, tmp_path: Path) -> None:
    """Once, with what would help: no action is at fault if a person chooses a profile for other platforms."""
    slim = Normalizer(profile="slim", key="ph", normalize=str.strip, otherwise="drop")
    plug = SimpleNamespace(__name__="plug", capi_normalizers=hookimpl(lambda: [slim]))
    offers = {hook: hookimpl(lambda values=values: list(values)) for hook, values in _offers(plugins).items()}
    loaded = Plugins(builtin, SimpleNamespace(__name__="acme", **offers), plug)
    text = '[destinations.main]\ntype = "acme"\naccount = "a"\ntoken = "sesame"\nnormalization = "slim"\n'
    own = loaded.destinations["acme"].default_profile()

    with pytest.raises(ConfigError) as caught:
        Pipeline.build(read_config(text + LISTED + LISTED, loaded, tmp_path), loaded)

    (problem,) = caught.value.problems
    assert "$.destinations.main.normalization" == problem.path
    assert "the profile 'slim' has no normalizer for em, which acme.ping hashes" in problem.message
    assert f"join profiles: '{own}+slim'" in problem.message

    joined = text.replace('"slim"', f'"{own}+slim"')
    Pipeline.build(read_config(joined, loaded, tmp_path), loaded)


def _offers(plugins: Plugins) -> dict[str, Any]:
    return {
        "capi_destinations": plugins.destinations.values(),
        "capi_actions": plugins.actions.values(),
        "capi_normalizers": plugins._normalizers.values(),
    }


def test_a_prebuilt_trigger_is_the_plugins(errors_of: Check) -> None:
    """A user's own is looked for where it stands."""
    ((path, message),) = errors_of(trigger="type =")
    assert path == "$.destinations.main"
    assert message.startswith(f"{FAULT}its prebuilt trigger: ")

    ((path, message),) = errors_of(LISTED + "trigger = 'type ='")
    assert path == "$.destinations.main.mappings[0].trigger"
    assert "fault" not in message
