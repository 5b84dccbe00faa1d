"""Texts of which nothing is sent hide nothing: a hashed field takes the next place that its mapping names."""

from collections.abc import Callable

from attrs import evolve

from capi_actions.errors import EventError
from capi_actions.fields.nodes import Node as FieldNode
from capi_actions.hashing import Hasher
from capi_actions.mapping import CompiledMapping
from capi_actions.mapping.nodes import If, Object, Path
from capi_actions.model import Resolver


def with_fallbacks(mapping: CompiledMapping, fields: FieldNode) -> CompiledMapping:
    """Return a mapping whose choices for hashed fields pass over texts that have no hash, such as blank ones.

    Only a choice between the tested value itself and another one is meant, as in "this path, else that one".

    :param fields: the action's fields.
    """
    tree = _with_fallbacks(mapping.tree, fields)
    return mapping if tree is mapping.tree else CompiledMapping(tree, mapping.paths, mapping.meter)


def _with_fallbacks(node: Resolver, field: FieldNode) -> Resolver:
    known = field.fast.members
    if isinstance(node, Object) and known is not None:
        members = tuple(
            (key, _with_fallbacks(member, known[key]) if key in known else member)
            for key, member in node.members
        )
        changed = any(new is not old for (_, new), (_, old) in zip(members, node.members, strict=True))
        return evolve(node, members=members) if changed else node
    if isinstance(node, If) and field.fast.hasher is not None:
        otherwise = _with_fallbacks(node.otherwise, field)
        if node.blank and isinstance(node.test, Path) and node.test == node.then:
            return evolve(node, otherwise=otherwise, usable=_usable(field.fast.hasher))
        return evolve(node, otherwise=otherwise)
    return node


def _usable(hasher: Hasher) -> Callable[[str], bool]:
    def is_usable(text: str) -> bool:
        try:
            return bool(hasher(text))
        except EventError:  # it is for the field to refuse the text
            return True

    return is_usable
