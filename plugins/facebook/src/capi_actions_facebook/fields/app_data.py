"""The fields of app events: ``app_data`` and the 16 parts of ``extinfo``."""

from collections.abc import Mapping
from typing import Any

from capi_actions import Choice, Field, Json, JsonObject
from capi_actions_facebook.presets import path

# The order of extinfo; "server event" in docs/reference/sources.md.
EXTINFO = (
    "version",
    "packageName",
    "shortVersion",
    "longVersion",
    "osVersion",
    "deviceName",
    "locale",
    "timezone",
    "carrier",
    "width",
    "height",
    "density",
    "cpuCores",
    "storageSize",
    "freeStorage",
    "deviceTimezone",
)


APP_KEYS = (
    "campaign_ids",
    "install_referrer",
    "installer_package",
    "url_schemes",
    "vendor_id",
    "windows_attribution_id",
)
"""Keys of ``app_data`` that are sent under their own names, if the event has them."""


def _text(label: str, default: Json = None, description: str = "") -> Field:
    return Field(type="string", label=label, default=default, description=description)


APP_FIELDS: Mapping[str, Field] = {
    "use_app_data": Field(
        type="boolean",
        label="Send App Events?",
        description="Switches app data on. App events need a dataset that is connected to the app.",
        default=False,
    ),
    "advertiser_tracking_enabled": Field(
        type="boolean",
        label="Advertiser Tracking Enabled",
        description="The person's answer to App Tracking Transparency on iOS 14.5 and later.",
    ),
    "application_tracking_enabled": Field(
        type="boolean",
        label="Application Tracking Enabled",
        description="The person's choice inside the app; null where the event doesn't say: then it isn't sent.",
        allow_null=True,
        default={
            "@if": {
                "exists": path("$.context.device.adTrackingEnabled"),
                "then": path("$.context.device.adTrackingEnabled"),
                "else": {"@literal": None},
            }
        },
    ),
    "madId": _text("Advertiser ID (madid)", path("$.context.madId"), "The device's advertising id."),
    "version": Field(
        type="string",
        label="ExtInfo Version",
        description="`i2` on iOS, `a2` on Android; part 1 of `extinfo`, needed.",
        choices=(Choice("i2", "iOS"), Choice("a2", "Android")),
    ),
    "osName": _text(
        "OS Name", path("$.context.os.name"), "Fills the ExtInfo version when nothing is mapped to it."
    ),
    "packageName": _text("Package Name", path("$.context.app.namespace")),
    "shortVersion": _text("Short Version"),
    "longVersion": _text("Long Version", path("$.context.app.version")),
    "osVersion": _text(
        "*Required for app events* OS Version", path("$.context.os.version"), "Part 5, needed."
    ),
    "deviceName": _text("Device Model Name", path("$.context.device.model")),
    "locale": _text("Locale", path("$.context.locale")),
    "timezone": _text("Timezone Abbreviation"),
    "carrier": _text("Carrier Name", path("$.context.network.carrier")),
    "width": _text("Screen Width", path("$.context.screen.width")),
    "height": _text("Screen Height", path("$.context.screen.height")),
    "density": _text("Screen Density", path("$.context.screen.density")),
    "cpuCores": _text("CPU Cores"),
    "storageSize": _text("Storage Size in GBs"),
    "freeStorage": _text("Free Storage in GBs"),
    "deviceTimezone": _text("Device Timezone", path("$.context.timezone")),
    "campaign_ids": _text("Campaign IDs", description="The text that Meta adds to the link of an app ad."),
    "install_referrer": _text("Install Referrer", description="Android: what led to the installation."),
    "installer_package": _text("Installer Package", description="Android: the app that installed this one."),
    "url_schemes": Field(
        type="string", label="URL Schemes", description="iOS: the URL schemes of the app.", multiple=True
    ),
    "vendor_id": _text("Vendor ID", description="iOS: the same for all apps of a vendor on a device (IDFV)."),
    "windows_attribution_id": _text("Windows Attribution ID", description="Of an app for Windows 10."),
}


def wire_app_data(values: JsonObject) -> dict[str, Any]:
    """Return ``app_data`` with Meta's names; missing parts of ``extinfo`` are empty strings."""
    data: dict[str, Any] = {
        "advertiser_tracking_enabled": int(bool(values.get("advertiser_tracking_enabled"))),
    }
    # Without null, a mapping made for the reference engine has no way to say nothing: it gives 0, as there.
    tracking = values.get("application_tracking_enabled", False)
    if tracking is not None:
        data["application_tracking_enabled"] = int(bool(tracking))
    for key in APP_KEYS:
        if values.get(key):
            data[key] = values[key]
    if "madId" in values:
        data["madid"] = values["madId"]
    extinfo = [values.get(key, "") for key in EXTINFO]
    extinfo[0] = extinfo[0] or _version(values.get("osName", ""))
    data["extinfo"] = extinfo
    return data


def _version(system: str) -> str:
    name = system.lower()
    if name in ("ios", "ipados", "iphone os"):
        return "i2"
    return "a2" if name == "android" else ""
