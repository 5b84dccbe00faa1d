"""Stand between the core and a plugin's outbox: what breaks the contract becomes an error that names the plugin."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from threading import Lock
from typing import Any, Self, TypeVar

from capi_actions.contracts import require_methods
from capi_actions.errors import OutboxError
from capi_actions.logs import LOGGER
from capi_actions.model import (
    ALL_DEAD,
    Claim,
    Claimed,
    DeadFilter,
    DeadLetter,
    Item,
    Judgement,
    Outbox,
    Pause,
    Replayed,
    Stats,
)
from capi_actions.text import count_noun
from capi_actions.tracebacks import where

LOG = logging.getLogger(f"{LOGGER}.delivery")

T = TypeVar("T")


def guard_outbox(outbox: object, plugin: str, name: str) -> Outbox:
    """Return what a plugin's factory made, guarded.

    :raises PluginError: naming the methods that are missing.
    """
    require_methods(outbox, Outbox, plugin, f"outbox {name!r}")
    kind = GuardedOnceOutbox if callable(getattr(outbox, "put_once", None)) else GuardedOutbox
    return kind(outbox, plugin, name)


class GuardedOutbox:
    """A plugin's outbox.

    What it raises beside OutboxError becomes one that says where; what it returns is checked; and when it is closed,
    the items that were put should all be delivered, waiting or dead.
    """

    def __init__(self, outbox: Any, plugin: str, name: str) -> None:
        self._outbox = outbox
        self._name = f"the outbox {name!r} of plugin {plugin!r}"
        self._lock = Lock()
        # Lease and its end, of each item that was claimed here and isn't settled yet.
        self._claimed: dict[int, tuple[int, float]] = {}
        self._has_logged_repeat = False
        self._added = 0  # items put, less those that were delivered or purged
        self._doubtful = 0  # acknowledged ids of which it isn't known whether there was still an item
        self._initial_count = self._count()

    def put(self, items: Sequence[Item]) -> None:
        """Store items."""
        self._call("put", items)
        self._add(len(items))

    def claim(
        self, destination: str, limit: int, max_bytes: int, lease_seconds: float, now: float
    ) -> Claim | None:
        """Lease items.  Log once if the outbox gives out an item whose lease isn't over."""
        claim = self._call("claim", destination, limit, max_bytes, lease_seconds, now)
        if claim is None:
            return None
        self._expect(claim, Claim, "claim")
        for item in claim.items:
            self._expect(item, Claimed, "claim", "items of")
        if not claim.items:
            raise self._fault(
                "claim", "should return None if there is nothing to claim, but returned no items"
            )
        self._note_claim(claim, now)
        return claim  # type: ignore[no-any-return]  # as was just checked

    def extend(self, lease: int, until: float) -> bool:
        """Move the end of a lease."""
        extended = self._expect(self._call("extend", lease, until), bool, "extend")
        if extended:
            with self._lock:
                held = [id_ for id_, (own, _) in self._claimed.items() if own == lease]
                self._claimed |= dict.fromkeys(held, (lease, until))
        return extended

    def acknowledge(self, lease: int, ids: Sequence[int]) -> None:
        """Delete delivered items."""
        self._call("acknowledge", lease, ids)
        with self._lock:
            for id_ in ids:
                # Whatever lease holds it by now: a late acknowledgement counts.  It does so for items that were
                # released or buried, too, and unknown ids are ignored; which it was, only the outbox knows.
                if self._claimed.pop(id_, None) is None:
                    self._doubtful += 1
                else:
                    self._added -= 1

    def release(self, lease: int, ids: Sequence[int], run_at: float, tried: int = 1) -> None:
        """Make items wait."""
        self._call("release", lease, ids, run_at, tried)
        self._settle(lease, ids)

    def bury(self, lease: int, ids: Sequence[int], judgement: Judgement, now: float, tried: int = 1) -> None:
        """Make dead letters of items."""
        self._call("bury", lease, ids, judgement, now, tried)
        self._settle(lease, ids)

    def back_off(self, destination: str, until: float) -> None:
        """Claim nothing before some time."""
        self._call("back_off", destination, until)

    def pause(self, destination: str, judgement: Judgement, now: float) -> None:
        """Claim nothing until somebody resumes the destination."""
        self._call("pause", destination, judgement, now)

    def resume(self, destination: str) -> bool:
        """End a pause."""
        return self._expect(self._call("resume", destination), bool, "resume")

    def paused(self) -> Mapping[str, Pause]:
        """Return the paused destinations."""
        return self._expect(self._call("paused"), Mapping, "paused")  # type: ignore[type-abstract]

    def ready(self, destination: str, limit: int, now: float) -> int:
        """Count what can be claimed."""
        return self._expect(self._call("ready", destination, limit, now), int, "ready")

    def next_due(self, destination: str, now: float) -> float | None:
        """Return when a claim may find something."""
        due = self._call("next_due", destination, now)
        return None if due is None else float(self._expect(due, int | float, "next_due"))  # type: ignore[arg-type]

    def destinations(self) -> Sequence[str]:
        """Return the destinations with undelivered items."""
        return self._expect(self._call("destinations"), Sequence, "destinations")  # type: ignore[type-abstract]

    def stats(self) -> Mapping[str, Stats]:
        """Return counts by destination."""
        stats = self._expect(self._call("stats"), Mapping, "stats")  # type: ignore[type-abstract]
        for counts in stats.values():
            self._expect(counts, Stats, "stats", "values of")
        return stats

    def dead(self, which: DeadFilter = ALL_DEAD) -> Iterator[DeadLetter]:
        """Iterate over dead letters."""
        letters = iter(self._expect(self._call("dead", which), Iterable, "dead"))  # type: ignore[type-abstract]
        while True:
            try:
                letter = next(letters)
            except StopIteration:
                return
            except (OutboxError, KeyboardInterrupt):
                raise
            except BaseException as error:  # noqa: BLE001  a plugin may raise anything
                fault = where(error)
                break
            yield self._expect(letter, DeadLetter, "dead", "letters of")
        raise self._fault("dead", f"failed ({fault})")

    def replay(self, which: DeadFilter, now: float) -> Replayed:
        """Make dead letters wait again."""
        return self._expect(self._call("replay", which, now), Replayed, "replay")

    def purge(self, which: DeadFilter) -> int:
        """Delete dead letters."""
        purged = self._expect(self._call("purge", which), int, "purge")
        self._add(-purged)
        return purged

    def close(self) -> None:
        """Compare what is there with what should be, and close the outbox."""
        self._check_balance()
        self._call("close")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __getattr__(self, name: str) -> Any:
        """Return what the outbox has beyond its contract."""
        return getattr(self._outbox, name)

    def _call(self, method: str, *arguments: object) -> Any:
        try:
            return getattr(self._outbox, method)(*arguments)
        except (OutboxError, KeyboardInterrupt):
            raise
        except BaseException as error:  # noqa: BLE001  a plugin may raise anything
            fault = where(error)
        # Out here the error has no context: the original's text may quote an item.
        raise self._fault(method, f"failed ({fault})")

    def _expect(self, value: object, kind: type[T], method: str, what: str = "") -> T:
        if isinstance(value, kind):
            return value
        expected = getattr(kind, "__name__", str(kind))
        returned_type = type(value).__name__
        raise self._fault(
            method, f"should return {expected}, but {what or 'what'} it returned is {returned_type}"
        )

    def _fault(self, method: str, problem: str) -> OutboxError:
        return OutboxError(
            f"{self._name} has a fault: {method}() {problem}. Report it to the plugin's author"
        )

    def _add(self, count: int) -> None:
        with self._lock:
            self._added += count

    def _note_claim(self, claim: Claim, now: float) -> None:
        with self._lock:
            again = [
                item.id
                for item in claim.items
                if item.id in self._claimed and self._claimed[item.id][1] > now
            ]
            self._claimed |= {item.id: (claim.lease, claim.until) for item in claim.items}
            is_first = not self._has_logged_repeat
            self._has_logged_repeat |= bool(again)
        if again and is_first:
            LOG.error(
                "%s has given out %s whose lease isn't over: what is given out twice is sent twice",
                self._name,
                count_noun(len(again), "item"),
            )

    def _settle(self, lease: int, ids: Sequence[int]) -> None:
        with self._lock:
            for id_ in ids:
                if self._claimed.get(id_, (None,))[0] == lease:  # what another lease holds is ignored
                    del self._claimed[id_]

    def _count(self) -> int | None:
        """Return how many items there are, delivered ones aside; None if that can't be said."""
        with suppress(OutboxError):
            return sum(counts.undelivered + counts.dead for counts in self.stats().values())
        return None

    def _check_balance(self) -> None:
        present = self._count()
        if present is None or self._initial_count is None:
            return
        most = self._initial_count + self._added
        expected = min(max(present, most - self._doubtful), most)
        if present != expected:
            LOG.error(
                "%s should hold %s, waiting or dead, but it holds %d: other processes have changed it"
                " meanwhile, or it loses items",
                self._name,
                count_noun(expected, "item"),
                present,
            )


class GuardedOnceOutbox(GuardedOutbox):
    """A plugin's outbox that remembers what was put."""

    def put_once(self, items: Sequence[Item], keys: Sequence[bytes], now: float) -> int:
        """Store new items whose keys were not stored before."""
        left_out = self._expect(self._call("put_once", items, keys, now), int, "put_once")
        self._add(len(items) - left_out)
        return left_out
