"""The public API is what tests/repo/public_api.txt lists: a change of it is a decision, never an accident.

`python tests/repo/test_public_api.py --update` writes the list; docs/reference/stability.md has the rules.
"""

import enum
import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_type_hints

import attrs

import capi_actions
import capi_actions.testing
import capi_actions_facebook
from capi_actions import hookspecs
from capi_actions.plugins import HOOKS

LISTING = Path(__file__).parent / "public_api.txt"
MODULES = (capi_actions, capi_actions.testing, capi_actions_facebook)


def rendered() -> str:
    """Return the listing: hooks, then names by module, with attributes, parameters and their annotations."""
    lines = [f"hook {name}{signature(getattr(hookspecs, name))}" for name in HOOKS]
    for module in MODULES:
        lines += ["", *names_of(module)]
    return "\n".join(lines) + "\n"


def names_of(module: ModuleType) -> Iterator[str]:
    """Yield the lines of a module's public names."""
    for name in sorted(module.__all__):
        value = getattr(module, name)
        path = f"{module.__name__}.{name}"
        if inspect.isclass(value):
            yield f"class {path}({', '.join(base.__name__ for base in value.__bases__)})"
            yield from (f"    {line}" for line in members_of(value))
        elif inspect.isfunction(value):
            yield f"def {path}{signature(value)}"
        else:
            yield f"{path}: {type(value).__name__}"


def members_of(cls: type) -> Iterator[str]:
    """Yield the lines of a class: what is public in it, inherited members left out."""
    if issubclass(cls, enum.Enum):
        yield from (f"{member.name} = {member.value!r}" for member in cls)
    if attrs.has(cls):
        for attribute in attrs.fields(cls):
            default = "" if attribute.default is attrs.NOTHING else " = …"
            yield f"{attribute.name}: {annotation(attribute.type)}{default}"
    elif issubclass(cls, tuple):
        yield from (f"{field}: field" for field in getattr(cls, "_fields", ()))
    for name, member in sorted(vars(cls).items()):
        if name.startswith("_"):
            continue
        if isinstance(member, property):
            yield f"{name}: property"
        elif isinstance(member, classmethod | staticmethod):
            yield f"{type(member).__name__} {name}{signature(member.__func__)}"
        elif inspect.isfunction(member):
            prefix = "async def" if inspect.iscoroutinefunction(member) else "def"
            yield f"{prefix} {name}{signature(member)}"


def signature(function: Any) -> str:
    """Return a function's parameters without values of defaults, which may differ by machine, and its result."""
    parsed = inspect.signature(function)
    parameters = [
        parameter.replace(
            annotation=(
                parameter.empty
                if parameter.annotation is parameter.empty
                else Annotation(parameter.annotation)
            ),
            default=parameter.default if parameter.default is parameter.empty else Ellipsis,
        )
        for parameter in parsed.parameters.values()
    ]
    returns = Annotation(parsed.return_annotation)
    return str(parsed.replace(parameters=parameters, return_annotation=returns)).replace("Ellipsis", "…")


class Annotation:
    """An annotation that shows the same text on every Python."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def __repr__(self) -> str:
        return annotation(self._value)


def annotation(value: Any) -> str:
    """Return an annotation's text without the modules of names, which are private."""
    text = value if isinstance(value, str) else inspect.formatannotation(value)
    return re.sub(r"\b(?:\w+\.)+(?=\w)", "", text)


def test_the_public_api_is_the_one_that_is_listed() -> None:
    """If this fails on purpose, run this file with --update, look at the difference, and write it in the changelog."""
    assert LISTING.read_text(encoding="utf-8") == rendered()


def test_every_type_that_a_public_name_mentions_is_public() -> None:
    """Who gets an object of a type, or must pass one, can name it: it keeps as stable as what mentions it."""
    public = {id(getattr(module, name)) for module in MODULES for name in module.__all__}
    mentions = [
        f"{path}: {kind.__name__}"
        for path, hints in _public_hints()
        for kind in _types_within(hints)
        if kind.__module__.partition(".")[0].startswith("capi_actions") and id(kind) not in public
    ]

    assert sorted(PRIVATE_PARAMETERS) == sorted(mentions)


PRIVATE_PARAMETERS: Mapping[str, str] = {
    "capi_actions.Client.__init__: Runtime": "Client.from_config() makes a client",
    "capi_actions.CsvOptions.check: Diagnostics": "the reader of the configuration calls it",
}
"""Parameters that nobody else can pass, with the reason; docs/reference/stability.md says that they are private."""


def _public_hints() -> Iterator[tuple[str, Any]]:
    """Yield what annotates functions, methods and attributes, each with the place."""
    for name in HOOKS:
        yield name, get_type_hints(getattr(hookspecs, name))
    for module in MODULES:
        for name in module.__all__:
            value, path = getattr(module, name), f"{module.__name__}.{name}"
            if inspect.isclass(value):
                yield from _hints_of_class(value, path)
            elif inspect.isfunction(value):
                yield path, get_type_hints(value)


def _hints_of_class(cls: type, path: str) -> Iterator[tuple[str, Any]]:
    own_bases = [base for base in cls.__mro__ if base.__module__.startswith("capi_actions")]
    for base in own_bases:
        hints = get_type_hints(base)
        yield from ((f"{path}.{name}", hint) for name, hint in hints.items() if not name.startswith("_"))
        for name, member in vars(base).items():
            is_public = not name.startswith(("_", "test_")) or (name == "__init__" and not attrs.has(base))
            function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
            if is_public and inspect.isfunction(function):
                yield f"{path}.{name}", get_type_hints(function)


def _types_within(hint: Any) -> Iterator[type]:
    """Yield the classes in an annotation, such as those in a union or a callable's parameters."""
    if isinstance(hint, type):
        yield hint
    members = hint.values() if isinstance(hint, dict) else hint if isinstance(hint, list) else get_args(hint)
    for member in members:
        yield from _types_within(member)


if __name__ == "__main__" and "--update" in sys.argv:
    LISTING.write_text(rendered(), encoding="utf-8")
