"""The page on programs without logging set up: what they print, and what the servers' configurations change."""

import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

PAGE = "docs/how-to/logging.md"
TRACE_ID = re.compile(r"trace id [\w-]+")
# Loads a configuration after the library, as servers do, and logs a pause's record and a retry's.
SERVER = """
import json, logging.config, runpy, sys
import capi_actions
if sys.argv[1].endswith(".json"):
    settings = json.load(open(sys.argv[1]))
else:
    settings = runpy.run_path(sys.argv[1])["logconfig_dict"]
logging.config.dictConfig(settings)
logger = logging.getLogger("capi_actions.delivery")
logger.error("it is paused")
logger.warning("it is later")
logger.info("it is done")
"""


def test_the_page_can_be_followed(page: Callable[[str], list[Any]], reader: Any) -> None:
    """A pause is seen once, in the words that the page shows; a trace id is another each time."""
    blocks = page(PAGE)
    shown = next(block for block in blocks if block.language == "text")
    for block in blocks:
        if block is shown:
            assert TRACE_ID.sub("", shown.text) == TRACE_ID.sub("", reader.err)
        else:
            reader.follow([block])


@pytest.mark.parametrize("name", ["logging.json", "gunicorn.conf.py"])
def test_the_servers_configurations_show_warnings_once(
    page: Callable[[str], list[Any]], reader: Any, name: str
) -> None:
    """And errors only there: nothing comes twice, nothing is lost to `disable_existing_loggers`."""
    reader.follow(block for block in page(PAGE) if block.file == name)
    command = [sys.executable, "-c", SERVER, str(reader.folder / name)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stderr.splitlines()

    assert ["it is paused", "it is later"] == [line.rpartition(": ")[2] for line in lines]
