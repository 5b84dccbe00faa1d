"""How requests leave."""

from capi_actions.transport.sending import Urllib3Transport

__all__ = ["Urllib3Transport"]
