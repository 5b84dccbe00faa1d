"""``capi snippet``: the browser's side of a configuration."""
