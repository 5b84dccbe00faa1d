"""What a template may cost."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capi_actions.errors import EventError, MappingError
from capi_actions.mapping import compile_mapping
from capi_actions.mapping.liquid.filters import FILTERS
from capi_actions.testing import json_objects
from support.length import examples

MESSAGE = "$.@liquid: the template does more than 1,000,000 steps of work on this event"

BIG: dict[str, Any] = {
    "s": "x" * 300_000,
    "h": "<" * 300_000,
    "l": list(range(100_000)),
    "o": [{"a": {"b": 1}}] * 100_000,
    "d": "2024-01-02T03:04:05Z",
}


@pytest.mark.parametrize(
    "template",
    [
        "{% assign x = 'ab' %}" + "{% assign x = x | append: x %}" * 30,
        "{% assign x = 'a' | split: '' %}" + "{% assign x = x | push: x %}" * 25 + "{{ x }}",
        "{% assign x = 'a' | split: '' %}" + "{% assign x = x | push: x %}" * 25 + "{{ x | json }}",
        "{% assign x = 'a' | split: '' %}" + "{% assign x = x | push: x %}" * 25 + "{{ x | join }}",
        "{% assign x = 'a' | split: '' %}" + "{% assign x = x | push: x %}" * 25 + "{{ x | times: 2 }}",
        "{% assign x = 'a' | split: '' %}"
        + "{% assign x = x | push: x %}" * 25
        + "{% if x == x %}{% endif %}",
        "{% assign x = 'a' | split: '' %}"
        + "{% assign x = x | push: x %}" * 25
        + "{% if x < 'a' %}{% endif %}",
        "{{ (1..999999999999999999999) | size }}",
        "{{ (1..600000) | size }}{{ (1..600000) | size }}",
        "{{ s | replace: 'x', 'xxxxxxxxxx' }}",
        "{{ s | replace: '', 'xxxxxxxxxx' }}",
        "{{ l | join: 'xxxxxxxxxxxxxxxx' }}",
        "{{ d | date: '%999999999Y' }}",
        "{{ d | date: '%99999999999999999999N' }}",
        "{{ o | where: 'a.b', 2 }}{{ o | where: 'a.b', 2 }}",
        "{{ o | sum: 'a' }}",
        "{% if l contains -1 or l contains -2 or l contains -3 or l contains -4 %}{% endif %}",
        "{{ s | slugify }}",
        "{{ h | strip_html | strip_html }}",
        "{% capture x %}{{ s }}{{ s }}{% endcapture %}{{ x }}",
        "{{ s }}{{ s }}",
        "{{ o | json }}",
    ],
)
def test_work_is_bounded(template: str, refusal: Callable[..., str]) -> None:
    """By counting, in advance where a step is big; each of these would take seconds, gigabytes, or for ever."""
    assert refusal({"@liquid": template}, BIG) == MESSAGE


def test_numbers_don_t_grow_without_bound(render: Callable[..., Any]) -> None:
    """Python's integers would; these are doubles."""
    assert render("{% assign x = 9 %}" + "{% assign x = x | times: x %}" * 30 + "{{ x }}") == "Infinity"
    assert render("{{ a | plus: 1 }} {{ a }}", a=10**400) == "Infinity Infinity"


def test_ordinary_templates_are_far_from_the_limit(render: Callable[..., Any]) -> None:
    """A text of 100,000 characters, hashed."""
    assert len(render("{{ s | upcase | sha256 }}", s="x" * 100_000)) == 64


VALUES = "a b n 1 -1 2.5 'x' '' true nil blank missing a.b (1..3) \"%Y %j %U %s %:z %-d\" a[0] b.first".split(
    " "
)
FILTER = st.tuples(st.sampled_from(sorted(FILTERS)), st.lists(st.sampled_from(VALUES), max_size=3)).map(
    lambda drawn: f" | {drawn[0]}" + (": " + ", ".join(drawn[1]) if drawn[1] else "")
)
EXPRESSION = st.tuples(
    st.sampled_from(VALUES),
    st.sampled_from(["", " == 1", " < b", " contains 'x'", " and n", " or a", " >= a"]),
    st.lists(FILTER, max_size=4).map("".join),
).map("".join)
TEMPLATE = st.lists(
    EXPRESSION.map("{{{{ {} }}}}".format)
    | EXPRESSION.map("{{% if {} %}}y{{% else %}}n{{% endif %}}".format)
    | EXPRESSION.map("{{% assign a = {} %}}".format)
    | st.text("{}%| a'\"-.[]:,()", max_size=8),
    max_size=3,
).map("".join)


@settings(max_examples=examples(400), deadline=None)
@given(
    TEMPLATE,
    st.fixed_dictionaries(
        {}, optional={"a": json_objects(), "b": st.text(), "n": st.floats() | st.integers()}
    ),
)
def test_any_filter_takes_any_value(template: str, event: dict[str, Any]) -> None:
    """The template is refused, or the event, or there is text."""
    try:
        assert isinstance(compile_mapping({"@liquid": template})(event), str)
    except (MappingError, EventError) as error:
        assert error.problems
