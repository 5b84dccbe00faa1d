"""Comparison of this package's normalization with a pixel script, for ``capi pixel verify``."""

from capi_actions_facebook.normalization.verify.compare import Comparison, Statistics, compare
from capi_actions_facebook.normalization.verify.engine import PixelScript, PixelScriptError
from capi_actions_facebook.normalization.verify.samples import people

__all__ = ["Comparison", "PixelScript", "PixelScriptError", "Statistics", "compare", "people"]
