"""The built-in transport: HTTP through urllib3."""

from capi_actions.builtin.transport.urllib3 import Urllib3Transport

__all__ = ["Urllib3Transport"]
