"""What works, but is likely to be a mistake."""

from collections.abc import Iterable, Iterator

from attrs import fields

from capi_actions.config.destinations import advice
from capi_actions.config.model import DestinationConfig, MappingConfig
from capi_actions.errors import Problem
from capi_actions.secret import Secret


def doubts(destinations: Iterable[DestinationConfig]) -> Iterator[Problem]:
    """Warn of tokens in the file, of mappings that do nothing or too much, and pass on the plugins' own advice."""
    for each in destinations:
        path = f"$.destinations.{each.name}"
        settings = each.destination.settings
        for attribute in fields(type(settings)):
            value = getattr(settings, attribute.name)
            if isinstance(value, Secret) and value.literal:
                message = 'stands in the file; { env = "NAME" } keeps it out of backups and repositories'
                yield Problem(message, f"{path}.{attribute.name}")
        yield from advice(each.destination, "advise", each.destination.advise, path)
        if each.mappings is not None:
            yield from _mappings(list(each.mappings), f"{path}.mappings")


def _mappings(mappings: list[MappingConfig], path: str) -> Iterator[Problem]:
    if not any(each.enabled for each in mappings):
        found = "all its mappings are switched off" if mappings else "its list of mappings is empty"
        hint = "leave mappings out to switch on every action with a prebuilt trigger"
        yield Problem(f"takes no event, as {found}; {hint}", path)
    for index, each in enumerate(mappings):
        first = mappings.index(each)
        if first < index and each.enabled:
            yield Problem(f"is the same as mappings[{first}]: each event is sent twice", f"{path}[{index}]")
