"""The configuration file: all problems at once, each with its path, what was found and what would be right."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import ConfigError, Plugins, Secret
from capi_actions.config import load_config, read_config


def problems(text: str, plugins: Plugins) -> dict[str, str]:
    """Read a configuration that has errors; return them by path."""
    with pytest.raises(ConfigError) as caught:
        read_config(text, plugins)
    return {problem.path: problem.message for problem in caught.value.problems}


@pytest.mark.parametrize(
    ("text", "is_name"),
    [
        *(
            (name, True)
            for name in ("$ACME_TOKEN", "${ACME_TOKEN}", "{{ACME_TOKEN}}", "$(ACME_TOKEN)", "%A%", "env:A")
        ),
        *(
            (token, False)
            for token in ("EAAG$x", "$2b$12$abc", "{sesame", "A%2B", "100%", "environment", "$")
        ),
    ],
)
def test_a_token_that_names_a_variable_is_not_its_value(
    text: str, is_name: bool, config_text: str, plugins: Plugins
) -> None:
    """As configurations of other programs have it; the platform would refuse the name, hours later."""
    (warning,) = read_config(config_text.replace('"sesame"', f'"{text}"'), plugins).warnings

    expected = "is this text itself, and not what a variable" if is_name else "is written in the file"
    assert warning.message.startswith(expected)
    assert text not in warning.message


def test_a_whole_configuration_is_read(plugins: Plugins) -> None:
    """With every table it may have."""
    config = read_config(
        """
        [destinations.main]
        type = "acme"
        account = "a"
        token = "sesame"
        factor = 2

        [[destinations.main.mappings]]
        action = "acme.ping"
        trigger = 'event = "X"'
        mapping = { name = { "@path" = "$.name" } }

        [[destinations.main.mappings]]
        action = "acme.ping"
        mapping_file = "mapping.json"
        enabled = false

        [outbox]
        path = "x.sqlite3"

        [delivery]
        workers = 4
        """,
        plugins,
    )
    (main,) = config.destinations

    assert (main.name, main.type, main.destination.settings.factor) == ("main", "acme", 2.0)
    assert [mapping.action for mapping in main.mappings or ()] == ["acme.ping", "acme.ping"]
    assert (main.mappings or ())[0].mapping == {"name": {"@path": "$.name"}}
    assert config.outbox == {"type": "sqlite", "path": "x.sqlite3"}
    assert config.transport == {"type": "urllib3"}
    assert config.delivery.workers == 4


def test_no_mappings_is_not_an_empty_list_of_mappings(plugins: Plugins, config_text: str) -> None:
    """None: every action with a prebuilt trigger is on."""
    assert read_config(config_text, plugins).destinations[0].mappings is None
    assert read_config(config_text + "mappings = []", plugins).destinations[0].mappings == []


def test_every_mistake_is_reported_at_once(plugins: Plugins) -> None:
    """Nobody wants to fix and run twelve times."""
    errors = problems(
        """
        colour = "red"
        [destinations.one]
        type = "acne"
        [destinations.two]
        type = "acme"
        token = "t"
        size = "big"
        loud = 1
        acount = "a"
        [[destinations.two.mappings]]
        trigger = 5
        actoin = "acme.ping"
        [[destinations.two.mappings]]
        action = "acme.ping"
        mapping = {}
        mapping_file = "x.json"
        [destinations.three]
        type = "acme"
        account = "a"
        token = { file = "x" }
        normalization = "pixle"
        [outbox]
        type = "sqllite"
        [delivery]
        workers = "many"
        """,
        plugins,
    )

    assert (
        errors["$.destinations.one.type"]
        == "no plugin offers the destination type 'acne'; did you mean 'acme'?"
    )
    assert errors["$.destinations.two.size"] == "should be a whole number, but it is text in quotes"
    assert errors["$.destinations.two.loud"] == "should be true or false, but it is a whole number"
    assert "'acount' isn't known here; did you mean 'account'?" in errors["$.destinations.two"]
    assert (
        errors["$.destinations.two.mappings[0].trigger"]
        == "should be text in quotes, but it is a whole number"
    )
    assert "'actoin' isn't known here; did you mean 'action'?" in errors["$.destinations.two.mappings[0]"]
    assert errors["$.destinations.two.mappings[1]"] == "has both mapping and mapping_file; keep one of them"
    assert errors["$.destinations.three.token"] == (
        'should be { env = "NAME_OF_A_VARIABLE" }, but it has file, which isn\'t known here'
    )
    assert errors["$.outbox.type"] == "no plugin offers 'sqllite'; did you mean 'sqlite'?"
    assert errors["$.delivery.workers"] == "should be a whole number, but it is text in quotes"
    assert (
        errors["$"]
        == "'colour' isn't known here; there are: delivery, destinations, inputs, outbox, plugins, transport"
    )


def test_a_missing_setting_is_named(plugins: Plugins) -> None:
    """Where it should stand."""
    errors = problems('[destinations.a]\ntype = "acme"\ntoken = "t"', plugins)

    assert errors == {"$.destinations.a.account": "is missing"}


def test_an_unknown_profile_lists_those_there_are(plugins: Plugins, config_text: str) -> None:
    """A misspelt one must not hash people otherwise."""
    errors = problems(config_text + 'normalization = "plian"', plugins)

    assert errors == {
        "$.destinations.main.normalization": "no normalization profile 'plian'; did you mean 'plain'?"
    }


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        ("", "$.destinations", "should be tables, one for each destination, but there is none"),
        ("destinations = 5", "$.destinations", "but it is a whole number"),
        ("[destinations]\nmain = 5", "$.destinations.main", "should be a table, but it is a whole number"),
        (
            "[destinations.main]\n",
            "$.destinations.main.type",
            "should name the destination type, but it is missing",
        ),
        ("[destinations.main]\ntype = 5", "$.destinations.main.type", "but it is a whole number"),
        (
            '[destinations.main]\ntype = "acme"\nmappings = 5',
            "$.destinations.main.mappings",
            "should be a list of tables",
        ),
        ("outbox = 5", "$.outbox", "should be a table, but it is a whole number"),
        ("a = ", "", "is not valid TOML: Invalid value (at end of document)"),
    ],
)
def test_tables_of_the_wrong_shape(text: str, path: str, message: str, plugins: Plugins) -> None:
    """TOML lets anything stand anywhere."""
    assert message in problems(text, plugins)[path]


def test_tokens_come_from_the_environment_and_are_never_shown(
    plugins: Plugins, config_text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A literal one is accepted with a warning."""
    monkeypatch.setenv("ACME_TOKEN", "sesame")
    from_environment = read_config(config_text.replace('"sesame"', '{ env = "ACME_TOKEN" }'), plugins)
    literal = read_config(config_text, plugins)

    for config in (from_environment, literal):
        assert config.destinations[0].destination.settings.token.value == "sesame"
        assert "sesame" not in repr(config)
    assert from_environment.warnings == ()
    assert [warning.path for warning in literal.warnings] == ["$.destinations.main.token"]


def test_a_variable_that_is_not_set_is_named(
    plugins: Plugins, config_text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Work that sends nothing can do without it."""
    monkeypatch.delenv("ACME_TOKEN", raising=False)
    text = config_text.replace('"sesame"', '{ env = "ACME_TOKEN" }')

    assert problems(text, plugins) == {
        "$.destinations.main.token": "the environment variable ACME_TOKEN isn't set"
    }
    assert (
        read_config(text, plugins, need_secrets=False).destinations[0].destination.settings.token.value == ""
    )


@pytest.mark.parametrize("bad", ["", "isn't one"])
@pytest.mark.parametrize("token", ["EAABliteralSECRET", "eaab", "EAAB|1", "A" * 61, "1ABC", "A B"])
def test_a_token_in_place_of_a_variable_s_name_is_not_shown(
    plugins: Plugins, config_text: str, monkeypatch: pytest.MonkeyPatch, token: str, bad: str
) -> None:
    """Messages end up in logs and tickets; only what can be nothing but a name is quoted."""
    monkeypatch.setenv(token, bad and "\u2026")
    text = config_text.replace('"sesame"', f'{{ env = "{token}" }}')

    (message,) = problems(text, plugins).values()

    assert token not in message
    assert message.startswith("the variable that env names ")
    assert ("env takes the variable's name, such as MY_TOKEN, not the token" in message) is not bool(bad)


def test_the_destination_s_own_warnings_are_passed_on(plugins: Plugins, config_text: str) -> None:
    """With the path of the setting."""
    config = read_config(config_text + "loud = true", plugins)

    assert "$.destinations.main.loud" in {warning.path for warning in config.warnings}


def test_a_file_that_is_not_there_says_how_to_get_one(plugins: Plugins, tmp_path: Path) -> None:
    """The first thing a new user sees."""
    path = tmp_path / "capi.toml"
    with pytest.raises(ConfigError) as caught:
        load_config(path, plugins)

    assert str(caught.value) == f"there is no file {path}; `capi init --config {path}` writes one"


def test_a_file_that_can_not_be_read_says_so(plugins: Plugins, tmp_path: Path) -> None:
    """Not text at all."""
    path = tmp_path / "capi.toml"
    path.write_bytes(b"\xff\xfe")

    with pytest.raises(ConfigError, match=r"capi\.toml is not UTF-8 text"):
        load_config(path, plugins)
    with pytest.raises(ConfigError, match="can't be read"):
        load_config(tmp_path, plugins)


def test_relative_paths_start_at_the_file(plugins: Plugins, config_text: str, tmp_path: Path) -> None:
    """Wherever the program was started."""
    path = tmp_path / "capi.toml"
    path.write_text(config_text, encoding="utf-8")

    assert load_config(path, plugins).folder == tmp_path


@given(st.text())
def test_any_text_is_a_configuration_or_a_config_error(text: str) -> None:
    """Nothing else is ever raised."""
    try:
        read_config(text, Plugins())
    except ConfigError as error:
        assert error.problems


@given(st.text(min_size=1))
def test_a_secret_shows_in_no_text(value: str) -> None:
    """Not by print, not by repr, not inside other objects."""
    secret = Secret(f"token-{value}-token")

    assert secret.value not in f"{secret} {secret!r} {[secret]}"
