"""A plugin depends on nothing but its arguments and changes nothing else: in another process, order and thread."""

import datetime
import gc
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout, suppress
from functools import cache, partial
from itertools import groupby, islice, pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

from capi_actions.testing.base import require
from capi_actions.testing.cases import Case, PureTests, cases, is_refusal, outcomes
from capi_actions.testing.interleaving import call_with_another, module_folder, source_folder
from capi_actions.testing.samples import ORDINARY_TEXTS, typical_event
from capi_actions.testing.side_effects import ProcessState, Recorder

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
_EXAMINED_CASES, _PAIRS = 8, 1
"""Cases and pairs of cases of each subject for what takes longer."""
_MOST_MEMORY = 20_000_000
"""Bytes that one call may need."""
_ORDERED_EVENTS = 40
_REPEATS = 50
_MOST_KEPT = 150
"""Bytes for each of the repeated calls that may still be there afterwards."""


class DeterminismTests(PureTests):
    """The tests that what a plugin makes of events depends on nothing but the events, and that it does nothing else."""

    def test_another_process_makes_the_same_of_every_event(self) -> None:
        """If this fails, the plugin reads a clock, the environment or the time zone, or relies on the order of a set.

        The other process has a clock 400 days ahead, other environment variables, another time zone, another working
        folder and another seed for hashes; there, events come in the reverse order.  Plugins that no other process can
        import, such as objects, are left out.
        """
        if not all(map(_is_importable, (self.plugin, *self.others))):
            return
        here, there = behaviour(type(self)), self._elsewhere()["outcomes"]
        different = [name for name in here if here[name] != there.get(name)]
        require(
            not different,
            f"{len(different)} outcomes are others in another process, the first is {different[:1]}:"
            f" {[here[name] for name in different[:1]]} here, {[there.get(name) for name in different[:1]]} there",
        )

    def test_it_does_nothing_beside_what_it_returns(self) -> None:
        """If this fails, the plugin prints, logs what is personal, writes files, uses the network or starts threads.

        Or it changes what the whole process shares: functions of the core or of Python, settings, files that it hasn't
        opened.  That is tried in another process, with what makes or judges something for each event.  Observers,
        transports, outboxes and commands may do such things.
        """
        if all(map(_is_importable, (self.plugin, *self.others))):
            effects = self._elsewhere()["effects"]
            require(not effects, f"{len(effects)} things that it should leave: {'; '.join(effects[:5])}")

    def test_other_events_make_no_difference(self) -> None:
        """If this fails, something of one event is kept and reaches another: keep it in local variables."""
        selected = list(cases(type(self), _ORDERED_EVENTS))
        forwards, backwards = outcomes(selected), outcomes(reversed(selected))
        different = [name for name in forwards if forwards[name] != backwards.get(name)]
        require(
            not different,
            f"{different[:1]} depends on which events came before: it is {[forwards[name] for name in different[:1]]}"
            f" first, and {[backwards.get(name) for name in different[:1]]} after others",
        )

    def test_threads_do_not_disturb_each_other(self) -> None:
        """If this fails, something of an event is where another thread changes it: keep it in local variables."""
        folder = source_folder(self.plugin)
        for pair in _different_pairs(type(self)) if folder else ():
            for case, other in (pair, reversed(pair)):
                alone = case.outcome()
                disturbed = call_with_another(case.outcome, other.outcome, folder)
                require(
                    alone == disturbed,
                    f"{case.name} becomes {disturbed} if another thread's event comes in between; it should be {alone}",
                )

    def test_memory_is_not_kept(self) -> None:
        """If this fails, a call needs very much memory, or leaves some behind each time."""
        if tracemalloc.is_tracing():
            return
        selected = [(subject, sound[0]) for subject, sound in _by_subject(type(self)) if sound]
        gc.collect()
        gc.freeze()  # what is there by now needn't be looked at again: twenty times faster
        tracemalloc.start()
        try:
            for subject, case in selected:
                peak, kept = _measure_memory(case)
                require(peak <= _MOST_MEMORY, f"{subject} needs {peak / 1e6:,.0f} MB of memory at once")
                require(
                    kept <= _REPEATS * _MOST_KEPT,
                    f"{subject} keeps {kept / _REPEATS:,.0f} bytes each time, though it is called with the same",
                )
        finally:
            tracemalloc.stop()
            gc.unfreeze()

    @classmethod
    @cache
    def _elsewhere(cls) -> Mapping[str, Any]:
        """Return what :func:`run_task` finds in another process: ``outcomes`` and ``effects``."""
        task: dict[str, Any] = {
            "path": [str(Path(entry).absolute()) for entry in sys.path],
            "plugin": _name(cls.plugin),
            "others": [_name(other) for other in cls.others],
            "config": dict(cls.config),
            "events": list(cls.event_examples),
            "directives": {name: list(examples) for name, examples in cls.directive_examples.items()},
            "normalizers": {name: list(examples) for name, examples in cls.normalizer_examples.items()},
            "inputs": {name: list(examples) for name, examples in cls.input_examples.items()},
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
        with tempfile.TemporaryDirectory() as folder:
            # The answer goes into a file: the plugin may print, or close standard output.
            task["answer"] = str(Path(folder, "answer.json"))
            process = subprocess.run(  # noqa: S603  this very Python, with our own code
                [sys.executable, "-c", code],
                input=json.dumps(task),
                env=environment,
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )
            require(process.returncode == 0, f"the plugin doesn't work in another process:\n{process.stderr}")
            answer: dict[str, Any] = json.loads(Path(task["answer"]).read_text(encoding="utf-8"))
            if process.stdout.strip():
                answer["effects"].append(f"it prints to standard output: {process.stdout.strip()[:80]!r}")
        return answer


def behaviour(suite: type[DeterminismTests]) -> dict[str, str]:
    """Return what a plugin makes of sample events and texts, as text, by what it is about."""
    return {"what it offers": _offers(suite), **outcomes(cases(suite))}


def _offers(suite: type[DeterminismTests]) -> str:
    return repr([dict(info.hooks) for info in suite._plugins().describe()])


def _by_subject(suite: type[DeterminismTests]) -> Iterator[tuple[str, list[Case]]]:
    """Yield what is called, with cases that don't fail."""
    for subject, selected in groupby(cases(suite), key=lambda case: case.subject):
        sound: list[Case] = []
        for case in islice(selected, _EXAMINED_CASES):
            with suppress(Exception):
                case.outcome()
                sound.append(case)
        yield subject, sound


def _different_pairs(suite: type[DeterminismTests]) -> Iterator[Sequence[Case]]:
    """Yield cases of one subject that have different outcomes."""
    for _, sound in _by_subject(suite):
        accepted = [case for case in sound if not is_refusal(case.outcome())]
        selected = accepted if len(accepted) > 1 else sound
        pairs = [pair for pair in pairwise(selected) if pair[0].outcome() != pair[1].outcome()]
        yield from pairs[:_PAIRS]


def _measure_memory(case: Case) -> tuple[int, int]:
    """Return how many bytes a call needs, and how many are left after fifty; memory must be traced."""
    before, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    case.outcome()
    peak = tracemalloc.get_traced_memory()[1] - before
    if peak > _MOST_MEMORY:
        return peak, 0
    gc.collect()
    before, _ = tracemalloc.get_traced_memory()
    for _ in range(_REPEATS):
        case.outcome()
    gc.collect()
    return peak, tracemalloc.get_traced_memory()[0] - before


def _is_importable(plugin: object) -> bool:
    return isinstance(plugin, ModuleType) and plugin.__spec__ is not None and plugin.__name__ != "__main__"


def _name(plugin: Any) -> str:
    name: str = plugin.__name__
    return name


def run_task(task: Mapping[str, Any]) -> None:
    """Do in the other process what :meth:`DeterminismTests._elsewhere` asks for, and write what came of it."""
    sys.dont_write_bytecode = True  # which would look as if the plugin had written it
    _move_clock(_AHEAD)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # what this process has ignored is inherited
    thread = threading.Thread(target=_run, args=(task,), name="another")
    thread.start()
    thread.join()


def _run(task: Mapping[str, Any]) -> None:
    others_ = tuple(importlib.import_module(name) for name in task["others"])
    state = ProcessState()
    recorder = Recorder(module_folder(task["plugin"]), _personal_texts())
    with redirect_stdout(sys.stderr), recorder.auditing():
        plugin_ = importlib.import_module(task["plugin"])
    effects = state.changes("importing it")

    class Suite(DeterminismTests):
        plugin = plugin_
        _first_seed = 4
        others = others_
        config = task["config"]
        event_examples = task["events"]
        directive_examples = _with_tuples(task["directives"])
        normalizer_examples = _with_tuples(task["normalizers"])
        input_examples = task["inputs"]

    results = {"what it offers": _offers(Suite)}
    state, recorder.subject = ProcessState(), "calling it"
    with recorder.watching():
        for subject, selected in groupby(
            reversed(list(cases(Suite, _ORDERED_EVENTS))), key=lambda case: case.subject
        ):
            recorder.subject = subject
            results |= outcomes(selected)
    effects += [*state.changes("calling it"), *_quoting(results)]
    answer = {"outcomes": results, "effects": [*recorder.effects, *effects]}
    Path(task["answer"]).write_text(json.dumps(answer), encoding="utf-8")


def _quoting(results: Mapping[str, str]) -> Iterator[str]:
    """Yield the outcomes that are refusals with something personal in their reasons."""
    personal = _personal_texts()
    for name, outcome in results.items():
        refusal = outcome.partition("\\n")[0].lower() if is_refusal(outcome) else ""
        if any(text in refusal for text in personal):
            yield f"{name} is a refusal that quotes personal data"
            return


def _personal_texts() -> frozenset[str]:
    traits = typical_event(0)["context"]["traits"]
    texts = [traits[key] for key in ("email", "phone", "lastName", "birthday")]
    texts += [text for kind in ("email", "phone", "birthday") for text in ORDINARY_TEXTS[kind]]
    return frozenset(text.strip().lower() for text in texts)


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
    for name in ("monotonic", "perf_counter"):
        setattr(time, name, partial(_ahead, getattr(time, name), seconds))
        setattr(time, f"{name}_ns", partial(_ahead, getattr(time, f"{name}_ns"), seconds * 10**9))
    for name in ("gmtime", "localtime", "ctime"):
        setattr(time, name, partial(_of_present, getattr(time, name)))
    for name, position in (("strftime", 1), ("asctime", 0)):
        setattr(time, name, partial(_with_moment, getattr(time, name), position))
    datetime.datetime = Moved  # type: ignore[misc]


def _ahead(clock: Callable[[], Any], difference: int) -> Any:
    return clock() + difference


def _of_present(convert: Callable[[float], Any], moment: float | None = None) -> Any:
    return convert(time.time() if moment is None else moment)


def _with_moment(convert: Callable[..., str], position: int, *arguments: Any) -> str:
    return convert(*arguments, *([time.localtime()] if len(arguments) <= position else []))
