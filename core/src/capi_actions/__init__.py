"""Send customer events from your own servers to advertising platforms' Conversions APIs.

Everything that a plugin needs is here; ``capi_actions.testing`` helps to test it.

Each name is imported from its module when it is first used: ``import capi_actions`` takes 30 ms, all modules behind
it 200, and a command or a plugin needs only some of them.
"""

import logging
from importlib import import_module
from typing import TYPE_CHECKING

from capi_actions.logs import LOGGER, UnconfiguredHandler

if TYPE_CHECKING:
    from capi_actions.bounds import Between
    from capi_actions.cli.options import config_option, print_problems
    from capi_actions.client import Client, Receipt
    from capi_actions.codec import decode_json
    from capi_actions.config import (
        Config,
        DeliveryConfig,
        DestinationConfig,
        DestinationDraft,
        MappingConfig,
        load_config,
    )
    from capi_actions.declare import action, as_action, field, from_event_time, from_path
    from capi_actions.errors import (
        CapiError,
        ConfigError,
        EventError,
        MappingError,
        OutboxError,
        PluginError,
        Problem,
        TransportError,
        TriggerError,
    )
    from capi_actions.files import read_text_file
    from capi_actions.hashing import Hasher, make_hasher
    from capi_actions.hookspecs import hookimpl
    from capi_actions.inputs import Column, CsvOptions
    from capi_actions.ip_addresses import public_ip
    from capi_actions.jsonl import JsonLine, read_lines, write_line
    from capi_actions.mapping.arguments import is_directive
    from capi_actions.model import (
        ALL_DEAD,
        MAX_DELAY,
        MAX_LEASE,
        MISSING,
        Action,
        Batch,
        Choice,
        Claim,
        Claimed,
        CleanResolver,
        Compiler,
        Condition,
        ConfigNames,
        ConfigTable,
        ConsentSettings,
        DeadFilter,
        DeadLetter,
        Destination,
        DestinationInfo,
        Directive,
        EventFilter,
        EventFunction,
        EventOutcome,
        EventReport,
        Field,
        Held,
        InputFormat,
        Item,
        Json,
        JsonObject,
        Judgement,
        Normalizer,
        Observer,
        OnceOutbox,
        Outbox,
        OutboxFactory,
        Pause,
        Prepared,
        Replayed,
        Report,
        Request,
        Requirement,
        Resolver,
        Response,
        Stats,
        Transport,
        TransportFactory,
        Verdict,
    )
    from capi_actions.notes import note_dropped, note_uncertain
    from capi_actions.personal_data import personal_kind
    from capi_actions.pipeline import HeldBack, Refusal
    from capi_actions.plugins import OfferInfo, PluginInfo, Plugins, Selection
    from capi_actions.runtime import check_config
    from capi_actions.secret import Secret
    from capi_actions.status import DestinationStatus, Incident, IncidentKind, Status
    from capi_actions.text import count_noun, number_text
    from capi_actions.times import LocalTime, parse_time, time_zone, unix_seconds
    from capi_actions.web import TrustedProxies, WebRequest

# Programs decide what is logged where; until they do, errors are seen once, and warnings not at all.
logging.getLogger(LOGGER).addHandler(UnconfiguredHandler())

__all__ = [
    "ALL_DEAD",
    "MAX_DELAY",
    "MAX_LEASE",
    "MISSING",
    "Action",
    "Batch",
    "Between",
    "CapiError",
    "Choice",
    "Claim",
    "Claimed",
    "CleanResolver",
    "Client",
    "Column",
    "Compiler",
    "Condition",
    "Config",
    "ConfigError",
    "ConfigNames",
    "ConfigTable",
    "ConsentSettings",
    "CsvOptions",
    "DeadFilter",
    "DeadLetter",
    "DeliveryConfig",
    "Destination",
    "DestinationConfig",
    "DestinationDraft",
    "DestinationInfo",
    "DestinationStatus",
    "Directive",
    "EventError",
    "EventFilter",
    "EventFunction",
    "EventOutcome",
    "EventReport",
    "Field",
    "Hasher",
    "Held",
    "HeldBack",
    "Incident",
    "IncidentKind",
    "InputFormat",
    "Item",
    "Json",
    "JsonLine",
    "JsonObject",
    "Judgement",
    "LocalTime",
    "MappingConfig",
    "MappingError",
    "Normalizer",
    "Observer",
    "OfferInfo",
    "OnceOutbox",
    "Outbox",
    "OutboxError",
    "OutboxFactory",
    "Pause",
    "PluginError",
    "PluginInfo",
    "Plugins",
    "Prepared",
    "Problem",
    "Receipt",
    "Refusal",
    "Replayed",
    "Report",
    "Request",
    "Requirement",
    "Resolver",
    "Response",
    "Secret",
    "Selection",
    "Stats",
    "Status",
    "Transport",
    "TransportError",
    "TransportFactory",
    "TriggerError",
    "TrustedProxies",
    "Verdict",
    "WebRequest",
    "action",
    "as_action",
    "builtin",
    "check_config",
    "config_option",
    "count_noun",
    "decode_json",
    "field",
    "from_event_time",
    "from_path",
    "hookimpl",
    "is_directive",
    "load_config",
    "make_hasher",
    "note_dropped",
    "note_uncertain",
    "number_text",
    "parse_time",
    "personal_kind",
    "print_problems",
    "public_ip",
    "read_lines",
    "read_text_file",
    "time_zone",
    "unix_seconds",
    "write_line",
]

_NAMES = {
    "ip_addresses": ("public_ip",),
    "bounds": ("Between",),
    "cli.options": (
        "config_option",
        "print_problems",
    ),
    "client": (
        "Client",
        "Receipt",
    ),
    "codec": ("decode_json",),
    "config": (
        "Config",
        "DeliveryConfig",
        "DestinationConfig",
        "DestinationDraft",
        "MappingConfig",
        "load_config",
    ),
    "declare": (
        "action",
        "as_action",
        "field",
        "from_event_time",
        "from_path",
    ),
    "errors": (
        "CapiError",
        "ConfigError",
        "EventError",
        "MappingError",
        "OutboxError",
        "PluginError",
        "Problem",
        "TransportError",
        "TriggerError",
    ),
    "files": ("read_text_file",),
    "hashing": (
        "Hasher",
        "make_hasher",
    ),
    "hookspecs": ("hookimpl",),
    "inputs": (
        "Column",
        "CsvOptions",
    ),
    "jsonl": (
        "JsonLine",
        "read_lines",
        "write_line",
    ),
    "mapping.arguments": ("is_directive",),
    "model": (
        "ALL_DEAD",
        "Action",
        "Batch",
        "Choice",
        "Claim",
        "Claimed",
        "Compiler",
        "Condition",
        "ConfigNames",
        "ConfigTable",
        "ConsentSettings",
        "DeadFilter",
        "DeadLetter",
        "Destination",
        "DestinationInfo",
        "CleanResolver",
        "Directive",
        "EventFilter",
        "EventFunction",
        "EventOutcome",
        "EventReport",
        "Field",
        "Held",
        "InputFormat",
        "Item",
        "Json",
        "JsonObject",
        "Judgement",
        "MAX_DELAY",
        "MAX_LEASE",
        "MISSING",
        "Normalizer",
        "Observer",
        "OnceOutbox",
        "Outbox",
        "OutboxFactory",
        "Pause",
        "Prepared",
        "Replayed",
        "Report",
        "Request",
        "Requirement",
        "Resolver",
        "Response",
        "Stats",
        "Transport",
        "TransportFactory",
        "Verdict",
    ),
    "notes": (
        "note_uncertain",
        "note_dropped",
    ),
    "personal_data": ("personal_kind",),
    "pipeline": (
        "HeldBack",
        "Refusal",
    ),
    "plugins": (
        "OfferInfo",
        "PluginInfo",
        "Plugins",
        "Selection",
    ),
    "runtime": ("check_config",),
    "secret": ("Secret",),
    "status": (
        "DestinationStatus",
        "Incident",
        "IncidentKind",
        "Status",
    ),
    "text": (
        "count_noun",
        "number_text",
    ),
    "times": (
        "LocalTime",
        "parse_time",
        "time_zone",
        "unix_seconds",
    ),
    "web": (
        "TrustedProxies",
        "WebRequest",
    ),
}
_MODULES = {name: f"{__name__}.{module}" for module, names in _NAMES.items() for name in names}


if not TYPE_CHECKING:  # type checkers read the imports above, and would believe that any name is here

    def __getattr__(name: str) -> object:
        """Import a name when it is first used."""
        if name == "builtin":  # the module itself
            return import_module(f"{__name__}.builtin")
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_MODULES[name]), name)
        return value

    def __dir__() -> list[str]:
        return sorted(globals().keys() | set(__all__))
