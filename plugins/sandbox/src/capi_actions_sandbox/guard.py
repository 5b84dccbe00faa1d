"""Refuse requests that a foreign web page makes through the browser of whoever runs the sandbox.

A page whose name is made to point at 127.0.0.1 (DNS rebinding) could read stored events as its own, and any page can
send requests that need no permission.  Browsers name the page's host in ``Host`` and ``Origin``, and ask permission
for a JSON body.
"""

import ipaddress
import re
from collections.abc import Sequence

from starlette.datastructures import Headers

_HOST = re.compile(
    r"(?:\[(?P<ipv6>[0-9a-f:.]+)\]|(?P<name>[a-z0-9.-]+))(?::[0-9]{1,5})?", re.ASCII | re.IGNORECASE
)
_BODY_METHODS = ("POST", "PUT", "PATCH")


def refusal(method: str, headers: Headers) -> tuple[int, str] | None:
    """Return the status and the reason with which a request to the sandbox's own addresses is refused, or None."""
    hosts = headers.getlist("host")
    if len(hosts) != 1 or not _is_this_machine(hosts[0]):
        return 403, "Host should be this machine's: 127.0.0.1, [::1] or localhost"
    if not _is_own(headers.getlist("origin"), hosts[0]):
        return 403, "Origin should be the sandbox's own, or absent: other web pages have no access"
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if method in _BODY_METHODS and kind != "application/json":
        return 415, "Content-Type should be application/json"
    return None


def _is_own(origins: Sequence[str], host: str) -> bool:
    return not origins or [origin.lower() for origin in origins] == [f"http://{host.lower()}"]


def _is_this_machine(host: str) -> bool:
    match = _HOST.fullmatch(host)
    if match is None:
        return False
    try:
        return ipaddress.ip_address(match["ipv6"] or match["name"]).is_loopback
    except ValueError:
        return (match["name"] or "").lower() == "localhost"
