"""Prometheus metrics for capi-actions."""
