"""The person: the fields of ``user_data`` and how they are sent."""

from collections.abc import Callable, Mapping
from typing import Any

from capi_actions import Field, Json, JsonObject, note_dropped
from capi_actions_facebook.click_ids import (
    is_browser_id,
    is_click_id,
    match_browser_id,
    match_usual_click_id,
    names_click,
    newest_click_id,
    query_of_click,
)
from capi_actions_facebook.ip_addresses import PublicAddresses, public_address
from capi_actions_facebook.placeholders import is_address, is_id
from capi_actions_facebook.presets import first_of, path, person

_LARGEST_ID = 2**63 - 1  # JSON's longer numbers are read as doubles, which lose digits

_PUBLIC_ADDRESSES = PublicAddresses()

_ADDRESS = "$.properties.address"
_FULL_NAME = "$.context.traits.name"


def _personal(label: str, hashed: str, default: Json, description: str = "") -> Field:
    """Return a field that is hashed and sent under Meta's name; one value or a list.

    Source: "customer information" in ``docs/reference/sources.md``.
    """
    return Field(
        type="string",
        label=label,
        description=description or f"Normalized and hashed, sent as `{hashed}`. One value or a list.",
        multiple=True,
        keeps_single=hashed != "external_id",  # the reference always sends external ids as a list
        hashed=hashed,
        sent_as=hashed,
        default=default,
    )


def _plain(
    label: str,
    description: str,
    default: Json = None,
    sent_as: str | None = None,
    usable: Callable[[str], bool] = is_id,
) -> Field:
    return Field(
        type="string", label=label, description=description, default=default, sent_as=sent_as, usable=usable
    )


def _user_fields() -> Mapping[str, Field]:
    return {
        "externalId": _personal(
            "External ID",
            "external_id",
            {"@person_id": {}},
            description="Your own id of the person; the browser pixel should send the same. One or a list; hashed.",
        ),
        "email": _personal("Email", "em", person("email", "$.properties.email")),
        "phone": _personal(
            "Phone",
            "ph",
            person("phone", "$.properties.phone"),
            description="With country code. Hashed, sent as `ph`. One or a list.",
        ),
        "gender": _personal("Gender", "ge", person("gender")),
        "dateOfBirth": _personal("Date of Birth", "db", person("birthday")),
        "lastName": _personal(
            "Last Name",
            "ln",
            person(
                "lastName",
                "$.context.traits.last_name",
                _FULL_NAME,
                "$.properties.last_name",
                "$.properties.lastName",
            ),
        ),
        "firstName": _personal(
            "First Name",
            "fn",
            person(
                "firstName",
                "$.context.traits.first_name",
                _FULL_NAME,
                "$.properties.first_name",
                "$.properties.firstName",
            ),
        ),
        "city": _personal("City", "ct", person("address.city", _ADDRESS)),
        "state": _personal("State", "st", person("address.state", _ADDRESS)),
        "zip": _personal(
            "Zip Code", "zp", person("address.postalCode", "$.context.traits.address", _ADDRESS)
        ),
        "country": _personal("Country", "country", person("address.country", _ADDRESS)),
        "client_ip_address": Field(
            type="string",
            label="Client IP Address",
            description="IPv4 or IPv6 of the person's device, not of your proxy. Of a chain or a list, the first "
            "public IPv6 address counts, or else the first public IPv4 address.",
            multiple=True,
            keeps_single=True,
            default=path("$.context.ip"),
            usable=lambda text: public_address(text) is not None,
        ),
        "client_user_agent": _plain(
            "Client User Agent",
            "The browser's user agent, as it is. Needed when the action source is `website`.",
            path("$.context.userAgent"),
            usable=is_address,
        ),
        "fbc": _plain(
            "Click ID",
            "The `_fbc` cookie, at most 90 days old. When it is missing or damaged, or of another click than the "
            "`fbclid` in the page's URL, `fbclid` below or the referrer, it is derived from that.",
            first_of("$.properties.fbc", "$.context.fbc"),
            usable=lambda text: is_click_id(text.strip()),
        ),
        "fbclid": _plain(
            "Facebook Click ID Source",
            "Where `fbclid` stands if not in the page's URL or the referrer: a URL, its query, or the click id alone. "
            "Sent as part of `fbc`.",
            path("$.context.page.search"),
            usable=names_click,
        ),
        "fbp": _plain(
            "Browser ID",
            "The `_fbp` cookie.",
            first_of("$.properties.fbp", "$.context.fbp"),
            usable=lambda text: is_browser_id(text.strip()),
        ),
        "subscriptionID": _plain(
            "Subscription ID",
            "Id of the person's subscription, sent as `subscription_id`.",
            sent_as="subscription_id",
        ),
        "leadID": Field(
            type="integer",
            label="Lead ID",
            description="Id of a lead from Meta's lead ads: 15 to 17 digits.",
            sent_as="lead_id",
        ),
        "fbLoginID": Field(
            type="integer",
            label="Facebook Login ID",
            description="Id from Facebook Login.",
            sent_as="fb_login_id",
            maximum=_LARGEST_ID,
        ),
        "anonId": _plain(
            "Install ID (anon_id)", "Id of the app's installation; app events only.", sent_as="anon_id"
        ),
        "madId": _plain(
            "Advertiser ID (madid)", "The device's advertising id; app events only.", sent_as="madid"
        ),
        "partner_id": _plain("Partner ID", "Id that a partner knows the person by."),
        "partner_name": _plain("Partner Name", "The partner of `partner_id`."),
        "ctwa_clid": _plain(
            "Click to WhatsApp Click ID (ctwa_clid)", "From the webhook of a click-to-WhatsApp ad."
        ),
        "page_id": _plain("Page ID", "The Facebook page of a message; business messaging only."),
        "page_scoped_user_id": _plain("Page-scoped User ID", "Messenger's id of the person."),
        "whatsapp_business_account_id": _plain("WhatsApp Business Account ID", "Business messaging only."),
        "ig_account_id": _plain("Instagram Account ID", "Business messaging only."),
        "ig_sid": _plain("Instagram-scoped ID", "Instagram's id of the person; business messaging only."),
    }


USER_FIELDS = _user_fields()
"""The fields of ``user_data``."""


def wire_name(key: str) -> str:
    """Return Meta's name for a field of ``user_data``."""
    spec = USER_FIELDS.get(key)
    return (spec and spec.sent_as) or key


def wire_user_data(
    values: JsonObject, event_source_url: str | None, referrer_url: str | None, event_time: int
) -> dict[str, Any]:
    """Complete ``user_data``, in place: hashing and naming have happened before.

    Addresses, click and browser ids that Meta wouldn't know are left out, so that they count for no identity and
    cost no request (2804001).

    :param values: the fields by Meta's names.
    :param event_source_url: where ``fbclid`` is looked for first.
    :param referrer_url: where it is looked for last.
    :param event_time: Unix seconds, the time at which such a click id counts as first seen.
    """
    data = values
    if not all(data.values()):
        data = {key: value for key, value in data.items() if value != ""}
    address = data.get("client_ip_address")
    if address is not None:
        public = _PUBLIC_ADDRESSES[address] if type(address) is str else public_address(address)
        if public is None:
            del data["client_ip_address"]
            note_dropped("$.user_data.client_ip_address", "it is no address of the Internet")
        elif public is not address:
            data["client_ip_address"] = public
    fbp = data.get("fbp")
    if fbp is not None and not match_browser_id(fbp):
        del data["fbp"]
        if is_browser_id(stripped := fbp.strip()):
            data["fbp"] = stripped
        else:
            note_dropped("$.user_data.fbp", "it is no browser id, such as fb.1.1796008738000.1098115397")
    fbc, source = data.get("fbc"), data.pop("fbclid", None)
    if (
        source
        or (event_source_url and "fbclid=" in event_source_url)
        or (referrer_url and "fbclid=" in referrer_url)
        or (fbc and not match_usual_click_id(fbc) and not is_click_id(fbc))
    ):
        if source and "=" not in source:
            source = query_of_click(source)
        newest = newest_click_id(fbc, (event_source_url, source, referrer_url), event_time)
        if newest is not None:
            data["fbc"] = newest
        elif fbc:
            del data["fbc"]
            note_dropped("$.user_data.fbc", "it is no click id, such as fb.1.1796008738000.IwAR2…")
    return data
