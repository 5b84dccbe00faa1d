"""What a running sandbox works with."""

from collections.abc import Callable

from attrs import Factory, define, field

from capi_actions_sandbox.fault_queue import FaultQueue
from capi_actions_sandbox.options import SandboxOptions
from capi_actions_sandbox.store import Exchange, Store


def _ignore(exchange: Exchange) -> None:
    """Tell nobody."""


@define(kw_only=True)
class State:
    """Options, memory and faults of one sandbox.

    :ivar listener: called with every exchange, just before its answer leaves.
    """

    options: SandboxOptions = field(factory=SandboxOptions)
    store: Store = Factory(lambda self: Store(self.options), takes_self=True)
    faults: FaultQueue = Factory(lambda self: FaultQueue(self.options.seed), takes_self=True)
    listener: Callable[[Exchange], None] = _ignore
