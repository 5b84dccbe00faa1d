"""The command line ``capi``: one module for each command; :mod:`capi_actions.cli.app` is the entry point."""
