"""JSON's own types."""

from typing import Any, TypeAlias

Json: TypeAlias = Any
"""Any JSON value as Python has it: None, bool, int, float, str, list, dict."""

JsonObject: TypeAlias = dict[str, Any]
"""A JSON object."""
