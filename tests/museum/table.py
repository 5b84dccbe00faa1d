"""The table of the museum: what catches each broken plugin.

`python tests/museum/table.py` tries all of them, and writes the table and the page of the documentation.
"""

import json
import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from capi_actions import PluginError
from museum.plugins import PLUGINS, Broken
from museum.trial import failing_test, load, told_at_run_time

TABLE = Path(__file__).parent / "table.json"
DOCS = Path(__file__).parents[2] / "docs" / "reference" / "museum.md"

SOURCES = f"{Path(__file__).parents[2] / 'core' / 'src'}/"  # where faults lie, on the machine that tries

UNCAUGHT: Mapping[str, str] = {
    "sound": "It is here to show that nothing complains without a reason.",
    "outbox_sound": "The same.",
    "table_sound": "The same.",
    "build_changes_event": "It does no harm: `build` gets a copy of what it could change.",
    "build_changes_list": "The same.",
    "build_raises_rarely": "Nobody can guess that property; an event in `event_examples` that has it is enough. When"
    " such an event comes, it is refused, and the reason names file and line.",
    "command_raises": "A command without arguments may run for ever or delete something, so the tests don't run it. An"
    " example in `command_examples` is enough. When a person runs it, they see the traceback.",
    "transport_wrapped": "It is here as the sound plugin is.",
    "observer_late": "Nobody can try it for that long. When it raises, that is logged once, with file and line, and"
    " delivery goes on.",
    "import_prints": "It does no harm: what a plugin prints when it is imported goes to standard error.",
}
"""Why nothing catches a plugin, or why it needs no catching."""

_HEAD = """# A museum of broken plugins

Each of these plugins is broken in one way. The table says what catches it: the loader, which refuses the plugin by
name; the [tests that the core brings](../tutorial/first-plugin.md) (`capi_actions.testing`), with the name of the first
one that fails; or a run, which reports the fault and goes on with everything that the fault doesn't touch.

| what is broken | loading | tests | a run |
| --- | --- | --- | --- |
"""
_UNCAUGHT_HEAD = """
## What nothing catches

"""


def try_out(name: str, broken: Broken) -> dict[str, str]:
    """Return what catches a plugin: ``load``, ``kit`` and ``run``, each with the reason."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        try:
            module = load(name, broken, path)
        except PluginError as error:
            return {"load": _without_folder(error.problem, folder)}
        try:
            told = told_at_run_time(module, broken, path)
            caught = {"run": _without_folder(told[0], folder)} if told else {}
            test = failing_test(module, path)
            return {**({"kit": test} if test else {}), **caught}
        finally:
            sys.path.remove(folder)
            del sys.modules[module.__name__]


def _without_folder(text: str, folder: str) -> str:
    return _PACKAGES.sub("", text.replace(folder, "").replace(SOURCES, ""))[:200]


_PACKAGES = re.compile(r"[^\s(]*/site-packages/")


def page(table: Mapping[str, Mapping[str, str]]) -> str:
    """Return the page of the documentation."""
    rows = []
    for name, broken in PLUGINS.items():
        caught = table[name]
        cells = [
            broken.title,
            "refused" if "load" in caught else "",
            f"`{caught['kit']}`" if "kit" in caught else "",
            "reported" if "run" in caught else "",
        ]
        rows.append(f"| {' | '.join(cells)} |")
    reasons = [f"* **{PLUGINS[name].title}**: {reason}" for name, reason in UNCAUGHT.items()]
    return _HEAD + "\n".join(rows) + "\n" + _UNCAUGHT_HEAD + "\n".join(reasons) + "\n"


def read_table() -> dict[str, dict[str, str]]:
    """Return the table as it is stored."""
    table: dict[str, dict[str, str]] = json.loads(TABLE.read_text(encoding="utf-8"))
    return table


if __name__ == "__main__":
    names = sys.argv[1:] or list(PLUGINS)
    table = read_table() if TABLE.exists() else {}
    for name in names:
        table[name] = try_out(name, PLUGINS[name])
        print(name, table[name], flush=True)
    text = json.dumps({name: table[name] for name in PLUGINS if name in table}, indent=1)
    TABLE.write_text(text + "\n", "utf-8")
    if set(table) >= set(PLUGINS):
        DOCS.write_text(page(table), encoding="utf-8")
