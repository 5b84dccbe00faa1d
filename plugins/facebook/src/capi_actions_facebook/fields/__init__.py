"""The fields of Facebook's actions.

Their keys are the reference destination's, so that its mappings can be pasted.  Meta's own names and rules:
``docs/reference/sources.md``.
"""
