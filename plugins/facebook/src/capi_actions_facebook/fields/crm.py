"""The fields of CRM events: the stages of a lead from Meta's lead ads.

Source: "CRM events" in ``docs/reference/sources.md``.
"""

from collections.abc import Iterator

from attrs import define

from capi_actions import JsonObject, Problem, field
from capi_actions_facebook.facts import CRM_ACTION_SOURCE, CRM_EVENT_SOURCE

_SUBCODE = 2804019


@define(kw_only=True, slots=False)
class CrmFields:
    """What makes an event a stage that a lead has reached."""

    event_source: str | None = field(
        label="Event Source",
        description="`crm` for the stages of a lead; with the action source `system_generated`.",
        choices=(CRM_EVENT_SOURCE,),
    )
    lead_event_source: str | None = field(
        label="Lead Event Source",
        description="Name of the CRM, such as `HubSpot`. Makes it a CRM event, as the event source does.",
    )

    def add_crm(self, custom: JsonObject) -> None:
        """Add the keys of a CRM event, if it is one.

        :param custom: the event's ``custom_data``, to be changed in place.
        """
        if self.lead_event_source:
            custom["lead_event_source"] = self.lead_event_source
        if self.event_source or self.lead_event_source:
            custom["event_source"] = CRM_EVENT_SOURCE


def check_crm(data: JsonObject) -> Iterator[Problem]:
    """Yield what is missing from an event whose ``event_source`` is the CRM."""
    if not data["custom_data"].get("lead_event_source"):
        message = "a CRM event needs lead_event_source, the name of the CRM"
        yield Problem(message, "$.custom_data.lead_event_source", _SUBCODE)
    if data["action_source"] != CRM_ACTION_SOURCE:
        message = f"a CRM event has the action source {CRM_ACTION_SOURCE}: map action_source to it"
        yield Problem(message, "$.action_source", _SUBCODE)
