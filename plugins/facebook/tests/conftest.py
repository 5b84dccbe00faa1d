"""Vectors: from ``../shared`` when it is there, else the copies in ``tests/data``."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import capi_actions_facebook.plugin
from capi_actions import Plugins, builtin

ROOT = Path(__file__).parents[3]


def _read(name: str) -> list[Any]:
    shared = ROOT.parent / "shared" / "vectors" / name
    copy = ROOT / "tests" / "data" / name
    if shared.exists():
        text = shared.read_text(encoding="utf-8")
    elif copy.exists():
        text = copy.read_text(encoding="utf-8")
    else:
        text = gzip.decompress(Path(f"{copy}.gz").read_bytes()).decode()
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="session")
def vectors() -> Callable[[str], list[Any]]:
    """Read a vector file by its path below ``vectors``."""
    return _read


@pytest.fixture(scope="session")
def plugins() -> Plugins:
    """The core's built-ins and this plugin, whatever else is installed."""
    return Plugins(builtin, capi_actions_facebook.plugin)
