"""Options of delivery, and the summary of a run."""

from collections.abc import Mapping

from attrs import field, frozen, validators

from capi_actions.model import MAX_DELAY, MAX_LEASE

_count = validators.gt(0)
_seconds = validators.gt(0.0)


@frozen(kw_only=True)
class Options:
    """How delivery behaves.  All times are in seconds.

    :ivar workers: sending threads per destination.  16 hide 100 ms of latency.
    :ivar drop_refused_field: when the platform refuses a single item and names the field at fault, send
        the item again without that field, once.
    :ivar lease: how long claimed items stay reserved for this process.  The lease is extended before each
        request when half of it is over, so it must be twice as long as any request.  After a crash,
        claimed items wait this long at most.
    :ivar initial_wait: upper bound of the random delay after the first failure; it doubles with each
        further failure.
    :ivar max_wait: limit of that upper bound.
    :ivar throttle_wait: upper bound of the first random delay after throttling, if the platform names none.
    :ivar max_backoff: limit of a delay that the platform names.
    :ivar max_inline_wait: a shorter back-off in the middle of a batch is waited out by the worker; for a
        longer one the rest of the batch is released.
    :ivar bisect_after_failures: a batch that has failed more often than this, while others succeed, is
        bisected: one of its items may be what makes the platform fail.
    :ivar linger: how long a worker that was idle waits for a batch to fill.
    :ivar poll_interval: how often an idle worker looks for items that other processes have put.
    :ivar keep_dead_letters: age at which dead letters are purged; None keeps them.
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
    poll_interval: float = field(default=0.5, validator=_seconds)
    keep_dead_letters: float | None = None


@frozen(kw_only=True)
class Summary:
    """What a run has done, counted in items unless stated otherwise.

    :ivar delivered: taken by the platform.
    :ivar repaired: of these, delivered without a field that the platform had refused.
    :ivar buried: made dead letters.
    :ivar released: put back to be tried later; an item counts once for each time.
    :ivar requests: requests made.
    :ivar paused: names of the destinations that were paused in this run, sorted.
    :ivar last_errors: by destination name, the reason of its last request's failure, if that is to be
        tried again.  A destination whose last request succeeded isn't listed.
    """

    delivered: int = 0
    repaired: int = 0
    buried: int = 0
    released: int = 0
    requests: int = 0
    paused: tuple[str, ...] = ()
    last_errors: Mapping[str, str] = field(factory=dict)
