"""Meta's Conversions API (Facebook) for capi-actions: actions, settings, normalization.

The names below are for other packages: base classes for actions of their own.  Each is subclassed and
declared with :func:`capi_actions.action`, and brings its fields with their prebuilt mappings.

* :class:`ServerEvent`: the fields of every event.  The subclass writes ``build``, which completes what
  :meth:`ServerEvent.server_event` returns.
* :class:`CommerceEvent`: a server event with value, currency and products in its ``custom_data``.  The
  subclass sets ``meta_name``.
* :class:`LeadEvent`: a commerce event about somebody who becomes a customer; it also takes the person from
  the traits of an identify call.
"""

from capi_actions_facebook.fields.commerce import CommerceEvent, LeadEvent
from capi_actions_facebook.fields.event import ServerEvent

__all__ = ["CommerceEvent", "LeadEvent", "ServerEvent"]
