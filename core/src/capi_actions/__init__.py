"""Send customer events from your own servers to advertising platforms' Conversions APIs."""
