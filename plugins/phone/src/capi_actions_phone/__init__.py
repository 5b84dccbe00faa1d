"""National phone numbers as international ones: a directive and a normalizer."""

from capi_actions_phone.numbers import international

__all__ = ["international"]
