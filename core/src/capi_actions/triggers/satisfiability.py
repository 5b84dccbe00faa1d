"""Whether there can be an event for which a tree is true."""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, pairwise
from typing import Any, TypeAlias

from attrs import Factory, define, field, frozen

from capi_actions.triggers.evaluate import Check, Pieces, compile_check, matcher, pieces_of
from capi_actions.triggers.syntax import AllOf, AnyOf, Comparison, Condition, Node, Not, Path, Search, write

EVENT_TYPES = ("track", "page", "screen", "identify", "group", "alias")
"""The calls of the Segment spec (https://segment.com/docs/connections/spec/), the only types an event can have."""


@frozen
class Fact:
    """A condition that is true (or isn't)."""

    condition: Condition
    holds: bool
    check: Check = field(init=False, repr=False, eq=False)

    @check.default
    def _compile(self) -> Check:
        return compile_check(self.condition)

    def allows(self, value: Any) -> bool:
        """Tell whether the field may have this value."""
        return self.check(value) is self.holds

    def __str__(self) -> str:
        return write(self.condition if self.holds else Not(self.condition))


@define
class Effort:
    """How many more checks the search may make; when none are left everything counts as possible."""

    left: int = 300_000

    @property
    def spent(self) -> bool:
        """Tell whether to stop."""
        return self.left <= 0

    def fits(self, value: Any, facts: Sequence[Fact]) -> bool:
        """Tell whether all facts allow a value."""
        self.left -= len(facts)
        return self.spent or all(fact.allows(value) for fact in facts)


def possible(facts: Sequence[Fact], effort: Effort, *, known_types: bool = False) -> bool:
    """Tell whether a field can have a value that all facts allow.

    :param facts: about one field.
    :param known_types: only values that ``type`` can have.
    """
    if known_types:
        return any(effort.fits(kind, facts) for kind in EVENT_TYPES)
    candidates: Iterator[Any] = chain((None, [], True, False), _numbers(facts))
    return any(effort.fits(value, facts) for value in candidates) or _possible_text(facts, effort)


def _numbers(facts: Sequence[Fact]) -> Iterator[float]:
    """Give a number of every kind that the facts can tell apart: below, at, between and above their numbers."""
    named = sorted({number for fact in facts for number in _number_of(fact.condition)})
    if not named:
        yield 0
        return
    yield from (math.floor(named[0]) - 1, math.floor(named[-1]) + 1, math.nan)
    yield from named
    for low, high in pairwise(named):
        yield from ((math.floor(low) + math.floor(high)) // 2, float(low) / 2 + float(high) / 2)
        yield from (math.floor(low) + 1, math.ceil(high) - 1)


def _number_of(condition: Condition) -> tuple[float, ...]:
    value = condition.value if isinstance(condition, Comparison) else None
    return (value,) if isinstance(value, int | float) and not isinstance(value, bool) else ()


def _possible_text(facts: Sequence[Fact], effort: Effort) -> bool:
    wanted: list[Pieces] = []
    unwanted: list[Pieces] = []
    for fact in facts:
        condition = fact.condition
        if isinstance(condition, Search):
            (wanted if fact.holds is not condition.negated else unwanted).append(pieces_of(condition))
        elif isinstance(condition.value, str) and condition.operator in ("=", "!="):
            (wanted if fact.holds is (condition.operator == "=") else unwanted).append((condition.value,))
        elif not fact.allows(""):  # says the same of every text
            return False
    exact = next((pieces[0] for pieces in wanted if len(pieces) == 1), None)
    if exact is not None:
        return effort.fits(exact, facts)
    effort.left -= (len(wanted) + 1) * (len(unwanted) + 1)
    return effort.spent or not _clash(wanted, unwanted)


def _clash(wanted: Sequence[Pieces], unwanted: Sequence[Pieces]) -> bool:
    starts = sorted((pieces[0] for pieces in wanted), key=len)
    ends = sorted((pieces[-1] for pieces in wanted), key=len)
    if not all(long.startswith(short) for short, long in pairwise(starts)):
        return True
    if not all(long.endswith(short) for short, long in pairwise(ends)):
        return True
    # A text that has a wanted pattern's pieces and between them only a character that no unwanted
    # pattern names: what matches this text matches every text with those pieces.
    named = set(chain.from_iterable(chain.from_iterable(unwanted)))
    filler = next(char for char in map(chr, range(0xE000, 0x10FFFF)) if char not in named)
    texts = [filler.join(pieces) for pieces in (*wanted, ("", ""))]
    return any(matcher(pieces)(text) for pieces in unwanted for text in texts)


Conflict: TypeAlias = tuple[Fact, ...]
"""Facts that can't hold together; a single one can't hold at all."""

_Claim: TypeAlias = tuple[Node, bool]


@define
class _Way:
    """One way to make a tree true (or false), as far as it is worked out.

    :ivar claims: trees that have to be true (or false).
    :ivar choices: lists of claims; one of each list has to be met.
    :ivar facts: by path.
    """

    claims: list[_Claim]
    choices: list[list[_Claim]] = Factory(list)
    facts: dict[Path, Conflict] = Factory(dict)


@frozen
class Prover:
    """Looks for contradictions.

    :ivar effort: what all questions together may cost.
    """

    effort: Effort = Factory(Effort)

    def refute(
        self,
        node: Node,
        holds: bool = True,
        *,
        chosen: Mapping[int, Node] | None = None,
        known_types: bool = True,
    ) -> list[Conflict]:
        """Say why a tree can never be true, or never be false.

        :param chosen: for some ``AnyOf`` of the tree, by ``id``, the part that has to be true.
        :param known_types: whether ``type`` has only the values of the Segment spec.
        :returns: a conflict for each way to make it true; empty when one of them is possible or the
            effort is spent.
        """
        conflicts: list[Conflict] = []
        ways = [_Way([(node, holds)])]
        while ways:
            way = ways.pop()
            conflict = self._work_out(way, chosen or {}, known_types)
            if self.effort.spent or not (conflict or way.choices):
                return []
            if conflict:
                conflicts.append(conflict)
            else:
                first, *rest = way.choices
                ways += [_Way([claim], list(rest), dict(way.facts)) for claim in reversed(first)]
        return conflicts

    def _work_out(self, way: _Way, chosen: Mapping[int, Node], known_types: bool) -> Conflict:
        while way.claims:
            node, holds = way.claims.pop()
            self.effort.left -= 1
            match node:
                case Not(part):
                    way.claims.append((part, not holds))
                case AllOf(parts) | AnyOf(parts):
                    wanted = [chosen[id(node)]] if id(node) in chosen else parts
                    claims = [(part, holds) for part in reversed(wanted)]
                    if isinstance(node, AllOf) is holds or len(claims) == 1:
                        way.claims += claims
                    else:
                        way.choices.append(claims[::-1])
                case _:
                    conflict = self._add(way.facts, Fact(node, holds), known_types)
                    if conflict:
                        return conflict
        return ()

    def _add(self, known: dict[Path, Conflict], fact: Fact, known_types: bool) -> Conflict:
        path = fact.condition.path
        before = known.get(path, ())
        known[path] = (*before, fact)
        spec = known_types and path == ("type",)
        if not possible(known[path], self.effort, known_types=spec):
            smaller = chain([(fact,)], ((each, fact) for each in before))
            return next(
                (facts for facts in smaller if not possible(facts, self.effort, known_types=spec)),
                known[path],
            )
        for other in known:
            self.effort.left -= 1
            conflict = self._nested(known, *sorted((path, other), key=len))
            if conflict:
                return conflict
        return ()

    def _nested(self, known: dict[Path, Conflict], upper: Path, lower: Path) -> Conflict:
        """Something below a field is there, although the field is nothing that has something below."""
        if upper == lower or lower[: len(upper)] != upper:
            return ()
        there = next((fact for fact in known[lower] if not fact.allows(None)), None)
        scalar = next((fact for fact in known[upper] if not fact.allows([])), None)
        return (scalar, there) if there and scalar else ()
