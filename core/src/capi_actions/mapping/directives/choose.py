"""``@if``."""

from capi_actions.mapping.javascript import truthy
from capi_actions.mapping.members import Members
from capi_actions.mapping.nodes import Constant, If
from capi_actions.model import MISSING, Compiler, Json, Resolver


def compile_if(value: Json, compiler: Compiler) -> Resolver:
    """Compile ``{"@if": {"exists": …, "then": …, "else": …}}``, or with ``blank`` for ``exists``."""
    members = Members(value, compiler)
    nothing = Constant(MISSING)
    exists, blank = members.any("exists"), members.any("blank")
    then, other = members.any("then") or nothing, members.any("else") or nothing
    members.others()
    if members.fine and not truthy(members.get("exists")) and not truthy(members.get("blank")):
        compiler.problem('@if requires an "exists" key or a "blank" key')
    if not truthy(members.get("else")):
        other = nothing  # the reference's rule: "else" can't give false, 0, "" or null, "then" can
    return If(test=exists or blank or nothing, blank=exists is None, then=then, other=other)
