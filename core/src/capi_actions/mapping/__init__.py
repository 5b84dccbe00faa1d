"""Mappings: JSON that says where each field's value comes from.

>>> mapping = compile_mapping({"email": {"@path": "$.traits.email"}, "source": "web"})
>>> mapping({"type": "identify", "traits": {"email": "ada@example.com"}})
{'email': 'ada@example.com', 'source': 'web'}

The language is described in ``docs/reference/mapping.md``.  A mapping is compiled in three steps:
``compiler`` and ``directives`` check it and make a tree of ``nodes``, ``source`` writes the tree as
Python.
"""

from capi_actions.mapping.compiler import BUILTIN, CompiledMapping, compile_mapping
from capi_actions.mapping.directives import DIRECTIVES

__all__ = ["BUILTIN", "DIRECTIVES", "CompiledMapping", "compile_mapping"]
