"""Where items wait until they are delivered."""

from capi_actions.outbox.base import (
    ALL_DEAD,
    LONGEST_LEASE,
    LONGEST_WAIT,
    Claim,
    Claimed,
    DeadFilter,
    Outbox,
    Pause,
    Replayed,
    Stats,
)
from capi_actions.outbox.sqlite import SqliteOutbox

__all__ = [
    "ALL_DEAD",
    "LONGEST_LEASE",
    "LONGEST_WAIT",
    "Claim",
    "Claimed",
    "DeadFilter",
    "Outbox",
    "Pause",
    "Replayed",
    "SqliteOutbox",
    "Stats",
]
