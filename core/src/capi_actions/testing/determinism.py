"""A plugin does the same in another process: with another clock, environment, time zone and seed for hashes."""

import datetime
import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from capi_actions.errors import EventError
from capi_actions.testing.base import json_fault, require
from capi_actions.testing.destinations import DestinationTests
from capi_actions.testing.directives import DirectiveTests
from capi_actions.testing.filters import EventFilterTests
from capi_actions.testing.inputs import InputFormatTests
from capi_actions.testing.normalizers import NormalizerTests

_EVENTS = 8
_AHEAD = 400 * 86_400 + 12_345  # seconds by which the other process's clock is ahead
_KEPT = (
    "PATH",
    "SYSTEMROOT",
    "PYTHONPATH",
    "PYTHONHOME",
    "LD_LIBRARY_PATH",
    "COVERAGE_PROCESS_START",
    "TEMP",
    "TMP",
)


class DeterminismTests(DestinationTests, DirectiveTests, NormalizerTests, EventFilterTests, InputFormatTests):
    """The test that what a plugin makes of events depends on nothing but the events."""

    def test_another_process_makes_the_same_of_every_event(self) -> None:
        """If this fails, the plugin reads a clock, the environment or the time zone, or relies on the order of a set.

        The other process has a clock 400 days ahead, other environment variables, another time zone and another seed
        for hashes.  Plugins that no other process can import, such as objects, are left out.
        """
        if not all(map(_is_importable, (self.plugin, *self.others))):
            return
        here, there = behaviour(type(self)), _behaviour_elsewhere(type(self))
        different = [name for name in here if here[name] != there.get(name)]
        require(
            not different,
            f"{len(different)} outcomes are others in another process, the first is {different[:1]}:"
            f" {[here[name] for name in different[:1]]} here, {[there.get(name) for name in different[:1]]} there",
        )


def behaviour(suite: type[DeterminismTests]) -> dict[str, str]:
    """Return what a plugin makes of sample events and texts, as text, by what it is about."""
    return dict(_behaviour(suite))


def _behaviour(suite: type[DeterminismTests]) -> Iterator[tuple[str, str]]:
    yield "what it offers", repr([dict(info.hooks) for info in suite._plugins().describe()])
    for compiled, faults in suite._compiled_actions():
        for number, event in enumerate(suite._events(compiled.action, _EVENTS)):
            with suppress(Exception):  # the other tests report what goes wrong
                built = suite._build(compiled, faults, event)
                outcome = (built.body.decode(), built.prepared, built.problems) if built else None
                yield f"the item of {compiled.action.name} for event {number}", repr(outcome)
    for name, normalizer in suite._quick_normalizers().items():
        for text in suite._texts(name):
            with suppress(Exception):
                yield f"what {name} makes of {text[:80]!a}", ascii(normalizer.normalize(text))
    for name in suite._own("capi_directives"):
        for value, resolver, _ in suite._accepted_values(name):
            for number, event in enumerate(suite._payloads(name)):
                with suppress(Exception):
                    case = f"what {name} with {json.dumps(value)[:80]} makes of event {number}"
                    yield case, _or_refusal(resolver, event)
    for name, function in suite._functions():
        for number, event in enumerate(suite._filter_events()):
            with suppress(Exception):
                yield f"what {name} makes of event {number}", _or_refusal(function, event)
    for name, offered in suite._own("capi_inputs").items():
        for number, event in enumerate(suite._examples(name)):
            with suppress(Exception):
                yield f"what the format {name} makes of example {number}", ascii(list(offered.convert(event)))


def _or_refusal(function: Any, event: Any) -> str:
    try:
        result = function(event)
    except EventError as error:
        return ascii(str(error))
    return ascii(result) if json_fault(result) is None else ascii(repr(result))


def _behaviour_elsewhere(suite: type[DeterminismTests]) -> Mapping[str, str]:
    """Return what :func:`behaviour` does in another process."""
    task = {
        "path": sys.path,
        "plugin": _name(suite.plugin),
        "others": [_name(other) for other in suite.others],
        "config": dict(suite.config),
        "events": list(suite.event_examples),
        "directives": {name: list(examples) for name, examples in suite.directive_examples.items()},
        "normalizers": {name: list(examples) for name, examples in suite.normalizer_examples.items()},
        "inputs": {name: list(examples) for name, examples in suite.input_examples.items()},
    }
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    environment |= {
        "PYTHONHASHSEED": "1",
        "TZ": "Pacific/Chatham",
        "LANG": "C",
        "USER": "another",
        "LOGNAME": "another",
        "HOME": str(Path.home() / "another"),
    }
    code = "import sys, json; task = json.load(sys.stdin); sys.path[:] = task['path'];"
    code += f"from {__name__} import run_task; run_task(task)"
    ended = subprocess.run(  # noqa: S603  this very Python, with our own code
        [sys.executable, "-c", code],
        input=json.dumps(task),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    require(ended.returncode == 0, f"the plugin doesn't work in another process:\n{ended.stderr}")
    outcomes: Mapping[str, str] = json.loads(ended.stdout.splitlines()[-1])
    return outcomes


def _is_importable(plugin: object) -> bool:
    return isinstance(plugin, ModuleType) and plugin.__spec__ is not None and plugin.__name__ != "__main__"


def _name(plugin: Any) -> str:
    name: str = plugin.__name__
    return name


def run_task(task: Mapping[str, Any]) -> None:
    """Do in the other process what :func:`_behaviour_elsewhere` asks for, and print the outcomes."""
    _move_clock(_AHEAD)

    class Suite(DeterminismTests):
        plugin = importlib.import_module(task["plugin"])
        others = tuple(importlib.import_module(name) for name in task["others"])
        config = task["config"]
        event_examples = task["events"]
        directive_examples = _with_tuples(task["directives"])
        normalizer_examples = _with_tuples(task["normalizers"])
        input_examples = task["inputs"]

    print(f"\n{json.dumps(behaviour(Suite))}")  # noqa: T201  the answer, in a line of its own


def _with_tuples(examples: Mapping[str, Any]) -> Any:
    """Return examples with the tuples that JSON has made lists of."""
    return {name: [tuple(example) for example in own] for name, own in examples.items()}


def _move_clock(seconds: int) -> None:
    """Have everything that is imported from now on see another time."""
    now, now_ns, moment, difference = (
        time.time,
        time.time_ns,
        datetime.datetime,
        datetime.timedelta(seconds=seconds),
    )

    class Meta(type):
        def __instancecheck__(cls, value: object) -> bool:
            return isinstance(value, moment)

        def __subclasscheck__(cls, subclass: type) -> bool:
            return issubclass(subclass, moment)

    class Moved(moment, metaclass=Meta):  # type: ignore[misc, valid-type]  # the class of now
        """Makes plain objects, so that only the present differs."""

        def __new__(cls, *arguments: Any, **options: Any) -> Any:
            return moment(*arguments, **options)

        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return moment.now(tz) + difference

        @classmethod
        def today(cls) -> Any:
            return moment.today() + difference

        @classmethod
        def utcnow(cls) -> Any:
            return moment.now(datetime.UTC).replace(tzinfo=None) + difference

    time.time = lambda: now() + seconds
    time.time_ns = lambda: now_ns() + seconds * 10**9
    datetime.datetime = Moved  # type: ignore[misc]
