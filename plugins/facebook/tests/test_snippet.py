"""`capi snippet`: which calls of the pixel belong to a configuration."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from capi_actions import Action, Plugins
from capi_actions_facebook.snippet.command import html, snippet
from capi_actions_facebook.snippet.events import NotInBrowserError, pixel_calls

ACCOUNT = (
    '[destinations.shop]\ntype = "facebook"\npixel_id = "123"\naccess_token = { env = "NO_SUCH_VARIABLE" }\n'
)
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run the command with a configuration."""

    def run_with(text: str, *options: str) -> Result:
        path = tmp_path / "capi.toml"
        path.write_text(text)
        return CliRunner().invoke(snippet, ["-c", str(path), *options])

    return run_with


def settings_of(result: Result) -> dict[str, Any]:
    """Return what the script is called with."""
    assert result.exit_code == 0, result.output
    match = re.search(r"\}\)\(window, document, (\{.*\})\);\n</script>", result.stdout, re.DOTALL)
    assert match
    settings: dict[str, Any] = json.loads(match[1])
    return settings


def mappings(*tables: str) -> str:
    """Return a configuration with these mappings."""
    return ACCOUNT + "".join(f"[[destinations.shop.mappings]]\n{table}\n" for table in tables)


def test_every_prebuilt_trigger_has_its_call(run: Run) -> None:
    """Without mappings every action with a prebuilt trigger is on; a token isn't needed."""
    settings = settings_of(run(ACCOUNT, "--endpoint", "https://e.a.example/", "--write-key", "k"))

    assert settings["pixelId"] == "123"
    assert settings["endpoint"] == "https://e.a.example"
    events = settings["events"]
    assert [(call["method"], call["name"]) for call in events["page"]] == [("track", "PageView")]
    assert [call["name"] for call in events["track Product List Viewed"]] == ["ViewContent"]
    (purchase,) = events["track Order Completed"]
    assert purchase["fields"]["value"] == ["revenue", "total", "value"]
    assert purchase["fields"]["currency"] == ["currency"]
    assert "num_items" not in purchase["fields"]
    assert events["track Checkout Started"][0]["fields"]["num_items"] == ["num_items"]


def test_a_mapping_s_own_trigger_name_and_fields_count(run: Run) -> None:
    """Two of them may take the same event; one that is off takes none."""
    text = mappings(
        'action = "facebook.purchase"\ntrigger = \'event = "Paid" and type = "track"\'\n'
        'mapping = { value = { "@path" = "$.properties.margin" } }',
        'action = "facebook.custom"\ntrigger = \'type = "track" and (event = "Paid" or event = "It\\\'s \\"in\\"")\'',
        'action = "facebook.lead"\nenabled = false',
    ).replace("\\'", "’")

    events = settings_of(run(text))["events"]

    assert [(call["method"], call["name"]) for call in events["track Paid"]] == [
        ("track", "Purchase"),
        ("trackCustom", "Paid"),
    ]
    assert events["track Paid"][0]["fields"]["value"] == ["margin"]
    assert [call["name"] for call in events['track It’s "in"']] == ['It’s "in"']
    assert len(events) == 2


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (
            'action = "facebook.lead"\ntrigger = \'type = "track" and properties.paid = true\'',
            "its trigger looks at more than the type and the name of an event: ",
        ),
        (
            'action = "facebook.lead"\ntrigger = \'type = "identify"\'',
            "its trigger looks at more than the type and the name of an event: ",
        ),
        (
            'action = "facebook.lead"\ntrigger = \'event = "A"\'',
            'its trigger isn\'t for track calls alone: event = "A"',
        ),
        (
            'action = "facebook.custom"\ntrigger = \'type = "track" and event = "A"\'\n'
            'mapping = { event_name = { "@path" = "$.properties.name" } }',
            "its event_name isn't a text that is known beforehand",
        ),
        ('action = "facebook.purchase"\nmapping_file = "purchase.json"', "its mapping is in a file"),
    ],
)
def test_what_the_browser_can_t_follow_is_left_to_the_server(run: Run, table: str, reason: str) -> None:
    """With a line that says so."""
    result = run(mappings('action = "facebook.page_view"', table))

    assert list(settings_of(result)["events"]) == ["page"]
    assert result.stderr.startswith("mapping 2 of shop (facebook.")
    assert f"is left to the server: {reason}" in result.stderr


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        (
            ACCOUNT,
            ["--endpoint", "e.a.example", "--write-key", "k"],
            "should be like https://events.shop.example",
        ),
        (ACCOUNT, ["--endpoint", "https://e.a.example"], "--endpoint needs a --write-key"),
        (ACCOUNT, ["--destination", "shoe"], "there is no Facebook destination 'shoe'; there are: shop"),
        ("", [], "should be tables, one for each destination, but there is none"),
        (
            ACCOUNT + ACCOUNT.replace("shop", "other").replace("123", "4"),
            [],
            "choose one with --destination: ",
        ),
        ("[", [], "capi.toml"),
    ],
)
def test_what_is_wrong_is_said(run: Run, text: str, options: list[str], message: str) -> None:
    """With what would be right."""
    result = run(text, *options)

    assert result.exit_code != 0
    assert message in result.stderr


def test_nothing_in_a_configuration_ends_the_script() -> None:
    """Names of events are written by people."""
    text = html({"events": {"track </script><!--": []}, "writeKey": "</script>"}, "a--><script>")

    assert text.count("</script>") == 1
    assert text.count("<!--") == 1
    assert text.startswith("<!-- capi snippet: a")
    assert text.splitlines()[0].count("-->") == 1


def test_an_action_of_another_plugin_is_left_to_the_server() -> None:
    """Nobody here knows what the pixel calls it."""
    foreign = Action(
        name="facebook.loyalty", title="Loyalty", description="", trigger=None, fields={}, build=dict
    )

    with pytest.raises(NotInBrowserError, match=r"the pixel's name for facebook\.loyalty isn't known here"):
        list(pixel_calls(foreign, 'type = "track" and event = "Joined"', {}))


def test_a_mapping_of_all_track_calls_has_no_call_of_its_own() -> None:
    """The browser can't list events that nobody has named."""
    custom = Plugins.installed().actions["facebook.custom"]

    assert list(pixel_calls(custom, 'type = "track"', custom.mapping)) == []
    assert [(event, call.name) for event, call in pixel_calls(custom, 'type = "page"', custom.mapping)] == [
        ("page", "page")
    ]
