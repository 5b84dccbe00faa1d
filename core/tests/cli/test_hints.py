"""Hints of `capi send`: the event that was likely meant, and the command that goes on."""

from typing import Any

import click
import pytest

from capi_actions.text import count_noun
from capi_actions.triggers import compile_trigger


@pytest.mark.parametrize(
    ("trigger", "names"),
    [
        ('type = "track" and event = "Order Completed"', ("Order Completed",)),
        ('event = "A" or (type = "page" and not (event = "B"))', ("A", "B")),
        ('event != "A" and contains(event, "B") and properties.event = "C"', ()),
    ],
)
def test_a_trigger_names_the_events_that_it_asks_for(trigger: str, names: tuple[str, ...]) -> None:
    """Only what is compared as a whole can be a misspelt name."""
    assert names == compile_trigger(trigger).event_names


def test_an_event_without_a_mapping_says_which_was_meant(capi: Any, config: Any, ping: Any) -> None:
    """The first without a likely name says where all are listed; the others have nothing new to say."""
    mapping = (
        '[[destinations.main.mappings]]\naction = "acme.ping"\ntrigger = \'event = "Order Completed"\'\n'
    )
    config.write_text(config.read_text(encoding="utf-8") + mapping, encoding="utf-8")
    events = [{**ping(), "event": name} for name in ("order completed", "Something", "Another")]

    result = capi("send", "-c", str(config), lines=events)

    assert " ".join(result.err.split()).count("did you mean 'Order Completed'?") == 1
    assert result.err.count("capi actions") == 1


def test_a_number_agrees_with_its_noun() -> None:
    """One item, several items."""
    assert ["0 items", "1 item", "1,000 items"] == [count_noun(number, "item") for number in (0, 1, 1_000)]


@pytest.mark.parametrize(
    "arguments", [("send", "--foo"), ("outbox", "dead", "--limit", "x"), ("new",), ("sned",)]
)
def test_wrong_usage_is_reported_as_other_errors_are(capi: Any, arguments: tuple[str, ...]) -> None:
    """Each line says which program it is of; the last one leads on."""
    result = capi(*arguments)
    lines = result.err.splitlines()

    assert (2, "") == (result.status, result.out)
    assert all(line.startswith("capi: ") for line in lines)
    assert "--help` lists what it takes" in lines[-1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("send", "--skip", "x"), "Invalid value for '--skip': should be a whole number, 0 or more"),
        (("send", "--skip", "-1"), "Invalid value for '--skip': should be a whole number, 0 or more"),
        (("send", "--skip", "1.5"), "Invalid value for '--skip': should be a whole number, 0 or more"),
        (
            ("send", "--processes", "65"),
            "Invalid value for '--processes': should be a whole number from 1 to 64",
        ),
        (("send", "--wait", "abc"), "Invalid value for '--wait': should be a number, 0 or more"),
        (("send", "--wait", "-1"), "Invalid value for '--wait': should be a number, 0 or more"),
        (("send", "--wait", "nan"), "Invalid value for '--wait': should be a number, 0 or more"),
        (("deliver", "--wait", "NaN"), "Invalid value for '--wait': should be a number, 0 or more"),
        (("outbox", "dead", "--id", "x"), "Invalid value for '--id': should be a whole number"),
        (
            ("outbox", "dead", "--limit", "0"),
            "Invalid value for '--limit': should be a whole number, 1 or more",
        ),
        (("actions", "--json", "--markdown"), "--json and --markdown contradict each other"),
        (
            ("new", "acme"),
            "Missing option '--kind'. Choose from: action, destination, directive, filter, normalizer, transport,"
            " outbox, observer, command",
        ),
    ],
)
def test_a_wrong_option_is_said_in_a_line_with_what_is_right(
    capi: Any, arguments: tuple[str, ...], message: str
) -> None:
    """In words, not in those of a parser; and without what a terminal could take for a command."""
    assert capi(*arguments).err.splitlines()[0] == f"capi: {message}"


def test_a_plugin_s_own_sentence_about_a_number_stays(capi: Any, install: Any) -> None:
    """It may know more than the option's type."""

    def check(context: click.Context, option: click.Parameter, value: int) -> int:
        raise click.BadParameter("should be even")

    install(
        "own", capi_commands=[click.Command("own", params=[click.Option(["--n"], type=int, callback=check)])]
    )

    assert capi("own", "--n", "1").err.startswith("capi: Invalid value for '--n': should be even\n")


def test_an_empty_outbox_is_a_sentence(capi: Any, config: Any) -> None:
    """A table without rows says nothing."""
    assert capi("outbox", "stats", "-c", str(config)).out == "The outbox is empty.\n"
    assert capi("outbox", "dead", "-c", str(config)).out == "There are no such dead letters.\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[outbox]\n[outbox]\n", "[outbox] stands twice (at line 2"),
        ("[a.b]\n[a.b]\n", "[a.b] stands twice (at line 2"),
        ("a = 1\na = 2\n", "a key stands twice (at line 2"),
    ],
)
def test_what_stands_twice_in_toml_is_said_in_its_words(
    capi: Any, config: Any, text: str, problem: str
) -> None:
    """Not with a tuple of Python's."""
    config.write_text(text, encoding="utf-8")

    assert problem in capi("check", "-c", str(config)).out


@pytest.mark.parametrize(
    ("token", "mistake"),
    [
        ('""', "but it is empty"),
        ("{}", "but it is an empty table"),
        ('{ file = "/etc/x" }', "but it has file, which isn't known here"),
        ('{ EAAsesame = "x" }', "but it has another key"),
        ("{ env = 5 }", "but it has a whole number as env"),
        ("5", "but it is a whole number"),
    ],
)
def test_a_token_in_the_wrong_form_says_what_is_there(
    capi: Any, config: Any, token: str, mistake: str
) -> None:
    """But never the token."""
    text = config.read_text(encoding="utf-8").replace('"sesame"', token)
    config.write_text(text, encoding="utf-8")

    out = capi("check", "-c", str(config)).out

    assert f'$.destinations.main.token: should be {{ env = "NAME_OF_A_VARIABLE" }}, {mistake}' in out
    assert "sesame" not in out
