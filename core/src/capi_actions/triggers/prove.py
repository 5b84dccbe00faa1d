"""Whether there can be an event for which a tree is true."""

from collections.abc import Mapping
from itertools import chain
from typing import TypeAlias

from attrs import Factory, define, frozen

from capi_actions.triggers.facts import Effort, Fact, possible
from capi_actions.triggers.nodes import AllOf, AnyOf, Node, Not, Path

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
