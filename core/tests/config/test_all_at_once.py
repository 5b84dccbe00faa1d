"""Every mistake of a configuration is reported, whatever else is wrong with it, and nothing that isn't one."""

import os
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from capi_actions import Destination, Plugins, Problem, builtin, hookimpl
from capi_actions.config import check_outbox_file, read_config
from capi_actions.errors import Diagnostics, Severity
from capi_actions.pipeline import check_mappings

FINE: dict[str, Any] = {
    "destinations": {
        "main": {
            "type": "acme",
            "account": "a",
            "token": {"env": "ACME_TOKEN"},
            "mappings": [
                {"action": "acme.ping", "trigger": 'type = "track"', "mapping": {"tag": "t"}},
                {"action": "acme.page", "trigger": 'type = "page"', "mapping": {}},
                {"action": "acme.ping", "mapping": {"tag": "u"}},
                {"action": "acme.ping", "mapping": {"tag": "v"}},
            ],
        },
        "other": {"type": "acme", "account": "b", "token": {"env": "ACME_TOKEN"}},
        "third": {
            "type": "acme",
            "account": "c",
            "token": {"env": "ACME_TOKEN"},
            "mappings": [{"action": "acme.ping", "trigger": 'type = "track"', "mapping": {}}],
        },
    },
    "outbox": {"type": "sqlite", "path": "x.sqlite3"},
    "transport": {"type": "urllib3"},
    "delivery": {"workers": 1},
}


class Mistake(NamedTuple):
    """A mistake that can be made beside all others.

    :ivar table: the way to the table that it is made in.
    :ivar key: the key that it puts there.
    :ivar value: what it puts there; None deletes the key.
    :ivar severity: as what it should be reported.
    :ivar path: where.
    :ivar message: a part of the message.
    """

    table: tuple[str | int, ...]
    key: str
    value: Any
    severity: Severity
    path: str
    message: str


MAIN, OTHER, THIRD = (("destinations", name) for name in ("main", "other", "third"))
FIRST, SECOND, LOST, TWIN = ((*MAIN, "mappings", index) for index in range(4))
AT = "$.destinations.main"

MAPPED: list[tuple[str, Any, Severity, str, str]] = [
    ("id", {"@pth": "$.x"}, "error", "id", "did you mean @path?"),
    ("email", {"@template": 5}, "error", "email.@template", "should be a string"),
    ("tag", date(2026, 11, 23), "error", "tag", "should be a mapping directive or a JSON value"),
    ("nmae", "x", "warning", "nmae", "did you mean 'name'?"),
    ("time", "soon", "error", "time", "must be an integer"),
    ("name", "", "error", "name", "nothing is mapped to it"),
    ("__segment_internal_sync_mode", "x", "error", "__segment_internal_sync_mode", "Sync mode x"),
    ("platform", "x", "warning", "platform", "no such field"),
]
MISTAKES = [
    Mistake((), "colour", {}, "error", "$", "'colour' isn't known here"),
    # settings
    Mistake(MAIN, "size", "big", "error", f"{AT}.size", "should be a whole number"),
    Mistake(MAIN, "acount", "a", "error", AT, "did you mean 'account'?"),
    Mistake(MAIN, "normalization", "plian", "error", f"{AT}.normalization", "no normalization profile"),
    Mistake(MAIN, "loud", True, "warning", f"{AT}.loud", "is loud"),
    Mistake(MAIN, "token", "sesame", "warning", f"{AT}.token", "is written in the file"),
    Mistake(OTHER, "account", None, "error", "$.destinations.other.account", "is missing"),
    Mistake(OTHER, "token", {"env": "NOT_SET"}, "error", "$.destinations.other.token", "isn't set"),
    Mistake(OTHER, "loud", True, "warning", "$.destinations.other.loud", "is loud"),
    Mistake(OTHER, "mappings", [], "warning", "$.destinations.other.mappings", "receives no events"),
    Mistake(THIRD, "type", "acne", "error", "$.destinations.third.type", "did you mean 'acme'?"),
    Mistake(
        (*THIRD, "mappings", 0, "mapping"),
        "tag",
        {"@pth": "$.x"},
        "error",
        "$.destinations.third.mappings[0].mapping.tag",
        "invalid directive: @pth",
    ),
    Mistake(
        (*THIRD, "mappings", 0),
        "trigger",
        "x = 1 and x = 2",
        "warning",
        "$.destinations.third.mappings[0].trigger",
        "never matches",
    ),
    # mappings
    Mistake(FIRST, "triger", "x", "error", f"{AT}.mappings[0]", "did you mean 'trigger'?"),
    Mistake(
        FIRST,
        "trigger",
        "x = 1 and x = 2",
        "warning",
        f"{AT}.mappings[0].trigger",
        "this trigger never matches",
    ),
    Mistake(SECOND, "enabled", "yes", "error", f"{AT}.mappings[1].enabled", "should be true or false"),
    Mistake(SECOND, "trigger", "type =", "error", f"{AT}.mappings[1].trigger", "expected"),
    Mistake(LOST, "action", "acme.pnig", "error", f"{AT}.mappings[2].action", "did you mean 'acme.ping'?"),
    Mistake(LOST, "trigger", "type =", "error", f"{AT}.mappings[2].trigger", "expected"),
    Mistake(
        TWIN,
        "mapping",
        {"tag": "t", "id": {"@liquid": "{{ event | upcaes }}"}},
        "warning",
        f"{AT}.mappings[3].mapping.id.@liquid",
        "did you mean 'upcase'?",
    ),
    # fields
    *(
        Mistake((*FIRST, "mapping"), key, value, severity, f"{AT}.mappings[0].mapping.{place}", message)
        for key, value, severity, place, message in MAPPED
    ),
    Mistake(
        (*SECOND, "mapping"),
        "time",
        {"@pth": 1},
        "error",
        f"{AT}.mappings[1].mapping.time",
        "did you mean @path?",
    ),
    Mistake(
        (*LOST, "mapping"), "id", {"@pth": 1}, "error", f"{AT}.mappings[2].mapping.id", "did you mean @path?"
    ),
    # everything else
    Mistake(("outbox",), "pth", "x", "error", "$.outbox", "did you mean 'path'?"),
    Mistake(("outbox",), "path", ".", "error", "$.outbox.path", "is a folder"),
    Mistake(("outbox",), "busy_seconds", "long", "error", "$.outbox.busy_seconds", "should be a number"),
    Mistake(
        ("transport",), "connections", "few", "error", "$.transport.connections", "should be a whole number"
    ),
    Mistake(("transport",), "ca_file", "none.pem", "error", "$.transport.ca_file", "can't be read"),
    Mistake(("delivery",), "workers", 0, "error", "$.delivery.workers", "should be from 1 to 1,000"),
    Mistake(
        ("delivery",), "keep_dead_days", "x", "error", "$.delivery.keep_dead_days", "should be a whole number"
    ),
]


@pytest.fixture(scope="module")
def installed(plugins: Plugins) -> Iterator[Plugins]:
    """The small platform, with a warning of its own about mappings; and its token in the environment."""

    def lint_mapping(self: Destination, action: str, mapping: dict[str, Any]) -> Iterator[Problem]:
        if "platform" in mapping:
            yield Problem("is refused by the platform", "$.platform", 7)

    kind = type("Strict", (plugins.destinations["acme"],), {"lint_mapping": lint_mapping})
    hooks = {
        "capi_destinations": [kind],
        "capi_actions": list(plugins.actions.values()),
        "capi_normalizers": list(plugins._normalizers.values()),
    }
    implemented = {hook: hookimpl(lambda offered=offered: offered) for hook, offered in hooks.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ACME_TOKEN", "sesame")
        patch.delenv("NOT_SET", raising=False)
        yield Plugins(builtin, SimpleNamespace(__name__="strict", **implemented))


def report(text: str, plugins: Plugins, folder: Path) -> list[Problem]:
    config = read_config(text, plugins, folder, strict=False)
    diagnostics = Diagnostics(config.problems)
    check_mappings(config, plugins, diagnostics)
    check_outbox_file(config, diagnostics)
    return list(diagnostics)


@settings(deadline=None)  # the first template imports the parser
@example(set(range(len(MISTAKES))))
@given(st.sets(st.sampled_from(range(len(MISTAKES)))))
def test_no_mistake_hides_another(
    installed: Plugins, toml: Callable[[dict[str, Any]], str], numbers: set[int]
) -> None:
    """Whoever corrects all that is reported is done, and needn't run the check once more."""
    made: dict[tuple[Any, ...], Mistake] = {}
    config = deepcopy(FINE)
    for number in sorted(numbers):
        mistake = MISTAKES[number]
        table: Any = config
        for key in mistake.table:
            table = table[key]
        if mistake.value is None:
            del table[mistake.key]
        else:
            table[mistake.key] = mistake.value
        made[*mistake.table, mistake.key] = mistake
    problems = report(toml(config), installed, Path(os.devnull).parent)

    assert len(made) == len(numbers)
    for mistake in made.values():
        assert any(
            (mistake.severity, mistake.path) == (problem.severity, problem.path)
            and mistake.message in problem.message
            for problem in problems
        ), mistake
    expected = [(mistake.severity, mistake.path) for mistake in made.values()]
    if any(mistake.key == "platform" for mistake in made.values()):
        expected.append(("error", f"{AT}.mappings[0].mapping.platform"))
    assert sorted(expected) == sorted((problem.severity, problem.path) for problem in problems)
