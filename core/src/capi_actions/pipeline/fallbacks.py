"""Texts of which nothing is sent hide nothing: a field takes the next place that its mapping names."""

from attrs import evolve

from capi_actions.fields.nodes import Node as FieldNode
from capi_actions.mapping import CompiledMapping
from capi_actions.mapping.nodes import If, Object, Path
from capi_actions.model import Resolver


def with_fallbacks(mapping: CompiledMapping, fields: FieldNode) -> CompiledMapping:
    """Return a mapping whose choices pass over texts of which their field sends nothing.

    Those are texts without a hash, such as blank ones, and placeholders in other fields.  Only a choice between the
    tested value itself and another one is meant, as in "this path, else that one".

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
    if isinstance(node, If) and field.usable is not None:
        otherwise = _with_fallbacks(node.otherwise, field)
        if node.blank and isinstance(node.test, Path) and node.test == node.then:
            return evolve(node, otherwise=otherwise, usable=field.usable)
        return evolve(node, otherwise=otherwise)
    return node
