"""Parts of a trigger that can never be true, or always are."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

from capi_actions.errors import Problem
from capi_actions.triggers.satisfiability import EVENT_TYPES, Conflict, Prover
from capi_actions.triggers.syntax import ORDERING, AllOf, AnyOf, Comparison, Condition, Node, Not, write

_REASONS = 3
_ROOTS = {
    key.lower(): key
    for key in (
        *("type", "event", "name", "category", "properties", "traits", "context", "integrations"),
        *("userId", "anonymousId", "groupId", "previousId", "messageId"),
        *("timestamp", "originalTimestamp", "sentAt", "receivedAt", "version", "channel", "writeKey"),
    )
}
"""The fields that the Segment spec gives to events, by their lower-case names."""


def lint(root: Node) -> Iterator[Problem]:
    """Find such parts, outermost first; then fields that look misspelt."""
    prover = Prover()
    conflicts = prover.refute(root)
    if conflicts:
        yield Problem(f"this trigger never matches: {_reasons(conflicts)}")
    else:
        yield from _parts(prover, root, root, {})
    for field in dict.fromkeys(_fields(root)):
        close = get_close_matches(field.lower(), _ROOTS, 1, 0.8)
        if close and field not in _ROOTS.values():
            yield Problem(f"events have no field {_cut(field)}, did you mean {_ROOTS[close[0]]}?")


def _fields(node: Node) -> Iterator[str]:
    match node:
        case Not(part):
            yield from _fields(part)
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from _fields(part)
        case _:
            yield node.path[0]


def _parts(prover: Prover, root: Node, node: Node, chosen: Mapping[int, Node]) -> Iterator[Problem]:
    match node:
        case AllOf(parts):
            for part in parts:
                yield from _parts(prover, root, part, chosen)
        case AnyOf(parts):
            if prover.refute(node, False, known_types=False):
                yield Problem(f"every event has {_cut(write(node))}: did you mean and instead of or?")
                return
            for part in parts:
                choice = {**chosen, id(node): part}
                conflicts = prover.refute(root, chosen=choice)
                if conflicts:
                    yield Problem(f"the part {_cut(write(part))} never matches: {_reasons(conflicts)}")
                else:
                    yield from _parts(prover, root, part, choice)
        case Comparison(("type",), "!=", str(kind)) if kind not in EVENT_TYPES:
            yield Problem(f"{write(node)} is always true: {_unknown_type(kind)}")
        case Not(Comparison(("type",), "=", str(kind))) if kind not in EVENT_TYPES:
            yield Problem(f"{write(node)} is always true: {_unknown_type(kind)}")


def _reasons(conflicts: Iterable[Conflict]) -> str:
    reasons = list(dict.fromkeys(map(_reason, conflicts)))
    more = [f"and {len(reasons) - _REASONS} more reasons"] if len(reasons) > _REASONS else []
    return "; ".join(reasons[:_REASONS] + more)


def _reason(conflict: Conflict) -> str:
    *others, last = (_cut(str(fact)) for fact in conflict)
    if others:
        return f"{', '.join(others[:_REASONS])} and {last} can't {'all' if others[1:] else 'both'} be true"
    (fact,) = conflict
    return f"{last} is never true" + (_why(fact.condition) if fact.holds else "")


def _why(condition: Condition) -> str:
    match condition:
        case Comparison(path, "==", value):
            right = write(Comparison(path, "=", value))
            return f": == is no operator of this language, write {_cut(right)}"
        case Comparison(_, operator) if operator in ORDERING:
            return f": {operator} compares numbers"
        case Comparison(("type",), "=", None):
            return ": every event has a type"
        case Comparison(("type",), "=", str(kind)) if kind not in EVENT_TYPES:
            return f": {_unknown_type(kind)}"
    return ""


def _unknown_type(kind: str) -> str:
    close = get_close_matches(kind.lower(), EVENT_TYPES, 1)
    hint = f", did you mean {close[0]}?" if close else f" (there are {', '.join(EVENT_TYPES)})"
    return f"no event has this type{hint}"


def _cut(text: str) -> str:
    return text if len(text) <= 100 else f"{text[:99]}…"
