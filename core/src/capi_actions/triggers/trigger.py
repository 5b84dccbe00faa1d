"""A trigger, ready to be asked."""

from attrs import field, frozen

from capi_actions.errors import Problem, TriggerError
from capi_actions.model import Json
from capi_actions.triggers.evaluate import Decision, Test, compile_decision, compile_test
from capi_actions.triggers.lint import lint
from capi_actions.triggers.parser import parse
from capi_actions.triggers.syntax import Node, write


@frozen
class Trigger:
    """A compiled trigger.  Its methods never raise, whatever the event holds.

    ``str(trigger)`` is the trigger in one canonical spelling, which compiles to an equal tree.

    :ivar source: the text as it was given.
    :ivar tree: what the text means.
    """

    source: str
    tree: Node = field(repr=False)
    _test: Test = field(init=False, repr=False, eq=False)
    _decision: Decision = field(init=False, repr=False, eq=False)

    @_test.default
    def _compile_test(self) -> Test:
        return compile_test(self.tree)

    @_decision.default
    def _compile_decision(self) -> Decision:
        return compile_decision(self.tree)

    def matches(self, event: Json) -> bool:
        """Tell whether the action takes this event.  What is no object never matches."""
        return isinstance(event, dict) and self._test(event)

    def decide(self, type: str | None, name: str | None) -> bool | None:
        """Answer for all events of this type and name at once, if these two decide it.

        :param type: the event's ``type``; None when it is missing or no string.
        :param name: the event's ``event``; None when it is missing or no string.
        :returns: what :meth:`matches` says of every such event; None when it depends on other fields.
        """
        return self._decision(type, name)

    def problems(self) -> tuple[Problem, ...]:
        """Say which parts can never be true, or always are: most likely mistakes.

        The work is bounded: of very large triggers some such parts may go unnoticed.
        """
        return tuple(lint(self.tree))

    def __str__(self) -> str:
        return write(self.tree)


def compile_trigger(text: str) -> Trigger:
    """Read a trigger.

    :param text: at most 10,000 characters, nested at most 100 deep.
    :raises TriggerError: when it can't be read; ``position`` is the index of the first character
        that is wrong.
    """
    return Trigger(text, parse(_checked(text)))


def _checked(text: object) -> str:
    if not isinstance(text, str):
        raise TriggerError.of(f"a trigger is a text such as 'type = \"track\"', not {type(text).__name__}")
    return text
