"""JSON Lines in and out, for commands."""

from capi_actions.lines.reading_and_writing import read_lines, write_line

__all__ = ["read_lines", "write_line"]
