"""How delivery behaves, and what came of it."""

from collections.abc import Mapping

from attrs import field, frozen, validators

from capi_actions.model import LONGEST_LEASE, LONGEST_WAIT

_count = validators.gt(0)
_seconds = validators.gt(0.0)


@frozen(kw_only=True)
class Options:
    """How delivery behaves.  All times are in seconds.

    :ivar workers: threads that send, for each destination.  16 hide 100 ms of latency.
    :ivar mend: when the platform names a field that keeps a single item from passing, send the item
        once more without it.
    :ivar lease: how long claimed items are kept from other processes without news; extended before
        each request when half of it is over, so it must be twice as long as any request.  After a
        crash items wait so long at most.
    :ivar first_wait: upper bound of the first random wait after a failure; it doubles each time.
    :ivar longest_wait: upper bound of all such waits.
    :ivar throttle_wait: upper bound of the first wait after throttling, where the platform names none.
    :ivar longest_rest: the longest time for which the platform can make us wait.
    :ivar patience: shorter rests in the middle of a batch are waited out on the spot.
    :ivar doubt_after: a batch that has failed so often while others passed is divided, as one of its
        items may make the platform stumble.
    :ivar linger: after a time with nothing to do, how long to wait for a batch to fill.
    :ivar poll: how often to look for items that other processes put.
    :ivar keep_dead: how long dead letters are kept; None keeps them until somebody deletes them.
    """

    workers: int = field(default=1, validator=_count)
    mend: bool = False
    lease: float = field(default=60.0, validator=[_seconds, validators.le(LONGEST_LEASE)])
    first_wait: float = field(default=1.0, validator=_seconds)
    longest_wait: float = field(default=300.0, validator=[_seconds, validators.le(LONGEST_WAIT)])
    throttle_wait: float = field(default=60.0, validator=_seconds)
    longest_rest: float = field(default=86_400.0, validator=[_seconds, validators.le(LONGEST_WAIT)])
    patience: float = 5.0
    doubt_after: int = field(default=3, validator=_count)
    linger: float = 0.2
    poll: float = field(default=0.5, validator=_seconds)
    keep_dead: float | None = None


@frozen(kw_only=True)
class Summary:
    """What came of a run, in items if not said otherwise.

    :ivar delivered: the platform took them.
    :ivar mended: of these, without a field that it had named.
    :ivar buried: became dead letters.
    :ivar put_back: how often an item was put back to wait; the same one may count several times.
    :ivar requests: how many requests were made.
    :ivar paused: destinations that were paused in this run, sorted.
    :ivar troubles: why the last request to a destination failed for now, in a sentence, by its name; those
        whose last request went well aren't in it.
    """

    delivered: int = 0
    mended: int = 0
    buried: int = 0
    put_back: int = 0
    requests: int = 0
    paused: tuple[str, ...] = ()
    troubles: Mapping[str, str] = field(factory=dict)
