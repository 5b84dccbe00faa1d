"""Acme for capi-actions."""
