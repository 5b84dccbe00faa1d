"""Becoming a customer: sign-ups, trials, subscriptions, leads.

Events: Segment's B2B SaaS spec (https://segment.com/docs/connections/spec/b2b-saas/) where it has one,
else the plain English name; Meta's own name is taken as well.
"""

from collections.abc import Sequence

from capi_actions import action
from capi_actions_facebook.fields.commerce import LeadEvent


@action(
    "facebook.complete_registration",
    title="Complete Registration",
    trigger='type = "track" and (event = "Signed Up" or event = "Account Created" or event = "CompleteRegistration")',
)
class CompleteRegistration(LeadEvent):
    """Someone signs up."""

    meta_name = "CompleteRegistration"


@action(
    "facebook.lead",
    title="Lead",
    trigger='type = "track" and (event = "Lead Generated" or event = "Lead Captured" or event = "Lead")',
)
class Lead(LeadEvent):
    """Someone shows interest: a form, a newsletter, a trial request."""

    meta_name = "Lead"


@action(
    "facebook.start_trial",
    title="Start Trial",
    trigger='type = "track" and (event = "Trial Started" or event = "StartTrial")',
)
class StartTrial(LeadEvent):
    """A trial begins."""

    meta_name = "StartTrial"


@action(
    "facebook.subscribe",
    title="Subscribe",
    trigger='type = "track" and (event = "Subscription Started" or event = "Subscribe")',
)
class Subscribe(LeadEvent):
    """A paid subscription begins."""

    meta_name = "Subscribe"


@action(
    "facebook.submit_application",
    title="Submit Application",
    trigger='type = "track" and (event = "Application Submitted" or event = "SubmitApplication")',
)
class SubmitApplication(LeadEvent):
    """An application for a product, job or programme is handed in."""

    meta_name = "SubmitApplication"


@action(
    "facebook.schedule",
    title="Schedule",
    trigger='type = "track" and (event = "Appointment Scheduled" or event = "Schedule")',
)
class Schedule(LeadEvent):
    """An appointment is made."""

    meta_name = "Schedule"


@action(
    "facebook.contact",
    title="Contact",
    trigger='type = "track" and (event = "Contact Form Submitted" or event = "Contacted" or event = "Contact")',
)
class Contact(LeadEvent):
    """Someone gets in touch, by whatever means."""

    meta_name = "Contact"


@action(
    "facebook.find_location",
    title="Find Location",
    trigger='type = "track" and (event = "Location Searched" or event = "Store Searched" or event = "FindLocation")',
)
class FindLocation(LeadEvent):
    """Someone looks for a place of yours, meaning to visit it."""

    meta_name = "FindLocation"


LEADS: Sequence[type[LeadEvent]] = (
    CompleteRegistration,
    Lead,
    StartTrial,
    Subscribe,
    SubmitApplication,
    Schedule,
    Contact,
    FindLocation,
)
