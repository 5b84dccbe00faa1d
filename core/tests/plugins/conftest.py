"""The small platform as a plugin that is not loaded yet."""

from importlib.metadata import entry_points

import pytest

from capi_actions.plugins.loading import Candidate
from capi_actions.plugins.packages import GROUP


@pytest.fixture
def acme_candidate(acme_installed: None) -> Candidate:
    """The small platform, with its package."""
    (entry,) = entry_points(group=GROUP, name="acme")
    return Candidate("acme", "acme-for-tests 1.0", entry.load)
