"""Delivery: empties an outbox in batches and acts on every answer of a platform.

deliverer    worker threads: when to send the next batch
batch        one claimed batch: what each verdict does to its items
exchange     one request: made, sent and judged
chunks       parts of a batch, and how they are split
channel      what the workers of one destination share
backoff      how long to wait after a failure, and how large the next batch is
reporting    observers, log, summary
options      settings, and the summary's counts
"""

from capi_actions.delivery.deliverer import Deliverer, Progress
from capi_actions.delivery.options import Options, Summary

__all__ = ["Deliverer", "Options", "Progress", "Summary"]
