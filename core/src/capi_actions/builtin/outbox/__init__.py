"""The built-in outbox: one SQLite file.  :mod:`~capi_actions.builtin.outbox.sqlite` has the outbox itself."""

from capi_actions.builtin.outbox.sqlite import SqliteOutbox

__all__ = ["SqliteOutbox"]
