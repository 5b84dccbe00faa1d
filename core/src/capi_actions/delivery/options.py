"""How delivery behaves, and what came of it."""

from collections.abc import Mapping

from attrs import field, frozen, validators

from capi_actions.model import MAX_DELAY, MAX_LEASE

_count = validators.gt(0)
_seconds = validators.gt(0.0)


@frozen(kw_only=True)
class Options:
    """How delivery behaves.  All times are in seconds.

    :ivar workers: threads that send, for each destination.  16 hide 100 ms of latency.
    :ivar drop_refused_field: when the platform names a field that keeps a single item from passing, send the item
        once more without it.
    :ivar lease: how long claimed items are kept from other processes without news; extended before
        each request when half of it is over, so it must be twice as long as any request.  After a
        crash items wait so long at most.
    :ivar initial_wait: upper bound of the first random wait after a failure; it doubles each time.
    :ivar max_wait: upper bound of all such waits.
    :ivar throttle_wait: upper bound of the first wait after throttling, where the platform names none.
    :ivar max_backoff: the longest time for which the platform can make us wait.
    :ivar max_inline_wait: shorter rests in the middle of a batch are waited out on the spot.
    :ivar bisect_after_failures: a batch that has failed so often while others passed is divided, as one of its
        items may make the platform stumble.
    :ivar linger: after a time with nothing to do, how long to wait for a batch to fill.
    :ivar poll: how often to look for items that other processes put.
    :ivar keep_dead: how long dead letters are kept; None keeps them until somebody deletes them.
    """

    workers: int = field(default=1, validator=_count)
    drop_refused_field: bool = False
    lease: float = field(default=60.0, validator=[_seconds, validators.le(MAX_LEASE)])
    initial_wait: float = field(default=1.0, validator=_seconds)
    max_wait: float = field(default=300.0, validator=[_seconds, validators.le(MAX_DELAY)])
    throttle_wait: float = field(default=60.0, validator=_seconds)
    max_backoff: float = field(default=86_400.0, validator=[_seconds, validators.le(MAX_DELAY)])
    max_inline_wait: float = 5.0
    bisect_after_failures: int = field(default=3, validator=_count)
    linger: float = 0.2
    poll: float = field(default=0.5, validator=_seconds)
    keep_dead: float | None = None


@frozen(kw_only=True)
class Summary:
    """What came of a run, in items if not said otherwise.

    :ivar delivered: the platform took them.
    :ivar repaired: of these, without a field that it had named.
    :ivar buried: became dead letters.
    :ivar released: how often an item was put back to wait; the same one may count several times.
    :ivar requests: how many requests were made.
    :ivar paused: destinations that were paused in this run, sorted.
    :ivar troubles: why the last request to a destination failed for now, in a sentence, by its name; those
        whose last request went well aren't in it.
    """

    delivered: int = 0
    repaired: int = 0
    buried: int = 0
    released: int = 0
    requests: int = 0
    paused: tuple[str, ...] = ()
    troubles: Mapping[str, str] = field(factory=dict)
