"""Who sends a request; and who has failed to show it too often, from where."""

from collections.abc import Callable, Iterable
from math import ceil
from time import monotonic
from typing import Final

from starlette.types import Scope

from capi_actions import TrustedProxies, count_noun
from capi_actions_server.attempt_limit import AttemptLimit
from capi_actions_server.ingest.requests import Headers, RequestError, header_text
from capi_actions_server.ingest.senders import Source

_MAX_KNOWN: Final = 10_000


class Authentication:
    """Limits from how many requests a minute of one address the answer shows whether a key is right.

    Beyond that, every answer to the address is 429, whether the key is right or wrong, so that nobody can try keys
    quickly.  Senders behind the same address, such as a proxy that isn't named as trusted, must not suffer from it:
    what has been sent with a right key from there before is taken all the same.
    """

    def __init__(
        self,
        failures_per_minute: int,
        proxies: TrustedProxies,
        address_headers: Iterable[str],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Start without failures.

        :param failures_per_minute: of one address; 0 for any number.
        :param address_headers: where proxies name the client's address.
        """
        self._limit = AttemptLimit(failures_per_minute, clock=clock) if failures_per_minute else None
        self._proxies = proxies
        self._names = [name.encode() for name in address_headers] if proxies.networks else []
        # Hashes of where requests came from and of whose key they had, as headers may be long.
        self._known: dict[int, None] = {}

    def identify(self, find: Callable[[], Source], scope: Scope, headers: Headers) -> Source:
        """Return whom a key or signature belongs to.

        :param find: compares it; raises a :class:`RequestError` with the status 401 when it is nobody's.
        :raises RequestError: the same; or with the status 429 when the address has failed too often.
        """
        try:
            source = find()
        except RequestError as error:
            if (
                error.status == 401
                and self._limit
                and (wait := self._limit.take(self._address(scope, headers)))
            ):
                raise _too_many(wait) from None
            raise
        if self._limit is not None:
            origin = hash((source.name, _peer(scope), *map(headers.get, self._names)))
            if origin not in self._known:
                self._admit(origin, self._limit.wait(self._address(scope, headers)))
        return source

    def _admit(self, origin: int, wait: float) -> None:
        if wait:
            raise _too_many(wait)
        self._known[origin] = None
        if len(self._known) > _MAX_KNOWN:
            del self._known[next(iter(self._known))]

    def _address(self, scope: Scope, headers: Headers) -> str:
        """Return the client's address as far as it is known, else that of the connection."""
        peer = _peer(scope)
        named = {name.decode(): header_text(headers, name) or "" for name in self._names}
        return self._proxies.client_address(peer, named) or peer


def _peer(scope: Scope) -> str:
    """Return the address of the connection; "" if it has none, as that of a Unix socket."""
    client: tuple[str, int] | None = scope.get("client")
    return client[0] if client else ""


def _too_many(wait: float) -> RequestError:
    seconds = ceil(wait)
    return RequestError(
        429,
        f"too many requests from this address had a wrong write key or signature; wait {count_noun(seconds, 'second')},"
        " and send with a right one",
        [(b"retry-after", str(seconds).encode())],
    )
