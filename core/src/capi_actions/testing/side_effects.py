"""What a plugin does besides returning something: output, files, network, threads, settings of the whole process."""

import decimal
import gc
import io
import locale
import logging
import os
import random
import signal
import socket
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from types import FrameType
from typing import Any

_MOST_READS = 4
_SHOWN = 5

# Audit events of the interpreter, and what they mean.  What is stopped would otherwise outlive the test.
_STOPPED: Mapping[str, str] = {
    "os.fork": "forks the process",
    "os.forkpty": "forks the process",
    "os.exec": "starts a program",
    "os.posix_spawn": "starts a program",
    "os.system": "starts a program",
    "subprocess.Popen": "starts a program",
    "socket.connect": "opens a network connection",
    "socket.sendto": "sends something over the network",
    "os.remove": "deletes a file",
    "os.rename": "renames a file",
    "os.rmdir": "deletes a folder",
    "shutil.rmtree": "deletes a folder",
    "os.kill": "sends a signal",
}
_NOTED: Mapping[str, str] = {
    "socket.getaddrinfo": "asks the network for an address",
    "socket.gethostbyname": "asks the network for an address",
    "socket.gethostname": "depends on the machine's name",
    "_thread.start_new_thread": "starts a thread",
    "_thread.start_joinable_thread": "starts a thread",
    "os.chdir": "changes the working directory",
    "os.putenv": "changes the environment",
    "os.unsetenv": "changes the environment",
    "os.mkdir": "makes a folder",
    "time.sleep": "sleeps",
}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Recorder:
    """Notes what a plugin does, in a process of its own: the interpreter's audit hooks can't be removed.

    :ivar subject: what is called at the moment.
    """

    def __init__(self, folder: str, personal: frozenset[str]) -> None:
        """Prepare.

        :param folder: where the plugin's files are: only what they do counts.
        :param personal: texts in lower case that nobody may log.
        """
        self.subject = ""
        self._folder = folder
        self._personal = personal
        self._effects: dict[tuple[str, str], str] = {}
        self._reads: dict[str, int] = {}
        self._active = False
        sys.addaudithook(self._audit)

    @property
    def effects(self) -> list[str]:
        """What was noted, each in a sentence with file and line."""
        return list(self._effects.values())

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Note everything that happens in the context."""
        handler, root = _LogHandler(self), logging.getLogger()
        level = root.level
        with (
            redirect_stdout(_Output(self, "prints to standard output")),
            redirect_stderr(_Output(self, "")),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("always")
            warnings.showwarning = lambda message, *_: self.note_text(str(message), "warns with")
            root.addHandler(handler)
            root.setLevel(logging.DEBUG)
            try:
                with self.auditing():
                    yield
            finally:
                root.setLevel(level)
                root.removeHandler(handler)

    @contextmanager
    def auditing(self) -> Iterator[None]:
        """Note what happens in the context, apart from output."""
        self._active = True
        try:
            yield
        finally:
            self._active = False

    def note(self, effect: str) -> bool:
        """Note an effect if the plugin is what causes it; return whether it is."""
        place = self._place()
        if place:
            subject = self.subject or "importing it"
            self._effects.setdefault((subject, effect), f"{subject} {effect} ({place})")
        return bool(place)

    def note_text(self, text: str, verb: str) -> None:
        """Note that a text was printed or logged, if it holds what is personal."""
        lowered = text.lower()
        if any(personal in lowered for personal in self._personal):
            self.note(f"{verb} personal data of the event")

    def _place(self) -> str:
        frame: FrameType | None = sys._getframe()
        while frame is not None:
            if frame.f_code.co_filename.startswith(self._folder):
                return f"{Path(frame.f_code.co_filename).name}, line {frame.f_lineno}"
            frame = frame.f_back
        return ""

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._active:
            return
        if event in _STOPPED:
            if self.note(_STOPPED[event]):
                raise PermissionError(f"the test does not allow that a plugin {_STOPPED[event]}")
        elif event in _NOTED:
            self.note(_NOTED[event])
        elif event == "open":
            self._note_open(*arguments)

    def _note_open(self, path: object, mode: str | None, flags: int) -> None:
        if isinstance(path, int):
            return
        if set(mode or "") & set("wax+") or (not mode and flags & _WRITING):
            if self.note("writes a file"):
                raise PermissionError("the test does not allow that a plugin writes a file")
            return
        reads = self._reads[str(path)] = self._reads.get(str(path), 0) + 1
        if reads > _MOST_READS:
            self.note("reads a file again and again")


class _Output(io.StringIO):
    """A standard stream on which a plugin should write nothing."""

    def __init__(self, recorder: Recorder, effect: str) -> None:
        super().__init__()
        self._recorder = recorder
        self._effect = effect

    def write(self, text: str) -> int:
        if self._effect:
            self._recorder.note(self._effect)
        else:
            self._recorder.note_text(text, "prints")
        return len(text)


class _LogHandler(logging.Handler):
    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self._recorder = recorder

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            text += f" {record.exc_info[1]}"
        self._recorder.note_text(text, "logs")


class ProcessState:
    """Settings of the whole process that a plugin must leave as they are, and functions of the core and of Python."""

    def __init__(self) -> None:
        self._settings = dict(_settings())
        self._functions = dict(_functions())
        self._files = _open_files()
        self._threads = set(threading.enumerate())

    def changes(self, subject: str) -> list[str]:
        """Return what has changed since then, each in a sentence.

        :param subject: what was done in the meantime.
        """
        now = dict(_settings())
        changed = [name for name, value in self._settings.items() if now[name] != value]
        sentences = [f"{subject} changes {name}" for name in changed]
        functions = dict(_functions())
        replaced = [name for name, value in self._functions.items() if functions.get(name) is not value]
        sentences += [f"{subject} replaces {name}" for name in replaced[:_SHOWN]]
        if self._files - _open_files():
            sentences.append(f"{subject} closes files that it hasn't opened")
        threads = [thread.name for thread in threading.enumerate() if thread not in self._threads]
        if threads:
            sentences.append(f"{subject} leaves the threads {', '.join(threads[:_SHOWN])}")
        return sentences


def _settings() -> Iterator[tuple[str, object]]:
    context = decimal.getcontext()
    yield "the precision and rounding of decimal", (context.prec, context.rounding)
    yield "the state of the shared random generator", hash(random.getstate())
    yield "the locale", locale.setlocale(locale.LC_ALL)
    yield "the recursion limit", sys.getrecursionlimit()
    yield "the default timeout of sockets", socket.getdefaulttimeout()
    yield "the garbage collector's switch", gc.isenabled()
    yield "sys.excepthook", sys.excepthook
    yield "threading.excepthook", threading.excepthook
    yield "the root logger", (logging.root.level, tuple(logging.root.handlers), logging.root.manager.disable)
    yield "the working directory", Path.cwd()
    yield "the environment", dict(os.environ)
    yield (
        "the handling of signals",
        {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)},
    )
    mask = os.umask(0)
    os.umask(mask)
    yield "the mask of new files", mask


_STANDARD = ("builtins", "io", "json", "logging", "os", "random", "socket", "ssl", "threading", "time")
_WATCHED = (*_STANDARD, "attrs", "click", "orjson", "pluggy", "urllib3")


def _functions() -> Iterator[tuple[str, object]]:
    """Yield the functions and methods of the core, and of what it uses."""
    for name, module in list(sys.modules.items()):
        root = name.partition(".")[0]
        if name in _WATCHED or (root == "capi_actions" and not name.startswith("capi_actions.testing")):
            for key, value in list(vars(module).items()):
                if callable(value):
                    yield f"{name}.{key}", value
                if isinstance(value, type) and value.__module__.partition(".")[0] == root:
                    for member, function in list(vars(value).items()):
                        if callable(function) or isinstance(function, classmethod | staticmethod | property):
                            yield f"{name}.{key}.{member}", function


def _open_files() -> set[int]:
    open_files = set()
    for number in range(256):
        with suppress(OSError):
            os.fstat(number)
            open_files.add(number)
    return open_files
