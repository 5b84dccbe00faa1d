"""The outbox that the page shows is the one that `capi new --kind outbox` writes.

`python tests/docs/test_outbox_page.py --update` writes it into the page.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "outbox.md"
TEMPLATE = ROOT / "core/src/capi_actions/templates/plugin/src/capi_actions_acme/outbox.py"


def rendered() -> str:
    """Return the page with the template's code."""
    code = TEMPLATE.read_text(encoding="utf-8").replace('name="acme"', 'name="memory"')
    page = PAGE.read_text(encoding="utf-8")
    return re.sub(
        r"(Write it to `memory_outbox\.py`:\n\n```python\n).*?(?=```\n)",
        lambda match: match[1] + code,
        page,
        flags=re.DOTALL,
    )


def test_the_page_shows_the_template() -> None:
    """If this fails, run this file with --update: there is one outbox to keep right, not two."""
    assert PAGE.read_text(encoding="utf-8") == rendered()


if __name__ == "__main__" and "--update" in sys.argv:
    PAGE.write_text(rendered(), encoding="utf-8")
