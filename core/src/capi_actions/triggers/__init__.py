"""Triggers: filters that say which events an action takes.

>>> trigger = compile_trigger('type = "track" and event = "Order Completed"')
>>> trigger.matches({"type": "track", "event": "Order Completed"})
True

The language is described in ``docs/reference/triggers.md``.  ``lexer`` and ``parser`` turn text into
the tree of ``syntax``, which also turns a tree back into text.  ``evaluate`` compiles the tree to
functions; ``lint`` reports parts that make no sense, with proofs from ``satisfiability``.

The parser is written by hand: lark, the best of the libraries tried, needs 130 ms to start, names
its own terminals instead of what a person should write, and reports the end of a text one token too
early, while these few rules take a page of code and no dependency.
"""

from capi_actions.triggers.trigger import Trigger, compile_trigger

__all__ = ["Trigger", "compile_trigger"]
