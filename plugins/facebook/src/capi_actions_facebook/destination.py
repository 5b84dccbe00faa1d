"""A Facebook pixel or dataset as a destination."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from capi_actions import Destination, JsonObject, Judgement, Prepared, Problem, Request, Response
from capi_actions_facebook.checks import check_event, is_too_broad, max_age
from capi_actions_facebook.currencies import ISO_4217, REFUSED
from capi_actions_facebook.fields.user_data import wire_name
from capi_actions_facebook.settings import Settings
from capi_actions_facebook.verdicts import judge
from capi_actions_facebook.versions import problem_with


class Facebook(Destination):
    """Meta's Conversions API; ``graph-api.md`` §1."""

    name = "facebook"
    settings_type = Settings
    settings: Settings

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._url = f"{settings.base_url.rstrip('/')}/{settings.api_version}/{settings.pixel_id}/events"
        self._headers = {
            "authorization": f"Bearer {settings.access_token.value}",
            "content-type": "application/json",
        }

    def advise(self) -> Iterator[Problem]:
        """Warn about versions at their end and about test codes."""
        problem = problem_with(self.settings.api_version, datetime.now(UTC).date())
        if problem:
            yield Problem(problem, "$.api_version", 2635)
        if self.settings.test_event_code:
            yield Problem("marks all events as tests; leave it out in production", "$.test_event_code")

    def advise_mapping(self, action: str, mapping: Mapping[str, Any]) -> Iterator[Problem]:
        """Say what Meta would refuse of every event of this mapping, with the subcode it would answer."""
        user_data = mapping.get("user_data")
        if isinstance(user_data, dict) and not any(key.startswith("@") for key in user_data):
            keys = frozenset(wire_name(key) for key, value in user_data.items() if value is not None)
            if is_too_broad(keys):
                yield Problem("fits too many people whatever the event holds", "$.user_data", 2804050)
        currency = mapping.get("currency")
        if isinstance(currency, str) and (currency.upper() not in ISO_4217 or currency.upper() in REFUSED):
            yield Problem("isn't a currency that Meta takes", "$.currency", 2804011)
        for key, subcode in (("value", 2804009), ("currency", 2804010)):
            if action == "facebook.purchase" and mapping.get(key) is None:
                yield Problem(f"a Purchase needs a {key}, but nothing is mapped to it", f"$.{key}", subcode)

    def prepare(self, data: JsonObject, group: str, content_id: Callable[[], str]) -> Prepared:
        """Give the event an id if it has none, and find its deadline."""
        event_id = data.get("event_id")
        if not event_id:
            event_id = data["event_id"] = content_id()
        event_time: int = data["event_time"]
        group = group or self.settings.test_event_code or ""
        return Prepared(event_id, event_time, event_time + max_age(data), group)

    def check(self, data: JsonObject, now: float) -> Sequence[Problem]:
        """Say what Meta would refuse."""
        return check_event(data, now)

    def envelope(self, group: str, bodies: Sequence[bytes]) -> Request:
        """Join encoded events into one request."""
        rest = b""
        if group:
            rest += b',"test_event_code":' + _quoted(group)
        if self.settings.partner_agent:
            rest += b',"partner_agent":' + _quoted(self.settings.partner_agent)
        body = b'{"data":[' + b",".join(bodies) + b"]" + rest + b"}"
        return Request(method="POST", url=self._url, headers=self._headers, body=body)

    def judge(self, response: Response) -> Judgement:
        """Say what an answer means, by its codes."""
        return judge(response)


def _quoted(text: str) -> bytes:
    return json.dumps(text).encode()
