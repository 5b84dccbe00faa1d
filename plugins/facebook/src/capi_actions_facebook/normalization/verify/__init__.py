"""Hold this package's normalization to a pixel script: what ``capi pixel verify`` does."""

from capi_actions_facebook.normalization.verify.compare import Comparison, Tally, compare
from capi_actions_facebook.normalization.verify.engine import PixelScript, PixelScriptError
from capi_actions_facebook.normalization.verify.samples import people

__all__ = ["Comparison", "PixelScript", "PixelScriptError", "Tally", "compare", "people"]
