"""Tests of the destination types that a plugin offers."""

import gzip
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from random import Random
from typing import Any
from urllib.parse import urlsplit

from attrs import fields_dict

from capi_actions.codec import copy_json, encode_item
from capi_actions.errors import Problem
from capi_actions.model import Batch, Destination, JsonObject, Judgement, Prepared, Request, Response, Verdict
from capi_actions.secret import Secret
from capi_actions.testing.actions import ActionTests, Built, built_items
from capi_actions.testing.base import NOW, change_check, find_slow, require, require_type
from capi_actions.testing.build import make_batch
from capi_actions.testing.samples import ODD_VALUES

_ENVELOPE_BYTES = 1024
_ITEMS = 60
_MOST_ITEMS = 2_000
_LONGEST_TIMEOUT = 600  # seconds
_LATEST = 2**33
"""Unix seconds: two centuries hence.  If all events are later, their times count milliseconds."""
_WAIT = 120  # seconds
_MARKER = "personal-value-of-the-answer"
_TEXTS_OF_NO_ID = ("", "None", "null")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class DestinationTests(ActionTests):
    """Tests of every destination type of a plugin, with the items that its actions build.

    :cvar answers: answers of the platform and the verdict on each, as your docs or logs have them.
    :cvar item_examples: objects as an action builds them; needed if the plugin has no action of its own.
    """

    answers: Sequence[tuple[Response, Verdict]] = ()
    item_examples: Sequence[JsonObject] = ()

    def test_settings_make_an_account(self) -> None:
        """If this fails, ``config`` doesn't fit the settings, or the type can't be made of them."""
        for destination in self._accounts():
            require(isinstance(destination.account, str), f"account of {destination.name} must be text")
            require(isinstance(destination.profile, str), f"profile of {destination.name} must be text")
            _require_problems(destination.lint_settings(), f"lint_settings() of {destination.name}")

    def test_an_envelope_holds_every_body_once_and_in_order(self) -> None:
        """If this fails, a batch's request lacks an item, repeats one, or has them in another order."""
        for destination in self._accounts():
            for batch in _batches(destination.max_items):
                request = _envelope(destination, batch)
                body = _plain_body(request)
                position = 0
                for number, item in enumerate(batch.items, 1):
                    count = body.count(item.body)
                    require(
                        count == 1,
                        f"the request holds item {number} of {len(batch.items)} {count} times, as it is, byte for byte",
                    )
                    index = body.find(item.body)
                    require(
                        index >= position,
                        f"item {number} of {len(batch.items)} stands before the one before it",
                    )
                    position = index + len(item.body)

    def test_an_envelope_holds_equal_bodies_as_often_as_they_come(self) -> None:
        """If this fails, items are taken for one because they are equal: each is an event, and each is acknowledged."""
        for destination in self._accounts():
            if destination.max_items > 1:
                body = _plain_body(
                    _envelope(destination, make_batch(b'{"id":"twin"}', b'{"id":"twin"}', now=NOW))
                )
                count = body.count(b'{"id":"twin"}')
                require(count == 2, f"the request holds two equal items {count} times")

    def test_an_envelope_stays_within_the_limits(self) -> None:
        """If this fails, what surrounds the items is longer than 1,024 bytes: lower ``max_bytes`` by as much."""
        for destination in self._accounts():
            room = max(1, destination.max_bytes - _ENVELOPE_BYTES)
            size = max(16, min(room // min(destination.max_items, 200), 20_000)) - 1
            count = max(1, min(destination.max_items, room // (size + 1)))
            batch = make_batch(
                *[json.dumps({"k": f"{at:06}".ljust(size - 8, "x")}).encode() for at in range(count)]
            )
            length = len(_envelope(destination, batch).body)
            items = sum(len(item.body) + 1 for item in batch.items)
            require(
                length <= max(destination.max_bytes, items + _ENVELOPE_BYTES)
                and length - items <= _ENVELOPE_BYTES,
                f"a request with {items:,} bytes of items is {length:,} bytes long; max_bytes is"
                f" {destination.max_bytes:,}, and {_ENVELOPE_BYTES:,} bytes are left for what surrounds the items",
            )

    def test_requests_can_be_sent(self) -> None:
        """If this fails, HTTP doesn't allow the request, it is unencrypted, or it shows a secret where logs have it."""
        for destination in self._accounts():
            requests = [_envelope(destination, batch) for batch in _batches(destination.max_items)]
            probe: object = destination.probe(NOW)
            require(
                probe is None or isinstance(probe, Request),
                f"probe() of {destination.name} must return a Request or None, but returned {type(probe).__name__}",
            )
            for request in [*requests, *([probe] if isinstance(probe, Request) else [])]:
                _require_sendable(request, destination)

    def test_an_envelope_is_the_same_for_the_same_batch(self) -> None:
        """If this fails, it reads a clock, the environment or a random number: use the batch's ``now``."""
        for destination in self._accounts():
            batch = make_batch(b'{"k":1}', b'{"k":2}')
            require(
                _envelope(destination, batch) == _envelope(destination, batch),
                f"envelope() of {destination.name} makes different requests of one batch",
            )
            request = _envelope(destination, batch)
            before = (request.url, dict(request.headers), request.body)
            _envelope(destination, make_batch(b'{"k":3}', group="another"))
            require(
                before == (request.url, dict(request.headers), request.body),
                f"a later call of envelope() of {destination.name} changes a request: make new headers each time",
            )

    def test_any_answer_is_judged(self) -> None:
        """If this fails, ``judge`` fails on an answer, or returns what delivery can't use; the message says which.

        Answers also come from proxies and servers that have nothing to do with the platform.
        """
        for destination in self._accounts():
            for response in _responses(self.answers):
                judgement = _judgement(destination, response)
                require(
                    judgement == _judgement(destination, response),
                    f"judge of {destination.name} is not steady",
                )

    def test_an_answer_that_is_not_the_platforms_own_loses_nothing(self) -> None:
        """If this fails, a proxy's error page would count as delivery, or bury events that the platform never saw."""
        for destination in self._accounts():
            for status in (408, 425, 429):
                verdict = _judgement(destination, Response(status=status, headers={}, body=b"")).verdict
                require(
                    verdict in (Verdict.LATER, Verdict.THROTTLED, Verdict.PAUSE),
                    f"judge() of {destination.name} must return LATER or THROTTLED for the status {status}, which says"
                    f" that the same request may succeed later, but returned {verdict.name}",
                )
            waited = Response(status=429, headers={"retry-after": "120"}, body=b"")
            after = _judgement(destination, waited).after
            require(
                after is None or after < _WAIT * 100,
                f"judge() of {destination.name} waits {after} seconds, though the answer asked for {_WAIT}",
            )
            for response in _foreign_responses():
                verdict = _judgement(destination, response).verdict
                require(
                    verdict in (Verdict.LATER, Verdict.THROTTLED),
                    f"judge() of {destination.name} must return LATER for an error page of a proxy with status"
                    f" {response.status}, but returned {verdict.name}",
                )
            for response in _responses(()):
                if not 200 <= response.status < 300:
                    verdict = _judgement(destination, response).verdict
                    require(
                        verdict is not Verdict.DONE,
                        f"judge() of {destination.name} takes the status {response.status} for a delivery",
                    )

    def test_the_platforms_answers_mean_what_they_should(self) -> None:
        """If this fails, ``judge`` and one of your ``answers`` differ."""
        for destination in self._accounts():
            for response, verdict in self.answers:
                actual = _judgement(destination, response).verdict
                require(
                    actual is verdict,
                    f"the answer {response} should mean {verdict.name}, but means {actual.name}",
                )

    def test_what_prepare_returns_can_be_used(self) -> None:
        """If this fails, id, times or group of an item are of the wrong type, or change when the event is repeated.

        Or all events without an id get the same one, such as "None".
        """
        for destination in self._accounts():
            items = list(self._items(destination))
            require(items, f"no action made an item for {destination.name}: add an object to item_examples")
            for built in items:
                _require_prepared(built.prepared, destination)
                _require_own_id(built, destination)
            earliest = min(built.prepared.event_time for built in items)
            require(
                earliest < _LATEST,
                f"prepare() of {destination.name}: event_time {earliest} must be Unix seconds, but it seems to count"
                " milliseconds",
            )

    def test_what_is_not_refused_can_be_delivered(self) -> None:
        """If this fails, ``check`` accepts an event whose deadline has passed: it would be buried unsent.

        Its first argument's event time, its deadline, and the limit that ``check`` knows don't agree.
        """
        for destination in self._accounts():
            for built in self._items(destination):
                require(
                    built.problems or built.prepared.deadline >= NOW,
                    f"check() of {destination.name} finds nothing wrong with an event of {built.prepared.event_time}"
                    f" at {NOW:.0f} (Unix seconds), but its deadline was {built.prepared.deadline}",
                )

    def test_check_reports_problems_and_changes_nothing(self) -> None:
        """If this fails, ``check`` returns something else than Problems, or changes the item."""
        for destination in self._accounts():
            for built in self._items(destination):
                is_unchanged = change_check(built.data)
                for now in (NOW, NOW - 400 * 86_400, NOW + 400 * 86_400):
                    _require_problems(destination.check(built.data, now), f"check() of {destination.name}")
                require(is_unchanged(), f"check() of {destination.name} changes the item")
                keys: object = destination.match_keys(built.data)
                require(
                    isinstance(keys, Mapping) and all(isinstance(has, bool) for has in keys.values()),
                    f"match_keys() of {destination.name} must return a mapping of keys to True or False",
                )

    def test_values_are_warned_of_in_words(self) -> None:
        """If this fails, ``value_warning`` can't cope with a value of a normalizer's key, or returns no text."""
        for destination in self._accounts():
            for key in self._load_plugins().normalizers(destination.profile):
                for value in ODD_VALUES:
                    if isinstance(value, str):
                        warning: object = destination.value_warning(key, value)
                        require(
                            isinstance(warning, str),
                            f"value_warning() of {destination.name} must return text, but returned"
                            f" {type(warning).__name__}",
                        )

    def test_mappings_are_linted(self) -> None:
        """If this fails, ``lint_mapping`` can't cope with a prebuilt mapping, or finds fault with one."""
        for destination in self._accounts():
            for action in self._load_plugins().actions_of(destination.name).values():
                name = f"lint_mapping() of {destination.name}"
                problems = _require_problems(destination.lint_mapping(action.name, action.mapping), name)
                require(
                    not problems, f"{name} finds fault with the prebuilt mapping of {action.name}: {problems}"
                )

    @classmethod
    def _accounts(cls) -> Iterator[Destination]:
        slow = cls._slow_destinations()
        require(not slow, slow)
        for name in cls._own("capi_destinations"):
            yield cls._destination(name)

    @classmethod
    @cache
    def _slow_destinations(cls) -> str:
        calls: dict[str, Callable[[], object]] = {}
        for name in cls._own("capi_destinations"):
            destination = cls._destination(name)
            calls[f"envelope() of {name}"] = partial(destination.envelope, make_batch(b"{}", now=NOW))
            calls[f"judge() of {name}"] = partial(destination.judge, next(_foreign_responses()))
        return find_slow(calls)

    @classmethod
    def _items(cls, destination: Destination) -> Iterator[Built]:
        yield from built_items(cls, destination, 20)
        for example in cls.item_examples:
            first, second = (_prepared_example(destination, example) for _ in range(2))
            require(first == second, f"prepare() of {destination.name} is not the same for the same item")
            yield first


def _prepared_example(destination: Destination, example: JsonObject) -> Built:
    data = copy_json(example)
    prepared = destination.prepare(data, "", lambda: "content-id")
    problems = tuple(destination.check(data, NOW))
    return Built(data=data, body=encode_item(data), prepared=prepared, problems=problems)


def _batches(max_items: int) -> Iterator[Batch]:
    """Yield batches of one item, of a few, and of as many as there may be, in two groups."""
    for group in ("", "group-1"):
        for count in sorted({1, min(2, max_items), min(_ITEMS, max_items), min(_MOST_ITEMS, max_items)}):
            bodies = [
                json.dumps(
                    {"id": f"item-{group}-{at}-of-{count}.", "text": 'Grüße, "東" \\ ]} %s {0} $1'}
                ).encode()
                for at in range(count)
            ]
            yield make_batch(*bodies, group=group, now=NOW)


def _envelope(destination: Destination, batch: Batch) -> Request:
    name = f"envelope() of {destination.name}"
    request = require_type(destination.envelope(batch), Request, f"what {name} returns")
    require_type(request.body, bytes, f"the body that {name} returns")
    return request


def _plain_body(request: Request) -> bytes:
    encoding = {name.lower(): value for name, value in request.headers.items()}.get("content-encoding")
    return gzip.decompress(request.body) if encoding == "gzip" else request.body


def _require_sendable(request: Request, destination: Destination) -> None:
    name = f"of a request of {destination.name}"
    method = require_type(request.method, str, f"the method {name}")
    require(method.isalpha(), f"the method {name} is no word")
    url = require_type(request.url, str, f"the URL {name}")
    address = urlsplit(url)
    is_safe = address.scheme == "https" or (address.scheme == "http" and address.hostname in _LOOPBACK)
    require(
        is_safe and address.hostname,
        f"the URL {name} must begin with https:// (http is for this machine alone)",
    )
    require(
        url.isascii() and url.isprintable() and " " not in url,
        f"the URL {name} holds what HTTP doesn't allow",
    )
    require(isinstance(request.headers, Mapping), f"the headers {name} must be a mapping")
    for header, value in request.headers.items():
        require_type(header, str, f"the header {header!r} {name}")
        require_type(value, str, f"the value of the header {header!r} {name}")
        require(
            re.fullmatch(r"[!#$%&'*+.^_`|~\w-]+", header, re.ASCII)
            and value.isprintable()
            and _is_latin(value),
            f"the header {header!r} {name} holds what HTTP doesn't allow, such as a line break",
        )
    require(
        _is_duration(request.timeout) and request.timeout <= _LONGEST_TIMEOUT,
        f"the timeout {name} must be a number of seconds, {_LONGEST_TIMEOUT} at most, but it is {request.timeout!r}",
    )
    length = {header.lower(): value for header, value in request.headers.items()}.get("content-length")
    require(
        length in (None, str(len(request.body))),
        f"the header content-length {name} is {length}, but the body is {len(request.body)} bytes long: leave it out",
    )
    for key, secret in _secrets(destination):
        require(secret.value not in url, f"the URL {name} holds the secret {key}: addresses end up in logs")


def _is_duration(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf


def _is_latin(text: str) -> bool:
    return all(character <= "\xff" for character in text)


def _secrets(destination: Destination) -> Iterator[tuple[str, Secret]]:
    for key in fields_dict(destination.settings_type):
        value = getattr(destination.settings, key, None)
        if isinstance(value, Secret) and len(value.value) > 2:
            yield key, value


_BODIES: Sequence[bytes] = (
    *(
        b"",
        b"{}",
        b"[]",
        b"null",
        b"true",
        b"0",
        b'""',
        b"{",
        b"\xff\xfe",
        b"<html><h1>Bad Gateway</h1></html>",
    ),
    *(
        b'{"error":null}',
        b'{"error":5}',
        b'{"error":{}}',
        b'{"error":"x"}',
        b'{"error":{"code":"190"}}',
        b'{"ok":true}',
    ),
    *(
        b'{"error":{"code":1e400,"message":{}}}',
        b"[" * 5_000,
        b'{"errors":[{"index":0}]}',
        b'{"events_received":"1"}',
    ),
    f'{{"error":{{"code":100,"message":"{_MARKER}","error_user_msg":"{_MARKER}"}},"detail":"{_MARKER}"}}'.encode(),
)
_STATUSES = (
    *(
        200,
        201,
        202,
        204,
        206,
        301,
        304,
        307,
        400,
        401,
        403,
        404,
        405,
        408,
        409,
        410,
        413,
        415,
        422,
        425,
        429,
    ),
    *(431, 451, 500, 501, 502, 503, 504, 520, 599, 100, 0, 999),
)
_HEADERS: Sequence[Mapping[str, str]] = (
    {},
    {"content-type": "application/json", "retry-after": "120"},
    {"content-type": "text/html", "retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"},
    {"retry-after": "-1", "x-ratelimit-reset": "nan"},
    {"retry-after": "1e400", "content-length": "x"},
)


def _responses(answers: Sequence[tuple[Response, Verdict]]) -> Iterator[Response]:
    for response, _ in answers:
        yield response
    for status in _STATUSES:
        for at, body in enumerate(_BODIES):
            yield Response(status=status, headers=_HEADERS[(status + at) % len(_HEADERS)], body=body)
    random = Random(0)
    for _ in range(200):
        body = bytes(random.randrange(256) for _ in range(random.randrange(60)))
        yield Response(status=random.choice(_STATUSES), headers=random.choice(_HEADERS), body=body)
    for response, _ in answers:  # cut short, and with another status
        for length in range(0, len(response.body), max(1, len(response.body) // 10)):
            yield Response(status=response.status, headers=response.headers, body=response.body[:length])
            yield Response(status=503, headers={}, body=response.body[:length])


def _foreign_responses() -> Iterator[Response]:
    page = b"<html><head><title>502 Bad Gateway</title></head><body>proxy.example</body></html>"
    for status in (500, 502, 503, 504):
        for body in (page, b""):
            yield Response(status=status, headers={"content-type": "text/html"}, body=body)


_TEXTS = ("reason", "advice", "platform_message", "platform_field", "trace_id")


def _judgement(destination: Destination, response: Response) -> Judgement:
    name = f"judge() of {destination.name}, for status {response.status} and {response.body[:60]!r},"
    judgement = require_type(destination.judge(response), Judgement, f"what {name} returns")
    values: dict[str, Any] = {key: getattr(judgement, key) for key in fields_dict(Judgement)}
    verdict = values["verdict"]
    require(
        isinstance(verdict, Verdict),
        f"{name} has the verdict {verdict!r}: take a member of capi_actions.Verdict",
    )
    for key in ("code", "subcode", "index", "taken"):
        require(
            values[key] is None or type(values[key]) is int, f"{name} has a {key} that is no whole number"
        )
    for key in _TEXTS:
        require(isinstance(values[key], str), f"{name} has a {key} that is no text")
    after = values["after"]
    require(
        after is None
        or (isinstance(after, int | float) and not isinstance(after, bool) and 0 <= after < math.inf),
        f"{name} has an after of {after!r}: it must be a number of seconds, or None",
    )
    for key in ("reason", "advice"):
        require(
            _MARKER not in values[key],
            f"{name} quotes the answer in its {key}: use platform_message for that",
        )
    require(
        verdict is Verdict.DONE or values["reason"].strip(),
        f"{name} gives no reason for {verdict.name}: people read it in dead letters and logs",
    )
    return judgement


def _require_prepared(prepared: object, destination: Destination) -> None:
    name = f"prepare() of {destination.name}"
    values: tuple[Any, ...] = require_type(prepared, Prepared, f"what {name} returns")
    id_, event_time, deadline, group = values
    require(isinstance(id_, str) and id_, f"{name}: event_id must be text that isn't empty")
    require(
        type(event_time) is int, f"{name}: event_time must be whole Unix seconds, but it is {event_time!r}"
    )
    require(type(deadline) is int, f"{name}: deadline must be whole Unix seconds, but it is {deadline!r}")
    require(isinstance(group, str), f"{name}: group must be text")
    require(
        deadline >= event_time, f"{name}: the deadline {deadline} is before the event's time {event_time}"
    )


def _require_own_id(built: Built, destination: Destination) -> None:
    """Require that an item without an id, or with null, doesn't get an id that all such items have."""
    for key, value in built.data.items():
        if str(value) == built.prepared.event_id:
            others = {other: member for other, member in built.data.items() if other != key}
            for without_id in (others, {**others, key: None}):
                event_id = _event_id(destination, copy_json(without_id))
                require(
                    event_id not in _TEXTS_OF_NO_ID,
                    f"prepare() of {destination.name} makes the event id {event_id!r} of all events whose {key} is"
                    " missing or null: make it with content_id() then",
                )


def _event_id(destination: Destination, data: JsonObject) -> object:
    try:
        return destination.prepare(data, "", lambda: "content-id").event_id
    except Exception:  # noqa: BLE001  actions may always set the id, and prepare() need it
        return None


def _require_problems(problems: object, name: str) -> list[Problem]:
    """Return the problems that a method reports."""
    require(isinstance(problems, Iterable), f"what {name} returns must be a list of Problems")
    reported: list[object] = list(problems)  # type: ignore[call-overload]  # as was just required
    return [require_type(problem, Problem, f"what {name} reports") for problem in reported]
