"""Liquid templates as the reference renders them: LiquidJS's dialect on python-liquid's parser.

python-liquid reads templates and runs their blocks.  What values mean (numbers, truth, comparison,
text, filters) is LiquidJS's and lives here, and so do the limits: every look-up, filter and piece of
output is charged to a fixed budget, so that whether an event passes never depends on how busy the
machine is.

Importing ``liquid`` takes 0.2 s; it is imported for the first ``@liquid`` only.
"""
