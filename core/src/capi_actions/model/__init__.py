"""The contracts: what plugins implement and what passes between them and the core.  Plain, typed descriptions."""

from capi_actions.codec import Json, JsonObject
from capi_actions.model.action import Action, Build, Choice, Condition, Field, FieldType, Requirement
from capi_actions.model.delivery import Judgement, Observer, Report, Request, Response, Transport, Verdict
from capi_actions.model.destination import Destination, Prepared
from capi_actions.model.extensions import (
    MISSING,
    Compiler,
    Directive,
    Normalizer,
    OutboxFactory,
    Resolver,
    TransportFactory,
)
from capi_actions.model.outbox import (
    ALL_DEAD,
    MAX_DELAY,
    MAX_LEASE,
    Claim,
    Claimed,
    DeadFilter,
    DeadLetter,
    Item,
    Outbox,
    Pause,
    Replayed,
    Stats,
)

__all__ = [
    "ALL_DEAD",
    "MAX_DELAY",
    "MAX_LEASE",
    "MISSING",
    "Action",
    "Build",
    "Choice",
    "Claim",
    "Claimed",
    "Compiler",
    "Condition",
    "DeadFilter",
    "DeadLetter",
    "Destination",
    "Directive",
    "Field",
    "FieldType",
    "Item",
    "Json",
    "JsonObject",
    "Judgement",
    "Normalizer",
    "Observer",
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
]
