"""How to write a plugin: every example is registered and used."""

import json
import sys
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from time import time
from types import ModuleType
from typing import Any

import pytest
from click.testing import CliRunner

import capi_actions_facebook.plugin
from capi_actions import (
    DestinationInfo,
    EventError,
    Item,
    Judgement,
    Plugins,
    Report,
    Response,
    Secret,
    Verdict,
    builtin,
)
from capi_actions.config import read_config
from capi_actions.mapping import compile_mapping
from capi_actions.notes import Notes, collect_notes
from capi_actions.pipeline import HeldBack, Pipeline
from capi_actions.runtime import Runtime
from capi_actions.testing import PluginConformance, build_item, make_batch

PAGE = "docs/how-to/plugins.md"
CONFIG = '[destinations.shop]\ntype = "facebook"\npixel_id = "1"\naccess_token = "any"\n'

Load = Callable[..., Plugins]


def hook_page(name: str) -> str:
    """Return the path of a hook's page."""
    return f"docs/reference/hooks/{name}"


@pytest.fixture
def load(page: Callable[[str], list[Any]]) -> Load:
    """Make a plugin of the code under a heading, beside the built-in ones."""

    def load(heading: str, path: str = PAGE) -> Plugins:
        (code,) = (
            block.text for block in page(path) if (block.heading, block.language) == (heading, "python")
        )
        module = ModuleType("acme")
        exec(compile(code, heading, "exec"), vars(module))
        return Plugins(builtin, capi_actions_facebook.plugin, module)

    return load


def test_an_action_for_somebody_elses_platform(load: Load) -> None:
    """It has the fields of the platform's commerce events."""
    properties = {"currency": "eur", "total": 5}
    event = {
        "type": "track",
        "event": "Car Rented",
        "userId": "u",
        "timestamp": time(),
        "properties": properties,
    }

    item = build_item(load("Example", hook_page("capi_actions.md")), "facebook.rent", event)

    assert (item["event_name"], item["custom_data"]) == ("Rent", {"currency": "EUR", "value": 5})


def test_what_is_left_out_is_noted(load: Load) -> None:
    """Only what is no number of stars."""
    build, notes = load("Say what was left out").actions["acme.rating"].build, Notes()
    with collect_notes(notes):
        assert ({"stars": 5}, {}) == (build({"stars": 5}), build({"stars": 6}))

    assert notes == Notes(dropped=Counter({("$.stars", "it is not 1 to 5"): 1}))


def test_an_event_filter(load: Load) -> None:
    """One filter counts for all destinations, the other for one."""
    plugins = load("Example", hook_page("capi_events.md"))
    pipeline = Pipeline.build(read_config(CONFIG + CONFIG.replace("shop", "other"), plugins), plugins)
    event = {
        "type": "page",
        "timestamp": time(),
        "userId": "u",
        "context": {"page": {"url": "https://a.example"}},
    }

    watched = pipeline.process({**event, "context": {"userAgent": "uptime-check/1.0"}}, time())
    assert [
        (held.destination, held.filter, held.reason) for held in watched if isinstance(held, HeldBack)
    ] == [("shop", "monitors", "a monitor sent it"), ("other", "monitors", "a monitor sent it")]

    offered = {event_filter.name: event_filter for _, event_filter in plugins.event_filters()}
    assert list(offered) == ["monitors", "country", "consent"]
    bind = offered["country"].apply_for
    assert bind and bind(DestinationInfo(name="other", type="facebook")) is None
    add_country = bind(DestinationInfo(name="shop", type="facebook"))
    assert add_country and add_country({"type": "page"}) == {
        "type": "page",
        "traits": {"address": {"country": "AT"}},
    }


def test_the_suite(page: Callable[[str], list[Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    """The action for somebody else's platform passes it."""
    code = {block.heading: block.text for block in page(PAGE) if block.language == "python"}
    (action,) = (block.text for block in page(hook_page("capi_actions.md")) if block.language == "python")
    module, tests = ModuleType("acme_rent"), ModuleType("tests")
    exec(action, vars(module))
    monkeypatch.setitem(sys.modules, "acme_rent", module)
    exec(code["Test it"], vars(tests))
    suite = tests.TestConformance()

    checks = [check for name in dir(suite) if name.startswith("test_") and (check := getattr(suite, name))]
    for check in checks:
        check()
    assert len(checks) == 14


@pytest.mark.parametrize("hook", ["commands", "directives", "events", "normalizers", "report", "tables"])
def test_the_examples_of_hooks_pass_the_suite(page: Callable[[str], list[Any]], hook: str) -> None:
    """A person begins with them, and would take over what is wrong with them."""
    blocks = page(hook_page(f"capi_{hook}.md"))
    code = next(block.text for block in blocks if (block.heading, block.language) == ("Example", "python"))
    example = ModuleType("acme")
    exec(code, vars(example))

    class Suite(PluginConformance):
        plugin = example
        others = (capi_actions_facebook.plugin,)

    for name in dir(Suite):
        if name.startswith("test_") and (test := getattr(Suite(), name)) is not None:
            test()


def test_a_directive(load: Load) -> None:
    """In a mapping, with a value and without one."""
    mapping = {"who": {"@initials": {"@path": "$.traits.name"}}}
    resolve = compile_mapping(mapping, load("Example", hook_page("capi_directives.md")).directives)

    assert resolve({"traits": {"name": "Ada King"}}) == {"who": "AK"}
    assert resolve({"traits": {}}) == {}


def test_a_normalizer_in_place_of_another(load: Load) -> None:
    """Of one key; the others are the pixel's."""
    event = {
        "type": "page",
        "timestamp": time(),
        "context": {"traits": {"phone": "(415) 555-0132", "email": "A@b.example"}},
    }

    item = build_item(load("Example", hook_page("capi_normalizers.md")), "facebook.page_view", event)

    assert item["user_data"]["ph"] == sha256(b"14155550132").hexdigest()
    assert item["user_data"]["em"] == sha256(b"a@b.example").hexdigest()


def test_a_normalizer_without_a_normalized_text(load: Load) -> None:
    """The raw value is hashed, or nothing is, as the page says."""
    plugins = load("When there is nothing to normalize", hook_page("capi_normalizers.md"))
    strict, lenient = (plugins.hashers(profile)["ph"] for profile in ("strict", "lenient"))

    assert strict("0049151") == lenient("0049151") == sha256(b"0049151").hexdigest()
    assert (strict("call me"), lenient("call me")) == (None, sha256(b"call me").hexdigest())


def test_an_observer(load: Load, capsys: pytest.CaptureFixture[str]) -> None:
    """It prints what it is told."""
    ((_, make),) = load("Example", hook_page("capi_report.md")).observer_factories()

    make().observe(Report(destination="shop", items=3, judgement=Judgement(verdict=Verdict.DONE)))

    assert capsys.readouterr().out == "shop done 3\n"


def test_a_command(load: Load) -> None:
    """By its function's name."""
    assert (
        CliRunner().invoke(load("Example", hook_page("capi_commands.md")).commands["hello"]).output
        == "hello\n"
    )


def test_a_transport(load: Load, page: Callable[[str], list[Any]], tmp_path: Path) -> None:
    """Chosen with an option, it takes everything."""
    path = hook_page("capi_transports.md")
    (choice,) = (block.text for block in page(path) if block.language == "toml")
    plugins = load("Example", path)

    with Runtime.open(read_config(CONFIG + choice, plugins, tmp_path), plugins) as runtime:
        for user in "uvw":
            event = {"type": "page", "userId": user, "timestamp": time()}
            outcomes = runtime.pipeline.process(event, time())
            runtime.outbox.put([outcome for outcome in outcomes if isinstance(outcome, Item)])
            assert len(outcomes) == 1
        summary = runtime.deliverer.drain(deadline=time() + 60)

    assert (summary.requests, summary.delivered) == (1, 3)


def test_a_destination_type(load: Load) -> None:
    """Items become one request, with the token; what it means when the platform takes them, and when it doesn't."""
    settings = {"url": "https://acme.example", "token": Secret("t-1")}
    destination_type = load("Example", hook_page("capi_destinations.md")).destinations["acme"]
    account = destination_type(destination_type.settings_type(**settings))

    request = account.envelope(make_batch(b'{"id": 1}', b'{"id": 2}'))

    assert json.loads(request.body) == [{"id": 1}, {"id": 2}]
    assert request.headers["authorization"] == "Bearer t-1"
    statuses = {status: account.judge(Response(status=status, headers={}, body=b"")) for status in (200, 500)}
    assert (statuses[200].verdict, statuses[500].verdict) == (Verdict.DONE, Verdict.LATER)


def test_an_outbox(load: Load, page: Callable[[str], list[Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    """The one of the page about outboxes, chosen with an option."""
    (memory,) = (block for block in page("docs/how-to/outbox.md") if block.file == "memory_outbox.py")
    module = ModuleType("memory_outbox")
    exec(memory.text, vars(module))
    monkeypatch.setitem(sys.modules, "memory_outbox", module)
    path = hook_page("capi_outboxes.md")
    (choice,) = (block.text for block in page(path) if block.language == "toml")
    plugins = load("Example", path)

    with Runtime.open(read_config(CONFIG + choice, plugins), plugins) as runtime:
        runtime.outbox.put([])
        assert runtime.outbox.stats() == {}


def test_a_format_of_files(load: Load) -> None:
    """An object becomes an event; one without its number says what is missing."""
    convert = load("Example", hook_page("capi_inputs.md")).inputs["bookings"].convert

    (event,) = convert({"number": "B1", "created": "2026-11-30", "price": 5})
    assert (event["messageId"], event["properties"]["revenue"]) == ("booking-B1", 5)
    with pytest.raises(EventError, match="text as its number"):
        list(convert({}))


def test_a_table_of_a_plugin(
    load: Load, page: Callable[[str], list[Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command reads it, and does without it."""
    path = hook_page("capi_tables.md")
    (table,) = (block.text for block in page(path) if block.language == "toml")
    plugins = load("Example", path)
    monkeypatch.setattr(Plugins, "installed", lambda: plugins)
    monkeypatch.chdir(tmp_path)

    for text, title in [(CONFIG, "Report\n"), (CONFIG + table, "Orders\n")]:
        (tmp_path / "capi.toml").write_text(text, encoding="utf-8")
        assert CliRunner().invoke(plugins.commands["report"]).output == title


def test_the_cores_own_readme(load: Load) -> None:
    """Its plugin offers an action."""
    assert "acme.ping" in load("capi-actions", "core/README.md").actions


def steps(page: Callable[[str], list[Any]], heading: str) -> list[Any]:
    """Return the blocks under a heading."""
    return [block for block in page(PAGE) if block.heading == heading]


def test_one_file_is_enough_to_begin(page: Callable[[str], list[Any]], reader: Any) -> None:
    """Written beside the configuration, it works in that folder."""
    reader.follow(steps(page, "Begin with one file"))


def test_a_plugin_is_begun_and_changed(page: Callable[[str], list[Any]], author: Any) -> None:
    """What `capi new` writes passes its tests, and a change of it takes effect."""
    *blocks, shown = steps(page, "Begin a plugin")
    writing, trying, *others = blocks
    author.follow([writing, trying])
    assert " passed" in author.out
    author.follow(others)

    (item,), expected = (json.loads(line) for line in author.out.splitlines()), json.loads(shown.text)
    assert expected.pop("item").items() <= item["item"].items()
    assert expected == {key: value for key, value in item.items() if key != "item"}
    assert item["item"]["custom_data"] == {"renter": "AK", "value": 120, "currency": "EUR"}


def test_the_commands_about_installed_plugins_are_real(page: Callable[[str], list[Any]], capi: Any) -> None:
    """Each can be parsed; what they do is tested where nothing is installed for all."""
    shell, _ = steps(page, "Install and disable")
    for line in shell.text.splitlines():
        word = line.split()[1]
        assert capi(word, "--help").status == 0, line
