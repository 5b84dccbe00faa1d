"""Tables of the configuration that plugins read."""

from types import SimpleNamespace

import pytest
from attrs import field, frozen

from capi_actions import ConfigError, ConfigTable, PluginError, Plugins, Secret, builtin, hookimpl
from capi_actions.config import read_config


@frozen(kw_only=True)
class Listener:
    """One table below the table."""

    key: Secret


@frozen(kw_only=True)
class Settings:
    """The table."""

    port: int = 8090
    listeners: dict[str, Listener] = field(factory=dict)


def offer(**members: object) -> SimpleNamespace:
    """Return a plugin that offers a table."""
    table = ConfigTable(**{"name": "acme-server", "settings_type": Settings, **members})  # type: ignore[arg-type]
    return SimpleNamespace(__name__="tables", capi_tables=hookimpl(lambda: [table]))


@pytest.fixture
def all_plugins(acme: SimpleNamespace) -> Plugins:
    """The core, the small platform, and a plugin with a table."""
    return Plugins(builtin, acme, offer())


def test_a_table_becomes_the_plugin_s_settings(all_plugins: Plugins, config_text: str) -> None:
    """With tables below it, and secrets that nobody prints."""
    text = config_text + '[acme-server]\nport = 1\n[acme-server.listeners.a]\nkey = "sesame-key"\n'
    config = read_config(text, all_plugins)

    assert config.tables == {
        "acme-server": Settings(port=1, listeners={"a": Listener(key=Secret("sesame-key", literal=True))})
    }
    assert "sesame-key" not in repr(config)


def test_a_table_that_is_not_there_is_not_made_up(all_plugins: Plugins, config_text: str) -> None:
    """The plugin knows best what that means."""
    assert read_config(config_text, all_plugins).tables == {}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[acme-server]\nport = "x"\n', "$.acme-server.port: should be a whole number"),
        ("[acme-server]\nprot = 1\n", "did you mean 'port'?"),
        ("[acme-server.listeners.a]\n", "is missing"),
        ("[acme-sever]\n", "'acme-sever' isn't known here; did you mean 'acme-server'?"),
    ],
)
def test_mistakes_in_it_are_found(text: str, problem: str, all_plugins: Plugins, config_text: str) -> None:
    """Together with all others."""
    with pytest.raises(ConfigError) as caught:
        read_config(config_text + text, all_plugins)

    assert problem in str(caught.value).replace("$['acme-server']", "$.acme-server")


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ({"name": "delivery"}, "the table 'delivery' is the core's own"),
        ({"name": "two words"}, "must be one word"),
        ({"settings_type": int}, "settings_type of 'acme-server' must be an attrs class"),
        ({"settings_type": Settings()}, "must be an attrs class"),
    ],
)
def test_a_plugin_can_t_offer_any_table(members: dict[str, object], problem: str) -> None:
    """What is wrong with it is said when it is loaded."""
    with pytest.raises(PluginError, match=problem.replace("(", r"\(")):
        Plugins(builtin, offer(**members))
