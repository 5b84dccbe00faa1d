"""The address of a request's client: the connection's, or what trusted proxies say.

Forwarding headers can be written by anyone; they count only if the connection comes from a trusted proxy.
"""

import ipaddress
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TypeAlias

_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
_MAX_HOPS = 50  # of a forwarding header; whoever sends more gets no further with them
_LONGEST_ADDRESS = 60  # characters, with brackets, zone and port


class ClientAddresses:
    """Finds the addresses of clients behind trusted proxies."""

    def __init__(self, trusted_proxies: Iterable[str] = ()) -> None:
        """Trust these proxies.

        :param trusted_proxies: addresses or networks, such as ``10.0.0.0/8``.
        :raises ValueError: for text that is neither.
        """
        self._trusted: Sequence[_Network] = [ipaddress.ip_network(proxy) for proxy in trusted_proxies]

    def public_address(self, peer: str | None, forwarded_for: str | None) -> str | None:
        """Return the client's public address; None if there is none.

        Of several that a header names, the first IPv6 address counts, or else the first IPv4 address.

        :param peer: the other end of the connection.
        :param forwarded_for: the value of ``X-Forwarded-For``; several headers joined by commas.
        """
        public = [address for address in self._hops(peer, forwarded_for) if _is_public(address)]
        sixes = [address for address in public if address.version == 6]
        return str((sixes or public)[0]) if public else None

    def nearest_address(self, peer: str | None, forwarded_for: str | None) -> str | None:
        """Return the address that was seen by the outermost trusted proxy, or here: a client can't choose it."""
        hops = self._hops(peer, forwarded_for)
        return str(hops[-1]) if hops else None

    def _hops(self, peer: str | None, forwarded_for: str | None) -> list[_Address]:
        """Return the addresses on the way, without trusted proxies at the near end; the client's own claims first."""
        connection = parse_address(peer or "")
        if connection is None:
            return []
        if not forwarded_for or not self._is_trusted(connection):
            return [connection]
        words = forwarded_for.split(",")[-_MAX_HOPS:]
        hops = [address for word in words if (address := parse_address(word)) is not None]
        while hops and self._is_trusted(hops[-1]):
            hops.pop()
        return hops

    def _is_trusted(self, address: _Address) -> bool:
        return any(address.version == network.version and address in network for network in self._trusted)


@lru_cache(maxsize=4096)
def parse_address(text: str) -> _Address | None:
    """Return an address that may have a port, brackets or a zone; None for what is none.

    An IPv4 address inside of an IPv6 one is an IPv4 address.

    >>> parse_address(" [2001:db8::1]:443 "), parse_address("203.0.113.9:52000"), parse_address("::ffff:192.0.2.1")
    (IPv6Address('2001:db8::1'), IPv4Address('203.0.113.9'), IPv4Address('192.0.2.1'))
    """
    text = text.strip().strip('"')
    if len(text) > _LONGEST_ADDRESS:
        return None
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if address.version == 6 else None
    return mapped or address


def _is_public(address: _Address) -> bool:
    return address.is_global and not address.is_multicast
