"""How Sphinx builds the docs' site: `nox -s docs`.

Sphinx with MyST and Furo, as pluggy, attrs and urllib3 have it: pages stay Markdown that reads well in the
repository, and the API pages come from the docstrings, which only Sphinx reads as they are written (reST fields).
"""

from importlib.metadata import version as version_of

from pygments.lexers.data import JsonLexer
from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

project = "capi-actions"
copyright = "the authors of capi-actions"
version = release = version_of("capi-actions")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx_copybutton",
]
exclude_patterns = ["README.md"]  # the index for readers of the repository; index.md includes it
nitpicky = True
# Without the network there is no inventory of other projects' names; private bases have no page.
nitpick_ignore_regex = [
    ("py:class", r"(abc|collections|datetime|enum|hypothesis)\..*"),
    ("py:class", r".*\._\w+|capi_actions\.\w+\..*|capi_actions_facebook\.fields\..*"),
]

myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_class_signature = "separated"
autodoc_default_options = {"members": True, "show-inheritance": True, "exclude-members": "__init__, __new__"}

html_theme = "furo"
html_title = f"capi-actions {release}"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_theme_options = {"navigation_with_keys": True}
copybutton_prompt_text = r"\$ |>>> "
copybutton_prompt_is_regexp = True


def setup(app: Sphinx) -> None:
    """Name lexers for languages that Pygments doesn't know by name."""
    app.add_lexer("jsonl", JsonLexer)
    app.add_lexer("cron", TextLexer)
