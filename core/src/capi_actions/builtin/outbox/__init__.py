"""Where items wait until they are delivered: one SQLite file."""

from capi_actions.builtin.outbox.sqlite import SqliteOutbox

__all__ = ["SqliteOutbox"]
