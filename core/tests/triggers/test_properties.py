"""Properties that hold for any trigger and any event."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from capi_actions.triggers import compile_trigger
from capi_actions.triggers.evaluate import compile_test
from capi_actions.triggers.satisfiability import KNOWN_TYPES, Solver
from capi_actions.triggers.syntax import AllOf, AnyOf, Comparison, Node, Not, Search, unparse

Trees = st.SearchStrategy[Node]
Events = st.SearchStrategy[dict[str, Any]]


def look_up(value: Any, path: tuple[str, ...]) -> Any:
    """Find a field, slowly and literally."""
    if not path:
        return value
    if isinstance(value, list):
        value = {str(index): item for index, item in enumerate(value)}
    return look_up(value.get(path[0]), path[1:]) if isinstance(value, dict) else None


def fits(pattern: str, text: str) -> bool:
    r"""Match with ``*`` and ``\*``, slowly and literally."""
    if pattern.startswith("*"):
        return any(fits(pattern[1:], text[start:]) for start in range(len(text) + 1))
    if pattern.startswith(("\\*", "\\\\")):
        pattern = pattern[1:]
    if not pattern or not text:
        return pattern == text
    return pattern[0] == text[0] and fits(pattern[1:], text[1:])


def search_literally(search: Search, text: str) -> bool:
    """Search, slowly and literally."""
    places = [text[start : start + len(search.text)] for start in range(len(text) + 1)]
    match search.function:
        case "contains":
            return search.text in places
        case "starts_with":
            return search.text == places[0]
        case "ends_with":
            return len(text) >= len(search.text) and places[len(text) - len(search.text)] == search.text
        case "match":
            return fits(search.text, text)


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def compared(value: Any, operator: str, literal: Any) -> bool:
    """Compare, slowly and literally."""
    if is_number(literal):
        if operator == "==" or not is_number(value):
            return False
        less, equal = value < literal, value == literal
        greater = value > literal
        outcomes = {"=": equal, "!=": not equal, "<": less, "<=": less or equal}
        return bool(outcomes.get(operator, greater or (equal and operator == ">=")))
    same = type(value) is type(literal) and value == literal
    return {"=": same, "!=": not same}.get(operator, False)


def says(node: Node, event: Any) -> bool:
    """Say what a tree means, slowly and literally."""
    match node:
        case Not(part):
            return not says(part, event)
        case AllOf(parts):
            return False not in [says(part, event) for part in parts]
        case AnyOf(parts):
            return True in [says(part, event) for part in parts]
        case Search():
            value = look_up(event, node.path)
            return isinstance(value, str) and search_literally(node, value) is not node.negated
        case Comparison(path, operator, literal):
            return compared(look_up(event, path), operator, literal)


@settings(deadline=None)
@given(st.data())
def test_a_trigger_says_what_its_tree_says(trees: Trees, events: Events, data: st.DataObject) -> None:
    """The compiled form agrees with the plain reading, and never raises."""
    tree, event = data.draw(trees), data.draw(events)

    assert says(tree, event) is compile_trigger(unparse(tree)).matches(event)


@settings(deadline=None)
@given(st.data())
def test_no_event_raises(trees: Trees, values: st.SearchStrategy[Any], data: st.DataObject) -> None:
    """Events come from outside: any JSON value at all gets an answer."""
    trigger, value = compile_trigger(unparse(data.draw(trees))), data.draw(values)

    assert trigger.matches(value) in (True, False)
    assert isinstance(value, dict) or trigger.matches(value) is False


@settings(deadline=None)
@given(st.data())
def test_a_partial_evaluation_is_what_matches_returns(
    trees: Trees, events: Events, data: st.DataObject
) -> None:
    """Routing by type and name alone never changes which events an action takes."""
    trigger, event = compile_trigger(unparse(data.draw(trees))), data.draw(events)
    kind, name = event.get("type"), event.get("event")
    outcome = trigger.evaluate_partially(
        kind if type(kind) is str else None, name if type(name) is str else None
    )

    assert outcome in (None, trigger.matches(event))


@settings(deadline=None)
@given(st.data())
def test_what_is_refuted_never_happens(trees: Trees, events: Events, data: st.DataObject) -> None:
    """The linter claims only what it can prove."""
    tree, event, holds = data.draw(trees), data.draw(events), data.draw(st.booleans())
    solver, outcome = Solver(), compile_test(tree)(event)

    if solver.refute(tree, holds, known_types=False):
        assert outcome is not holds
    if solver.refute(tree, holds) and event.get("type") in KNOWN_TYPES:
        assert outcome is not holds


@settings(deadline=None)
@given(st.data())
def test_a_contradiction_is_found_however_it_is_put(trees: Trees, data: st.DataObject) -> None:
    """Nothing is both true and false: refuted whenever the conditions are no tangle of text patterns."""
    tree = data.draw(trees)
    solver = Solver()

    assert solver.refute(AllOf((tree, Not(tree))))
    assert solver.refute(AnyOf((tree, Not(tree))), False)
