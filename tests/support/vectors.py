"""The one reader of the files in ``tests/data``."""

import gzip
import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"


def read_vectors(name: str) -> Any:
    """Return the lines of a ``.jsonl`` file as a list, or the value that a ``.json`` file holds.

    :param name: path below ``tests/data``, without the ``.gz`` that large files end in.
    """
    plain, packed = DATA / name, DATA / f"{name}.gz"
    content = gzip.decompress(packed.read_bytes()) if packed.exists() else plain.read_bytes()
    if plain.suffix == ".jsonl":
        return [json.loads(line) for line in content.splitlines()]
    return json.loads(content)
