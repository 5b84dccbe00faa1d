"""Meta's Conversions API (Facebook) for capi-actions: actions, settings, normalization."""
