"""The way to one destination, which its worker threads share."""

from collections.abc import Callable

from capi_actions.delivery.options import Options
from capi_actions.delivery.pace import Pace
from capi_actions.delivery.telling import Teller
from capi_actions.model import Destination, Transport
from capi_actions.outbox import Outbox


class Lane:
    """Everything needed to send to one destination.

    :ivar resting_until: no request before this time (Unix seconds).
    """

    def __init__(
        self,
        name: str,
        destination: Destination,
        outbox: Outbox,
        transport: Transport,
        teller: Teller,
        options: Options,
        clock: Callable[[], float],
        sleep: Callable[[float], object],
        random: Callable[[], float],
    ) -> None:
        """Make the way; nothing is sent yet."""
        self.name = name
        self.destination = destination
        self.outbox = outbox
        self.transport = transport
        self.teller = teller
        self.options = options
        self.clock = clock
        self.sleep = sleep
        self.pace = Pace(options, random)
        self.resting_until = 0.0

    def rest(self, until: float) -> None:
        """Make no request before some time, in no process."""
        self.resting_until = max(self.resting_until, until)
        self.outbox.rest(self.name, until)
