"""What a template can see and change while it renders."""

from io import StringIO
from typing import Any, TextIO

from liquid import BoundTemplate, RenderContext

from capi_actions.mapping.liquid.budget import Budget
from capi_actions.model import MISSING


class Context(RenderContext):
    """The variables of one rendering (its own, its counters, the event's members) and its budget."""

    __slots__ = ("budget", "payload")

    def __init__(self, template: BoundTemplate, payload: Any) -> None:
        """Start a rendering with its whole budget."""
        super().__init__(template)
        self.payload: dict[str, Any] = payload if isinstance(payload, dict) else {}
        self.budget = Budget()

    def variable(self, name: Any) -> Any:
        """Return a variable's value, or MISSING."""
        for scope in (self.locals, self.counters, self.payload):
            if name in scope:
                return scope[name]
        return MISSING

    def increment(self, name: str) -> int:
        """Return a counter's value, then add one to it; it starts with the event's number of that name."""
        value = self._counter(name)
        self.counters[name] = value + 1
        return value

    def decrement(self, name: str) -> int:
        """Subtract one from a counter and return its value."""
        self.counters[name] = self._counter(name) - 1
        return self.counters[name]

    def _counter(self, name: str) -> int:
        value = self.counters.get(name, self.payload.get(name))
        return value if isinstance(value, int) and not isinstance(value, bool) else 0

    def get_buffer(self, buf: TextIO | None = None) -> StringIO:
        """Return what the body of a capture is written to."""
        return Output(self.budget)


class Output(StringIO):
    """The text that is rendered; every character is charged to the budget."""

    def __init__(self, budget: Budget) -> None:
        super().__init__(newline="")
        self._budget = budget

    def write(self, text: str, /) -> int:
        """Append text."""
        self._budget.spend(len(text))
        return super().write(text)
