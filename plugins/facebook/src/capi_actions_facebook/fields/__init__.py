"""The fields of Facebook's actions, with the reference destination's keys so that its mappings can be pasted.

Keys are those of the reference destination; Meta's names and rules: ``docs/reference/sources.md``.
"""
