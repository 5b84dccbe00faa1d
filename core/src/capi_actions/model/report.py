"""What observers are told about deliveries."""

from typing import Protocol

from attrs import frozen

from capi_actions.model.wire import Judgement


@frozen(kw_only=True)
class Report:
    """The outcome of one request, or of an item that never got into one.

    :ivar destination: the destination's name in the configuration.
    :ivar items: how many items it is about.
    :ivar judgement: what was decided.
    :ivar requested: whether there was a request; False for what was too large or too old for one.
    :ivar seconds: how long the request took; 0 when there was none.
    :ivar request_bytes: length of the request's body, even when that was too long for a request.
    """

    destination: str
    items: int
    judgement: Judgement
    requested: bool = False
    seconds: float = 0.0
    request_bytes: int = 0


class Observer(Protocol):
    """Is told of every outcome, from the sending thread: must be quick and must not raise.

    An observer that also has a method ``watch(read)`` is given, once, a function that counts what the
    outbox holds, by destination: :meth:`capi_actions.outbox.Outbox.stats`.  It raises ``OutboxError``
    when that can't be read, or is closed; an observer that outlives clients should hold it weakly.
    """

    def observe(self, report: Report) -> None:
        """Take note of one outcome."""
