"""The fields of Facebook's actions, with the reference destination's keys so that its mappings can be pasted.

Keys, types and labels: ``spec/segment.md`` §9; wire names and rules: ``spec/graph-api.md`` §2–4.
"""
