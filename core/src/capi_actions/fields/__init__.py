"""Fields: what an action takes, and the cleaning, coercion and checks on the way to it."""

from capi_actions.fields.compile import CheckFields, compile_fields
from capi_actions.fields.segment import read_fields

__all__ = ["CheckFields", "compile_fields", "read_fields"]
