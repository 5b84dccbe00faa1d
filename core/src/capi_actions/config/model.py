"""The shape of ``capi.toml``."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import Attribute, field, frozen

from capi_actions.errors import Problem
from capi_actions.model import Destination, JsonObject


def _up_to(most: int) -> Callable[[object, "Attribute[int]", int], None]:
    def check(_: object, attribute: "Attribute[int]", value: int) -> None:
        if value < 1:
            raise ValueError(f"{attribute.name} should be 1 or more")
        if value > most:
            raise ValueError(f"{attribute.name} should be {most:,} or less")

    return check


@frozen(kw_only=True)
class MappingConfig:
    """One ``[[destinations.<name>.mappings]]`` table.

    :ivar action: the action's full name.
    :ivar trigger: the filter; None takes the action's prebuilt one.
    :ivar mapping: fields by key, laid over the prebuilt mapping.
    :ivar mapping_file: a JSON file with a whole mapping, used as it is; its path is relative to the
        configuration file.
    :ivar enabled: False switches the mapping off without deleting it.
    """

    action: str
    trigger: str | None = None
    mapping: JsonObject | None = None
    mapping_file: str | None = None
    enabled: bool = True


@frozen(kw_only=True)
class DestinationDraft:
    """A ``[destinations.<name>]`` table whose settings may be wrong: enough to check its mappings.

    :ivar name: the table's name.
    :ivar type: the destination type; a plugin offers it.
    :ivar profile: the normalization profile; "" for none.
    :ivar mappings: None when the file names none: then every action with a prebuilt trigger is on.
    """

    name: str
    type: str
    profile: str
    mappings: Sequence[MappingConfig] | None


@frozen(kw_only=True)
class DestinationConfig(DestinationDraft):
    """One ``[destinations.<name>]`` table.

    :ivar destination: the account, made from the table's settings.
    """

    destination: Destination


@frozen(kw_only=True)
class DeliveryConfig:
    """The ``[delivery]`` table.

    :ivar workers: threads that send, for each destination; up to 1,000.
    :ivar keep_dead_days: how long dead letters are kept, in days; up to 36,500.
    :ivar drop_refused_field: leave out a field that the platform names as malformed and send the rest.
    """

    workers: int = field(default=1, validator=_up_to(1_000))
    keep_dead_days: int = field(default=90, validator=_up_to(36_500))
    drop_refused_field: bool = False


@frozen(kw_only=True)
class Config:
    """A whole configuration, structured and checked.

    :ivar destinations: the accounts, in the order of the file.
    :ivar drafts: tables of accounts with wrong settings.
    :ivar problems: all that is wrong.  What gives a configuration to others sees that it has none, or
        builds a :class:`~capi_actions.pipeline.Pipeline` of it, which adds what is wrong with mappings.
    :ivar outbox: options of ``[outbox]`` with its ``type`` (default ``sqlite``).
    :ivar transport: options of ``[transport]`` with its ``type`` (default ``urllib3``).
    :ivar folder: where relative paths in the file start.
    :ivar warnings: what works but should be looked at.
    """

    destinations: Sequence[DestinationConfig]
    outbox: Mapping[str, Any] = field(factory=dict)
    transport: Mapping[str, Any] = field(factory=dict)
    delivery: DeliveryConfig = field(factory=DeliveryConfig)
    warnings: Sequence[Problem] = ()
    folder: Path = Path()
    drafts: Sequence[DestinationDraft] = ()
    problems: Sequence[Problem] = ()

    @property
    def names(self) -> list[str]:
        """The names of all destinations, those with wrong settings too."""
        return [each.name for each in (*self.destinations, *self.drafts)]
