"""The settings of a Facebook destination."""

import re
from collections.abc import Mapping
from datetime import date
from ipaddress import ip_address
from urllib.parse import urlsplit

from attrs import Attribute, field, frozen

from capi_actions import Secret

DEFAULT_VERSION = "v25.0"
PARTNER_AGENT_LIMIT = 23  # "using the API": fewer than 23 characters, at least 2 letters


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
            f"{attribute.name} should begin with https: over http the token would travel in clear;"
            " http is for this machine alone, such as http://127.0.0.1:8080"
        )


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
    :ivar base_url: where requests go; change it for tests.
    """

    pixel_id: str = field(validator=_digits)
    access_token: Secret
    test_event_code: str | None = field(default=None, metadata={"example": "TEST12345"})
    api_version: str = field(default=DEFAULT_VERSION, validator=_version)
    partner_agent: str | None = field(default=None, validator=_agent, metadata={"example": "my-shop-1.0"})
    normalization: str = "pixel"
    base_url: str = field(default="https://graph.facebook.com", validator=_url)


# From https://developers.facebook.com/docs/graph-api/changelog (read 2026-11-23).
# v26.0 is the newest; its end isn't announced.
LAST_DAYS: Mapping[str, date] = {
    "v16.0": date(2025, 5, 14),
    "v17.0": date(2025, 9, 12),
    "v18.0": date(2026, 1, 26),
    "v19.0": date(2026, 5, 21),
    "v20.0": date(2026, 9, 24),
    "v21.0": date(2027, 1, 21),
    "v22.0": date(2027, 5, 20),
    "v23.0": date(2027, 10, 8),
    "v24.0": date(2028, 2, 18),
    "v25.0": date(2028, 7, 29),
}
OLDEST, NEWEST = 16, 26


def problem_with(version: str, today: date) -> str | None:
    """Say what is wrong with an API version, or None.

    :param version: such as ``v25.0``.
    """
    last = LAST_DAYS.get(version)
    if last is not None and last < today:
        return f"Meta has not answered to {version} since {last}; take a newer one"
    if int(version[1:].partition(".")[0]) < OLDEST:
        return f"{version} ended before 2025-05-14; take a newer one"
    return None


def doubt_about(version: str) -> str | None:
    """Say why Meta may not know an API version, or None.

    :param version: such as ``v25.0``.
    """
    major, _, minor = version[1:].partition(".")
    if minor != "0":
        return f"Meta's versions end in .0; there is no {version}"
    if int(major) > NEWEST:
        return f"the newest version that was known when this was released is v{NEWEST}.0; does Meta have {version}?"
    return None
