"""``capi plugins`` and ``capi actions``."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import click
from rich.table import Table

from capi_actions.cli.lines import write
from capi_actions.cli.options import json_option, stdout
from capi_actions.config.structure import did_you_mean
from capi_actions.errors import PluginError
from capi_actions.loading import Candidate, installed_candidates
from capi_actions.model import Action, Field
from capi_actions.plugins import Plugins


@click.command()
@json_option
def plugins(as_json: bool) -> int:
    """Say who provides what; plugins that can't be loaded are named, with the reason."""
    try:
        offers = list(Plugins.installed().offers())
        refused: list[PluginError] = []
    except PluginError:
        offers, refused = _one_by_one()
    table = Table("plugin", "package", "hook", "offers", title="Plugins")
    for offer in offers:
        if as_json:
            write({"name": offer.name, "package": offer.distribution, "hooks": offer.hooks, "error": None})
        for hook, names in offer.hooks.items():
            table.add_row(offer.name, offer.distribution, hook, ", ".join(names))
    for error in refused:
        if as_json:
            write({"name": error.plugin, "package": None, "hooks": {}, "error": error.problem})
        table.add_row(error.plugin, "", "[red]refused[/red]", error.problem)
    if not as_json:
        stdout().print(table)
    return 2 if refused else 0


def _one_by_one() -> tuple[list[Any], list[PluginError]]:
    """Load what can be loaded, to show it beside what can't."""
    good: list[Candidate] = []
    refused: list[PluginError] = []
    for candidate in installed_candidates():
        try:
            Plugins(candidates=[*good, candidate])
        except PluginError as error:
            refused.append(error)
        else:
            good.append(candidate)
    return list(Plugins(candidates=good).offers()), refused


@click.command()
@click.argument("name", required=False)
@json_option
@click.option("--markdown", is_flag=True, help="Print Markdown, as in the docs.")
def actions(name: str | None, as_json: bool, markdown: bool) -> int:
    """List actions, or show one action's trigger, fields and prebuilt mapping."""
    known = Plugins.installed().actions
    if name is not None and name not in known:
        raise click.UsageError(f"there is no action {name!r}{did_you_mean(name, known)}")
    chosen = [known[name]] if name else list(known.values())
    if as_json:
        for action in chosen:
            write(describe(action))
    elif markdown:
        click.echo("\n\n".join(as_markdown(action) for action in chosen))
    elif name is None:
        table = Table("action", "title", "prebuilt trigger", title="Actions")
        for action in chosen:
            table.add_row(action.name, action.title, action.trigger or "[dim]none[/dim]")
        stdout().print(table)
    else:
        _print(chosen[0])
    return 0


def describe(action: Action) -> dict[str, Any]:
    """Describe an action for machines."""
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


def as_markdown(action: Action) -> str:
    """Describe an action for the docs."""
    trigger = (
        f"Prebuilt trigger: `{action.trigger}`" if action.trigger else "No prebuilt trigger: give it one."
    )
    rows = [
        f"| `{key}` | {_type(spec)} | {'yes' if spec.required is True else ''} | {_default(default)} |"
        f" {spec.description} |"
        for key, spec, default in flat_fields(action.fields)
    ]
    head = "| field | type | required | by default | what it is |\n| --- | --- | --- | --- | --- |"
    return (
        f"## {action.name}\n\n**{action.title}.** {action.description}\n\n{trigger}\n\n{head}\n"
        + "\n".join(rows)
    )


def flat_fields(fields: Mapping[str, Field], prefix: str = "") -> Iterator[tuple[str, Field, Any]]:
    """Walk fields and the fields inside them, with dotted keys."""
    for key, spec in fields.items():
        yield prefix + key, spec, spec.default
        if spec.properties:
            yield from flat_fields(spec.properties, f"{prefix}{key}.")


def _print(action: Action) -> None:
    console = stdout()
    console.print(f"[bold]{action.name}[/bold]  {action.title}\n{action.description}")
    console.print(f"trigger: {action.trigger or 'none'}\n", markup=False)
    table = Table("field", "type", "required", "by default", "what it is")
    for key, spec, default in flat_fields(action.fields):
        required = "yes" if spec.required is True else ""
        table.add_row(key, _type(spec), required, _default(default).strip("`"), spec.description)
    console.print(table)


def _type(spec: Field) -> str:
    kind = f"list of {spec.type}" if spec.multiple else spec.type
    return f"{kind}, hashed" if spec.hashed else kind


def _default(default: Any) -> str:
    """Write a mapping shortly: a path as a path, a choice between paths as ``a, else b``."""
    if default is None:
        return ""
    return f"`{_short(default)}`"


def _short(mapping: Any) -> str:
    if isinstance(mapping, dict) and set(mapping) == {"@path"}:
        return str(mapping["@path"])
    condition = mapping.get("@if") if isinstance(mapping, dict) and len(mapping) == 1 else None
    if isinstance(condition, dict) and "then" in condition and len({"exists", "blank"} & set(condition)) == 1:
        head, tail = condition.get("exists", condition.get("blank")), condition.get("else")
        then = _short(condition["then"])
        taken = then if head == condition["then"] else f"{then} if {_short(head)}"
        return taken if tail is None else f"{taken}, else {_short(tail)}"
    return json.dumps(mapping)
