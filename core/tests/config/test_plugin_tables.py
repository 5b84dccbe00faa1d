"""Tables of the configuration that plugins read."""

from collections.abc import Iterator
from itertools import repeat
from types import SimpleNamespace

import pytest
from attrs import field, frozen

from capi_actions import (
    ConfigError,
    ConfigNames,
    ConfigTable,
    PluginError,
    Plugins,
    Problem,
    Secret,
    builtin,
    hookimpl,
)
from capi_actions.config import check_tables, read_config
from capi_actions.errors import Diagnostics


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


def test_a_secret_in_the_file_is_warned_of(all_plugins: Plugins, config_text: str) -> None:
    """Wherever it stands in the table; one from the environment isn't."""
    text = config_text + '[acme-server.listeners.a]\nkey = "sesame-key"\n'
    (warning,) = (
        problem for problem in read_config(text, all_plugins).problems if "acme-server" in problem.path
    )

    assert "warning" == warning.severity
    assert "$['acme-server'].listeners.a.key" == warning.path.replace("$.acme-server", "$['acme-server']")
    assert warning.message.startswith("is written in the file")
    assert "sesame" not in warning.message


def check_port(settings: Settings, names: ConfigNames) -> Iterator[Problem]:
    """Find what isn't below a port, and name what there is."""
    yield Problem(f"should be above {len(names.destinations)}", "$.port")
    yield Problem("is unusual", severity="warning")


def checked(check: object, acme: SimpleNamespace, text: str) -> list[Problem]:
    """Return what a check finds in a configuration, which may have errors."""
    plugins = Plugins(builtin, acme, offer(check=check))
    diagnostics = Diagnostics()
    check_tables(read_config(text, plugins, strict=False), plugins, diagnostics)
    return list(diagnostics)


def test_the_plugin_s_check_finds_more(acme: SimpleNamespace, config_text: str) -> None:
    """Beyond the form of the table; it knows what else is configured."""
    text = config_text + "[acme-server]\nport = 1\n"
    error, warning = checked(check_port, acme, text)

    assert ("should be above 1", "error") == (error.message, error.severity)
    assert error.path.endswith(".port") or error.path.endswith("'].port")
    assert ("is unusual", "warning") == (warning.message, warning.severity)
    assert [] == checked(check_port, acme, config_text)
    assert [] == checked(None, acme, text)


def fail(settings: Settings, names: ConfigNames) -> Iterator[Problem]:
    """Fail in the middle."""
    yield Problem("is unusual", severity="warning")
    raise KeyError("sesame")


@pytest.mark.parametrize("check", [fail, lambda settings, names: ["text"], lambda settings, names: 1])
def test_a_check_that_fails_is_a_warning(check: object, acme: SimpleNamespace, config_text: str) -> None:
    """It is no reason not to send."""
    (warning,) = checked(check, acme, config_text + "[acme-server]\nport = 1\n")

    assert "warning" == warning.severity
    assert "its check of this table failed" in warning.message
    assert "sesame" not in warning.message


def test_a_check_that_does_not_end_is_ended(acme: SimpleNamespace, config_text: str) -> None:
    """Nobody reads a thousand problems."""
    text = config_text + "[acme-server]\nport = 1\n"

    assert 1_000 == len(checked(lambda settings, names: repeat(Problem("again")), acme, text))


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ({"name": "delivery"}, "the table 'delivery' is the core's own"),
        ({"name": "two words"}, "must be one word"),
        ({"settings_type": int}, "settings_type of 'acme-server' must be an attrs class"),
        ({"settings_type": Settings()}, "must be an attrs class"),
        ({"check": "port"}, "check of 'acme-server' must be a function"),
        ({"check": lambda settings: ()}, "takes settings and names, and nothing else"),
        ({"check": [check_port, lambda settings: ()]}, "takes settings and names, and nothing else"),
    ],
)
def test_a_plugin_can_t_offer_any_table(members: dict[str, object], problem: str) -> None:
    """What is wrong with it is said when it is loaded."""
    with pytest.raises(PluginError, match=problem.replace("(", r"\(")):
        Plugins(builtin, offer(**members))


def check_ports(settings: Settings, names: ConfigNames) -> Iterator[Problem]:
    """Compare the port with something else."""
    if settings.port < 1_024:
        yield Problem("is the system's", "$.port", severity="warning")


def check_keys(settings: Settings, names: ConfigNames) -> Iterator[Problem]:
    """Look into the tables below, at what can be read of each."""
    for name, listener in settings.listeners.items():
        key = getattr(listener, "key", None)
        if key is not None and key.value == "guest":
            yield Problem("is known to everybody", f"$.listeners.{name}.key")


FORM_ERRORS = [
    "",
    'port = "x"\n',
    "prot = 1\n",
    "[acme-server.listeners.c]\n",
    '[acme-server.listeners]\nc = "x"\n',
]


@pytest.mark.parametrize("error", FORM_ERRORS)
def test_errors_in_its_form_hide_no_check_of_what_can_be_read(
    error: str, acme: SimpleNamespace, config_text: str
) -> None:
    """Else one would correct them only to be told of the next ones."""
    port = "" if "port" in error else "port = 80\n"
    key = 'key = "guest"' if "listeners]" not in error else ""
    tables = f"[acme-server.listeners.a]\n{key}\n" if key else ""
    text = f"{config_text}[acme-server]\n{port}{error}{tables}"
    found = [problem.message for problem in checked([check_ports, check_keys], acme, text)]

    expected = [*(["is the system's"] if port else []), *(["is known to everybody"] if key else [])]
    assert expected == found


@pytest.mark.parametrize("value", ["5", '"x"', "[]"])
def test_what_is_no_table_at_all_is_not_checked(value: str, acme: SimpleNamespace, config_text: str) -> None:
    """There is nothing to look at."""
    assert [] == checked(check_ports, acme, f"acme-server = {value}\n{config_text}")


def test_a_check_that_fails_on_what_is_missing_keeps_its_problems(
    acme: SimpleNamespace, config_text: str
) -> None:
    """It isn't its fault; the error in the form is reported already."""
    (problem,) = checked([fail, check_ports], acme, config_text + '[acme-server]\nport = "x"\n')

    assert "is unusual" == problem.message


def test_a_secret_beside_an_error_is_warned_of(all_plugins: Plugins, config_text: str) -> None:
    """The same as in a table without errors."""
    text = config_text + '[acme-server]\nport = "x"\n[acme-server.listeners.a]\nkey = "sesame-key"\n'
    problems = read_config(text, all_plugins, strict=False).problems

    assert ["error", "warning"] == [problem.severity for problem in problems if "acme" in problem.path]
    assert "sesame" not in repr(problems)


def test_tables_with_errors_show_no_secret(all_plugins: Plugins, config_text: str) -> None:
    """Like those without."""
    text = config_text + '[acme-server]\nport = "x"\n[acme-server.listeners.a]\nkey = "sesame-key"\n'

    assert "sesame" not in repr(read_config(text, all_plugins, strict=False))
