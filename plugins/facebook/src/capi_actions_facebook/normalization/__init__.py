"""How personal data is written before it is hashed: the profiles ``pixel`` and ``documented``."""

from capi_actions_facebook.normalization.profiles import NORMALIZERS, PROFILES, normalizers_of
from capi_actions_facebook.normalization.users import normalize_user, settle

__all__ = ["NORMALIZERS", "PROFILES", "normalize_user", "normalizers_of", "settle"]
