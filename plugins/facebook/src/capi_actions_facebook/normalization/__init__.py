"""Normalization of personal values before they are hashed: the profiles ``pixel`` and ``documented``."""

from capi_actions_facebook.normalization.profiles import NORMALIZERS, normalizers_of
from capi_actions_facebook.normalization.users import normalize_user, settle

__all__ = ["NORMALIZERS", "normalize_user", "normalizers_of", "settle"]
