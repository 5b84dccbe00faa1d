"""The settings of a Facebook destination, and what is wrong with the API version that they name."""

import re
from datetime import date
from ipaddress import IPv4Address, IPv6Address, ip_address

from attrs import Attribute, field, frozen

from capi_actions import Secret, time_zone
from capi_actions_facebook.facts import (
    DEFAULT_VERSION,
    LAST_DAYS,
    NEWEST_VERSION,
    OLDEST_VERSION,
    PARTNER_AGENT_LIMIT,
)


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


# Stricter than any parser, so that no two parsers see another host: ASCII only; no user info, backslash, white space,
# percent-encoding, query or fragment, nor the brackets of anything but an IPv6 address without a zone.
_ADDRESS = re.compile(
    r"(?P<scheme>https?)://"
    r"(?:\[(?P<ipv6>[0-9a-f:.]{2,45})\]|(?P<name>[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?))"
    r"(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?:/[a-z0-9._~-]*)*",
    re.ASCII | re.IGNORECASE,
)
_MAX_PORT = 65_535


def _url(_: object, attribute: "Attribute[str]", value: str) -> None:
    match = _ADDRESS.fullmatch(value)
    host = _host(match) if match else None
    if match is None or host is None:
        raise ValueError(
            f"{attribute.name} should be an http or https address without user, query and anything unusual,"
            " such as https://graph.facebook.com"
        )
    if match["scheme"].lower() == "http" and not _is_this_machine(host):
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


def _host(match: re.Match[str]) -> str | None:
    """Return the host of an address, or None if no connection could be made to it."""
    if int(match["port"] or 1) > _MAX_PORT:
        return None
    if match["ipv6"]:
        try:
            return str(IPv6Address(match["ipv6"]))
        except ValueError:
            return None
    labels = match["name"].split(".")
    is_name = all(0 < len(label) <= 63 and label.strip("-") == label for label in labels)
    # Digits alone are an IPv4 address in one of several spellings: 127.1, 0177.0.0.1 or 2130706433.
    is_number = labels[-1].isdigit() or labels[-1].lower().startswith("0x")
    return match["name"] if is_name and (not is_number or _is_ipv4(match["name"])) else None


def _is_ipv4(host: str) -> bool:
    try:
        IPv4Address(host)
    except ValueError:
        return False
    return True


def _is_this_machine(host: str) -> bool:
    # Not *.localhost: many systems ask a name server for these.
    return host.lower() == "localhost" or ((_is_ipv4(host) or ":" in host) and ip_address(host).is_loopback)


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
    :ivar app_secret: of the app that the token is of, if it has "Require app secret" switched on.  A proof of it
        is sent, never the secret.
    :ivar upload_tag: names the upload that offline events belong to.
    :ivar normalization: by whose rules personal values are written before they are hashed: ``pixel``,
        ``documented`` or ``pixel+documented``.
    :ivar time_zone: the zone of event times that name none, such as ``Europe/Berlin``.  Without this setting they
        are read as UTC, which the first of each run is warned of, and the summaries count.
    :ivar strip_personal_parameters: leave out parameters of page addresses that hold an e-mail address or a phone
        number: Meta forbids them.
    :ivar base_url: where requests go; change it for tests.  Over http only to this machine.
    """

    pixel_id: str = field(validator=_digits)
    access_token: Secret
    test_event_code: str | None = field(default=None, metadata={"example": "TEST12345"})
    api_version: str = field(default=DEFAULT_VERSION, validator=_version)
    partner_agent: str | None = field(default=None, validator=_agent, metadata={"example": "my-shop-1.0"})
    app_secret: Secret | None = field(default=None, metadata={"example": {"env": "FACEBOOK_APP_SECRET"}})
    upload_tag: str | None = field(default=None, metadata={"example": "stores-november"})
    normalization: str = "pixel"
    time_zone: str | None = field(default=None, validator=_zone, metadata={"example": "Europe/Berlin"})
    strip_personal_parameters: bool = True
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
