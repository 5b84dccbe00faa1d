"""IP addresses: of what proxies and libraries write, the one that Meta takes."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import Plugins
from capi_actions.testing import build_item
from capi_actions_facebook.ip_addresses import PublicAddresses, public_address

# Python takes multicast and 3.11 some protocol assignments for global.
PUBLIC_V4 = st.ip_addresses(v=4).filter(
    lambda address: address.is_global and not address.is_multicast and not str(address).startswith("192.0.0.")
)
PUBLIC_V6 = st.ip_addresses(v=6, network="2000::/3").filter(
    lambda address: address.is_global and not address.is_multicast
)
NO_ADDRESS = st.sampled_from(
    [
        *(
            "10.0.0.1",
            "172.16.9.9",
            "192.168.1.1",
            "127.0.0.1",
            "169.254.0.1",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
        ),
        *("255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0", "fd00::1", "ff02::1", "::ffff:10.0.0.1"),
        *(
            "unknown",
            "localhost",
            "_hidden",
            "-",
            "null",
            "undefined",
            "1.2.3",
            "1.2.3.4.5",
            "01.2.3.4",
            "1.2.3.256",
        ),
        *(
            "3405803781",
            "203.0.113.5/24",
            "b5fc85e55755f9e0d030a10ab4429b6b2944855f9a0d60077fe832becbc41d72",
            "\0",
            "²",
        ),
    ]
)
SPACE = st.text(" \t\n\u00a0\u2009", max_size=2)
PORT = st.integers(1, 65535).map(str)


def spelled(address: IPv4Address | IPv6Address) -> st.SearchStrategy[str]:
    """Write an address as proxies do."""
    text = str(address)
    bracketed = f"[{text}]" if ":" in text else text
    return st.one_of(
        st.just(text),
        st.just(bracketed),
        st.builds("{}:{}".format, st.just(bracketed), PORT),
        st.builds('for="{}:{}";proto=https;by=10.0.0.1'.format, st.just(bracketed), PORT),
        st.just(f"For={bracketed}"),
        st.just(f'"{text}"'),
    )


@given(
    st.data(),
    st.lists(NO_ADDRESS, max_size=2),
    PUBLIC_V4,
    st.lists(NO_ADDRESS | PUBLIC_V4.map(str), max_size=2),
)
def test_the_first_public_address_counts(
    data: st.DataObject, before: list[str], address: IPv4Address, after: list[str]
) -> None:
    """Whatever proxies put before and after it, in one text or in a list."""
    chain = [*before, data.draw(spelled(address)), *after]
    space = data.draw(SPACE)

    assert str(address) == public_address(chain)
    assert str(address) == public_address(f"{space},{space}".join(["", *chain, ""]))


@given(st.data(), st.lists(NO_ADDRESS | PUBLIC_V4.map(str), max_size=3), PUBLIC_V6)
def test_ipv6_is_preferred_wherever_it_stands(
    data: st.DataObject, others: list[str], address: IPv6Address
) -> None:
    """Meta asks for it, and its own parameter builder prefers it too."""
    chain = data.draw(st.permutations([*others, data.draw(spelled(address))]))

    assert str(address) == public_address(", ".join(chain))


@given(st.lists(NO_ADDRESS, max_size=4))
def test_without_a_public_address_there_is_none(chain: list[str]) -> None:
    """A wrong one counts as identity, and matches a stranger or nobody."""
    assert public_address(chain) is None
    assert public_address(",".join(chain)) is None


@given(st.text() | st.text('0123456789abcdef.:[]%, =for";', max_size=60))
def test_any_text_gives_a_public_address_or_none(text: str) -> None:
    """It is a header of a stranger's request."""
    address = public_address(text)

    if address is not None:
        parts = address.split(".")
        plain = address if ":" not in address and len(parts) == 4 else None
        parsed = ip_address(plain or address.rsplit(".", 1)[0] if "." in address else address)
        assert not (
            parsed.is_loopback or parsed.is_link_local or parsed.is_multicast or parsed.is_unspecified
        )


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("203.0.113.5:443, 10.0.0.1", "203.0.113.5"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("203.0.113.5, 2001:db8::1", "2001:db8::1"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("unknown, 203.0.113.5", "203.0.113.5"),
        ("for=192.0.2.43, for=198.51.100.17;by=203.0.113.60;proto=http", "192.0.2.43"),
        ('for="[2001:db8:cafe::17]:4711"', "2001:db8:cafe::17"),
        ("by=203.0.113.60", None),
        ("203.0.113.5.AQQCAQIB", "203.0.113.5.AQQCAQIB"),
        ("2001:db8::1.AQQCAQIB", "2001:db8::1.AQQCAQIB"),
        ("203.0.113.5.Ag", "203.0.113.5.Ag"),
        ("203.0.113.5.AQQCAQIB.AQQCAQIB", "203.0.113.5.AQQCAQIB"),
        ("10.0.0.1.AQQCAQIB", None),
        ("203.0.113.5.12", None),
        ("fe80::1%eth0", None),
        ("64:ff9b::cb00:7105", None),
    ],
)
def test_known_addresses(text: str, address: str | None) -> None:
    """The forms of X-Forwarded-For, RFC 7239, Azure's gateway and Meta's parameter builder."""
    assert address == public_address(text)


@pytest.mark.parametrize(
    ("value", "address"),
    [
        (["10.0.0.1", "203.0.113.5"], "203.0.113.5"),
        (["203.0.113.5"], "203.0.113.5"),
        ([], None),
        (3405803781, None),
        (True, None),
        ("", None),
    ],
)
def test_an_event_s_address_may_be_a_list_or_nothing(
    value: object, address: str | None, plugins: Plugins
) -> None:
    """Some servers pass the header's parts on."""
    event = {"type": "page", "timestamp": "2026-11-23T17:24:12Z", "userId": "u", "context": {"ip": value}}

    assert address == build_item(plugins, "facebook.page_view", event)["user_data"].get("client_ip_address")


@given(st.lists(st.ip_addresses().map(str) | st.text(max_size=60), max_size=8), st.integers(1, 4))
def test_what_is_remembered_is_what_is_found_again(texts: list[str], limit: int) -> None:
    """Also when the memory is full, and for chains, which are too long to be remembered."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("capi_actions_facebook.ip_addresses._REMEMBERED", limit)
        addresses = PublicAddresses()
        for text in texts * 2:
            assert public_address(text) == addresses[text]
            assert len(addresses) <= limit
            assert all(len(known) <= 45 for known in addresses)
