"""The table ``[server]`` of the configuration."""

import ipaddress
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from urllib.parse import urlsplit

from attrs import Attribute, field, frozen

from capi_actions import Between, Secret
from capi_actions_server.page_settings import PageSettings

EXAMPLE = """\
[server.keys.main]
key = { env = "CAPI_WRITE_KEY" }
# destinations = ["main"]  # instead of all

# [server.pages]  # who may see the status page; `capi hash-password` makes the hash of a password
# password_hash = { env = "CAPI_PASSWORD_HASH" }
"""
"""What ``capi init --serve`` writes below ``[server]``."""

_TABLES = {"init": False}  # metadata of attributes that are tables: the example shows them
_SHORTEST_SECRET = 16  # characters
_HOST_NAME = re.compile(r"[A-Za-z][A-Za-z0-9.-]{0,252}")


def _host(_: object, attribute: "Attribute[Any]", value: str) -> None:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        if not _HOST_NAME.fullmatch(value):
            raise ValueError(
                f"{attribute.name} should be an address or a name to listen at, such as 127.0.0.1, :: or localhost,"
                " without a port"
            ) from None


def _networks(_: object, attribute: "Attribute[Any]", values: Sequence[str]) -> None:
    for value in values:
        try:
            ipaddress.ip_network(value)
        except ValueError:
            raise ValueError(
                f"{attribute.name} should be addresses or networks, such as 10.0.0.0/8, not {value!r}"
            ) from None


def _origins(_: object, attribute: "Attribute[Any]", values: Sequence[str]) -> None:
    for value in values:
        parts = urlsplit(value)
        if value != "*" and not (
            parts.scheme in ("http", "https") and parts.netloc and value == f"{parts.scheme}://{parts.netloc}"
        ):
            raise ValueError(
                f'{attribute.name} should be origins, such as https://shop.example, or "*", not {value!r}'
            )


def _secret(_: object, attribute: "Attribute[Any]", value: Secret) -> None:
    if 0 < len(value.value) < _SHORTEST_SECRET:
        raise ValueError(f"{attribute.name} should have {_SHORTEST_SECRET} characters or more")


def _header_name(_: object, attribute: "Attribute[Any]", value: str) -> None:
    if not value.isascii() or not value.replace("-", "").replace("_", "").isalnum():
        raise ValueError(f"{attribute.name} should be the name of a header, such as X-Signature")


def _header_names(_: object, attribute: "Attribute[Any]", values: Sequence[str]) -> None:
    for value in values:
        _header_name(_, attribute, value)


@frozen(kw_only=True)
class WriteKey:
    """A table ``[server.keys.<name>]``: who may send, and where to.

    :ivar key: the write key, at least 16 characters.
    :ivar destinations: names of the destinations that its events go to; all without it.
    :ivar client: whether events come from the person's own device, so that the connection's address and user agent are
        the person's: "auto" looks at the request, "always" and "never" decide it.
    :ivar events_per_second: how many events are taken in a second on average; 0 for any number.
    """

    key: Secret = field(validator=_secret)
    destinations: list[str] | None = None
    client: Literal["auto", "always", "never"] = "auto"
    events_per_second: int = field(default=0, validator=Between(0, 1_000_000))


@frozen(kw_only=True)
class Webhook:
    """A table ``[server.webhooks.<name>]``: signed requests to ``/v1/webhooks/<name>``.

    :ivar secret: what the sender signs with, at least 16 characters.
    :ivar format: what the bodies are: "events", or an installed format such as "shopify".
    :ivar header: where the signature stands.
    :ivar signed: what is signed: "timestamped" is ``t=…,v1=…`` over time stamp, dot and body; "body" the body alone.
    :ivar digest: "sha256" or "sha1".
    :ivar encoding: of the signature: "hex" or "base64".
    :ivar tolerance: how many seconds a time stamp may differ from the clock.
    :ivar destinations: names of the destinations that its events go to; all without it.
    """

    secret: Secret = field(validator=_secret)
    format: str = "events"
    header: str = field(default="X-Capi-Signature", validator=_header_name)
    signed: Literal["timestamped", "body"] = "timestamped"
    digest: Literal["sha256", "sha1"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    tolerance: int = field(default=300, validator=Between(1, 86_400))
    destinations: list[str] | None = None


@frozen(kw_only=True)
class ServerSettings:
    """The table ``[server]``.

    :ivar host: the address to listen at; only this machine can reach the default.
    :ivar port: the port to listen at.
    :ivar trusted_proxies: addresses or networks of reverse proxies, whose forwarding headers are believed.
    :ivar address_headers: headers in which the nearest trusted proxy names the client's address, such as
        CF-Connecting-IP; it must overwrite what clients send in them.
    :ivar metrics_from: addresses or networks that may read /metrics, not through a proxy.
    :ivar allowed_origins: origins of web pages that may send, such as https://shop.example; "*" for any.
    :ivar max_body_bytes: how large the body of a request may be, in bytes, after decompression.
    :ivar max_connections: how many connections and requests there may be at once; more are refused with 503.
    :ivar max_waiting: how many events may wait for the disk; more are refused with 503.
    :ivar failures_per_minute: how many requests with a wrong write key or signature one address may send; then it is
        answered with 429, but for what has sent with a right one from there before.  0 for any number.
    :ivar request_seconds: how long a request may take to arrive, and then to be stored.
    :ivar shutdown_seconds: how long requests may take to end when the server stops.
    :ivar keys: who may send.
    :ivar pages: who may see the status page.
    :ivar webhooks: signed webhooks that are taken.
    """

    host: str = field(default="127.0.0.1", validator=_host)
    port: int = field(default=8090, validator=Between(0, 65_535))
    trusted_proxies: list[str] = field(factory=list, validator=_networks)
    address_headers: list[str] = field(factory=list, validator=_header_names)
    metrics_from: list[str] = field(factory=lambda: ["127.0.0.1", "::1"], validator=_networks)
    allowed_origins: list[str] = field(factory=list, validator=_origins)
    max_body_bytes: int = field(default=4_000_000, validator=Between(1_000, 100_000_000))
    max_connections: int = field(default=2_000, validator=Between(1, 1_000_000))
    max_waiting: int = field(default=10_000, validator=Between(1, 1_000_000))
    failures_per_minute: int = field(default=60, validator=Between(0, 1_000_000))
    request_seconds: float = field(default=10.0, validator=Between(0.1, 600))
    shutdown_seconds: float = field(default=10.0, validator=Between(0.1, 600))
    keys: Mapping[str, WriteKey] = field(factory=dict, metadata=_TABLES)
    pages: PageSettings = field(factory=PageSettings, metadata=_TABLES)
    webhooks: Mapping[str, Webhook] = field(factory=dict, metadata=_TABLES)
