"""IP addresses: which are reachable on the Internet."""

import re
from socket import AF_INET, AF_INET6, inet_pton
from typing import Final

_MAPPED: Final = bytes(10) + b"\xff\xff"

# Not on the Internet: https://www.iana.org/assignments/iana-ipv4-special-registry (read 2026-11-30).  The networks for
# documentation count as public, so that examples can be tried.
_NOT_PUBLIC: Final = re.compile(
    rb"[\0\x0a\x7f\xe0-\xff]"  # this network, private, loopback, multicast and reserved
    rb"|\x64[\x40-\x7f]|\xa9\xfe|\xac[\x10-\x1f]|\xc0\xa8|\xc6[\x12\x13]"  # carriers, link-local, private, benchmarks
    rb"|\xc0\0\0",  # protocol assignments
    re.DOTALL,
)
# Only addresses that begin with one of these need the pattern.
_SPECIAL: Final = frozenset({0, 10, 100, 127, 169, 172, 192, 198, *range(224, 256)})


def public_ip(text: str) -> str | None:
    """Return an IP address that is reachable on the Internet, or None when the text is no such address.

    An IPv4 address that is written as an IPv6 address is returned as IPv4.

    :param text: one address without brackets, port and surrounding space.

    >>> [public_ip(text) for text in ("203.0.113.7", "2001:db8::1", "::ffff:203.0.113.7", "10.0.0.1", "localhost")]
    ['203.0.113.7', '2001:db8::1', '203.0.113.7', None, None]
    """
    return _public_ipv6(text) if ":" in text else _public_ipv4(text)


def _public_ipv4(text: str) -> str | None:
    try:
        packed = inet_pton(AF_INET, text)
    except (OSError, ValueError):  # ValueError: a null character, or one that is none of ASCII's
        return None
    return None if packed[0] in _SPECIAL and _NOT_PUBLIC.match(packed) else text


def _public_ipv6(text: str) -> str | None:
    try:
        packed = inet_pton(AF_INET6, text)
    except (OSError, ValueError):
        return None
    if packed.startswith(_MAPPED):
        return _public_ipv4(".".join(map(str, packed[12:])))
    # 2000::/3 is all that has been assigned: https://www.iana.org/assignments/ipv6-unicast-address-assignments.
    return text if packed[0] & 0xE0 == 0x20 else None
