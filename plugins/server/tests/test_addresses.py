"""The client's address behind proxies."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions_server.addresses import ClientAddresses, parse_address

PROXIES = ClientAddresses(["10.0.0.0/8", "127.0.0.1", "fd00::/8"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "public", "nearest"),
    [
        ("8.8.4.4", None, "8.8.4.4", "8.8.4.4"),
        ("8.8.4.4", "1.1.1.1", "8.8.4.4", "8.8.4.4"),
        ("10.0.0.1", "1.1.1.1", "1.1.1.1", "1.1.1.1"),
        ("10.0.0.1", "1.1.1.1, 10.3.3.3, 127.0.0.1", "1.1.1.1", "1.1.1.1"),
        ("10.0.0.1", "192.168.0.7, 1.1.1.1", "1.1.1.1", "1.1.1.1"),
        ("10.0.0.1", "9.9.9.9, 1.1.1.1", "9.9.9.9", "1.1.1.1"),
        ("10.0.0.1", "1.1.1.1, 2606:4700::1111", "2606:4700::1111", "2606:4700::1111"),
        ("10.0.0.1", "2606:4700::1111, 1.1.1.1", "2606:4700::1111", "1.1.1.1"),
        ("10.0.0.1", '"[2606:4700::1111]:443"', "2606:4700::1111", "2606:4700::1111"),
        ("10.0.0.1", "1.1.1.1:5000", "1.1.1.1", "1.1.1.1"),
        ("10.0.0.1", "::ffff:1.1.1.1", "1.1.1.1", "1.1.1.1"),
        ("::ffff:10.0.0.1", "1.1.1.1", "1.1.1.1", "1.1.1.1"),
        ("10.0.0.1", "unknown, _hidden, 1.1.1.1", "1.1.1.1", "1.1.1.1"),
        ("10.0.0.1", "unknown", None, None),
        ("10.0.0.1", "192.168.0.7", None, "192.168.0.7"),
        ("10.0.0.1", "224.0.0.1", None, "224.0.0.1"),
        ("10.0.0.1", None, None, "10.0.0.1"),
        ("10.0.0.1", "10.0.0.2", None, None),
        ("unix", None, None, None),
        (None, "1.1.1.1", None, None),
    ],
)
def test_the_client_s_address(
    peer: str, forwarded: str | None, public: str | None, nearest: str | None
) -> None:
    """The first public address counts, IPv6 first; what can't be chosen by the client is the nearest."""
    assert public == PROXIES.public_address(peer, forwarded)
    assert nearest == PROXIES.nearest_address(peer, forwarded)


@given(st.ip_addresses(), st.text() | st.lists(st.ip_addresses().map(str)).map(", ".join))
def test_strangers_can_claim_nothing(
    peer: ipaddress.IPv4Address | ipaddress.IPv6Address, forwarded: str
) -> None:
    """Whatever their header says, the connection's address counts."""
    nobody = ClientAddresses()
    seen = parse_address(str(peer))

    assert nobody.nearest_address(str(peer), forwarded) == str(seen)
    assert nobody.public_address(str(peer), forwarded) in (str(seen), None)


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    """It comes from a header."""
    address = parse_address(text)

    assert address is None or ipaddress.ip_address(str(address)) == address
