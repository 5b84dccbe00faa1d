"""The site that Sphinx builds of the docs: `nox -s docs`."""

import re
from pathlib import Path
from types import ModuleType

import pytest

import capi_actions
import capi_actions.testing
import capi_actions_facebook

DOCS = Path(__file__).parents[2] / "docs"
API = (DOCS / "reference" / "api.md").read_text(encoding="utf-8")
DIRECTIVE = re.compile(r"^\.\. (?:auto|py:)(?:class|exception|function|data):: (\S+)$", re.MULTILINE)


@pytest.mark.parametrize("module", [capi_actions, capi_actions.testing, capi_actions_facebook])
def test_every_public_name_is_on_the_api_page_once(module: ModuleType) -> None:
    """What isn't there is private, the page says."""
    names = [name.removeprefix("capi_actions.") if "." in name else name for name in DIRECTIVE.findall(API)]
    prefix = module.__name__.removeprefix("capi_actions.")
    own = (
        [name for name in names if "." not in name]
        if module is capi_actions
        else [name.removeprefix(f"{prefix}.") for name in names if name.startswith(f"{prefix}.")]
    )

    assert sorted(module.__all__) == sorted(own)


def test_every_page_is_in_the_readers_index() -> None:
    """The site's sidebar lists folders; who reads in the repository has only docs/README.md."""
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    pages = [path.relative_to(DOCS).as_posix() for path in DOCS.glob("*/*.md")]

    assert [page for page in pages if f"({page})" not in index and not is_part(page)] == []


def is_part(page: str) -> bool:
    """Whether a page is linked from the page that it is a part of."""
    return Path(page).name.startswith("differences-")
