"""``capi plugins`` and ``capi actions``."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import click
from rich.table import Table

from capi_actions.cli.console import cell, stdout, table, write
from capi_actions.cli.options import json_option
from capi_actions.model import Action, Field
from capi_actions.plugins import Offer, Plugins, survey
from capi_actions.text import did_you_mean


def unused(offer: Offer) -> Iterator[str]:
    """Say what of a plugin's offers can't be used, to be called while a command of ``capi`` runs."""
    yield from offer.notes
    own = click.get_current_context().find_root().command
    for name in offer.hooks.get("capi_commands", ()):
        if isinstance(own, click.Group) and name in own.commands:
            yield f"the command {name!r} is left out: capi has one of this name; rename it"


_WIDEST_KEY = 40  # characters; longer keys fold
_ONE_NAME = re.compile(r"\{\{([\w.]+)\}\}")


@click.command()
@json_option
def plugins(as_json: bool) -> int:
    """Say who provides what; plugins that are refused are named, with the reason."""
    offers = survey()
    if as_json:
        for each in offers:
            record = {"name": each.name, "package": each.distribution, "hooks": each.hooks}
            write({**record, "error": each.error, "unused": list(unused(each))})
    else:
        stdout().print(_plugin_table(offers))
    return 2 if any(each.error for each in offers) else 0


def _plugin_table(offers: Iterable[Offer]) -> Table:
    made = table("Plugins", "plugin", "offers", "", wide="")
    for offer in offers:
        rows = [(cell("refused", style="red"), " ".join(offer.error.split()))] if offer.error else []
        rows += [(cell(hook.removeprefix("capi_")), ", ".join(names)) for hook, names in offer.hooks.items()]
        rows += [(cell("unused", style="yellow"), each) for each in unused(offer)]
        who = cell(offer.name, offer.distribution)
        for what, text in rows or [(cell(), "")]:
            made.add_row(who, what, cell(text))
            who = cell()
        made.add_section()
    return made


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
        made = table("Actions", "action", "prebuilt trigger", wide="prebuilt trigger", lines=True)
        for action in chosen:
            made.add_row(cell(action.name, action.title), cell(action.trigger or "none"))
        stdout().print(made)
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
        f" {' '.join(_what(spec, '`'))} |"
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
    head = (f"{action.name}: {action.title}", action.description, f"trigger: {action.trigger or 'none'}", "")
    console.print(cell(*head))
    made = table(
        "Fields", "field", "what it is, and what fills it", wide="what it is, and what fills it", lines=True
    )
    made.columns[0].max_width = _WIDEST_KEY
    for key, spec, default in flat_fields(action.fields):
        kind = f"{_type(spec)}, required" if spec.required is True else _type(spec)
        filled = [f"= {_default(default).strip('`')}"] if default is not None else []
        made.add_row(cell(key, kind), cell(*(_what(spec) or [""]), *filled))
    console.print(made)


def _what(spec: Field, quote: str = "") -> list[str]:
    """Say what a field is, and which values it takes; its label does where nothing describes it."""
    choices = ", ".join(f"{quote}{choice.value}{quote}" for choice in spec.choices if choice.listed)
    said = spec.description or (f"{spec.label}." if spec.label and choices else spec.label)
    return [part for part in (said, f"One of {choices}." if choices else "") if part]


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
    if isinstance(condition, dict) and set(condition) == {"blank", "else"}:
        return f"{_short(condition['else'])} unless {_short(condition['blank'])}"
    if isinstance(condition, dict) and "then" in condition and len({"exists", "blank"} & set(condition)) == 1:
        head, tail = condition.get("exists", condition.get("blank")), condition.get("else")
        then = _short(condition["then"])
        if ", else " in then:
            then = f"({then})"
        taken = then if _short(head) == then else f"{then} if {_short(head)}"
        rest = "" if tail is None else _short(tail)
        if not rest or rest.partition(", else ")[0] == taken:  # asked in two ways, said once
            return rest or taken
        return f"{taken}, else {rest}"
    if isinstance(mapping, dict) and (name := _ONE_NAME.fullmatch(str(mapping.get("@template")))):
        return f"$.{name[1]}"
    return json.dumps(mapping)
