"""The contract of outboxes holds for the core's own, and for the one that the page on writing outboxes shows."""

import os
import re
from pathlib import Path
from types import ModuleType

import pytest

from capi_actions.builtin.outbox import SqliteOutbox
from capi_actions.model import Outbox
from capi_actions.testing import OutboxTests
from support.length import examples

PAGE = Path(__file__).parents[4] / "docs" / "how-to" / "outbox.md"
SOAK = int(os.environ.get("CAPI_SOAK", "1"))  # `nox -s chaos` tries twenty times as many


class TestSqliteOutbox(OutboxTests):
    """The core's own."""

    durable = True

    def open_outbox(self, folder: Path) -> Outbox:
        """Open the file in the folder."""
        return SqliteOutbox(folder / "outbox.db")


class TestMemoryOutbox(OutboxTests):
    """The outbox of the page."""

    durable = False

    def open_outbox(self, folder: Path) -> Outbox:
        """Make one of the page's code."""
        code, _ = re.findall(
            r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
        )
        module = ModuleType("memory_outbox")
        exec(compile(code, str(PAGE), "exec"), vars(module))
        outbox: Outbox = module.MemoryOutbox()
        return outbox


@pytest.mark.soak
@pytest.mark.parametrize("suite", [TestSqliteOutbox, TestMemoryOutbox])
def test_many_more_calls_in_any_order(suite: type[OutboxTests]) -> None:
    """What no short run finds."""

    class Thorough(suite):  # type: ignore[misc, valid-type]
        calls_in_any_order = examples(60) * SOAK

    Thorough().test_any_order_of_calls_does_what_dictionaries_would()
