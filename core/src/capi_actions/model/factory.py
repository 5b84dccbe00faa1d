"""How a plugin offers something that is opened when it is needed."""

from collections.abc import Callable
from typing import Any

from attrs import frozen

from capi_actions.model.wire import Transport


@frozen(kw_only=True)
class TransportFactory:
    """A named way to open a transport.

    :ivar name: its ``type`` in the configuration's ``[transport]``.
    :ivar make: called with the other options of that table as keyword arguments.
    :ivar description: a sentence for ``capi plugins``.
    """

    name: str
    make: Callable[..., Transport]
    description: str = ""


@frozen(kw_only=True)
class OutboxFactory:
    """A named way to open an outbox.

    :ivar name: its ``type`` in the configuration's ``[outbox]``.
    :ivar make: called with the other options of that table as keyword arguments; returns a
        :class:`capi_actions.outbox.Outbox`.
    :ivar description: a sentence for ``capi plugins``.
    """

    name: str
    make: Callable[..., Any]
    description: str = ""
