"""What is wrong with the table ``[server]``, or likely so, beyond the form of its values.

Each check yields errors, with which the server doesn't start, and warnings; their paths start at the table.  Settings
that are wrong themselves are missing, and a check that reads one ends there: so each looks at one thing alone, and no
key or webhook hides what is wrong with the others.
"""

from collections.abc import Iterator, Sequence
from ipaddress import ip_address, ip_network
from typing import Final

from capi_actions import ConfigNames, Problem, Secret, count_noun
from capi_actions_server.settings import ServerSettings, Webhook, WriteKey

_WIDEST: Final = {4: 8, 6: 7}  # bits of the largest private networks: 10.0.0.0/8 and fc00::/7
_LARGEST_BATCH: Final = 512_000  # bytes that Segment's API takes, and that its SDKs send at once
_CHAINS: Final = ("x-forwarded-for", "forwarded")  # headers to which each proxy adds an address
_DEFAULT_TOLERANCE: Final = 300

NOBODY_MAY_SEND: Final = (
    'nobody may send: add a table [server.keys.main] with key = { env = "CAPI_WRITE_KEY" }'
)


def _check_presence(settings: ServerSettings, _: ConfigNames) -> Iterator[Problem]:
    if not settings.keys and not settings.webhooks:
        yield Problem(NOBODY_MAY_SEND)


def _warning(message: str, path: str) -> Problem:
    return Problem(message, path, severity="warning")


def _check_write_keys(settings: ServerSettings, names: ConfigNames) -> Iterator[Problem]:
    for name, write_key in settings.keys.items():
        yield from _check_destinations(write_key, f"$.keys.{name}.destinations", names)


def _check_webhooks(settings: ServerSettings, names: ConfigNames) -> Iterator[Problem]:
    for name, webhook in settings.webhooks.items():
        path = f"$.webhooks.{name}"
        yield from _check_destinations(webhook, f"{path}.destinations", names)
        kind = getattr(webhook, "format", "events")
        if kind != "events" and kind not in names.inputs:
            known = ", ".join(["events", *sorted(names.inputs)])
            yield Problem(f"no plugin offers the format {kind!r}; there are: {known}", f"{path}.format")
        tolerance = getattr(webhook, "tolerance", _DEFAULT_TOLERANCE)
        if getattr(webhook, "signed", "") == "body" and tolerance != _DEFAULT_TOLERANCE:
            message = 'has no effect: with signed = "body", signatures have no time stamp'
            yield _warning(message, f"{path}.tolerance")


def _check_destinations(sender: WriteKey | Webhook, path: str, names: ConfigNames) -> Iterator[Problem]:
    destinations: Sequence[str] | None = getattr(sender, "destinations", None)
    if destinations is not None and not destinations:
        yield Problem(
            "is empty, so that its events would go nowhere; leave it out for all destinations", path
        )
    for index, destination in enumerate(destinations or ()):
        if destination not in names.destinations:
            known = ", ".join(sorted(names.destinations))
            yield Problem(f"there is no destination {destination!r}; there are: {known}", path)
        elif destination in (destinations or ())[:index]:
            yield _warning(f"names {destination!r} twice", path)


def _check_secrets(settings: ServerSettings, _: ConfigNames) -> Iterator[Problem]:
    """Yield secrets that stand in two places: the second would open what the first is for."""
    first: dict[str, str] = {}
    for path, secret in _secrets(settings):
        other = first.setdefault(secret.value, path) if secret.value else path
        if other == path:
            continue
        if path.startswith("keys."):  # nobody could tell whose events they are
            yield Problem(f"is the key of {other.split('.')[1]!r}, too; each needs its own", f"$.{path}")
        else:
            yield _warning(
                f"is the same as {other}; take another secret, so that each opens one door", f"$.{path}"
            )


def _secrets(settings: ServerSettings) -> Iterator[tuple[str, Secret]]:
    """Yield the secrets that can be read, each with its path."""
    tables = [
        *((f"keys.{name}", "key", write_key) for name, write_key in getattr(settings, "keys", {}).items()),
        *(
            (f"webhooks.{name}", "secret", webhook)
            for name, webhook in getattr(settings, "webhooks", {}).items()
        ),
        ("pages", "token", getattr(settings, "pages", None)),
    ]
    for path, key, table in tables:
        if (secret := getattr(table, key, None)) is not None:
            yield f"{path}.{key}", secret


def _check_encryption(settings: ServerSettings, _: ConfigNames) -> Iterator[Problem]:
    if not settings.trusted_proxies and not _is_loopback(settings.host):
        yield _warning(
            f"{settings.host} can be reached from other machines, and the server itself has no TLS, so that write"
            " keys and passwords can be read on the way; put a reverse proxy before it, and name it in"
            " trusted_proxies",
            "$.host",
        )


def _check_login(settings: ServerSettings, _: ConfigNames) -> Iterator[Problem]:
    if not settings.pages.is_open and not _is_loopback(settings.host):
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


def _check_proxies(settings: ServerSettings, _: ConfigNames) -> Iterator[Problem]:
    for text in settings.trusted_proxies:
        network = ip_network(text)
        if network.prefixlen < _WIDEST[network.version]:
            yield _warning(
                f"{text} trusts nearly everybody, so that anybody can claim any address; name your proxies alone",
                "$.trusted_proxies",
            )
        elif network.is_unspecified or network.is_multicast:
            yield _warning(f"{text} is no address that a proxy connects from", "$.trusted_proxies")


def _check_unused_headers(settings: ServerSettings, _: ConfigNames) -> Iterator[Problem]:
    if settings.address_headers and not settings.trusted_proxies:
        message = "has no effect without trusted_proxies: the headers of nobody else are believed"
        yield _warning(message, "$.address_headers")


def _check_headers(settings: ServerSettings, _: ConfigNames) -> Iterator[Problem]:
    for name in settings.address_headers:
        if name.lower() in _CHAINS:
            yield _warning(
                f"{name} holds what clients send in it; leave it out, as it is read from the trusted proxies' side",
                "$.address_headers",
            )


def _check_metrics(settings: ServerSettings, _: ConfigNames) -> Iterator[Problem]:
    for text in settings.metrics_from:
        if ip_network(text).prefixlen == 0:
            yield _warning(f"{text} lets everybody read the metrics", "$.metrics_from")


def _check_stop(settings: ServerSettings, _: ConfigNames) -> Iterator[Problem]:
    if settings.shutdown_seconds < settings.request_seconds:
        yield _warning(
            f"a stop waits for {count_noun(settings.shutdown_seconds, 'second')}, but requests may take"
            f" {settings.request_seconds:g} (request_seconds): the slow ones are cut off, and must be sent again",
            "$.shutdown_seconds",
        )


def _check_body_limit(settings: ServerSettings, _: ConfigNames) -> Iterator[Problem]:
    if settings.max_body_bytes < _LARGEST_BATCH:
        yield _warning(
            f"SDKs send batches of up to {_LARGEST_BATCH:,} bytes, and are answered with 413 beyond"
            f" {settings.max_body_bytes:,}: they drop those events",
            "$.max_body_bytes",
        )


CHECKS: Final = (
    _check_presence,
    _check_write_keys,
    _check_webhooks,
    _check_secrets,
    _check_encryption,
    _check_login,
    _check_proxies,
    _check_unused_headers,
    _check_headers,
    _check_metrics,
    _check_stop,
    _check_body_limit,
)
"""All checks of the table, for :class:`~capi_actions.ConfigTable`."""
