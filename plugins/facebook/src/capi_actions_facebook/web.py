"""What a web request tells Meta of a visit: the event's ``context`` with click and browser id, and the cookies to set.

The ids are made as Meta's own parameter builder makes them; ``docs/how-to/web-requests.md`` lists the differences.
"""

import re
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from secrets import randbelow
from time import time
from typing import Any, Final, Literal
from urllib.parse import parse_qs, urlsplit

from attrs import field, frozen

from capi_actions import JsonObject, TrustedProxies, WebRequest
from capi_actions_facebook.click_ids import click_of, is_browser_id, is_click_id
from capi_actions_facebook.facts import CLICK_ID_MAX_AGE

_BROWSER_IDS: Final = 2**31  # random numbers that the parameter builder draws from
_DOMAIN: Final = re.compile(
    r"(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*"
)
# Labels below a country's domain under which everybody can register names: cookies for such a name are refused.
_REGISTRIES: Final = frozenset(
    {"ac", "co", "com", "edu", "gob", "gov", "gv", "ltd", "ne", "net", "or", "org", "plc"}
)


@frozen(kw_only=True)
class Cookie:
    """A first-party cookie to set in the response.

    :ivar domain: None for a cookie of this host alone.
    :ivar max_age: seconds.
    :ivar secure: whether to send it over https only.
    """

    name: str
    value: str
    domain: str | None = None
    max_age: int = CLICK_ID_MAX_AGE
    secure: bool = True

    def header(self) -> str:
        """Return the value of a ``Set-Cookie`` header.  The pixel may read the cookie, too."""
        domain = f"; Domain={self.domain}" if self.domain else ""
        secure = "; Secure" if self.secure else ""
        return f"{self.name}={self.value}; Max-Age={self.max_age}; Path=/{domain}; SameSite=Lax{secure}"


@frozen(kw_only=True)
class Visit:
    """What a request tells Meta.

    :ivar context: for the event's ``context``.
    :ivar cookies: what is to be set in the response, so that the next request has the same ids.
    """

    context: JsonObject = field(repr=lambda context: repr(sorted(context)))
    cookies: Sequence[Cookie] = field(default=(), repr=False)


def read_visit(
    source: Any,
    *,
    domains: Sequence[str] = (),
    proxies: TrustedProxies | None = None,
    page: Literal["request", "referrer"] = "request",
    make_ids: bool = True,
    now: float | None = None,
) -> Visit:
    """Return an event's context, and the cookies to set, of a web request.

    :param source: a :class:`~capi_actions.WebRequest`, or whatever that reads: a WSGI environ, an ASGI scope, a
        request of Django, Flask, Starlette or FastAPI.
    :param domains: yours, for which cookies are set; of any other host, the name without its first label.
    :param proxies: whose forwarding headers to believe; by default nobody's.
    :param page: ``referrer`` when a script on the page makes the request, so that its address isn't the page's.
    :param make_ids: False only reads cookies and makes no id: for visitors who have not agreed to cookies.
    :param now: Unix seconds, for tests.
    """
    if isinstance(domains, str):
        raise TypeError(f"domains should be a list of names, not the string {domains!r}")
    request = source if isinstance(source, WebRequest) else WebRequest.of(source, proxies or TrustedProxies())
    cookie_ids = {
        "fbc": _valid(request.cookies.get("_fbc"), is_click_id),
        "fbp": _valid(request.cookies.get("_fbp"), is_browser_id),
    }
    new_ids: dict[str, str] = {}
    if make_ids:
        domain = cookie_domain(request.host, domains)
        depth = domain.count(".") if domain else 0
        start = f"fb.{depth}.{int((time() if now is None else now) * 1000)}"
        click = _click(request)
        if click and not (cookie_ids["fbc"] and click_of(cookie_ids["fbc"]) == click):
            new_ids["fbc"] = f"{start}.{click}"
        if not cookie_ids["fbp"]:
            new_ids["fbp"] = f"{start}.{randbelow(_BROWSER_IDS)}"
        cookies = [
            Cookie(name=f"_{key}", value=value, domain=domain, secure=request.scheme == "https")
            for key, value in new_ids.items()
        ]
    else:
        cookies = []
    ids = {key: value for key, value in (cookie_ids | new_ids).items() if value}
    return Visit(context={**request.context(page), **ids}, cookies=cookies)


def cookie_domain(host: str, domains: Sequence[str] = ()) -> str | None:
    """Return the domain for which a cookie is set, or None for one of this host alone.

    :param host: as the visitor called it, with or without a port.
    :param domains: yours; the first one that the host belongs to counts.

    >>> [cookie_domain(host) for host in ("shop.example.com:8080", "example.com", "example.co.uk", "203.0.113.7")]
    ['example.com', 'example.com', 'example.co.uk', None]
    >>> cookie_domain("www.shop.example.com", ["example.com"])
    'example.com'
    """
    name = _host_name(host)
    if _is_address(name) or not _DOMAIN.fullmatch(name) or "." not in name:
        return None
    for domain in map(_host_name, domains):
        if name == domain or name.endswith(f".{domain}"):
            return domain
    parent = name.partition(".")[2]
    return name if "." not in parent or _is_registry(parent) else parent


def _is_registry(name: str) -> bool:
    label, _, country = name.partition(".")
    return len(country) == 2 and label in _REGISTRIES


def _host_name(host: str) -> str:
    host = host.rpartition("://")[2].lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _valid(cookie: str | None, is_valid: Callable[[str], bool]) -> str | None:
    return cookie if cookie and is_valid(cookie) else None


def _click(request: WebRequest) -> str | None:
    """Return the click id of the request's address, or else of its referrer."""
    for query in (request.query, _query(request.referrer or "")):
        for click in parse_qs(query).get("fbclid", [])[:1]:
            if is_click_id(f"fb.1.1700000000000.{click}"):
                return click
    return None


def _query(url: str) -> str:
    try:
        return urlsplit(url).query
    except ValueError:
        return ""
