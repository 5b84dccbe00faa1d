"""The ``context`` of an event, made of the web request in which it happened."""

import re
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from itertools import islice
from typing import Any, Final, Literal, Self
from urllib.parse import quote

from attrs import field, frozen

from capi_actions.codec import JsonObject
from capi_actions.ip_addresses import public_ip

_HOST: Final = re.compile(
    r"(?:[a-z0-9_.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?", re.IGNORECASE | re.ASCII
)
_SCHEMES: Final = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
_DEFAULT_PORTS: Final = {"http": "80", "https": "443"}
_PRINTABLE: Final = "".join(map(chr, range(0x21, 0x7F)))  # stays as it is in an address
_NODE_PORT: Final = re.compile(r"(?P<v4>[0-9.]+):[0-9]+|\[(?P<v6>[0-9A-Fa-f:.]+)\](?::[0-9]+)?", re.ASCII)
# An element of `Forwarded` with its characters reversed, what stands between its semicolons, and a pair there.
# A quoted text without an end goes on to the end of the header: nothing can fail after it, so that no header, whatever
# a stranger sends, is looked through again and again.
_REVERSED_ELEMENT: Final = re.compile(r'(?:[^,"]|"(?:[^"]|"\\)*(?:"(?!\\)|\Z))+')
_FORWARDED_PART: Final = re.compile(r'(?:[^;"]|"(?:[^"\\]|\\.)*(?:"|\\?\Z))+', re.DOTALL)
_FORWARDED_PAIR: Final = re.compile(r'\s*([A-Za-z]+)=("(?:[^"\\]|\\.)*"|[^\s;,"]*)\s*', re.DOTALL)
_LONGEST_CHAIN: Final = 50  # addresses of a chain of proxies that are looked at
_LONGEST_HEADER: Final = 8_000  # characters at its end that are looked at

_Network = IPv4Network | IPv6Network


def _networks(texts: Iterable[str]) -> tuple[_Network, ...]:
    if isinstance(texts, str):
        raise TypeError(
            f"trusted proxies should be a list of addresses and networks, not the string {texts!r}"
        )
    return tuple(ip_network(text) for text in texts)


def _header_names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name.lower() for name in names)


@frozen
class TrustedProxies:
    """Proxies whose forwarding headers are believed; those of everybody else are ignored.

    :ivar networks: their addresses and networks, such as ``10.0.0.0/8``.
    :ivar local_socket: whether to believe a peer without an address too: a proxy that connects through a Unix socket.
    :ivar address_headers: headers in which the nearest proxy names the visitor's address, such as
        ``CF-Connecting-IP``.  It must overwrite what visitors send in them.  They go before ``X-Forwarded-For``.
    :raises ValueError: when a network isn't one.
    """

    networks: tuple[_Network, ...] = field(default=(), converter=_networks)
    local_socket: bool = field(default=False, kw_only=True)
    address_headers: tuple[str, ...] = field(default=(), converter=_header_names, kw_only=True)

    def trusts(self, peer: str | None) -> bool:
        """Return whether an address, or the lack of one, is that of a trusted proxy."""
        if not peer:
            return self.local_socket
        address = _parse(peer)
        return address is not None and any(address in network for network in self.networks)

    def client_address(self, peer: str | None, headers: Mapping[str, str]) -> str | None:
        """Return the visitor's public address, or None when it isn't known.

        That is the peer's, unless it is a trusted proxy.  Then the headers of ``address_headers`` count: the first
        IPv6 address, or else the first IPv4 address.  Without those, it is the last address of ``X-Forwarded-For``, or
        of ``Forwarded`` (RFC 7239), that is no trusted proxy's: anybody could have written what
        stands before it.

        :param headers: by their names in lower case.
        """
        if not self.trusts(peer):
            return public_ip(_unmap(peer or ""))
        candidates = [public_ip(_node(headers.get(name, ""))) for name in self.address_headers]
        public = [address for address in candidates if address]
        if public:
            return next((address for address in public if ":" in address), public[0])
        for node in _chain(headers):
            if not self.trusts(node or "unknown"):
                return public_ip(node)
        return None


NO_PROXIES: Final = TrustedProxies()


@frozen(kw_only=True)
class WebRequest:
    """What an event can tell of the web request in which it happened.

    :ivar scheme: ``http`` or ``https``.
    :ivar host: the name that the visitor called, with a port that isn't the scheme's own; "" when it isn't known.
    :ivar path: of the address, percent-encoded.
    :ivar query: of the address, without its question mark.
    :ivar client_address: the visitor's public address.
    """

    scheme: str = "https"
    host: str = ""
    path: str = "/"
    query: str = ""
    referrer: str | None = None
    user_agent: str | None = None
    client_address: str | None = None
    cookies: Mapping[str, str] = field(factory=dict, repr=lambda cookies: repr(sorted(cookies)))

    @classmethod
    def of(cls, source: Any, proxies: TrustedProxies = NO_PROXIES) -> Self:
        """Read a request of a web framework.

        :param source: a WSGI environ, an ASGI scope, or a request that has one as ``environ``, ``META`` or ``scope``:
            those of Flask, Django, Starlette and FastAPI do.
        :raises TypeError: when it is nothing of that.
        """
        scope = _mapping(source, "scope")
        if scope is not None and scope.get("type") in {"http", "websocket"}:
            return cls._of_asgi(scope, proxies)
        for attribute in ("environ", "META"):
            environ = _mapping(source, attribute)
            if environ is not None and "REQUEST_METHOD" in environ:
                return cls._of_wsgi(environ, proxies)
        raise TypeError(
            f"should be a WSGI environ, an ASGI scope or a request that has one, not {type(source).__name__}"
        )

    @classmethod
    def _of_asgi(cls, scope: Mapping[str, Any], proxies: TrustedProxies) -> Self:
        headers: dict[str, str] = {}
        for raw_name, raw_value in scope.get("headers") or ():
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
            separator = "; " if name == "cookie" else ", "
            headers[name] = f"{headers[name]}{separator}{value}" if name in headers else value
        client, server = scope.get("client"), scope.get("server") or ("", None)
        raw_path = scope.get("raw_path")
        return cls._of_parts(
            headers,
            proxies,
            scheme=scope.get("scheme") or "http",
            host=headers.get("host") or headers.get(":authority") or "",
            server=(server[0] or "", str(server[1] or "")),
            path=quote(raw_path, _PRINTABLE)
            if raw_path
            else quote(scope.get("path") or "/", "/:@!$&'()*+,;=~-._"),
            query=quote(scope.get("query_string") or b"", _PRINTABLE),
            peer=client[0] if client else None,
        )

    @classmethod
    def _of_wsgi(cls, environ: Mapping[str, Any], proxies: TrustedProxies) -> Self:
        headers = {
            key[5:].replace("_", "-").lower(): value
            for key, value in environ.items()
            if key.startswith("HTTP_") and isinstance(value, str)
        }
        # What the visitor sent, when the server keeps it: PATH_INFO has lost which characters were encoded.
        raw = environ.get("REQUEST_URI") or environ.get("RAW_URI") or ""
        path, _, query = raw.partition("#")[0].partition("?")
        if not path.startswith("/"):
            full_path = f"{environ.get('SCRIPT_NAME', '')}{environ.get('PATH_INFO', '')}" or "/"
            path = quote(full_path.encode("latin-1", "replace"), "/:@!$&'()*+,;=~-._")
            query = environ.get("QUERY_STRING") or ""
        return cls._of_parts(
            headers,
            proxies,
            scheme=environ.get("wsgi.url_scheme") or "http",
            host=headers.get("host") or "",
            server=(environ.get("SERVER_NAME") or "", str(environ.get("SERVER_PORT") or "")),
            path=quote(path.encode("latin-1", "replace"), _PRINTABLE),
            query=quote(query.encode("latin-1", "replace"), _PRINTABLE),
            peer=environ.get("REMOTE_ADDR"),
        )

    @classmethod
    def _of_parts(
        cls,
        headers: Mapping[str, str],
        proxies: TrustedProxies,
        *,
        scheme: str,
        host: str,
        server: tuple[str, str],
        path: str,
        query: str,
        peer: str | None,
    ) -> Self:
        if proxies.trusts(peer):
            scheme = (
                _last(headers.get("x-forwarded-proto", ""))
                or _nearest_element(headers).get("proto")
                or scheme
            )
            host = _last(headers.get("x-forwarded-host", "")) or _nearest_element(headers).get("host") or host
        scheme = _SCHEMES.get(scheme.lower(), "http")
        if not host and server[0]:
            name, port = server
            name = f"[{name}]" if ":" in name and not name.startswith("[") else name
            host = name if port in {"", _DEFAULT_PORTS[scheme]} else f"{name}:{port}"
        return cls(
            scheme=scheme,
            host=host if _HOST.fullmatch(host) else "",
            path=path,
            query=query,
            referrer=_text(headers.get("referer")),
            user_agent=_text(headers.get("user-agent")),
            client_address=proxies.client_address(peer, headers),
            cookies=_cookies(headers.get("cookie", "")),
        )

    @property
    def url(self) -> str | None:
        """The address that the visitor called, or None when the host isn't known."""
        return f"{self.scheme}://{self.host}{self._path_and_query}" if self.host else None

    @property
    def _path_and_query(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path

    def context(self, page: Literal["request", "referrer"] = "request") -> JsonObject:
        """Return what the request says, as the ``context`` of an event; what it doesn't say is left out.

        :param page: which address is the page's: that of the ``request``, or the ``referrer`` when the request comes
            from a script on the page.
        """
        if page == "referrer":
            of_page: JsonObject = {"url": self.referrer} if self.referrer else {}
        else:
            of_page = {"url": self.url, "path": self.path} if self.url else {}
            if self.query and self.url:
                of_page["search"] = f"?{self.query}"
            if self.referrer:
                of_page["referrer"] = self.referrer
        context = {"page": of_page, "userAgent": self.user_agent, "ip": self.client_address}
        return {key: value for key, value in context.items() if value}


def _mapping(source: Any, attribute: str) -> Mapping[str, Any] | None:
    value = source if isinstance(source, Mapping) else getattr(source, attribute, None)
    return value if isinstance(value, Mapping) else None


def _text(value: str | None) -> str | None:
    """Return a header's text; bytes outside ASCII, which servers pass on as Latin-1, are UTF-8 if they can be."""
    if not value or value.isascii():
        return value or None
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value


def _cookies(header: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in header.split(";"))
    return {name.strip(): value.strip() for name, equals, value in pairs if equals and name.strip()}


def _last(header: str) -> str:
    return header.rpartition(",")[2].strip()


def _chain(headers: Mapping[str, str]) -> Iterator[str]:
    """Yield the addresses of a chain of proxies, the nearest first; "" for one that is hidden."""
    if chain := headers.get("x-forwarded-for"):
        nodes: Iterable[str] = reversed(chain.split(","))
    else:
        nodes = (element.get("for", "") for element in _forwarded_elements(headers))
    yield from map(_node, islice(nodes, _LONGEST_CHAIN))


def _nearest_element(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return the nearest proxy's element of the header ``Forwarded``; an empty one if there is none."""
    return next(_forwarded_elements(headers), {})


def _forwarded_elements(headers: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    """Yield the elements of the header ``Forwarded``, the nearest proxy's first.

    They are looked for from the end: what stands before a proxy's own element may be the visitor's.  Neither a
    quotation mark without a second there, nor a text of any length, may hide what the proxy has added.
    """
    end = headers.get("forwarded", "")[-_LONGEST_HEADER:]
    for element in _REVERSED_ELEMENT.finditer(end[::-1]):
        parts = _FORWARDED_PART.findall(element[0][::-1])
        pairs = filter(None, map(_FORWARDED_PAIR.fullmatch, parts))
        yield {pair[1].lower(): pair[2].strip('"') for pair in pairs}


def _node(text: str) -> str:
    """Return an address without brackets, port and space."""
    text = text.strip().strip('"')
    match = _NODE_PORT.fullmatch(text)
    return _unmap((match["v4"] or match["v6"]) if match else text)


def _unmap(text: str) -> str:
    address = _parse(text)
    return str(address) if address is not None and ":" in text and address.version == 4 else text


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
