"""A compiled trigger."""

from attrs import field, frozen

from capi_actions.errors import Problem, TriggerError
from capi_actions.model import Json
from capi_actions.triggers.evaluate import PartialTest, Test, compile_partial_test, compile_test
from capi_actions.triggers.lint import lint
from capi_actions.triggers.parser import parse
from capi_actions.triggers.syntax import Node, compared_texts, unparse


@frozen
class Trigger:
    """A compiled trigger.  Its methods never raise, whatever the event contains.

    ``str(trigger)`` is the trigger in canonical spelling, which compiles to an equal tree.

    :ivar source: the text that was compiled.
    :ivar tree: its syntax tree.
    """

    source: str
    tree: Node = field(repr=False)
    _test: Test = field(init=False, repr=False, eq=False)
    _partial_test: PartialTest = field(init=False, repr=False, eq=False)

    @_test.default
    def _compile_test(self) -> Test:
        return compile_test(self.tree)

    @_partial_test.default
    def _compile_partial_test(self) -> PartialTest:
        return compile_partial_test(self.tree)

    def matches(self, event: Json) -> bool:
        """Return whether the action takes this event.  A value that is no object never matches."""
        return isinstance(event, dict) and self._test(event)

    def evaluate_partially(self, type: str | None, name: str | None) -> bool | None:
        """Return what :meth:`matches` returns for every event of this type and name.

        :param type: the event's ``type``; None when it is missing or no string.
        :param name: the event's ``event``; None when it is missing or no string.
        :returns: None when the result depends on other fields too.
        """
        return self._partial_test(type, name)

    @property
    def event_names(self) -> tuple[str, ...]:
        """The names of events that it asks for, for hints; one that compares in other ways has none."""
        return tuple(compared_texts(self.tree, ("event",)))

    def lint(self) -> tuple[Problem, ...]:
        """Return warnings about parts that can never be true, or always are: most likely mistakes.

        The work is bounded: in very large triggers some such parts may go unnoticed.
        """
        return tuple(lint(self.tree))

    def __str__(self) -> str:
        return unparse(self.tree)


def compile_trigger(text: str) -> Trigger:
    """Parse and compile a trigger.

    :param text: at most 10,000 characters, nested at most 100 deep.
    :raises TriggerError: when it can't be parsed; ``position`` is the index of the first wrong
        character.
    """
    return Trigger(text, parse(_require_text(text)))


def _require_text(text: object) -> str:
    if not isinstance(text, str):
        raise TriggerError.of(f"a trigger is a text such as 'type = \"track\"', not {type(text).__name__}")
    return text
