"""What can go wrong, sorted by what the caller should do about it.

::

    CapiError
    ├── ConfigError        a person must change a setting, mapping or trigger; nothing was sent
    │   ├── MappingError
    │   └── TriggerError
    ├── EventError         this event can never be sent as it is; record it and go on
    ├── TransportError     no usable answer came; the same request may succeed later
    ├── OutboxError        the store on disk can't do what was asked; nothing was accepted
    └── PluginError        a plugin broke its contract; tell its author

No message may hold a raw personal value or a token: say which field, not what was in it.  Where the reference's own
sentence quotes a value, the problem has another one beside it, to be logged and printed.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, Self, TypeAlias, TypeVar

from attrs import evolve, field, frozen

Severity: TypeAlias = Literal["error", "warning"]
"""Nothing is sent before an error is corrected; a warning is likely to be a mistake."""


@frozen
class Problem:
    """One thing that is wrong, and where.

    :ivar message: a sentence: what was found and what would be right.
    :ivar path: where it is, as a JSONPath from the root ``$`` of what was checked
        (``$.user_data.email``, ``$.destinations.shop.pixel_id``); empty when it is in no document.
    :ivar code: the platform's own number for this problem (such as 2804003), or None.
    :ivar severity: ``"error"`` or ``"warning"``.
    :ivar logged: the message without the value of the event that ``message`` quotes; empty if it quotes none.
    """

    message: str
    path: str = "$"
    code: int | None = None
    severity: Severity = "error"
    logged: str = ""

    @property
    def loggable(self) -> str:
        """The message as it may be logged, printed and passed on: without any value of the event."""
        return self.logged or self.message

    def __str__(self) -> str:
        return self.loggable if self.path in ("", "$") else f"{self.path}: {self.loggable}"


class Diagnostics:
    """Collects problems, so that all of them are reported at once.

    >>> diagnostics = Diagnostics()
    >>> shop = diagnostics.under("$.destinations.shop")
    >>> shop.add("should be digits only", "$.pixel_id")
    >>> shop.warn("is not known to this version", "$.api_version")
    >>> [str(problem) for problem in diagnostics.errors]
    ['$.destinations.shop.pixel_id: should be digits only']
    >>> [problem.path for problem in diagnostics.warnings]
    ['$.destinations.shop.api_version']
    """

    def __init__(self, problems: Iterable[Problem] = ()) -> None:
        self._problems = list(problems)
        self._path = "$"

    def under(self, path: str) -> "Diagnostics":
        """Return a collector into the same list whose paths start at ``path`` instead of ``$``."""
        nested = Diagnostics()
        nested._problems, nested._path = self._problems, self._absolute(path)
        return nested

    def add(self, message: str, path: str = "$", code: int | None = None) -> None:
        """Add an error."""
        self.extend([Problem(message, path, code)])

    def warn(self, message: str, path: str = "$", code: int | None = None) -> None:
        """Add a warning."""
        self.extend([Problem(message, path, code, "warning")])

    def extend(self, problems: Iterable[Problem]) -> None:
        """Add problems found elsewhere, their paths relative to this collector's.

        A path that doesn't start with ``$`` names something outside the document and stays as it is.
        """
        self._problems += (evolve(problem, path=self._absolute(problem.path)) for problem in problems)

    @property
    def errors(self) -> list[Problem]:
        """Problems that prevent sending, in the order in which they were found."""
        return [problem for problem in self._problems if problem.severity == "error"]

    @property
    def warnings(self) -> list[Problem]:
        """Likely mistakes, in the order in which they were found."""
        return [problem for problem in self._problems if problem.severity == "warning"]

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._problems)

    def _absolute(self, path: str) -> str:
        return self._path + path[1:] if path.startswith("$") else path


class CapiError(Exception):
    """Base of every error that capi-actions raises on purpose."""


def _only_problems(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Reject anything but Problems now, rather than when the error is printed."""
    checked = tuple(problems)
    if not all(isinstance(problem, Problem) for problem in checked):
        raise TypeError("an error is made of Problems; one of a text alone is made with .of(text)")
    return checked


@frozen(eq=False)
class _ProblemsError(CapiError):
    """An error that reports everything that is wrong at once."""

    problems: tuple[Problem, ...] = field(converter=_only_problems)

    @classmethod
    def of(cls, message: str, path: str = "$", code: int | None = None, *, logged: str = "") -> Self:
        """Return the error for a single problem."""
        return cls((Problem(message, path, code, logged=logged),))

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)

    @property
    def message(self) -> str:
        """All messages in one line, without their paths.  Those without a full stop are ended by a semicolon."""
        return _one_line([problem.message for problem in self.problems])

    @property
    def loggable(self) -> str:
        """The same line without any value of the event, as it may be logged, printed and passed on."""
        return _one_line([problem.loggable for problem in self.problems])

    @property
    def path(self) -> str:
        """The first problem's path."""
        return self.problems[0].path if self.problems else "$"


def _one_line(messages: Sequence[str]) -> str:
    *others, last = messages or [""]
    ended = [message if message.endswith((".", "!", "?")) else f"{message};" for message in others]
    return " ".join([*ended, last])


@frozen(eq=False)
class ConfigError(_ProblemsError):
    """A person must change the configuration; nothing was sent."""


@frozen(eq=False)
class MappingError(ConfigError):
    """A mapping is malformed.  Paths point into the mapping, directive names included."""


@frozen(eq=False)
class TriggerError(ConfigError):
    """A trigger can't be read.

    :ivar position: index of the first character that is wrong, counted from 0.
    """

    position: int = 0


@frozen(eq=False)
class EventError(_ProblemsError):
    """This event can never be sent as it is.  Others are not affected."""


@frozen(eq=False)
class TransportError(CapiError):
    """No usable answer came.

    :ivar problem: what happened, in a sentence without the token or the body.
    :ivar sent: True when the request may have reached the platform, so that sending it again may
        repeat it; False when it certainly never left.
    """

    problem: str
    sent: bool

    def __str__(self) -> str:
        return self.problem


@frozen(eq=False)
class OutboxError(CapiError):
    """The outbox can't store or give out items.

    :ivar problem: what happened (disk full, locked, damaged, read-only) and what would help.
    """

    problem: str

    def __str__(self) -> str:
        return self.problem


@frozen(eq=False)
class PluginError(CapiError):
    """A plugin broke its contract.

    :ivar plugin: its entry-point name.
    :ivar problem: what is wrong with it.
    :ivar others: what is wrong with other plugins, found at the same time.
    :ivar package: name and version of the package that it came with; "" when unknown, or when it came with none.
    :ivar advice: how to go on without the plugin; "" if there is no way.
    """

    plugin: str
    problem: str
    others: "tuple[PluginError, ...]" = ()
    package: str = ""
    advice: str = ""

    @property
    def subject(self) -> str:
        """Which plugin it is about: its name, and its package's."""
        return f"plugin {self.plugin!r} ({self.package})" if self.package else f"plugin {self.plugin!r}"

    def __str__(self) -> str:
        return "\n".join(
            [f"{self.subject}: {self.problem}", *map(str, self.others), *filter(None, [self.advice])]
        )


_Error = TypeVar("_Error", bound=BaseException)


def detach(error: _Error) -> _Error:
    """Return the error without cause, context and traceback, to be kept or passed on.

    A cause's text may quote the event, and the traceback's frames hold the event itself.
    """
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


_PLAIN_KEY = re.compile(r"[A-Za-z_$@][\w$]*", re.ASCII)
_LONGEST_KEY = 60  # characters


def json_path(keys: Iterable[str | int]) -> str:
    """Return the JSONPath that leads from the root through these keys and indices.

    Keys are cut to 60 characters, as they may come from an event, and quoted where a dot would be ambiguous.

    >>> json_path(["contents", 0, "id"]), json_path(["user_data", "first.name"])
    ('$.contents[0].id', "$.user_data['first.name']")
    """
    return "$" + "".join(map(_step, keys))


def _step(key: str | int) -> str:
    if isinstance(key, int):
        return f"[{key}]"
    shown = key[:_LONGEST_KEY]
    if _PLAIN_KEY.fullmatch(shown):
        return f".{shown}"
    escaped = shown.replace("\\", "\\\\").replace("'", "\\'")
    return f"['{escaped}']"
