"""Whether any event makes a tree true.

The method is the analytic tableau: a tree is split into branches, each a list of conditions that all
have to be true (or false); a branch without contradiction shows that the tree is satisfiable.
Conditions contradict each other only when they are about one field, or about a field and one below
it.  For each field, a value is looked for that all of its conditions allow.

A contradiction that is reported is certain.  One may go unnoticed when text patterns are entangled,
or when the budget is spent.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, pairwise
from typing import Any, TypeAlias

from attrs import Factory, define, field, frozen

from capi_actions.codec import EVENT_TYPES
from capi_actions.triggers.evaluate import Check, Pattern, compile_check, compile_pattern, search_pattern
from capi_actions.triggers.syntax import AllOf, AnyOf, Comparison, Condition, Node, Not, Path, Search, unparse

KNOWN_TYPES = tuple(sorted(EVENT_TYPES))


@frozen
class Constraint:
    """A condition that has to be true, or has to be false."""

    condition: Condition
    holds: bool
    _check: Check = field(init=False, repr=False, eq=False)

    @_check.default
    def _compile(self) -> Check:
        return compile_check(self.condition)

    def allows(self, value: Any) -> bool:
        """Return whether the field may have this value."""
        return self._check(value) is self.holds

    def __str__(self) -> str:
        return unparse(self.condition if self.holds else Not(self.condition))


@define
class Budget:
    """Limit on the work of a search, so that no trigger keeps it busy.

    :ivar left: how many more checks it may make.  With none left, everything counts as satisfiable.
    """

    left: int = 300_000

    @property
    def spent(self) -> bool:
        """Whether to stop."""
        return self.left <= 0

    def charge(self, checks: int) -> None:
        """Take checks from the budget."""
        self.left -= checks


Conflict: TypeAlias = tuple[Constraint, ...]
"""Constraints that can't hold together; a single one can't hold at all."""

_Goal: TypeAlias = tuple[Node, bool]
"""A tree, and whether it has to be true or false."""


@define
class _Branch:
    """One way to make a tree true (or false), as far as it is worked out.

    :ivar goals: all of them have to be met.
    :ivar alternatives: of each list, one goal has to be met.
    :ivar constraints: by path.
    """

    goals: list[_Goal]
    alternatives: list[list[_Goal]] = Factory(list)
    constraints: dict[Path, Conflict] = Factory(dict)


@frozen
class Solver:
    """Looks for contradictions.

    :ivar budget: for all calls together.
    """

    budget: Budget = Factory(Budget)

    def refute(
        self,
        node: Node,
        holds: bool = True,
        *,
        selection: Mapping[int, Node] | None = None,
        known_types: bool = True,
    ) -> list[Conflict]:
        """Return why a tree can never be true, or never be false.

        :param holds: whether it should be true.
        :param selection: for some ``AnyOf`` of the tree, by ``id``, the part that has to be true.
        :param known_types: whether ``type`` has only the values of the Segment spec.
        :returns: one conflict for each way to make it true; empty when one of them is possible or
            the budget is spent.
        """
        conflicts: list[Conflict] = []
        branches = [_Branch([(node, holds)])]
        while branches:
            branch = branches.pop()
            conflict = self._expand(branch, selection or {}, known_types)
            if self.budget.spent or not (conflict or branch.alternatives):
                return []
            if conflict:
                conflicts.append(conflict)
            else:
                first, *others = branch.alternatives
                branches += [
                    _Branch([goal], list(others), dict(branch.constraints)) for goal in reversed(first)
                ]
        return conflicts

    def _expand(self, branch: _Branch, selection: Mapping[int, Node], known_types: bool) -> Conflict:
        """Turn all goals of a branch into constraints and alternatives, until there is a conflict."""
        while branch.goals:
            node, holds = branch.goals.pop()
            self.budget.charge(1)
            match node:
                case Not(part):
                    branch.goals.append((part, not holds))
                case AllOf(parts) | AnyOf(parts):
                    selected = (selection[id(node)],) if id(node) in selection else parts
                    goals = [(part, holds) for part in selected]
                    if isinstance(node, AllOf) is holds or len(goals) == 1:
                        branch.goals += reversed(goals)
                    else:
                        branch.alternatives.append(goals)
                case _:
                    conflict = self._add(branch.constraints, Constraint(node, holds), known_types)
                    if conflict:
                        return conflict
        return ()

    def _add(self, constraints: dict[Path, Conflict], constraint: Constraint, known_types: bool) -> Conflict:
        """Add a constraint to a branch, and return the conflict that it makes, as small as possible."""
        path = constraint.condition.path
        earlier = constraints.get(path, ())
        constraints[path] = (*earlier, constraint)
        of_spec = known_types and path == ("type",)
        if not satisfiable(constraints[path], self.budget, known_types=of_spec):
            smaller = chain([(constraint,)], ((other, constraint) for other in earlier))
            return next(
                (some for some in smaller if not satisfiable(some, self.budget, known_types=of_spec)),
                constraints[path],
            )
        for other_path in constraints:
            self.budget.charge(1)
            conflict = _nesting_conflict(constraints, *sorted((path, other_path), key=len))
            if conflict:
                return conflict
        return ()


def _nesting_conflict(constraints: Mapping[Path, Conflict], upper: Path, lower: Path) -> Conflict:
    """Return the conflict of a field that has to be there below one that is no object or list."""
    if upper == lower or lower[: len(upper)] != upper:
        return ()
    present = next((constraint for constraint in constraints[lower] if not constraint.allows(None)), None)
    scalar = next((constraint for constraint in constraints[upper] if not constraint.allows([])), None)
    return (scalar, present) if present and scalar else ()


def satisfiable(constraints: Sequence[Constraint], budget: Budget, *, known_types: bool = False) -> bool:
    """Return whether a field can have a value that all constraints allow.

    :param constraints: of one field.
    :param known_types: try only values that ``type`` can have.
    """
    if known_types:
        return _any_allowed(KNOWN_TYPES, constraints, budget)
    candidates: Iterator[Any] = chain((None, [], True, False), _sample_numbers(constraints))
    return _any_allowed(candidates, constraints, budget) or _text_satisfiable(constraints, budget)


def _any_allowed(values: Iterable[Any], constraints: Sequence[Constraint], budget: Budget) -> bool:
    for value in values:
        budget.charge(len(constraints))
        if budget.spent or all(constraint.allows(value) for constraint in constraints):
            return True
    return False


def _sample_numbers(constraints: Sequence[Constraint]) -> Iterator[float]:
    """Yield a number of every kind that the constraints can distinguish: below, at, between and above theirs."""
    numbers = sorted({number for constraint in constraints for number in _compared_number(constraint)})
    if not numbers:
        yield 0
        return
    yield from (math.floor(numbers[0]) - 1, math.floor(numbers[-1]) + 1, math.nan)
    yield from numbers
    for low, high in pairwise(numbers):
        yield from ((math.floor(low) + math.floor(high)) // 2, float(low) / 2 + float(high) / 2)
        yield from (math.floor(low) + 1, math.ceil(high) - 1)


def _compared_number(constraint: Constraint) -> tuple[float, ...]:
    condition = constraint.condition
    value = condition.value if isinstance(condition, Comparison) else None
    return (value,) if isinstance(value, int | float) and not isinstance(value, bool) else ()


def _text_satisfiable(constraints: Sequence[Constraint], budget: Budget) -> bool:
    required: list[Pattern] = []
    excluded: list[Pattern] = []
    for constraint in constraints:
        condition = constraint.condition
        if isinstance(condition, Search):
            patterns = required if constraint.holds is not condition.negated else excluded
            patterns.append(search_pattern(condition))
        elif isinstance(condition.value, str) and condition.operator in ("=", "!="):
            patterns = required if constraint.holds is (condition.operator == "=") else excluded
            patterns.append((condition.value,))
        elif not constraint.allows(""):  # it has the same result for every text
            return False
    exact = next((pattern[0] for pattern in required if len(pattern) == 1), None)
    if exact is not None:
        return _any_allowed([exact], constraints, budget)
    budget.charge((len(required) + 1) * (len(excluded) + 1))
    return budget.spent or not _patterns_conflict(required, excluded)


def _patterns_conflict(required: Sequence[Pattern], excluded: Sequence[Pattern]) -> bool:
    starts = sorted((pattern[0] for pattern in required), key=len)
    ends = sorted((pattern[-1] for pattern in required), key=len)
    if not all(long.startswith(short) for short, long in pairwise(starts)):
        return True
    if not all(long.endswith(short) for short, long in pairwise(ends)):
        return True
    # A text with the pieces of a required pattern, and between them a character that no excluded
    # pattern names: an excluded pattern that fits it fits every text with those pieces.
    named = set(chain.from_iterable(chain.from_iterable(excluded)))
    filler = next(char for char in map(chr, range(0xE000, 0x10FFFF)) if char not in named)
    texts = [filler.join(pattern) for pattern in (*required, ("", ""))]
    return any(compile_pattern(pattern)(text) for pattern in excluded for text in texts)
