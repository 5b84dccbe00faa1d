"""The command line ``capi``: one module a command; :mod:`capi_actions.cli.app` holds them together."""
