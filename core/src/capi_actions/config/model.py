"""The shape of ``capi.toml``."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import field, frozen

from capi_actions.bounds import Between
from capi_actions.errors import Problem, Severity
from capi_actions.inputs import CsvOptions
from capi_actions.model import ConsentSettings, Destination, DestinationInfo, JsonObject


@frozen(kw_only=True)
class MappingConfig:
    """One ``[[destinations.<name>.mappings]]`` table.

    :ivar action: the action's full name.
    :ivar trigger: the filter; None takes the action's prebuilt one.
    :ivar mapping: fields by key, merged into the prebuilt mapping.
    :ivar mapping_file: a JSON file with a whole mapping, used as it is; its path is relative to the
        configuration file.
    :ivar enabled: False disables the mapping.
    """

    action: str
    trigger: str | None = None
    mapping: JsonObject | None = None
    mapping_file: str | None = None
    enabled: bool = True


@frozen(kw_only=True)
class MappingDraft(MappingConfig):
    """A mapping's table with errors: its readable values are checked all the same.

    :ivar action: "" if unknown.
    :ivar unreadable: keys whose values are missing or have the wrong type.
    """

    unreadable: frozenset[str]


@frozen(kw_only=True)
class DestinationDraft:
    """A ``[destinations.<name>]`` table, perhaps with errors: enough to check its mappings.

    :ivar name: the table's name.
    :ivar type: the destination type, which a plugin offers; "" if unknown.
    :ivar profile: the normalization profile; "" for none.
    :ivar mappings: None when the file names none: then every action with a prebuilt trigger is enabled.
    :ivar destination: an account made of those settings that have no errors, for linting only; None if
        it can't be made.
    """

    name: str
    type: str = ""
    profile: str = ""
    mappings: Sequence[MappingConfig] | None
    destination: Destination | None = None


@frozen(kw_only=True)
class DestinationConfig(DestinationDraft):
    """One ``[destinations.<name>]`` table without errors.

    :ivar destination: the account, made from the table's settings.
    :ivar consent: which events may go there.
    """

    destination: Destination
    consent: ConsentSettings = field(factory=ConsentSettings)

    @property
    def info(self) -> DestinationInfo:
        """What event filters can know of it."""
        return DestinationInfo(name=self.name, type=self.type, consent=self.consent)


@frozen(kw_only=True)
class DeliveryConfig:
    """The ``[delivery]`` table.

    :ivar workers: threads that send, for each destination; up to 1,000.
    :ivar keep_dead_days: how long dead letters are kept, in days; up to 36,500.
    :ivar drop_refused_field: leave out a field that the platform names as malformed and send the rest.
    """

    workers: int = field(default=1, validator=Between(1, 1_000))
    keep_dead_days: int = field(default=90, validator=Between(1, 36_500))
    drop_refused_field: bool = False


def _option_names(options: Mapping[str, Any]) -> str:
    """Return the type and the names of options: their values may hold passwords."""
    return repr({key: value if key == "type" else "..." for key, value in options.items()})


def _table_names(tables: Mapping[str, Any]) -> str:
    """Return the names of tables: their settings may hold passwords."""
    return repr(sorted(tables))


@frozen(kw_only=True)
class Config:
    """A whole configuration, structured and checked.

    :ivar destinations: the accounts, in the order of the file.
    :ivar drafts: tables of accounts that have errors.
    :ivar outbox: options of ``[outbox]`` with its ``type`` (default ``sqlite``).
    :ivar transport: options of ``[transport]`` with its ``type`` (default ``urllib3``).
    :ivar inputs: how CSV files become events, by the names of ``[inputs.<name>]``.
    :ivar tables: the settings of tables that plugins read, by name; only of those that the file has.
    :ivar incomplete_tables: those of tables with errors: what doesn't fit is missing in them.
    :ivar folder: where relative paths in the file start.
    :ivar problems: errors and warnings.  Building a ``Pipeline`` raises the
        errors, together with those of mappings.
    """

    destinations: Sequence[DestinationConfig]
    drafts: Sequence[DestinationDraft] = ()
    outbox: Mapping[str, Any] = field(factory=dict, repr=_option_names)
    transport: Mapping[str, Any] = field(factory=dict, repr=_option_names)
    delivery: DeliveryConfig = field(factory=DeliveryConfig)
    inputs: Mapping[str, CsvOptions] = field(factory=dict)
    tables: Mapping[str, Any] = field(factory=dict, repr=_table_names)
    incomplete_tables: Mapping[str, Any] = field(factory=dict, repr=_table_names)
    folder: Path = Path()
    problems: Sequence[Problem] = ()

    @property
    def names(self) -> list[str]:
        """The names of all destinations, including those with errors."""
        return [draft.name for draft in (*self.destinations, *self.drafts)]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """What must be corrected before anything is sent."""
        return self._of_severity("error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What works but is likely to be a mistake."""
        return self._of_severity("warning")

    def _of_severity(self, severity: Severity) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity == severity)
