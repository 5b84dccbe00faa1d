"""A Facebook pixel or dataset as a destination."""

import hmac
import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from capi_actions import (
    Batch,
    Destination,
    JsonObject,
    Judgement,
    LocalTime,
    Prepared,
    Problem,
    Request,
    Response,
    Secret,
    note_dropped,
    note_uncertain,
    time_zone,
)
from capi_actions_facebook.click_ids import CREATED, is_expired, oldest_of_day
from capi_actions_facebook.facts import DAY, MAX_AGE, MAX_EVENTS
from capi_actions_facebook.fields.original_event import ATTRIBUTION, ORIGINAL, append_deadline, settle_times
from capi_actions_facebook.mapping_lint import lint_mapping
from capi_actions_facebook.page_urls import without_personal_parameters
from capi_actions_facebook.placeholders import (
    IDS,
    LONGEST,
    NO_IDS,
    drop_address_placeholder,
    drop_custom_placeholders,
    drop_user_placeholders,
)
from capi_actions_facebook.settings import Settings, version_error, version_warning
from capi_actions_facebook.validation import check_event, max_age
from capi_actions_facebook.value_warnings import value_warning
from capi_actions_facebook.verdicts import judge, judge_probe

# Below "capi_actions": `capi` prints its warnings, and programs decide about them as about the core's.
_LOG = logging.getLogger("capi_actions.facebook")


class Facebook(Destination):
    """Meta's Conversions API; "using the API" in ``docs/reference/sources.md``."""

    name = "facebook"
    integration_names = ("Facebook Conversions API (Actions)", "Facebook Conversions API")
    settings_type = Settings
    cookies = {"_fbp": "context.fbp", "_fbc": "context.fbc"}  # noqa: RUF012  declared so by Destination
    max_items = MAX_EVENTS
    settings: Settings

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._url = f"{settings.base_url.rstrip('/')}/{settings.api_version}/{settings.pixel_id}/events"
        self._headers = {
            "authorization": f"Bearer {settings.access_token.value}",
            "content-type": "application/json",
        }
        self._parameters = _parameters(settings)
        self._time_zone = time_zone(settings.time_zone) if settings.time_zone else None
        # Once an event, attributes of a settings class take 0.1 µs.
        self._strips_parameters = settings.strip_personal_parameters
        self._group = settings.test_event_code or ""
        self._noticed: set[str] = set()

    @classmethod
    def action_template(cls) -> str:
        """Return a custom event with value and currency."""
        return files("capi_actions_facebook").joinpath("action_template.py").read_text(encoding="utf-8")

    @property
    def account(self) -> str:
        """The pixel or dataset."""
        return self.settings.pixel_id

    def match_keys(self, data: JsonObject) -> Mapping[str, bool]:
        """Return the keys of ``user_data`` by which Meta may recognise the person of this event."""
        user_data = data.get("user_data") or {}
        keys = dict.fromkeys(_MATCH_KEYS, False)
        return keys | {key: True for key, value in user_data.items() if value}

    def value_warning(self, key: str, value: str) -> str:
        """Return a warning about a placeholder, a phone number without a country code, and the like."""
        return value_warning(key, value)

    def probe(self, now: float) -> Request:
        """Return a request with one event that Meta has to refuse, whatever else it takes.

        It has no ``user_data`` and its time is 1970: nothing can be stored.  Asking for the pixel itself says nothing,
        as tokens from Events Manager may write but not read ("using the API" in ``docs/reference/sources.md``).
        """
        return self._request(self.settings.test_event_code or "", [_PROBE])

    def judge_probe(self, response: Response) -> Judgement:
        """Return DONE when Meta refuses the event of :meth:`probe` for its content: token and pixel were accepted."""
        return judge_probe(response)

    def lint_settings(self) -> Iterator[Problem]:
        """Yield warnings about API versions that have ended or may not exist, and about test codes."""
        version = self.settings.api_version
        if message := version_error(version, datetime.now(UTC).date()):
            yield Problem(message, "$.api_version", 2635)
        elif message := version_warning(version):
            yield Problem(message, "$.api_version")
        if self.settings.test_event_code:
            yield Problem("marks all events as tests; leave it out in production", "$.test_event_code")

    def lint_mapping(self, action: str, mapping: Mapping[str, Any]) -> Iterator[Problem]:
        """Yield what Meta would refuse of every event of this mapping, with the subcode of its answer."""
        return lint_mapping(action, mapping)

    def prepare(self, data: JsonObject, group: str, content_id: Callable[[], str]) -> Prepared:
        """Add an id to an event without one, settle its time, click id and addresses, and return its deadline."""
        event_id = data.get("event_id")
        if not event_id or event_id in NO_IDS:
            if event_id:
                note_dropped(
                    "$.event_id", "it is a placeholder, the same for all events: one is made of the content"
                )
            event_id = data["event_id"] = content_id()
        # What hardly any event has is asked for here, 0.4 µs less than in functions.
        for key in ("event_source_url", "referrer_url"):
            if type(url := data.get(key)) is str and (
                "?" in url or "#" in url or (len(url) <= LONGEST and url[:4] != "http")
            ):
                self._clean_address(data, key)
        event_time: int = data["event_time"]
        if type(event_time) is LocalTime:
            event_time = self._settle_time(data, event_time)
        if "custom_data" in data:
            drop_custom_placeholders(data["custom_data"])
        if user_data := data.get("user_data"):
            agent = user_data.get("client_user_agent")
            if (type(agent) is str and len(agent) <= LONGEST) or not IDS.isdisjoint(user_data):
                drop_user_placeholders(user_data)
            if "fbc" in user_data and user_data["fbc"][CREATED] < oldest_of_day[event_time // DAY]:
                self._drop_expired_click_id(user_data, event_time)
        deadline = event_time + (MAX_AGE if data.get("action_source") == "website" else max_age(data))
        if ORIGINAL in data or ATTRIBUTION in data:
            settle_times(data, self._in_zone)
            deadline = min(deadline, append_deadline(data) or deadline)
        fields = event_id, event_time, deadline, group or self._group
        return tuple.__new__(Prepared, fields)  # 0.2 µs less than a call of the class

    def _clean_address(self, data: JsonObject, key: str) -> None:
        """Leave out, in place, personal parameters of an address, or the address if it is a placeholder."""
        drop_address_placeholder(data, key)
        if self._strips_parameters and key in data:
            url = data[key]
            data[key] = without_personal_parameters(url)
            if data[key] != url:
                note_dropped(f"$.{key}", "parameters that hold an e-mail address or a phone number")

    def _drop_expired_click_id(self, user_data: JsonObject, event_time: int) -> None:
        """Leave out a click id of over 90 days before the event, in place."""
        if is_expired(user_data["fbc"], event_time):
            del user_data["fbc"]
            note_dropped("$.user_data.fbc", "it is over 90 days old")
            self._notice("a click id (fbc) of over 90 days ago is left out: Meta complains about such")

    def _settle_time(self, data: JsonObject, local: LocalTime) -> int:
        """Replace an event time without a certain zone, and that of a click id that was derived with it."""
        moment = data["event_time"] = self._in_zone(local)
        user_data, derived = data.get("user_data") or {}, f"fb.1.{local * 1000}."
        if user_data.get("fbc", "").startswith(derived):
            user_data["fbc"] = f"fb.1.{moment * 1000}.{user_data['fbc'].removeprefix(derived)}"
        return moment

    def _in_zone(self, moment: int) -> int:
        """Return Unix seconds of a time, by the setting ``time_zone`` if its zone isn't certain."""
        if not isinstance(moment, LocalTime):
            return moment
        seconds = moment.in_zone(self._time_zone, "$.event_time")
        if self._time_zone is None:
            if moment.zone_name:
                what, reading = f"with the zone {moment.zone_name}", "as in e-mail, in North America"
            else:
                what, reading = "without a zone", "as UTC"
            setting = 'set time_zone ("UTC" or such as "Europe/Berlin") to say which it is'
            note_uncertain("$.event_time", f"{what}, read {reading}: {setting}")
            self._notice(f"an event time {what} is read {reading}: {setting}")
        return seconds

    def _notice(self, message: str) -> None:
        """Log a warning, but only once in this object's life: an export has millions of such events."""
        if message not in self._noticed:
            self._noticed.add(message)
            _LOG.warning("pixel %s: %s (logged once)", self.settings.pixel_id, message)

    check = staticmethod(check_event)

    def envelope(self, batch: Batch) -> Request:
        """Return one request with encoded events, joined and not encoded again."""
        return self._request(batch.group, batch.bodies)

    def _request(self, test_event_code: str, bodies: Sequence[bytes]) -> Request:
        parameters = b""
        if test_event_code:
            parameters += b',"test_event_code":' + _quote(test_event_code)
        # One join, as each + copies a megabyte.
        body = b"".join((b'{"data":[', b",".join(bodies), b"]", parameters, self._parameters, b"}"))
        return Request(method="POST", url=self._url, headers=self._headers, body=body)

    def judge(self, response: Response) -> Judgement:
        """Return what a response means, by its codes."""
        return judge(response)


# Keys worth having for people on websites, in Meta's order of priority ("best practices" in docs/reference/sources.md).
_MATCH_KEYS = (
    *("em", "fbc", "fbp", "external_id", "ph", "client_ip_address", "client_user_agent"),
    *("fn", "ln", "db", "ge", "ct", "st", "zp", "country"),
)
_PROBE = b'{"event_name":"capi_check","event_time":0,"action_source":"other"}'


def _parameters(settings: Settings) -> bytes:
    """Return the members of every request's body, each after a comma."""
    parameters = {"partner_agent": settings.partner_agent, "upload_tag": settings.upload_tag}
    if settings.app_secret is not None:
        # In the body, as the token is in a header: addresses end up in logs.
        parameters["appsecret_proof"] = appsecret_proof(settings.app_secret, settings.access_token)
    return b"".join(b"," + _quote(key) + b":" + _quote(text) for key, text in parameters.items() if text)


def appsecret_proof(app_secret: Secret, access_token: Secret) -> str:
    """Return the proof that the sender knows the app's secret: HMAC-SHA256 of the token, in hex.

    Source: "securing requests" in ``docs/reference/sources.md``.
    """
    return hmac.new(app_secret.value.encode(), access_token.value.encode(), "sha256").hexdigest()


def _quote(text: str) -> bytes:
    return json.dumps(text).encode()
