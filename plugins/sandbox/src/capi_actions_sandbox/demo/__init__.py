"""``capi demo``: sample events through the whole system, to the sandbox."""
