"""Templates: the dialect, its limits of what is allowed, and its errors."""

from collections.abc import Callable
from typing import Any

import pytest

Render = Callable[..., Any]
Problems = Callable[..., list[tuple[str, str]]]


@pytest.mark.parametrize(
    ("template", "rendered"),
    [
        (
            "{{ a }}{{ b.c[0] }}{{ b['c'][1] }}{{ b.c[-1] }}{{ b.c.size }}{{ b.c.first }}{{ b.c.last }}",
            "1233223",
        ),
        ("{{ ['sp ace'] }} {{ b[key][a] }}", "x 3"),
        (
            "{{ big }} {{ small }} {{ t }} {{ none }}{{ nope.x }} {{ b }} {{ b.c }}",
            "1e+21 1e-7 true  [object Object] 23",
        ),
        (
            "{% if zero %}0{% endif %}{% if no_text %}e{% endif %}{% if f %}f{% elsif none %}n{% else %}x{% endif %}",
            "0ex",
        ),
        ("{% unless f %}u{% endunless %}{% unless t %}u{% else %}e{% endunless %}", "ue"),
        ("{% if t and f or t %}1{% endif %}{% if f and t or t %}2{% else %}3{% endif %}", "13"),
        ("{% if not f and t %}1{% endif %}{% if not t or t %}2{% endif %}{{ not f }}", "12true"),
        (
            "{{ t and f }} {{ b.c contains 2 }} {{ key contains 'c' }} {{ a contains 1 }} {{ none contains 1 }}",
            "false true true false false",
        ),
        (
            "{% if a == 1.0 and a != '1' and t != 1 and none == nil and nope == nil and none != nope %}same{% endif %}",
            "same",
        ),
        (
            "{% if a < 2 and '10' > 9 and 'a' < 'b' and none < 1 %}1{% endif %}{% if nope < 1 or b > 1 %}2{% endif %}",
            "1",
        ),
        (
            "{% if no_text == empty and nope != empty and space == blank and nope == blank and f == blank %}b{%endif%}",
            "b",
        ),
        ("{% if empty == empty or blank < 1 or 1 > empty %}x{% endif %}{{ empty }}{{ blank }}", ""),
        (
            "{% assign x = a | plus: 1 %}{{ x }}{% capture y %}<{{ x }}>{% endcapture %}{{ y }}{% assign a = 5 %}{{a}}",
            "2<2>5",
        ),
        (
            "{% increment n %}{% increment n %}{% decrement m %}{% decrement m %}{{ n }}{% increment a %}{{ a }}",
            "01-1-2212",
        ),
        (
            "{% cycle 'a', 'b' %}{% cycle 'a', 'b' %}{% cycle 'a', 'b' %}{% cycle 'g': 1, 2 %}{% cycle 'g': 3, 4 %}",
            "aba14",
        ),
        ("{% liquid\nassign q = 5\necho q\nif q > 4\necho 'y'\nendif\n%}", "5y"),
        (
            "{% comment %}{{ a | nonsense }} {% if %}{% endcomment %}{% # note %}{% raw %}{{ a }}{% endraw %}",
            "{{ a }}",
        ),
        ("  {%- if t -%}  x  {%- endif -%}  {{- a -}}  ", "x1"),
        ("{% if t %} {% endif %}|{% block z %}{{ a }}{% endblock %}", " |1"),
        ("x{% break %}y", "x"),
        ("x{% if t %}{% continue %}{% endif %}y", "x"),
        ("{{ (1..3) }}{{ (a..b.c.size) | join: '-' }}{{ (3..1) | size }}", "1231-20"),
        ("{{ 'a\\n\\u00e9\\101\\q' }}{{ \"it's\" }}", "a\néAqit's"),
        (
            "{% echo a | plus: 1 %}{% if none <= nil or nil < a %}x{% endif %}{% if a != nil %}y{% endif %}",
            "2y",
        ),
        ("{{ a | nobody_knows: 1 | plus: 1 }}", "2"),
        ("{% if b.c | size %}filters in conditions{% endif %}", "filters in conditions"),
        ("", ""),
    ],
)
def test_templates_render_as_in_liquidjs(template: str, rendered: str, render: Render) -> None:
    """Checked against LiquidJS 10.27.2."""
    variables = {
        "a": 1, "b": {"c": [2, 3]}, "key": "c", "sp ace": "x", "big": 1e21, "small": 1e-7, "t": True, "f": False,
        "none": None, "zero": 0, "no_text": "", "space": " ",
    }  # fmt: skip

    assert render(template, **variables) == rendered


@pytest.mark.parametrize(
    "member", ["__class__", "upper", "items", "keys", "__len__", "length", "constructor", "0", "append"]
)
@pytest.mark.parametrize("variable", ["text", "number", "list", "object", "nothing"])
def test_only_what_json_put_there_can_be_reached(variable: str, member: str, render: Render) -> None:
    """No attributes of Python's objects, no characters of texts."""
    values = {"text": "abc", "number": 5, "list": [], "object": {}, "nothing": None}

    assert render(
        f"{{{{ {variable}['{member}'] }}}}{{{{ {variable}.{member} }}}}".replace(".0", ""), **values
    ) in ("", text_of(values[variable]))
    assert render("{{ now }}{{ today }}{{ self }}{{ context }}") == ""


def text_of(value: Any) -> str:
    """Write a plain value."""
    return {"abc": "abc", "5": "5", "[]": "", "{}": "[object Object]", "None": ""}[str(value)]


@pytest.mark.parametrize("tag", ["case", "for", "include", "layout", "render", "tablerow"])
def test_tags_that_the_reference_switched_off_are_refused(tag: str, problems: Problems) -> None:
    """In its words."""
    assert problems({"a": {"@liquid": f"\n {{% {tag} x %}}"}}) == [
        ("$.a.@liquid", f'tag "{tag}" is disabled, line:2, col:2')
    ]


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ a | sort }}", 'filter "sort" is disabled, line:1, col:1'),
        ("a\nb {% if x %}{{ x | map: 'y' }}{% endif %}", 'filter "map" is disabled, line:2, col:13'),
        ("{% bogus %}", 'tag "bogus" not found, line:1, col:1'),
        ("{% ifchanged %}", 'tag "ifchanged" not found, line:1, col:1'),
        ("{% if x %}", "expected {% endif %} for the tag if, line:1, col:1"),
        ("{% block x %}", "expected {% endblock %} for the tag block, line:1, col:1"),
        ("{% cycle %}", "missing expression"),
        ("{% cycle 'a' 'b' %}", "expected ',', found string"),
        ("{% if x %}{% else y %}{% endif %}", "else takes no condition, elsif does"),
        ("{{ a | append }}", 'filter "append" needs an argument'),
        ("{{ a + 1 }}", "unexpected '+', line:1, col:6"),
        ("{{ a | | b }}", "expected word"),
        ("{{ }}", "expected a primitive expression"),
        ("{% if b.c | size > 1 %}{% endif %}", "expected '|', found '>'"),
        ("{{ a | plus: 1 2 }}", "expected ','"),
        ("{% assign = 1 %}", "expected a primitive expression, found assign, line:1, col:11"),
        ("{% capture %}{% endcapture %}", "missing expression"),
        ("{{ a", "expected '}}', found end of file"),
        ("{% %}", "missing tag name"),
        ("{{ " + "[" * 900, "expected"),
        ("{{ a" + "[a" * 200 + "]" * 200 + " }}", "too many operators or brackets inside one another"),
        ("{% if a" + " or a" * 190 + " %}{% endif %}", "too many operators or brackets inside one another"),
        ("{% if a %}" * 60 + "{% endif %}" * 35, "block nesting limit reached"),
        ("x" * 1001, "liquid template values are limited to 1000 characters"),
        ("😀" * 501, "liquid template values are limited to 1000 characters"),
    ],
)
def test_malformed_templates_are_refused_with_the_mapping(
    template: str, message: str, problems: Problems
) -> None:
    """With line and column where there is one."""
    (place, sentence), *others = problems({"a": [{"@liquid": template}]})

    assert place == "$.a[0].@liquid"
    assert sentence.startswith(message)
    assert not others


def test_a_template_of_full_length_is_fine(render: Render) -> None:
    """1,000 units."""
    assert render("x" * 1000) == "x" * 1000
    assert render("😀" * 500) == "😀" * 500


def test_a_long_condition_is_fine(render: Render) -> None:
    """A list of names, say."""
    names = " or ".join(f"name == 'n{index}'" for index in range(50))

    assert render(f"{{% if {names} %}}yes{{% endif %}}", name="n49") == "yes"


def test_templates_see_the_item_in_a_shape(resolve: Callable[..., Any]) -> None:
    """Like all directives; of an item that is no object they see nothing."""
    mapping = {"a": {"@arrayPath": ["$.l", {"@liquid": "{{ x }}{{ l | size }}"}]}}

    assert resolve(mapping, {"l": [{"x": 1}, "text", [1], None]}) == {"a": ["10", "0", "0", "0"]}


def test_one_rendering_leaves_nothing_for_the_next(resolve: Callable[..., Any]) -> None:
    """Variables, counters and cycles begin anew, and the event stays what it was."""
    event = {"n": 5, "l": [1]}
    template = {
        "@liquid": "{% increment n %}{% assign l = l | push: 2 %}{{ l | size }}{% cycle 'a', 'b' %}{% assign z = 1 %}"
    }

    assert resolve({"x": template, "y": template, "z": {"@liquid": "{{ z }}"}}, event) == {
        "x": "52a",
        "y": "52a",
        "z": "",
    }
    assert event == {"n": 5, "l": [1]}
