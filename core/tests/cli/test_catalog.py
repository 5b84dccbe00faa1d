"""`capi plugins` and `capi actions`."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest

from capi_actions import Action, Choice, Condition, Field, Normalizer, Requirement, hookimpl
from capi_actions.cli.catalog import as_markdown

LONG = "a_plugin_with_a_name_that_is_longer_than_any_column_of_a_narrow_terminal_will_ever_be"


def words(text: str) -> str:
    """A table's words without its frame."""
    return " ".join(text.replace("│", " ").replace("┃", " ").split())


@pytest.mark.parametrize("command", [("actions",), ("eval", "mapping"), ("eval", "flow")])
def test_a_configuration_that_is_named_must_be_there(
    capi: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    """Also where only its table of plugins is read: a misspelt name would go unnoticed.  Unnamed, it may be missing."""
    monkeypatch.chdir(tmp_path)
    problem = "capi: there is no file none.toml; without --config, none is needed here\n"

    assert (2, "", problem) == capi(*command, "--config", "none.toml")
    assert 0 == capi(*command).status
    monkeypatch.setenv("CAPI_CONFIG", "none.toml")
    assert (2, "", problem) == capi(*command)


def test_plugins_are_listed_with_what_they_offer(capi: Any, only_acme: None) -> None:
    """Who, in which version, through which hook, by which names."""
    result = capi("plugins", "--json")
    core, acme = result.lines

    assert result.status == 0
    assert (core["name"], acme["name"], acme["package"]) == ("core", "acme", "acme-for-tests 1.0")
    assert acme["hooks"] == {
        "capi_destinations": ["acme"],
        "capi_actions": ["acme.page", "acme.ping"],
        "capi_normalizers": ["plain/em"],
    }
    assert (core["error"], acme["error"], acme["unused"]) == (None, None, [])
    table = words(capi("plugins").out)
    for part in ("acme-for-tests 1.0", "destinations acme", "acme.page, acme.ping", "transports urllib3"):
        assert part in table


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_tables_fold_and_cut_nothing(capi: Any, only_acme: None, install: Any, columns: int) -> None:
    """A plugin's author looks for a name; `fac…` is none."""
    action = Action(
        name=f"acme.{LONG}", title="T" * 90, description="D" * 200, trigger=f'event = "{LONG}"', build=dict,
        fields={LONG: Field(type="string", description="what " * 40, default={"@path": f"$.{LONG}"})},
    )  # fmt: skip
    install("acme2", capi_actions=[action])
    for arguments in (("plugins",), ("actions",), ("actions", action.name)):
        result = capi(*arguments, columns=columns)
        assert result.status == 0
        assert "…" not in result.out
        assert max(map(len, result.out.splitlines())) <= columns
        assert "longer" in result.out


def test_a_plugin_that_can_not_be_loaded_is_shown_beside_those_that_can(
    capi: Any, only_acme: None, install: Any
) -> None:
    """With the reason, the package to uninstall, and status 2; the others' offers are still listed."""
    install("acme2", capi_actions=5)
    result = capi("plugins", columns=120)
    good, acme, bad = capi("plugins", "--json").lines

    assert result.status == 2
    assert "acme2 refused capi_actions() must return a list, but returned int acme2 1.0" in words(result.out)
    assert [good["error"], acme["error"]] == [None, None]
    assert bad == {
        "name": "acme2",
        "package": "acme2 1.0",
        "description": "",
        "hooks": {},
        "offers": [],
        "replaces": [],
        "error": "capi_actions() must return a list, but returned int",
        "disabled_by": None,
        "unused": [],
        "unconfigured": None,
    }


def test_both_plugins_of_a_clash_are_marked(capi: Any, only_acme: None, install: Any) -> None:
    """And what they offer stays in sight: either may be the one to uninstall."""
    action = Action(name="acme.ping", title="", description="", trigger=None, fields={}, build=dict)
    install("acme2", capi_actions=[action])
    result = capi("plugins")
    good, acme, bad = capi("plugins", "--json").lines
    why = (
        "capi_actions(): 'acme.ping' of 'acme' (acme-for-tests 1.0) is also offered by 'acme2' (acme2 1.0);"
        " rename it there, or uninstall that"
    )

    assert result.status == 2
    assert "acme refused" in words(result.out)
    assert "acme2 refused" in words(result.out)
    assert [good["error"], acme["error"]] == [None, why]
    assert bad == {
        "name": "acme2",
        "package": "acme2 1.0",
        "description": "",
        "hooks": {"capi_actions": ["acme.ping"]},
        "offers": [{"hook": "capi_actions", "name": "acme.ping", "description": ""}],
        "replaces": [],
        "error": why,
        "disabled_by": None,
        "unused": [],
        "unconfigured": None,
    }
    assert capi("actions").err == f"capi: plugin 'acme2': {why}\n"


def test_a_reason_of_several_lines_is_one_line_in_the_table(capi: Any, only_acme: None, install: Any) -> None:
    """Exceptions of plugins have any text."""
    install("acme2", capi_actions=5)
    del sys.modules["acme2_for_tests"]
    result = capi("plugins")
    assert "ModuleNotFoundError: No module named 'acme2_for_tests'" in words(result.out)

    sys.modules["acme2_for_tests"] = SimpleNamespace(capi_actions=hookimpl(several_lines))  # type: ignore[assignment]
    assert "failed with ValueError: one two" in words(capi("plugins", columns=120).out)


def several_lines() -> None:
    """Fail."""
    raise ValueError("one\n\ttwo")


def test_what_can_not_be_used_is_shown(capi: Any, config: Any, only_acme: None, install: Any) -> None:
    """An action for a destination type that nobody offers, a command that capi has itself."""
    action = Action(name="acne.ping", title="", description="", trigger=None, fields={}, build=dict)
    install("odd", capi_actions=[action], capi_commands=[click.Command("eval")])
    *_, odd = capi("plugins", "--json").lines
    table, checked = capi("plugins"), capi("check", "-c", str(config))

    assert (table.status, checked.status) == (0, 0)
    assert odd["error"] is None
    assert odd["unused"] == [
        "the action 'acne.ping' can't be used: no plugin offers the destination type 'acne';"
        " did you mean 'acme'?",
        "the command 'eval' is ignored: capi has a command of this name; rename it",
    ]
    for sentence in odd["unused"]:
        assert f"warning: plugin 'odd': {sentence}\n" in checked.out
    assert "unused the action 'acne.ping' can't be used" in words(table.out)


def test_a_refused_plugin_stops_what_needs_plugins(capi: Any, config: Any, install: Any) -> None:
    """It is named; half of a company's mappings would be worse than none.  The core's help still works."""
    install("acme2", capi_actions=5)

    for arguments in (("preview", "-c", str(config)), ("eval", "mapping"), ("actions",)):
        result = capi(*arguments, lines=[{}])
        assert (result.status, result.out) == (2, "")
        assert result.err.startswith(
            "capi: plugin 'acme2' (acme2 1.0): capi_actions() must return a list, but returned int\n"
        )
    checked = capi("check", "-c", str(config), "--json")
    assert checked.status == 2
    assert checked.lines == [
        {
            "severity": "error",
            "path": "plugin 'acme2' (acme2 1.0)",
            "message": "capi_actions() must return a list, but returned int",
            "code": None,
        }
    ]
    helped = capi("--help")
    assert helped.status == 0
    assert "preview" in helped.out
    assert "plugin 'acme2'" in helped.err


def test_an_action_is_shown_with_trigger_fields_and_defaults(capi: Any, only_acme: None) -> None:
    """In three forms: for people, for machines and for the docs."""
    shown = words(capi("actions", "acme.ping").out)
    (record,) = capi("actions", "acme.ping", "--json").lines
    page = capi("actions", "acme.ping", "--markdown").out

    assert 'trigger: type = "track"' in shown
    assert "name Event name string, required" in shown
    assert "email Email string, hashed = $.email" in shown
    assert record["name"] == "acme.ping"
    assert record["mapping"]["email"] == {"@path": "$.email"}
    assert record["fields"]["email"]["hashed"] == "em"
    assert "| `email` | string, hashed |  | `$.email` | Email |" in page
    assert 'Prebuilt trigger: `type = "track"`' in page


def test_all_actions_are_listed(capi: Any, only_acme: None) -> None:
    """Those without a prebuilt trigger say so."""
    assert "acme.page none Page" in words(capi("actions").out)
    assert [line["name"] for line in capi("actions", "--json").lines] == ["acme.ping", "acme.page"]
    assert "No prebuilt trigger: give it one." in capi("actions", "--markdown").out


def test_fields_that_most_actions_share_are_described_once() -> None:
    """A page of nineteen actions would say everything nineteen times; what differs stands with its action."""
    email, size = Field(type="string", label="Email"), Field(type="integer", label="Size")
    page = as_markdown(
        [
            Action(name=name, title="", description="", trigger=None, fields=fields, build=dict)
            for name, fields in {
                "a.one": {"email": email, "size": size},
                "a.two": {"email": email},
                "a.three": {"email": Field(type="text", label="Email")},
                "a.four": {"email": email, "tag": size},
                "a.five": {"size": size},
            }.items()
        ]
    )
    common, *sections = page.split("\n## a.")

    assert common.startswith("## Common fields\n")
    assert [common.count("`email`"), common.count("`size`")] == [1, 0]
    assert [section.count("| `email` |") for section in sections] == [0, 0, 1, 0, 0]
    assert "| `size` | integer |" in sections[0]
    assert sections[4].endswith("Of the common fields, it lacks `email`.")


def test_an_unknown_action_is_a_usage_error_with_a_hint(capi: Any, only_acme: None) -> None:
    """The closest name."""
    result = capi("actions", "acme.pnig")

    assert result.status == 2
    assert "there is no action 'acme.pnig'; did you mean 'acme.ping'?" in result.err


def test_fields_inside_fields_and_choices_between_paths_are_written_out() -> None:
    """As the docs have them: dotted keys, `a, else b`; anything else as JSON."""

    def path(text: str) -> dict[str, str]:
        return {"@path": text}

    def either(condition: Any, then: Any, *otherwise: Any) -> dict[str, Any]:
        return {"@if": {"exists": condition, "then": then, **({"else": otherwise[0]} if otherwise else {})}}

    a, b = path("$.a"), path("$.b")
    fields = {
        "user": Field(type="object", properties={"tags": Field(type="string", multiple=True, hashed="em")}),
        "first": Field(type="string", default=either(a, a, b)),
        "nested": Field(type="string", default=either(a, either(b, 1, 2), 3)),
        "twice": Field(type="number", default=either(a, a, either({"@template": "{{a}}"}, a, b))),
        "unless": Field(type="string", default={"@if": {"blank": a, "else": b}}),
        "maybe": Field(type="string", default=either(a, 1)),
        "json": Field(type="object", default={"@if": {"true": a, "then": 1}, "x": 2}),
        "chosen": Field(
            type="integer",
            choices=(Choice(1),),
            required=Requirement(conditions=(Condition(field_key="maybe", operator="is", value=1),)),
        ),
    }
    page = as_markdown(
        [Action(name="a.b", title="", description="", trigger=None, fields=fields, build=dict)]
    )

    assert "| `user.tags` | list of string, hashed |  |  |" in page
    assert page.count("| `$.a, else $.b` |") == 2
    assert "`(1 if $.b, else 2) if $.a, else 3`" in page
    assert "`1 if $.a`" in page
    assert "`$.b unless $.a`" in page
    assert '`{"@if": {"true": {"@path": "$.a"}, "then": 1}, "x": 2}`' in page
    assert "| `chosen` | integer |  |" in page


def test_a_field_says_what_it_is_and_which_values_it_takes(capi: Any, only_acme: None, install: Any) -> None:
    """Its label where nothing describes it; choices that aren't listed stay out of sight."""
    fields = {
        "how": Field(
            type="string",
            label="Way",
            description="How it was paid.",
            choices=(Choice("card"), Choice("cash", label="Coins"), Choice("CARD", listed=False)),
        ),
        "state": Field(type="integer", label="State", choices=(Choice(0), Choice(1))),
        "silent": Field(type="string"),
    }
    action = Action(name="acme.paid", title="", description="", trigger=None, fields=fields, build=dict)
    install("acme2", capi_actions=[action])
    shown, page = words(capi("actions", "acme.paid").out), capi("actions", "acme.paid", "--markdown").out

    for line in ("how How it was paid. string One of card, cash.", "state State. integer One of 0, 1."):
        assert line in shown
    assert "| `how` | string |  |  | How it was paid. One of `card`, `cash`. |" in page
    assert "| `state` | integer |  |  | State. One of `0`, `1`. |" in page
    assert "| `silent` | string |  |  |  |" in page


def test_normalizers_are_listed_by_profile_and_key(capi: Any, only_acme: None, install: Any) -> None:
    """As that is what a replacement names."""
    install(
        "loud", capi_normalizers=[Normalizer(profile="loud", key="em", normalize=str.upper, otherwise="raw")]
    )

    assert "loud/em" in capi("plugins").out
