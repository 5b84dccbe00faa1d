"""Warn of parts of a trigger that can never be true or always are, and of misspelt fields."""

from collections.abc import Iterable, Iterator, Mapping

from capi_actions.codec import EVENT_FIELDS, EVENT_TYPES
from capi_actions.errors import Problem
from capi_actions.text import closest, did_you_mean
from capi_actions.triggers.satisfiability import Conflict, Solver
from capi_actions.triggers.syntax import ORDERING, AllOf, AnyOf, Comparison, Condition, Node, Not, unparse

_MAX_REASONS = 3


def lint(root: Node) -> Iterator[Problem]:
    """Yield warnings: parts that are never or always true, outermost first, then misspelt fields."""
    solver = Solver()
    conflicts = solver.refute(root)
    if conflicts:
        yield _warning(f"this trigger never matches: {_reasons(conflicts)}")
    else:
        yield from _lint_parts(solver, root, root, {})
    for field in dict.fromkeys(_fields(root)):
        # Other fields are allowed, so only a name that is very close to a known one is a mistake.
        if field not in EVENT_FIELDS and (match := closest(field, EVENT_FIELDS, certain=True)):
            yield _warning(f"events have no field {_truncate(field)}; did you mean {match!r}?")


def _warning(message: str) -> Problem:
    return Problem(message, severity="warning")


def _fields(node: Node) -> Iterator[str]:
    match node:
        case Not(part):
            yield from _fields(part)
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from _fields(part)
        case _:
            yield node.path[0]


def _lint_parts(solver: Solver, root: Node, node: Node, selection: Mapping[int, Node]) -> Iterator[Problem]:
    """Yield warnings about the parts of a node.

    :param root: the whole trigger, which isn't a contradiction.
    :param selection: for each ``AnyOf`` above the node, by ``id``, the part that leads to it.
    """
    match node:
        case AllOf(parts):
            for part in parts:
                yield from _lint_parts(solver, root, part, selection)
        case AnyOf(parts):
            if solver.refute(node, False, known_types=False):
                yield _warning(f"every event has {_truncate(unparse(node))}: did you mean and instead of or?")
                return
            for part in parts:
                selected = {**selection, id(node): part}
                conflicts = solver.refute(root, selection=selected)
                if conflicts:
                    yield _warning(
                        f"the part {_truncate(unparse(part))} never matches: {_reasons(conflicts)}"
                    )
                else:
                    yield from _lint_parts(solver, root, part, selected)
        case Comparison(("type",), "!=", str(type_)) if type_ not in EVENT_TYPES:
            yield _warning(f"{unparse(node)} is always true: {_unknown_type(type_)}")
        case Not(Comparison(("type",), "=", str(type_))) if type_ not in EVENT_TYPES:
            yield _warning(f"{unparse(node)} is always true: {_unknown_type(type_)}")


def _reasons(conflicts: Iterable[Conflict]) -> str:
    reasons = list(dict.fromkeys(map(_reason, conflicts)))
    more = [f"and {len(reasons) - _MAX_REASONS} more reasons"] if len(reasons) > _MAX_REASONS else []
    return "; ".join(reasons[:_MAX_REASONS] + more)


def _reason(conflict: Conflict) -> str:
    *others, last = (_truncate(str(constraint)) for constraint in conflict)
    if others:
        listed, quantity = ", ".join(others[:_MAX_REASONS]), "all" if others[1:] else "both"
        return f"{listed} and {last} can't {quantity} be true"
    (constraint,) = conflict
    return f"{last} is never true" + (_explanation(constraint.condition) if constraint.holds else "")


def _explanation(condition: Condition) -> str:
    match condition:
        case Comparison(path, "==", value):
            right = unparse(Comparison(path, "=", value))
            return f": == is no operator of this language; write {_truncate(right)}"
        case Comparison(_, operator) if operator in ORDERING:
            return f": {operator} compares numbers"
        case Comparison(("type",), "=", None):
            return ": every event has a type"
        case Comparison(("type",), "=", str(type_)) if type_ not in EVENT_TYPES:
            return f": {_unknown_type(type_)}"
    return ""


def _unknown_type(type_: str) -> str:
    return f"no event has this type{did_you_mean(type_.lower(), EVENT_TYPES)}"


def _truncate(text: str) -> str:
    return text if len(text) <= 100 else f"{text[:99]}…"
