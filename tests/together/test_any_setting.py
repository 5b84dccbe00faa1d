"""Any text in any setting of Meta's, on the whole way that `capi check` goes: fine, or a sentence of our own."""

import json

import attrs
from hypothesis import example, given
from hypothesis import strategies as st

from capi_actions import Plugins
from capi_actions.config import read_config
from capi_actions.errors import Diagnostics
from capi_actions.pipeline import check_mappings

PLUGINS = Plugins.installed()
SETTINGS = [attribute.name for attribute in attrs.fields(PLUGINS.destinations["facebook"].settings_type)]
OURS = (
    " should ",
    "no normalization profile",
    "should name a profile",
    "it holds characters that no token has",
)
FINE = {"pixel_id": "1", "access_token": "t"}
# Compiling one mapping takes a tenth of the time of all the prebuilt ones, and goes the same way.
ONE_MAPPING = '[[destinations.shop.mappings]]\naction = "facebook.purchase"'

texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.from_regex(r"v[0-9]{1,3}\.[0-9]", fullmatch=True),
    st.from_regex(r"https?://[\[\]a-z0-9:.]{0,20}/?", fullmatch=True),
    st.sampled_from(["pixel+documented", "+", "pixel+", "documented+documented"]),
)


def written(text: str) -> str:
    """Write a text as TOML; JSON escapes all but this."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


@given(st.sampled_from(SETTINGS), texts)
@example("base_url", "http://[")
@example("base_url", "https://a:port")
@example("base_url", "https://a:99999")
@example("base_url", "https://\u2100/")
@example("api_version", f"v{'9' * 5_000}.0")
@example("pixel_id", "9" * 5_000)
def test_it_is_fine_or_a_sentence_says_what_would_be_right(name: str, text: str) -> None:
    """What a library says of it is in a programmer's words, and may quote a token."""
    settings = {**FINE, name: text}
    lines = [f"{key} = {written(value)}" for key, value in settings.items()]
    whole = "\n".join(['[destinations.shop]\ntype = "facebook"', *lines, ONE_MAPPING])
    config = read_config(whole, PLUGINS, strict=False)
    diagnostics = Diagnostics(config.problems)
    check_mappings(config, PLUGINS, diagnostics)
    if diagnostics.errors:
        (problem,) = diagnostics.errors
        assert problem.path == f"$.destinations.shop.{name}"
        assert any(words in f" {problem.message}" for words in OURS), problem.message
