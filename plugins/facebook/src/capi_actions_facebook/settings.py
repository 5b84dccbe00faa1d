"""The settings of a Facebook destination, and the versions of Meta's API that they may name."""

import re
from collections.abc import Mapping
from datetime import date
from ipaddress import ip_address
from urllib.parse import urlsplit

from attrs import Attribute, field, frozen

from capi_actions import Secret
from capi_actions_facebook.times import time_zone

DEFAULT_VERSION = "v25.0"
PARTNER_AGENT_LIMIT = 23  # "using the API": fewer than 23 characters, at least 2 letters

# Last day of each version of the Graph API: "versions" in docs/reference/sources.md.
LAST_DAYS: Mapping[int, date] = {
    16: date(2025, 5, 14),
    17: date(2025, 9, 12),
    18: date(2026, 1, 26),
    19: date(2026, 5, 21),
    20: date(2026, 9, 24),
    21: date(2027, 1, 21),
    22: date(2027, 5, 20),
    23: date(2027, 10, 8),
    24: date(2028, 2, 18),
    25: date(2028, 7, 29),
}
OLDEST_VERSION = min(LAST_DAYS)
NEWEST_VERSION = 26  # its end isn't announced


def _digits(_: object, attribute: "Attribute[str]", value: str) -> None:
    if not (value.isascii() and value.isdigit()):
        raise ValueError(f"{attribute.name} should be digits only, as Events Manager shows it")


def _version(_: object, attribute: "Attribute[str]", value: str) -> None:
    if not re.fullmatch(r"v[0-9]{1,3}\.[0-9]{1,3}", value, re.ASCII):
        raise ValueError(f'{attribute.name} should look like "{DEFAULT_VERSION}"')


def _agent(_: object, attribute: "Attribute[str | None]", value: str | None) -> None:
    if value is None:
        return
    letters = sum(character.isalpha() for character in value)
    if len(value) >= PARTNER_AGENT_LIMIT or letters < 2 or not value.isascii():
        raise ValueError(
            f"{attribute.name} should have fewer than {PARTNER_AGENT_LIMIT} characters, 2 letters at least"
        )


def _url(_: object, attribute: "Attribute[str]", value: str) -> None:
    try:
        parts = urlsplit(value)
        host = None if parts.port == 0 else parts.hostname
    except ValueError:  # brackets that don't match, a port that is no number
        host = None
    if not host or parts.scheme not in ("http", "https") or parts.query or parts.fragment:
        raise ValueError(f"{attribute.name} should be an http or https address without a query")
    if parts.scheme == "http" and not _is_this_machine(host):
        raise ValueError(
            f"{attribute.name} should begin with https: over http the token would travel unencrypted;"
            " http is for this machine alone, such as http://127.0.0.1:8080"
        )


def _zone(_: object, attribute: "Attribute[str | None]", value: str | None) -> None:
    if value is not None:
        try:
            time_zone(value)
        except ValueError as error:
            raise ValueError(f"{attribute.name} {error}") from None


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


@frozen(kw_only=True)
class Settings:
    """One pixel or dataset.

    Source: "using the API" in ``docs/reference/sources.md``.

    :ivar pixel_id: id of the pixel or dataset, digits only.
    :ivar access_token: a token from Events Manager, or of a system user.  Sent as a Bearer header, so
        that it stays out of access logs.
    :ivar test_event_code: shows the events under "Test events" in Events Manager.  They are counted
        all the same: leave it out in production.
    :ivar api_version: Graph API version; `capi check` warns when its end has come.
    :ivar partner_agent: names the sending platform to Meta: fewer than 23 characters, 2 letters at least.
    :ivar normalization: by whose rules personal values are written before they are hashed: ``pixel``,
        ``documented`` or ``pixel+documented``.
    :ivar time_zone: the zone of event times that name none, such as ``Europe/Berlin``.  Without this setting they
        are read as UTC, and the first of each run is warned of.
    :ivar base_url: where requests go; change it for tests.
    """

    pixel_id: str = field(validator=_digits)
    access_token: Secret
    test_event_code: str | None = field(default=None, metadata={"example": "TEST12345"})
    api_version: str = field(default=DEFAULT_VERSION, validator=_version)
    partner_agent: str | None = field(default=None, validator=_agent, metadata={"example": "my-shop-1.0"})
    normalization: str = "pixel"
    time_zone: str | None = field(default=None, validator=_zone, metadata={"example": "Europe/Berlin"})
    base_url: str = field(default="https://graph.facebook.com", validator=_url)


def version_error(version: str, today: date) -> str | None:
    """Return why Meta doesn't answer to an API version any more, or None.

    :param version: such as ``v25.0``.
    """
    number, minor = _split(version)
    last = LAST_DAYS.get(number) if minor == "0" else None
    if last is not None and last < today:
        return f"Meta has not answered to {version} since {last}; use a newer version"
    if number < OLDEST_VERSION:
        return f"{version} ended before {LAST_DAYS[OLDEST_VERSION]}; use a newer version"
    return None


def version_warning(version: str) -> str | None:
    """Return why Meta may not know an API version, or None.

    :param version: such as ``v25.0``.
    """
    number, minor = _split(version)
    if minor != "0":
        return f"Meta's versions end in .0; there is no {version}"
    if number > NEWEST_VERSION:
        return f"the newest version known to this release is v{NEWEST_VERSION}.0; does Meta have {version}?"
    return None


def _split(version: str) -> tuple[int, str]:
    major, _, minor = version[1:].partition(".")
    return int(major), minor
