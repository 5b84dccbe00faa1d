"""One event's way from bytes to items: decode, filter, route, map, check, build, encode."""

from capi_actions.pipeline.filters import HeldBack
from capi_actions.pipeline.pipeline import Outcome, Pipeline, Refusal, check_mappings
from capi_actions.pipeline.route import Route

__all__ = ["HeldBack", "Outcome", "Pipeline", "Refusal", "Route", "check_mappings"]
