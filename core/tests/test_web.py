"""Web requests: the address that was called, and whose it was."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import TrustedProxies, WebRequest

VISITORS = st.sampled_from(["198.51.100.7", "2001:db8:1::7", "::ffff:198.51.100.7"])
PROXY = "10.0.0.1"
PROXIES = TrustedProxies(["10.0.0.0/8", "fd00::/8", "203.0.113.80"])
TRUSTED = st.sampled_from(["10.0.0.2", "10.200.0.1", "fd00::1", "203.0.113.80", "::ffff:10.0.0.3"])
PLAIN = {"::ffff:198.51.100.7": "198.51.100.7"}


def written(address: str) -> st.SearchStrategy[str]:
    """Draw the forms in which proxies write an address."""
    return st.sampled_from(
        [address, f" {address} ", f"[{address}]:443" if ":" in address else f"{address}:443", f'"{address}"']
    )


@given(st.data(), st.lists(st.text(max_size=20), max_size=3), VISITORS, st.lists(TRUSTED, max_size=3))
def test_what_a_visitor_claims_is_never_believed(
    data: st.DataObject, claims: list[str], visitor: str, hops: list[str]
) -> None:
    """The last address that is no proxy's was seen by a proxy; all before it came with the request."""
    chain = ",".join([*claims, *(data.draw(written(address)) for address in (visitor, *hops))])

    assert PROXIES.client_address(PROXY, {"x-forwarded-for": chain}) == PLAIN.get(visitor, visitor)


def elements(address: str) -> st.SearchStrategy[str]:
    """Draw the forms in which proxies write an element of ``Forwarded``; those with a colon need quotation marks."""
    node = f"[{address}]" if ":" in address else address
    plain = [] if ":" in address else [node]
    nodes = st.sampled_from([*plain, f'"{node}"', f'"{node}:443"'])
    forms = ["for={}", "For={}; proto=https", r'by=10.0.0.1 ;x-1="a\", for=192.0.2.66;\\";for={}']
    return st.builds(str.format, st.sampled_from(forms), nodes)


HALF_QUOTED = st.text(st.sampled_from('",;=\\ a') | st.characters(), max_size=20)
FALSE_ELEMENTS = st.sampled_from(["for=192.0.2.66;", 'for="192.0.2.66";a="', ""])


@given(st.data(), FALSE_ELEMENTS, HALF_QUOTED, VISITORS, st.lists(TRUSTED, max_size=3), st.integers(0, 9_000))
def test_nor_is_it_in_the_standard_s_header(
    data: st.DataObject, element: str, claim: str, visitor: str, hops: list[str], padding: int
) -> None:
    """Neither with a quotation mark that has no second, nor in a header so long that its end isn't read."""
    added = [data.draw(elements(address)) for address in (visitor, *hops)]
    forwarded = ", ".join([f"{element}{claim}{'x' * padding}", *added])

    assert PLAIN.get(visitor, visitor) == PROXIES.client_address(PROXY, {"forwarded": forwarded})


@given(VISITORS, st.dictionaries(st.sampled_from(["x-forwarded-for", "forwarded", "x-real-ip"]), st.text()))
def test_nobody_else_s_headers_count(visitor: str, headers: dict[str, str]) -> None:
    """Without a named proxy the connection says who it is."""
    assert PROXIES.client_address(visitor, headers) == PLAIN.get(visitor, visitor)
    assert TrustedProxies().client_address(visitor, headers) == PLAIN.get(visitor, visitor)


@given(st.none() | st.text(), st.dictionaries(st.sampled_from(["x-forwarded-for", "forwarded"]), st.text()))
def test_any_header_gives_a_public_address_or_none(peer: str | None, headers: dict[str, str]) -> None:
    """They are written by strangers."""
    proxies = TrustedProxies(["0.0.0.0/0"], local_socket=True)

    assert proxies.client_address(peer, headers) is None or peer


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        ({}, None),
        ({"x-forwarded-for": "198.51.100.7"}, "198.51.100.7"),
        ({"x-forwarded-for": "1.2.3.4, 192.168.0.1"}, None),  # a machine of one's own, but no named proxy
        ({"x-forwarded-for": "1.2.3.4, unknown"}, None),
        ({"forwarded": 'for=1.2.3.4, for="[2001:db8::7]:47011";proto=https;by=10.0.0.1'}, "2001:db8::7"),
        ({"forwarded": "For=198.51.100.7;proto=http, for=10.0.0.9"}, "198.51.100.7"),
        ({"forwarded": "for=1.2.3.4, for=_hidden"}, None),
        ({"forwarded": 'for="1.2.3.4', "x-forwarded-for": ""}, None),
        ({"forwarded": 'for=1.2.3.4;a=", for="[2001:db8::7]:443"'}, "2001:db8::7"),
        ({"forwarded": f"for=1.2.3.4;a={'a' * 8_000}, for=198.51.100.7"}, "198.51.100.7"),
        ({"forwarded": 'for=198.51.100.7;host="a\\", for=1.2.3.4;b=\\""'}, "198.51.100.7"),
        ({"forwarded": 'for=198.51.100.7;a-1="b;for=1.2.3.4"'}, "198.51.100.7"),
        ({"cf-connecting-ip": "198.51.100.7", "cf-connecting-ipv6": "2001:db8::7"}, "2001:db8::7"),
        ({"cf-connecting-ip": "198.51.100.7", "x-forwarded-for": "192.0.2.1"}, "198.51.100.7"),
        ({"cf-connecting-ip": "240.0.0.1", "x-forwarded-for": "192.0.2.1"}, "192.0.2.1"),
    ],
)
def test_known_headers(headers: dict[str, str], address: str | None) -> None:
    """Of proxies and content delivery networks."""
    proxies = TrustedProxies([PROXY, "10.0.0.9"], address_headers=["CF-Connecting-IP", "CF-Connecting-IPv6"])

    assert address == proxies.client_address(PROXY, headers)


def test_a_peer_without_an_address_is_trusted_only_on_demand() -> None:
    """A Unix socket has none; neither has a server that doesn't know."""
    headers = {"x-forwarded-for": "198.51.100.7"}

    assert TrustedProxies(local_socket=True).client_address("", headers) == "198.51.100.7"
    assert PROXIES.client_address("", headers) is None
    assert PROXIES.client_address(None, headers) is None


@pytest.mark.parametrize(
    "unit", ["a", " ", '"', '"\\', '\\"', '"\\\n', 'a="\\"', "for=a;", ",", "a,", "1.", ":"]
)
def test_the_time_for_a_header_grows_with_its_length_alone(
    unit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A quarter of a second for 8,000 characters was ten minutes for these: the limit of a test would end it."""
    monkeypatch.setattr("capi_actions.web._LONGEST_HEADER", 10**6)
    text = unit * (400_000 // len(unit))
    for name in ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "cookie", "host"):
        WebRequest.of(asgi({name: text}, client=(PROXY, 1)), PROXIES)


@pytest.mark.parametrize(("networks", "error"), [("10.0.0.0/8", TypeError), (["10.0.0.1/8"], ValueError)])
def test_a_network_that_is_none_is_refused(networks: Any, error: type[Exception]) -> None:
    """Before somebody relies on it."""
    with pytest.raises(error, match=r"10\.0\.0"):
        TrustedProxies(networks)


def wsgi(**more: Any) -> dict[str, Any]:
    """Return an environ."""
    return {"REQUEST_METHOD": "GET", "SERVER_NAME": "web", "SERVER_PORT": "80", "PATH_INFO": "/"} | more


def asgi(headers: dict[str, str], **more: Any) -> dict[str, Any]:
    """Return a scope."""
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    return {
        "type": "http",
        "path": "/",
        "query_string": b"",
        "headers": encoded,
        "client": ("198.51.100.7", 1),
    } | more


@pytest.mark.parametrize(
    ("source", "url"),
    [
        (wsgi(HTTP_HOST="a.example"), "http://a.example/"),
        (wsgi(), "http://web/"),
        (wsgi(SERVER_PORT="8080", SERVER_NAME="::1"), "http://[::1]:8080/"),
        (wsgi(SERVER_NAME=""), None),
        (wsgi(HTTP_HOST="a.example/evil?x"), None),
        (wsgi(HTTP_HOST="a b"), None),
        (wsgi(HTTP_HOST="a.example", SCRIPT_NAME="/app", PATH_INFO="/x y"), "http://a.example/app/x%20y"),
        (wsgi(HTTP_HOST="a.example", PATH_INFO="/\xc3\xa4"), "http://a.example/%C3%A4"),
        (
            wsgi(HTTP_HOST="a.example", PATH_INFO="/a/b", REQUEST_URI="/a%2Fb?q=%41#x"),
            "http://a.example/a%2Fb?q=%41",
        ),
        (
            wsgi(HTTP_HOST="a.example", RAW_URI="http://a.example/x", QUERY_STRING="q=1"),
            "http://a.example/?q=1",
        ),
        (wsgi(HTTP_HOST="a.example", QUERY_STRING="q=\xe4 <"), "http://a.example/?q=%E4%20<"),
        (asgi({"host": "a.example"}, scheme="https"), "https://a.example/"),
        (asgi({":authority": "a.example"}, scheme="wss", type="websocket"), "https://a.example/"),
        (asgi({}, server=("10.0.0.5", 8000)), "http://10.0.0.5:8000/"),
        (asgi({"host": "a.example"}, path="/ä", query_string=b"q=1"), "http://a.example/%C3%A4?q=1"),
        (asgi({"host": "a.example"}, path="/a/b", raw_path=b"/a%2Fb"), "http://a.example/a%2Fb"),
    ],
)
def test_the_address_is_the_one_that_was_called(source: dict[str, Any], url: str | None) -> None:
    """As the visitor's browser shows it, byte for byte where the server has kept it."""
    assert url == WebRequest.of(source).url


@given(st.text(), st.text(), st.text(), st.binary())
def test_an_address_is_ascii_without_space(host: str, path: str, query: str, raw: bytes) -> None:
    """Whatever comes in."""
    for source in (
        wsgi(HTTP_HOST=host, PATH_INFO=path, QUERY_STRING=query),
        wsgi(HTTP_HOST="a", REQUEST_URI=path),
        asgi({"host": host}, path=path, query_string=raw),
        asgi({"host": "a"}, raw_path=raw),
    ):
        url = WebRequest.of(source).url
        assert url is None or (url.isascii() and url.isprintable() and " " not in url)


def test_scheme_and_host_are_the_proxy_s_word_if_it_is_trusted() -> None:
    """The proxy ends TLS; anybody else could say so, too."""
    headers = {
        "host": "10.0.0.5:8000",
        "x-forwarded-proto": "https",
        "x-forwarded-host": "evil.example, a.example",
    }
    rfc = {"host": "10.0.0.5:8000", "forwarded": "for=198.51.100.7;host=a.example;proto=https"}

    for proxied in (headers, rfc):
        assert WebRequest.of(asgi(proxied, client=(PROXY, 1)), PROXIES).url == "https://a.example/"
        assert WebRequest.of(asgi(proxied), PROXIES).url == "http://10.0.0.5:8000/"


def test_the_context_holds_what_the_request_says() -> None:
    """And nothing for what it doesn't say."""
    headers = {"host": "a.example", "referer": "https://b.example/", "user-agent": "Mozilla/5.0 ü"}

    request = WebRequest.of(asgi(headers, query_string=b"x=1", path="/cart"))

    page = {
        "url": "http://a.example/cart?x=1",
        "path": "/cart",
        "search": "?x=1",
        "referrer": "https://b.example/",
    }
    assert request.context() == {"page": page, "userAgent": "Mozilla/5.0 ü", "ip": "198.51.100.7"}
    assert request.context("referrer")["page"] == {"url": "https://b.example/"}
    assert WebRequest().context() == {}
    assert WebRequest(query="x").context("referrer") == {}


def test_cookies_are_read_one_by_one() -> None:
    """A strange one doesn't hide those after it; HTTP/2 sends them in several headers."""
    scope = asgi({})
    scope["headers"] = [(b"cookie", b'a=1; [x] y=2; broken; =none; b="q"'), (b"Cookie", b"c=x=y")]

    assert {"a": "1", "[x] y": "2", "b": '"q"', "c": "x=y"} == WebRequest.of(scope).cookies
    assert "x=y" not in repr(WebRequest.of(scope))


@pytest.mark.parametrize("source", [None, {}, {"type": "lifespan"}, "GET /", SimpleNamespace(environ={})])
def test_what_is_no_request_is_refused(source: object) -> None:
    """With what would be right."""
    with pytest.raises(
        TypeError, match="should be a WSGI environ, an ASGI scope or a request that has one, not "
    ):
        WebRequest.of(source)
