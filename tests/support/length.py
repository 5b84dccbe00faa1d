"""How long random tests run: shortly by default, longer in ``nox -s soak``."""

from hypothesis import settings

_THOROUGH = 100  # examples of the profile "thorough"


def is_thorough() -> bool:
    """Return whether the Hypothesis profile is the thorough one."""
    return settings().max_examples >= _THOROUGH


def examples(count: int) -> int:
    """Return how many examples to try: the count in ``nox -s soak``, and a third of it in a short run."""
    return count * settings().max_examples // _THOROUGH
