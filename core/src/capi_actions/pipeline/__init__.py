"""One event's way from bytes to items: decode, route, map, check, build, encode."""

from capi_actions.pipeline.pipeline import Pipeline, Refusal, check_mappings
from capi_actions.pipeline.route import Route

__all__ = ["Pipeline", "Refusal", "Route", "check_mappings"]
