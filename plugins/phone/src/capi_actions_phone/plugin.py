"""The hooks that this distribution implements.  Nothing else belongs in this file."""

from collections.abc import Sequence

from capi_actions import Directive, Normalizer, hookimpl
from capi_actions_phone.directive import PHONE_E164
from capi_actions_phone.normalizer import configured_normalizer


@hookimpl
def capi_directives() -> Sequence[Directive]:
    """Offer ``@phone_e164``."""
    return [PHONE_E164]


@hookimpl
def capi_normalizers() -> Sequence[Normalizer]:
    """Offer the profile ``phone``, to be joined to a platform's own."""
    return [configured_normalizer()]
