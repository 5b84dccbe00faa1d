"""The actions' reference page is generated.

`python tests/docs/test_actions_page.py --update` writes it.
"""

import sys
from pathlib import Path

import capi_actions_facebook.plugin
from capi_actions import Plugins, builtin
from capi_actions.cli.catalog import as_markdown

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "actions.md"
HEAD = """# Actions

Made from the code: `capi actions --markdown` prints the same. Without `mappings` in the configuration, every action
with a prebuilt trigger is on. How to change triggers and mappings: [Customize a mapping](../how-to/customize.md).
"""


def rendered() -> str:
    """Write the page."""
    actions = Plugins(builtin, capi_actions_facebook.plugin).actions.values()
    return f"{HEAD}\n{as_markdown(list(actions))}\n"


def test_the_page_is_what_the_code_says() -> None:
    """If this fails, run this file with --update and look at the difference."""
    assert PAGE.read_text(encoding="utf-8") == rendered()


if __name__ == "__main__" and "--update" in sys.argv:
    PAGE.write_text(rendered(), encoding="utf-8")
