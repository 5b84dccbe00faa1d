"""What a template can see and change while it renders."""

from io import StringIO
from typing import Any, TextIO

from liquid import BoundTemplate, RenderContext

from capi_actions.mapping.liquid.budget import Work
from capi_actions.model import MISSING


class Context(RenderContext):
    """Variables of one rendering: its own, its counters, and the event's members."""

    __slots__ = ("payload", "work")

    def __init__(self, template: BoundTemplate, payload: Any) -> None:
        """Begin a rendering."""
        super().__init__(template)
        self.payload: dict[str, Any] = payload if isinstance(payload, dict) else {}
        self.work = Work()

    def variable(self, name: Any) -> Any:
        """Give a variable, MISSING when there is none."""
        for scope in (self.locals, self.counters, self.payload):
            if name in scope:
                return scope[name]
        return MISSING

    def increment(self, name: str) -> int:
        """Give a counter's value and add one; it begins with the event's number of that name."""
        value = self._counter(name)
        self.counters[name] = value + 1
        return value

    def decrement(self, name: str) -> int:
        """Take one from a counter and give its value."""
        self.counters[name] = self._counter(name) - 1
        return self.counters[name]

    def _counter(self, name: str) -> int:
        found = self.counters.get(name, self.payload.get(name))
        return found if isinstance(found, int) and not isinstance(found, bool) else 0

    def get_buffer(self, buf: TextIO | None = None) -> StringIO:
        """Give what the body of a capture is written to."""
        return Output(self.work)


class Output(StringIO):
    """Text being made; every character is paid for."""

    def __init__(self, work: Work) -> None:
        super().__init__(newline="")
        self._work = work

    def write(self, text: str, /) -> int:
        """Add text."""
        self._work.spend(len(text))
        return super().write(text)
