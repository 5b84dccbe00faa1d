"""Send customer events from your own servers to advertising platforms' Conversions APIs.

Everything that a plugin needs is here; ``capi_actions.testing`` helps to test it.
"""

import logging

from capi_actions.client import Client, Receipt
from capi_actions.codec import decode_json
from capi_actions.declare import action, as_action, field, from_path
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
from capi_actions.hashing import Hasher, make_hasher
from capi_actions.hookspecs import hookimpl
from capi_actions.jsonl import read_lines, write_line
from capi_actions.logs import LOGGER, UnconfiguredHandler
from capi_actions.model import (
    ALL_DEAD,
    MAX_DELAY,
    MAX_LEASE,
    MISSING,
    Action,
    Choice,
    Claim,
    Claimed,
    Compiler,
    Condition,
    DeadFilter,
    DeadLetter,
    Destination,
    Directive,
    EventOutcome,
    EventReport,
    Field,
    Item,
    Json,
    JsonObject,
    Judgement,
    Normalizer,
    Observer,
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
from capi_actions.plugins import Plugins
from capi_actions.secret import Secret
from capi_actions.status import DestinationStatus, Incident, IncidentKind, Status

# Programs decide what is logged where; until they do, errors are seen once, and warnings not at all.
logging.getLogger(LOGGER).addHandler(UnconfiguredHandler())

__all__ = [
    "ALL_DEAD",
    "MAX_DELAY",
    "MAX_LEASE",
    "MISSING",
    "Action",
    "CapiError",
    "Choice",
    "Claim",
    "Claimed",
    "Client",
    "Compiler",
    "Condition",
    "ConfigError",
    "DeadFilter",
    "DeadLetter",
    "Destination",
    "DestinationStatus",
    "Directive",
    "EventError",
    "EventOutcome",
    "EventReport",
    "Field",
    "Hasher",
    "Incident",
    "IncidentKind",
    "Item",
    "Json",
    "JsonObject",
    "Judgement",
    "MappingError",
    "Normalizer",
    "Observer",
    "Outbox",
    "OutboxError",
    "OutboxFactory",
    "Pause",
    "PluginError",
    "Plugins",
    "Prepared",
    "Problem",
    "Receipt",
    "Replayed",
    "Report",
    "Request",
    "Requirement",
    "Resolver",
    "Response",
    "Secret",
    "Stats",
    "Status",
    "Transport",
    "TransportError",
    "TransportFactory",
    "TriggerError",
    "Verdict",
    "action",
    "as_action",
    "decode_json",
    "field",
    "from_path",
    "hookimpl",
    "make_hasher",
    "read_lines",
    "write_line",
]
