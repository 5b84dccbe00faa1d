"""What the tests of every distribution share; ``pyproject.toml`` loads it as a plugin of pytest."""
