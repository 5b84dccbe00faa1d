"""``capi actions``: what each action takes."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from capi_actions.cli.console import echo
from capi_actions.cli.options import config_option, json_option
from capi_actions.cli.tables import cell, print_table, stdout, table
from capi_actions.jsonl import write_line
from capi_actions.model import Action, Field
from capi_actions.plugins import Plugins, Selection
from capi_actions.text import did_you_mean

_MAX_KEY_WIDTH = 40  # characters; longer keys fold
_PLACEHOLDER = re.compile(r"\{\{([\w.]+)\}\}")


@click.command()
@click.argument("name", required=False)
@config_option(must_exist=True)
@json_option
@click.option("--markdown", is_flag=True, help="Print Markdown, as in the docs.")
def actions(name: str | None, config_path: Path, as_json: bool, markdown: bool) -> int:
    """List actions, or show the fields of one.

    With NAME: that action's trigger, fields and prebuilt mapping.  Of the configuration, only [plugins] is read.
    """
    if as_json and markdown:
        raise click.UsageError("--json and --markdown contradict each other")
    known = Plugins.installed(Selection.read(config_path)).actions
    if name is not None and name not in known:
        raise click.UsageError(f"there is no action {name!r}{did_you_mean(name, known)}")
    selected = [known[name]] if name else list(known.values())
    if as_json:
        for action in selected:
            write_line(describe(action))
    elif markdown:
        echo(as_markdown(selected))
    elif name is None:
        print_table(stdout(), _action_table(selected), "No plugin offers actions.")
    else:
        _print_action(selected[0])
    return 0


def describe(action: Action) -> dict[str, Any]:
    """Return an action as a JSON object."""
    return {
        "name": action.name,
        "title": action.title,
        "description": action.description,
        "trigger": action.trigger,
        "fields": {
            key: {
                "label": spec.label,
                "type": spec.type,
                "multiple": spec.multiple,
                "required": spec.required is True,
                "hashed": spec.hashed,
                "choices": [choice.value for choice in spec.choices],
                "default": default,
                "description": spec.description,
            }
            for key, spec, default in flat_fields(action.fields)
        },
        "mapping": action.mapping,
    }


def as_markdown(actions: Sequence[Action]) -> str:
    """Return actions as sections of the docs, with the fields that most of them share in a section before them."""
    tables = [_field_rows(action) for action in actions]
    counts = Counter(row for table in tables for row in table.items())
    common = {
        key: row for (key, row), count in counts.items() if len(actions) > 1 and count * 2 > len(actions)
    }
    sections = [_common_section(common)] if common else []
    sections += [_section(action, table, common) for action, table in zip(actions, tables, strict=True)]
    return "\n\n".join(sections)


_HEAD = "| field | type | required | by default | what it is |\n| --- | --- | --- | --- | --- |"


def _field_rows(action: Action) -> dict[str, str]:
    return {
        key: f"| `{key}` | {_type_name(spec)} | {'yes' if spec.required is True else ''} |"
        f" {f'`{summarize_mapping(default)}`' if default is not None else ''} |"
        f" {' '.join(_description(spec, '`'))} |"
        for key, spec, default in flat_fields(action.fields)
    }


def _common_section(common: Mapping[str, str]) -> str:
    text = "An action has these fields too, as they stand here, unless its section says otherwise."
    return "\n".join(["## Common fields", "", text, "", _HEAD, *common.values()])


def _section(action: Action, table: Mapping[str, str], common: Mapping[str, str]) -> str:
    trigger = (
        f"Prebuilt trigger: `{action.trigger}`" if action.trigger else "No prebuilt trigger: give it one."
    )
    lines = [f"## {action.name}", "", f"**{action.title}.** {action.description}", "", trigger]
    own = [row for key, row in table.items() if common.get(key) != row]
    if own:
        lines += ["", _HEAD, *own]
    if lacking := [f"`{key}`" for key in common if key not in table]:
        lines += ["", f"Of the common fields, it lacks {', '.join(lacking)}."]
    return "\n".join(lines)


def flat_fields(fields: Mapping[str, Field], prefix: str = "") -> Iterator[tuple[str, Field, Any]]:
    """Return fields and the fields inside them: dotted key, field, default mapping."""
    for key, spec in fields.items():
        yield prefix + key, spec, spec.default
        if spec.properties:
            yield from flat_fields(spec.properties, f"{prefix}{key}.")


def summarize_mapping(mapping: Any) -> str:
    """Return a mapping in short: a path as a path, a choice between paths as ``a, else b``, the rest as JSON."""
    if not isinstance(mapping, dict) or len(mapping) != 1:
        return json.dumps(mapping)
    ((directive, argument),) = mapping.items()
    if directive == "@path":
        return str(argument)
    if directive == "@template" and (placeholder := _PLACEHOLDER.fullmatch(str(argument))):
        return f"$.{placeholder[1]}"
    summary = _summarize_condition(argument) if directive == "@if" and isinstance(argument, dict) else None
    return json.dumps(mapping) if summary is None else summary


def _summarize_condition(condition: Mapping[str, Any]) -> str | None:
    """Return the argument of ``@if`` in short, or None for a form that is better shown as JSON."""
    if condition.keys() == {"blank", "else"}:
        return f"{summarize_mapping(condition['else'])} unless {summarize_mapping(condition['blank'])}"
    operands = [condition[key] for key in ("exists", "blank") if key in condition]
    if "then" not in condition or len(operands) != 1:
        return None
    operand, result = summarize_mapping(operands[0]), summarize_mapping(condition["then"])
    if ", else " in result:
        result = f"({result})"
    if result != operand:
        result = f"{result} if {operand}"
    default = condition.get("else")
    if default is None:
        return result
    fallback = summarize_mapping(default)
    # A prebuilt mapping may test the same value in two ways: `a, else a, else b` is `a, else b`.
    return fallback if fallback.partition(", else ")[0] == result else f"{result}, else {fallback}"


def _action_table(actions: Iterable[Action]) -> Table:
    view = table("Actions", "action", "prebuilt trigger", wide="prebuilt trigger", lines=True)
    for action in actions:
        view.add_row(cell(action.name, action.title), cell(action.trigger or "none"))
    return view


def _print_action(action: Action) -> None:
    console = stdout()
    head = (f"{action.name}: {action.title}", action.description, f"trigger: {action.trigger or 'none'}", "")
    console.print(cell(*head))
    view = table("Fields", "field", "description and default", wide="description and default", lines=True)
    view.columns[0].max_width = _MAX_KEY_WIDTH
    for key, spec, default in flat_fields(action.fields):
        type_name = f"{_type_name(spec)}, required" if spec.required is True else _type_name(spec)
        source = [f"= {summarize_mapping(default)}"] if default is not None else []
        view.add_row(cell(key, type_name), cell(*(_description(spec) or [""]), *source))
    print_table(console, view, "It has no fields.")


def _description(spec: Field, quote: str = "") -> list[str]:
    """Return sentences: the field's description, or else its label, and the values to choose from."""
    choices = ", ".join(f"{quote}{choice.value}{quote}" for choice in spec.choices if choice.listed)
    meaning = spec.description or (f"{spec.label}." if spec.label and choices else spec.label)
    return [part for part in (meaning, f"One of {choices}." if choices else "") if part]


def _type_name(spec: Field) -> str:
    name = f"list of {spec.type}" if spec.multiple else spec.type
    return f"{name}, hashed" if spec.hashed else name
