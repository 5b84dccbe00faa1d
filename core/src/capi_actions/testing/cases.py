"""What a plugin makes of sample events, texts, batches and answers, one case each: to be compared between two runs."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

from attrs import frozen

from capi_actions.codec import copy_json
from capi_actions.errors import EventError
from capi_actions.model import Batch, Destination, Response
from capi_actions.pipeline.compiled_action import CompiledAction
from capi_actions.testing.actions import Built
from capi_actions.testing.base import Faults, json_fault
from capi_actions.testing.build import make_batch
from capi_actions.testing.destinations import DestinationTests
from capi_actions.testing.directives import DirectiveTests
from capi_actions.testing.filters import EventFilterTests
from capi_actions.testing.inputs import InputFormatTests
from capi_actions.testing.normalizers import NormalizerTests

_EVENTS = 8
_RESPONSES = (
    Response(status=200, headers={}, body=b"{}"),
    Response(status=429, headers={"retry-after": "120"}, body=b""),
    Response(status=503, headers={"content-type": "text/html"}, body=b"<html>"),
)


class PureTests(DestinationTests, DirectiveTests, NormalizerTests, EventFilterTests, InputFormatTests):
    """The tests of everything that depends on nothing but its arguments."""


@frozen
class Case:
    """One call of a plugin.

    :ivar subject: what is called.
    :ivar name: the subject, and what it is called with.
    :ivar outcome: calls it, and returns as text what came of it.
    """

    subject: str
    name: str
    outcome: Callable[[], str]


def cases(suite: type[PureTests], events: int = _EVENTS) -> Iterator[Case]:
    """Yield calls of everything that a plugin offers and that should depend on its arguments alone.

    :param events: how many of each action.
    """
    yield from _action_cases(suite, events)
    yield from _destination_cases(suite)
    for name, normalizer in suite._quick_normalizers().items():
        for text in suite._texts(name):
            outcome = partial(_text_of, normalizer.normalize, text)
            yield Case(f"the normalizer {name}", f"what {name} makes of {text[:80]!a}", outcome)
    for name in suite._own("capi_directives"):
        for value, resolver, _ in suite._accepted_values(name):
            for number, event in enumerate(suite._payloads(name)):
                case = f"what {name} with {json.dumps(value)[:80]} makes of event {number}"
                yield Case(f"the directive {name}", case, partial(_text_of, resolver, event))
    for name, function in suite._functions():
        for number, event in enumerate(suite._filter_events()):
            outcome = partial(_text_of_copy, function, event)
            yield Case(name, f"what {name} makes of event {number}", outcome)
    for name, offered in suite._own("capi_inputs").items():
        for number, example in enumerate(suite._examples(name)):
            case = f"what the format {name} makes of example {number}"
            yield Case(f"the format {name}", case, partial(_text_of_events, offered.convert, example))


def outcomes(selected: Iterable[Case]) -> dict[str, str]:
    """Call everything, and return what came of it by the cases' names; the other tests report what goes wrong."""
    results = {}
    for case in selected:
        with suppress(Exception):
            results[case.name] = case.outcome()
    return results


def is_refusal(outcome: str) -> bool:
    """Return whether an event was refused: that is what a text in quotation marks begins with."""
    return outcome[1:].startswith(_REFUSED)


_REFUSED = "refused: "


def _action_cases(suite: type[PureTests], events: int) -> Iterator[Case]:
    for compiled, faults in suite._compiled_actions():
        for number, event in enumerate(suite._events(compiled.action, events)):
            name = compiled.action.name
            outcome = partial(_item, suite, compiled, faults, event)
            yield Case(f"building an item with {name}", f"the item of {name} for event {number}", outcome)


def _item(suite: type[PureTests], compiled: CompiledAction, faults: Faults, event: Any) -> str:
    try:
        built: Built = suite._build_or_refuse(compiled, faults, event)
    except EventError as error:
        return ascii(f"{_REFUSED}{error}")
    refusal = f"{_REFUSED}{' '.join(map(str, built.problems))}\n" if built.problems else ""
    return ascii(f"{refusal}{built.body.decode()} {built.prepared}")


def _destination_cases(suite: type[PureTests]) -> Iterator[Case]:
    for destination in suite._accounts():
        for number, batch in enumerate((make_batch(b'{"k":1}'), make_batch(b'{"k":2}', b'{"k":3}'))):
            subject = f"envelope() of {destination.name}"
            yield Case(subject, f"{subject} for batch {number}", partial(_request, destination, batch))
        for response in _RESPONSES:
            subject = f"judge() of {destination.name}"
            name = f"{subject} for status {response.status}"
            yield Case(subject, name, partial(_verdict, destination, response))


def _request(destination: Destination, batch: Batch) -> str:
    request = destination.envelope(batch)
    return repr((request.method, request.url, sorted(request.headers.items()), request.body, request.timeout))


def _verdict(destination: Destination, response: Response) -> str:
    """Return what may not depend on a clock: a platform may name the moment that ends a wait."""
    judgement = destination.judge(response)
    return repr((judgement.verdict, judgement.reason, judgement.code))


def _text_of(function: Callable[[Any], object], argument: Any) -> str:
    try:
        result = function(argument)
    except EventError as error:
        return ascii(str(error))
    return ascii(result) if json_fault(result) is None else ascii(repr(result))


def _text_of_copy(function: Callable[[Any], object], event: Any) -> str:
    return _text_of(function, copy_json(event))


def _text_of_events(convert: Callable[[Any], Iterable[object]], example: Any) -> str:
    return ascii(list(convert(example)))
