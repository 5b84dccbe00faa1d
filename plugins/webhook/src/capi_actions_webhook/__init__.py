"""A destination type that posts events to any HTTPS endpoint, signed as Standard Webhooks has it.

:func:`verify` is for the receiving side.
"""

from capi_actions_webhook.signature import SignatureError, verify

__all__ = ["SignatureError", "verify"]
