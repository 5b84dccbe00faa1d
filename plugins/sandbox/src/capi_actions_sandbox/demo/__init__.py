"""``capi demo``: sample events through the whole system, to a stand-in for Meta."""
