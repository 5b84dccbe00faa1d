"""Requests, responses, and what a response means."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

from attrs import field, frozen


@frozen(kw_only=True)
class Request:
    """One HTTP request.  Headers hold the token: they are left out of its repr.

    :ivar timeout: seconds for each wait for the answer.  The built-in transport also gives up a request that isn't over
        after 30 seconds in total (``max_seconds``), and a connection that isn't made in 10.  So by default an answer
        has 30 seconds.  Waiting costs one worker's time and nothing else: giving up sooner would send the events
        again while the platform still works on them.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    timeout: float = 30.0


@frozen(kw_only=True)
class Response:
    """One HTTP answer.

    :ivar headers: by their names in lower case.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Transport(Protocol):
    """A way to send requests.  Must be usable from several threads at once.

    Offer one through the hook ``capi_transports``.  A transport with an attribute ``notes``, a list of sentences such
    as which proxy it uses, has them printed by ``capi check``.
    """

    def send(self, request: Request) -> Response:
        """Send one request and return the answer.

        An error status or a redirect is an answer, too: return it, as judging it is the destination's
        part.  Follow no redirect, as the headers hold a token.  Don't send again by yourself: delivery retries, with
        growing delays.  Interim answers (status 100 to 199) are skipped.  No answer, and nothing that comes behind one,
        may be taken for that of another request: a success would delete items that never arrived.  So a connection on
        which anything is uncertain isn't used again.  An answer is complete only if its whole body came: half a body,
        or silence for longer than the request's ``timeout``, is none.

        :raises TransportError: when no complete answer came.  Its ``sent`` is False only if the request
            certainly never left.  Its ``problem`` contains neither token nor body.  Any other error
            counts as a fault of the transport, and the items are tried later.
        """

    def close(self) -> None:
        """Close all connections.  Called once; nothing is sent afterwards."""


class Verdict(StrEnum):
    """What a response means for the items of its request, and so what delivery does with them.

    :cvar DONE: the platform took every item.  They leave the outbox.
    :cvar LATER: a failure that may pass, such as an outage.  The items are tried again, after random
        delays that double each time; the whole destination backs off meanwhile.  A batch that keeps
        failing while others succeed is bisected as with SPLIT, but nothing is buried.
    :cvar THROTTLED: too many requests.  The destination backs off for ``after`` seconds, or for a
        growing random time without it; the items are tried again then.
    :cvar SPLIT: the platform refused the request because of at least one item.  The batch is split until
        the bad items stand alone; each becomes a dead letter, the others are delivered.
    :cvar DEAD: no item of the request can ever be delivered.  All become dead letters, without a split.
    :cvar PAUSE: the account has a fault that a person must fix, such as an expired token.  The
        destination is paused and its items are kept until somebody resumes it.
    """

    DONE = "done"
    LATER = "later"
    THROTTLED = "throttled"
    SPLIT = "split"
    DEAD = "dead"
    PAUSE = "pause"


@frozen(kw_only=True)
class Judgement:
    """A verdict and the details known about it: what ``Destination.judge`` returns.

    ``judge`` is called with every answer, also with one that isn't the platform's own, such as a proxy's
    error page: that is LATER.  If it raises or returns anything else, its destination is paused.

    :ivar verdict: decides what happens to the items.  The other details never change that, save where
        they say so.
    :ivar code: the platform's error code.
    :ivar subcode: the platform's error subcode.
    :ivar reason: a sentence that a marketer understands: no personal data, no token.  It is logged and
        stored with a dead letter or pause; cut after 1,000 characters.
    :ivar advice: what a person can do about it, under the same rules; may be empty.
    :ivar platform_message: what the platform itself said, in its own words.  Delivery masks whatever may be
        personal in it before it is logged or stored; cut after 1,000 characters.
    :ivar platform_field: the field that the platform names as wrong (``user_data.em``); masked likewise.
    :ivar trace_id: the platform's id of the answer, for its support; letters, digits, ``_``, ``-`` and ``.``,
        at most 100, or it is left out.
    :ivar after: seconds to wait before the next request to this destination, if the platform said;
        delivery waits a day at most.  Heeded with every verdict but PAUSE, also with DONE.
    :ivar index: with SPLIT, position of the bad item in the request, if the platform said: it is tried
        alone first.
    :ivar refused_field: with SPLIT or DEAD, path of the field whose removal would let the item pass
        (``user_data.fbc``).  If the settings allow it, a single item is sent again without it, once.
    :ivar taken: with DONE, how many items the platform says it took, if it said.  Any other number than
        was sent makes the verdict LATER: nobody could tell which items are missing.
    """

    verdict: Verdict
    code: int | None = None
    subcode: int | None = None
    reason: str = ""
    advice: str = ""
    platform_message: str = ""
    platform_field: str = ""
    trace_id: str = ""
    after: float | None = None
    index: int | None = None
    refused_field: str | None = None
    taken: int | None = None


@frozen(kw_only=True)
class Report:
    """The outcome of one request, or of items that never got into one.

    :ivar destination: the destination's name in the configuration.
    :ivar items: how many items it is about.
    :ivar judgement: what was decided.  Its verdict may differ from the one that ``judge`` returned: a single
        item that was to be split is DEAD.
    :ivar requested: whether a request was made; False for items that were too large or too old for one.
    :ivar seconds: how long the request took; 0 if there was none.
    :ivar request_bytes: length of the request's body, even if that was too large to be sent.
    """

    destination: str
    items: int
    judgement: Judgement
    requested: bool = False
    seconds: float = 0.0
    request_bytes: int = 0


class EventOutcome(StrEnum):
    """What became of an event before anything of it was stored.

    :cvar MAPPED: a mapping made an item of it.
    :cvar REFUSED: a mapping takes it, but it can't be sent: a field is missing or wrong, or it is too old; or a
        plugin's event filter failed on it.
    :cvar HELD_BACK: it may not be sent to this destination, for lack of consent, say.
    :cvar UNMATCHED: no mapping takes it.
    :cvar INVALID: it is no event.
    """

    MAPPED = "mapped"
    REFUSED = "refused"
    HELD_BACK = "held_back"
    UNMATCHED = "unmatched"
    INVALID = "invalid"


@frozen(kw_only=True)
class EventReport:
    """What became of an event: at one destination, or at all if no destination is named.

    :ivar destination: the destination's name in the configuration; "" with UNMATCHED and INVALID.
    :ivar action: the action's full name; "" if there is none.
    :ivar reason: why, without personal data; may be empty.
    """

    outcome: EventOutcome
    destination: str = ""
    action: str = ""
    reason: str = ""


class Observer(Protocol):
    """Gets a report of every outcome, for metrics or alerts.

    Offer a factory of observers through the hook ``capi_report``.

    An observer may also have some of these methods:

    ``configure(config)``
        is called once, first of all, with the :class:`~capi_actions.Config`.
    ``watch(read)``
        is called once, before anything is sent, with a function that returns :class:`~capi_actions.Stats` by
        destination (:meth:`capi_actions.Outbox.stats`).  That function raises ``OutboxError`` when the outbox can't be
        read or is closed.  An observer that outlives the deliverer should keep only a weak reference to it.
    ``expect(destinations)``
        is called once, after ``watch``, with the names of the configured destinations: a counter can start at 0
        instead of being absent until the first failure.
    ``observe_event(report)``
        gets an :class:`~capi_actions.EventReport` of every event that the program passes in, before it is stored.
    ``observe_events(report, number)``
        is called instead of ``observe_event`` where many events are read at once, when the same became of several in a
        row.
    ``observe_outbox_error(error)``
        gets the ``OutboxError`` when delivery in the background can't use the outbox.
    ``close()``
        is called when the program has stopped delivering.

    For all of them holds what holds for :meth:`observe`.
    """

    def observe(self, report: Report) -> None:
        """Take note of one outcome.

        Called in the thread that sent the request, so from several threads at once, and delivery waits
        for it: it must be quick.  What it raises is logged once, and ignored.
        """
