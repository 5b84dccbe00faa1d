"""What is wrong with the table ``[server]``, or likely so, beyond the form of its values."""

from collections.abc import Collection, Iterator, Mapping
from ipaddress import ip_address, ip_network
from itertools import chain
from typing import Final

from capi_actions import ConfigNames, Problem
from capi_actions_server.settings import ServerSettings, Webhook, WriteKey
from capi_actions_server.text import count_noun

_WIDEST: Final = {4: 8, 6: 7}  # bits of the largest private networks: 10.0.0.0/8 and fc00::/7
_LARGEST_BATCH: Final = 512_000  # bytes that Segment's API takes, and that its SDKs send at once
_CHAINS: Final = ("x-forwarded-for", "forwarded")  # headers to which each proxy adds an address
_DEFAULT_TOLERANCE: Final = 300


def check_settings(settings: ServerSettings, names: ConfigNames) -> Iterator[Problem]:
    """Yield errors, with which the server doesn't start, and warnings; their paths start at the table."""
    if not settings.keys and not settings.webhooks:
        yield Problem("nobody may send: add a table [server.keys.main]; `capi init --serve` writes one")
    yield from _check_senders(settings, names.destinations)
    yield from _check_webhooks(settings.webhooks, names.inputs)
    yield from _check_secrets(settings)
    yield from _check_reach(settings)
    yield from _check_proxies(settings)
    yield from _check_limits(settings)


def _warning(message: str, path: str) -> Problem:
    return Problem(message, path, severity="warning")


def _check_senders(settings: ServerSettings, destinations: Collection[str]) -> Iterator[Problem]:
    senders: Iterator[tuple[str, WriteKey | Webhook]] = chain(
        ((f"$.keys.{name}", write_key) for name, write_key in settings.keys.items()),
        ((f"$.webhooks.{name}", webhook) for name, webhook in settings.webhooks.items()),
    )
    for table, sender in senders:
        path = f"{table}.destinations"
        if sender.destinations == []:
            yield Problem(
                "is empty, so that its events would go nowhere; leave it out for all destinations", path
            )
        for index, destination in enumerate(sender.destinations or ()):
            if destination not in destinations:
                known = ", ".join(sorted(destinations))
                yield Problem(f"there is no destination {destination!r}; there are: {known}", path)
            elif destination in (sender.destinations or ())[:index]:
                yield _warning(f"names {destination!r} twice", path)


def _check_webhooks(webhooks: Mapping[str, Webhook], formats: Collection[str]) -> Iterator[Problem]:
    for name, webhook in webhooks.items():
        if webhook.format != "events" and webhook.format not in formats:
            known = ", ".join(["events", *sorted(formats)])
            message = f"no plugin offers the format {webhook.format!r}; there are: {known}"
            yield Problem(message, f"$.webhooks.{name}.format")
        if webhook.signed == "body" and webhook.tolerance != _DEFAULT_TOLERANCE:
            message = 'has no effect: with signed = "body", signatures have no time stamp'
            yield _warning(message, f"$.webhooks.{name}.tolerance")


def _check_secrets(settings: ServerSettings) -> Iterator[Problem]:
    """Yield secrets that stand in two places: the second would open what the first is for."""
    pages = settings.pages
    secrets = [
        *((f"keys.{name}.key", write_key.key) for name, write_key in settings.keys.items()),
        *((f"webhooks.{name}.secret", webhook.secret) for name, webhook in settings.webhooks.items()),
        *((("pages.token", pages.token),) if pages.token else ()),
    ]
    first: dict[str, str] = {}
    for path, secret in secrets:
        other = first.setdefault(secret.value, path) if secret.value else path
        if other == path:
            continue
        if path.startswith("keys."):  # nobody could tell whose events they are
            yield Problem(f"is the key of {other.split('.')[1]!r}, too; each needs its own", f"$.{path}")
        else:
            yield _warning(
                f"is the same as {other}; take another secret, so that each opens one door", f"$.{path}"
            )


def _check_reach(settings: ServerSettings) -> Iterator[Problem]:
    if _is_loopback(settings.host):
        return
    if not settings.trusted_proxies:
        yield _warning(
            f"{settings.host} can be reached from other machines, and the server itself has no TLS, so that write"
            " keys and passwords can be read on the way; put a reverse proxy before it, and name it in"
            " trusted_proxies",
            "$.host",
        )
    if not settings.pages.is_open:
        yield _warning(
            f"{settings.host} can be reached from other machines, but nobody can log in to the status page;"
            " set password_hash, which `capi hash-password` prints, or token",
            "$.pages",
        )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_proxies(settings: ServerSettings) -> Iterator[Problem]:
    for text in settings.trusted_proxies:
        network = ip_network(text)
        if network.prefixlen < _WIDEST[network.version]:
            yield _warning(
                f"{text} trusts nearly everybody, so that anybody can claim any address; name your proxies alone",
                "$.trusted_proxies",
            )
        elif network.is_unspecified or network.is_multicast:
            yield _warning(f"{text} is no address that a proxy connects from", "$.trusted_proxies")
    if settings.address_headers and not settings.trusted_proxies:
        message = "has no effect without trusted_proxies: the headers of nobody else are believed"
        yield _warning(message, "$.address_headers")
    for name in settings.address_headers:
        if name.lower() in _CHAINS:
            yield _warning(
                f"{name} holds what clients send in it; leave it out, as it is read from the trusted proxies' side",
                "$.address_headers",
            )
    for text in settings.metrics_from:
        if ip_network(text).prefixlen == 0:
            yield _warning(f"{text} lets everybody read the metrics", "$.metrics_from")


def _check_limits(settings: ServerSettings) -> Iterator[Problem]:
    if settings.shutdown_seconds < settings.request_seconds:
        yield _warning(
            f"a stop waits for {count_noun(settings.shutdown_seconds, 'second')}, but requests may take"
            f" {settings.request_seconds:g} (request_seconds): the slow ones are cut off, and must be sent again",
            "$.shutdown_seconds",
        )
    if settings.max_body_bytes < _LARGEST_BATCH:
        yield _warning(
            f"SDKs send batches of up to {_LARGEST_BATCH:,} bytes, and are answered with 413 beyond"
            f" {settings.max_body_bytes:,}: they drop those events",
            "$.max_body_bytes",
        )
