"""What a module says of the names that it imports when they are first used."""

import ast
from pathlib import Path
from types import ModuleType


def names_for_type_checkers(module: ModuleType) -> dict[str, str | None]:
    """Return the names that a module imports for type checkers alone, and from where."""
    assert module.__file__ is not None
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    return {
        alias.name: node.module
        for block in tree.body
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
