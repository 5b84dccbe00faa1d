"""Meta's errors in plain words: what happened, and what to do.

Codes and subcodes: "errors" in ``docs/reference/sources.md``.
"""

from collections.abc import Mapping

# subcode of code 100 -> (reason, advice)
BY_SUBCODE: Mapping[int, tuple[str, str]] = {
    2804001: (
        "The click id (fbc) is malformed.",
        "Leave fbc out, or rebuild it from the fbclid of the page's URL.",
    ),
    2804003: ("The event is too old.", "Send events within 7 days, in-store events within 62 days."),
    2804004: ("The event's time lies in the future.", "Check the clock of the machine that made the event."),
    2804008: ("The list of products is malformed.", "Every entry of contents needs an id."),
    2804009: ("The purchase has no value.", "Map the field value."),
    2804010: ("The purchase has no currency.", "Map the field currency."),
    2804011: ("Meta doesn't take this currency.", "Use a currency that Meta Ads supports."),
    2804016: ("A personal value isn't hashed.", "Don't write personal data into unhashed fields."),
    2804019: (
        "A required parameter is missing, or there is one that Meta doesn't know.",
        "Look at the mapping.",
    ),
    2804023: ("The value has no currency.", "Map the field currency."),
    2804036: (
        "The lead id is wrong, or the lead was deleted.",
        "Keep lead ids as whole numbers of 15 to 17 digits.",
    ),
    2804043: (
        "The device information (extinfo) is malformed.",
        "Map the OS version and the extinfo version.",
    ),
    2804050: (
        "The event's user data fits too many people.",
        "Map an e-mail address, phone, external id or click id.",
    ),
    2804066: (
        "This event name isn't allowed in a conversation.",
        "Use one of the names for business messaging.",
    ),
    2804069: ("The page id is missing.", "Map user_data.page_id."),
    2804071: ("The click id of the WhatsApp ad is missing.", "Map user_data.ctwa_clid."),
    2804072: ("The page id doesn't belong to the WhatsApp click id.", "Map the page that the ad belongs to."),
    2804075: ("The Instagram-scoped id is missing.", "Map user_data.ig_sid."),
    2804079: ("The Instagram account id is missing.", "Map user_data.ig_account_id."),
    2804087: (
        "The click id of the WhatsApp ad is unknown or expired.",
        "Send ctwa_clid unchanged and in time.",
    ),
    2804116: (
        "Both the page id and the WhatsApp business account id are missing.",
        "Map user_data.page_id or user_data.whatsapp_business_account_id.",
    ),
}
UNKNOWN_EVENT_PROBLEM = (
    "Meta refuses this event and doesn't say why.",
    "Look the subcode up in Meta's support.",
)

# code -> (reason, advice): an account that needs a person
BY_ACCOUNT_CODE: Mapping[int, tuple[str, str]] = {
    3: ("The app lacks a capability.", "Check the app's permissions in Meta's developer console."),
    10: ("The permission was not granted, or was removed.", "Give the token's owner access to the dataset."),
    33: (
        "The pixel doesn't exist, or the token has no access to it.",
        "Check pixel_id, and the token's access.",
    ),
    102: ("The session is over.", "Make a new access token in Events Manager."),
    104: ("The app asks for a proof of its secret.", 'Switch "Require app secret" off for this app.'),
    190: ("The access token is no longer good.", "Make a new access token in Events Manager."),
    294: ("The app may not use the Marketing API.", "Give the app the permission ads_management."),
    803: ("The pixel doesn't exist.", "Check pixel_id."),
    2635: ("This version of Meta's API has ended.", "Set api_version to a newer one."),
}
PERMISSION = ("The token lacks a permission.", "Give the token's owner access to the dataset.")
