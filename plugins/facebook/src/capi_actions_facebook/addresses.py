"""IP addresses of people: of what proxies and libraries write, the one that Meta takes."""

import re
from collections.abc import Iterable, Iterator
from socket import AF_INET, AF_INET6, inet_pton
from typing import Final

from capi_actions_facebook.click_ids import APPENDIX

_IN_CHAIN: Final = re.compile(r"[,;\s]+")
_IPV4_PORT: Final = re.compile(r"(?P<address>[0-9.]{7,15}):[0-9]{1,5}", re.ASCII)
_BRACKETS: Final = re.compile(r"\[(?P<address>[0-9A-Fa-f:.]{2,45})\](?::[0-9]{1,5})?", re.ASCII)
_WITH_APPENDIX: Final = re.compile(
    rf"(?P<address>[0-9A-Fa-f:.]{{2,45}}?)(?:\.(?P<appendix>{APPENDIX}))+", re.ASCII
)
_MAPPED: Final = bytes(10) + b"\xff\xff"
_LONGEST = 2_000  # characters of a chain that are read

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


def public_address(value: str | Iterable[str]) -> str | None:
    """Return a person's address, or None when the value holds none that is reachable on the Internet.

    Brackets and port are left out; of a chain, or of a list, the first IPv6 address counts, or else the first IPv4
    address.  An appendix of Meta's parameter builder stays.  Takes what ``X-Forwarded-For`` and ``Forwarded``
    (RFC 7239) hold, too.
    """
    if isinstance(value, str):
        # The usual case: one plain address.
        if address := _public_ipv6(value) if ":" in value else _public_ipv4(value):
            return address
        candidates: Iterator[str] = _candidates(value)
    else:
        candidates = (candidate for text in value for candidate in _candidates(text))
    first: str | None = None
    for candidate in candidates:
        address = _read(candidate)
        if address and ":" in address:
            return address
        first = first or address
    return first


def _candidates(chain: str) -> Iterator[str]:
    for part in _IN_CHAIN.split(chain[:_LONGEST]):
        key, equals, value = part.partition("=")
        if not equals:
            yield part.strip("\"'")
        elif key.lower() == "for":
            yield value.strip("\"'")


def _read(text: str) -> str | None:
    if match := _IPV4_PORT.fullmatch(text) or _BRACKETS.fullmatch(text):
        text = match["address"]
    if address := _public(text):
        return address
    if (match := _WITH_APPENDIX.fullmatch(text)) and (address := _public(match["address"])):
        return f"{address}.{match['appendix']}"
    return None


def _public(text: str) -> str | None:
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
