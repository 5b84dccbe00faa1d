"""Send customer events from your own servers to advertising platforms' Conversions APIs.

Everything that a plugin needs is here; ``capi_actions.testing`` helps to test it.
"""

import logging

from capi_actions.client import Client, Receipt
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
from capi_actions.lines import read_lines, write_line
from capi_actions.model import (
    MISSING,
    Action,
    Choice,
    Compiler,
    Condition,
    DeadLetter,
    Destination,
    Directive,
    Field,
    Item,
    Json,
    JsonObject,
    Judgement,
    Normalizer,
    Observer,
    OutboxFactory,
    Prepared,
    Report,
    Request,
    Requirement,
    Resolver,
    Response,
    Transport,
    TransportFactory,
    Verdict,
)
from capi_actions.pipeline.decode import decode_json
from capi_actions.plugins import Plugins
from capi_actions.secret import Secret

# Programs decide what is logged where; without this, Python would print our warnings.
logging.getLogger(__name__).addHandler(logging.NullHandler())

__all__ = [
    "MISSING",
    "Action",
    "CapiError",
    "Choice",
    "Client",
    "Compiler",
    "Condition",
    "ConfigError",
    "DeadLetter",
    "Destination",
    "Directive",
    "EventError",
    "Field",
    "Hasher",
    "Item",
    "Json",
    "JsonObject",
    "Judgement",
    "MappingError",
    "Normalizer",
    "Observer",
    "OutboxError",
    "OutboxFactory",
    "PluginError",
    "Plugins",
    "Prepared",
    "Problem",
    "Receipt",
    "Report",
    "Request",
    "Requirement",
    "Resolver",
    "Response",
    "Secret",
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
