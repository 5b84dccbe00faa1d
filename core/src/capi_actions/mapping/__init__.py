"""Mappings: JSON that says where each field's value comes from.

>>> mapping = compile_mapping({"email": {"@path": "$.traits.email"}, "source": "web"})
>>> mapping({"type": "identify", "traits": {"email": "ada@example.com"}})
{'email': 'ada@example.com', 'source': 'web'}

The language is described in ``docs/reference/mapping.md``.  ``compiler`` and ``directives`` check a
mapping and make it a tree of ``nodes``, which can be called with an event.
"""

from capi_actions.mapping.arguments import is_directive
from capi_actions.mapping.compiler import BUILTIN, CompiledMapping, compile_mapping
from capi_actions.mapping.directives import DIRECTIVES

__all__ = ["BUILTIN", "DIRECTIVES", "CompiledMapping", "compile_mapping", "is_directive"]
