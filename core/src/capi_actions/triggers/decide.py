"""What a trigger says when only an event's ``type`` and ``event`` are known.

Logic with three values: True, False, and None for "depends on other fields".
"""

from collections.abc import Callable
from typing import TypeAlias

from capi_actions.triggers.evaluate import compile_check
from capi_actions.triggers.nodes import AllOf, AnyOf, Comparison, Condition, Node, Not, Search

Decision: TypeAlias = Callable[[str | None, str | None], bool | None]


def compile_decision(node: Node) -> Decision:
    """Compile a tree.  The function takes the type and the name; None is a missing one or no string."""
    match node:
        case AllOf(parts):
            return _join(tuple(compile_decision(part) for part in parts), False)
        case AnyOf(parts):
            return _join(tuple(compile_decision(part) for part in parts), True)
        case Not(part):
            return _opposite(compile_decision(part))
        case Comparison() | Search():
            return _condition(node)


def _join(decisions: tuple[Decision, ...], decisive: bool) -> Decision:
    def decide(kind: str | None, name: str | None) -> bool | None:
        result: bool | None = not decisive
        for each in decisions:
            found = each(kind, name)
            if found is decisive:
                return decisive
            if found is None:
                result = None
        return result

    return decide


def _opposite(decision: Decision) -> Decision:
    def decide(kind: str | None, name: str | None) -> bool | None:
        found = decision(kind, name)
        return None if found is None else not found

    return decide


def _condition(condition: Condition) -> Decision:
    root, *below = condition.path
    if root not in ("type", "event"):
        return lambda kind, name: None
    check, is_type = compile_check(condition), root == "type"
    # What is compared with a text says the same of everything that is no text.
    same_for_others = isinstance(condition, Search) or isinstance(condition.value, str)

    def decide(kind: str | None, name: str | None) -> bool | None:
        known = kind if is_type else name
        if known is None:
            return None if below or not same_for_others else check(None)
        return check(None if below else known)

    return decide
