"""Limit how often an address may attempt to log in, or to send with a wrong key."""

import threading
from collections import deque
from collections.abc import Callable
from ipaddress import ip_address
from time import monotonic
from typing import Final

_SECONDS: Final = 60.0
_MAX_ADDRESSES: Final = 10_000  # further ones push out those whose last attempt is oldest


class AttemptLimit:
    """Limits how many attempts a minute come from one address, and from all of them together.

    A whole IPv6 network of 64 bits counts as one address, as that is what a single customer of a provider has.
    What is kept is bounded, whatever addresses there are.  Usable from several threads.
    """

    def __init__(
        self, per_address: int, of_all: int | None = None, clock: Callable[[], float] = monotonic
    ) -> None:
        """Start without attempts.

        :param per_address: how many one address may make within a minute.
        :param of_all: how many all addresses together may make; None for any number.
        """
        self._per_address = per_address
        self._clock = clock
        self._lock = threading.Lock()
        self._by_address: dict[str, deque[float]] = {}
        self._all: deque[float] | None = None if of_all is None else deque(maxlen=of_all)

    def take(self, address: str) -> float:
        """Count an attempt and return 0, or return how many seconds are to be waited before the next."""
        network, now = _network(address), self._clock()
        with self._lock:
            if (attempts := self._by_address.pop(network, None)) is not None:
                self._by_address[network] = attempts  # at the end: its attempt is the last
            if wait := self._wait(network, now):
                return wait
            if attempts is None:
                attempts = self._by_address[network] = deque(maxlen=self._per_address)
            for counted in (attempts, self._all):
                if counted is not None:
                    counted.append(now)
            if len(self._by_address) > _MAX_ADDRESSES:
                del self._by_address[next(iter(self._by_address))]
        return 0.0

    def wait(self, address: str) -> float:
        """Return how many seconds are to be waited before the next attempt; 0 if there may be one."""
        with self._lock:
            return self._wait(_network(address), self._clock()) if self._by_address else 0.0

    def forget(self, address: str) -> None:
        """Start anew for an address from which an attempt has succeeded."""
        with self._lock:
            self._by_address.pop(_network(address), None)

    def _wait(self, network: str, now: float) -> float:
        full = [
            counted[0] + _SECONDS - now
            for counted in (self._by_address.get(network), self._all)
            if counted is not None and len(counted) == counted.maxlen
        ]
        return max(0.0, *full) if full else 0.0


def _network(address: str) -> str:
    """Return what counts as one address; anything that is no IPv6 address counts as it is."""
    if ":" not in address:
        return address
    try:
        number = int(ip_address(address.partition("%")[0]))
    except ValueError:
        return address
    return f"{number >> 64:x}::/64"
