"""A real browser, one for each test; `nox -s browser` runs this folder."""

from collections.abc import Iterator

import pytest

from support.chromium import Page, chromium


@pytest.fixture
def page() -> Iterator[Page]:
    """A tab of a new browser, in which no script may fail."""
    with chromium() as tab:
        yield tab
        assert [entry["entry"]["text"] for entry in tab.take_events("Log.entryAdded")] == []
        assert tab.take_events("Runtime.exceptionThrown") == []
