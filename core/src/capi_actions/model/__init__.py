"""The nouns of capi-actions: plain, typed descriptions without behaviour of their own."""

from capi_actions.model.action import Action, Build
from capi_actions.model.destination import Destination, Prepared
from capi_actions.model.directive import MISSING, Compiler, Directive, Resolver
from capi_actions.model.factory import OutboxFactory, TransportFactory
from capi_actions.model.field import Choice, Condition, Field, FieldType, Requirement
from capi_actions.model.item import DeadLetter, Item
from capi_actions.model.json import Json, JsonObject
from capi_actions.model.normalizer import Normalizer
from capi_actions.model.report import Observer, Report
from capi_actions.model.wire import Judgement, Request, Response, Transport, Verdict

__all__ = [
    "MISSING",
    "Action",
    "Build",
    "Choice",
    "Compiler",
    "Condition",
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
    "OutboxFactory",
    "Prepared",
    "Report",
    "Request",
    "Requirement",
    "Resolver",
    "Response",
    "Transport",
    "TransportFactory",
    "Verdict",
]
