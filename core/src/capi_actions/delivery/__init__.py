"""Delivery: empty the outbox in batches, and deal with every answer that a platform may give."""

from capi_actions.delivery.deliverer import Deliverer, Progress
from capi_actions.delivery.options import Options, Summary

__all__ = ["Deliverer", "Options", "Progress", "Summary"]
