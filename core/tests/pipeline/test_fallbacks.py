"""A text of which nothing is sent hides nothing: a field takes the next place that its mapping names."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions.errors import ConfigError, EventError
from capi_actions.fields import compile_fields
from capi_actions.hashing import make_hasher
from capi_actions.mapping import compile_mapping
from capi_actions.model import Condition, Field, JsonObject, Normalizer, Requirement
from capi_actions.pipeline.codegen import generate
from capi_actions.pipeline.fallbacks import with_fallbacks


def refuse(text: str) -> str:
    """Refuse one text, and drop blank ones."""
    if text == "bad":
        raise EventError.of("is refused")
    return text.strip()


def hasher(normalize: Any, otherwise: Any) -> Any:
    """Return a hasher of one normalizer."""
    return make_hasher([Normalizer(profile="p", key="k", normalize=normalize, otherwise=otherwise)])


HASHERS = {
    "drop": hasher(str.strip, "drop"),
    "raw": hasher(str.strip, "raw"),
    "refuse": hasher(refuse, "drop"),
}


def chain(paths: Sequence[str], end: Any = None) -> Any:
    """Return a mapping to the first path that leads to something, or else to an end."""
    if not paths:
        return end
    path = {"@path": paths[0]}
    if not paths[1:] and end is None:
        return path
    return {"@if": {"blank": path, "then": path, "else": chain(paths[1:], end)}}


PATHS = ("a", "o.b", "o.p.c")
TEXTS: st.SearchStrategy[Any] = st.sampled_from(
    ["", " ", "\t\n", "Ada", " Ada ", "bad", 0, 5, None, False, [], [" "], ["Ada"], {}]
)
EVENTS = st.fixed_dictionaries(
    {},
    optional={
        "a": TEXTS,
        "l": TEXTS | st.lists(st.fixed_dictionaries({"x": TEXTS}), max_size=2),
        "o": TEXTS
        | st.fixed_dictionaries({}, optional={"b": TEXTS, "p": st.fixed_dictionaries({"c": TEXTS})}),
    },
)
HASHED = st.builds(
    Field,
    type=st.just("string"),
    multiple=st.booleans(),
    keeps_single=st.booleans(),
    hashed=st.sampled_from([*HASHERS, None]),
)
PLAIN = st.builds(
    Field,
    type=st.just("string"),
    multiple=st.booleans(),
    keeps_single=st.booleans(),
    maximum=st.sampled_from([None, 4]),
    allow_null=st.booleans(),
    usable=st.sampled_from([lambda text: text == "Ada", lambda text: text.strip() != "5"]),
)
FIELDS = HASHED | PLAIN


def outcome(function: Any, event: JsonObject) -> Any:
    """Return a result, or the problems."""
    try:
        return function(event)
    except EventError as error:
        return error.problems


ENDS: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        "Ada",
        " ",
        {"@literal": ""},
        {"@path": "l[0].x"},
        {"@template": "{{a}}"},
        {"@if": {"exists": {"@path": "a"}, "then": {"@path": "o.b"}}},
        {"@if": {"blank": {"@path": "o.p"}, "then": "5", "else": {"@path": "a"}}},
    ]
)


@given(FIELDS, st.permutations(PATHS), ENDS, st.booleans(), st.lists(EVENTS, min_size=1, max_size=4))
def test_generated_functions_fall_back_as_the_plain_steps_do(
    spec: Field, paths: Sequence[str], end: Any, conditional: bool, events: list[JsonObject]
) -> None:
    """Whatever the field makes of a text; fields with conditions have their functions from elsewhere."""
    other = Field(
        type="string", required=Requirement(conditions=(Condition(field_key="x", operator="is", value="y"),))
    )
    fields = {"k": spec, **({"other": other} if conditional else {})}
    check = compile_fields({"user": Field(type="object", properties=fields)}, HASHERS)
    mapping = with_fallbacks(compile_mapping({"user": {"k": chain(paths, end)}}), check.root)
    function = generate(mapping, check)

    for event in events:
        assert outcome(lambda event: check(mapping(event)), event) == outcome(function, event)


def evaluate(spec: Field, event: JsonObject, mapping: JsonObject) -> Any:
    """Return what becomes of one field."""
    check = compile_fields({"k": spec}, HASHERS)
    return generate(with_fallbacks(compile_mapping({"k": mapping}), check.root), check)(event).get("k")


@pytest.mark.parametrize("blank", ["", " ", "\n", None])
def test_the_next_place_counts_if_nothing_is_sent_of_the_first(blank: str | None) -> None:
    """The reference's @if calls a space a value, and then nothing of it would be sent."""
    event = {"a": blank, "o": {"b": blank, "p": {"c": "Ada"}}}

    assert HASHERS["drop"]("Ada") == evaluate(Field(type="string", hashed="drop"), event, chain(PATHS))


def test_what_is_sent_as_it_is_hides_the_next_place() -> None:
    """A profile that hashes anything has a hash of a space, too, and a field that isn't hashed takes any text."""
    event = {"a": " ", "o": {"b": "Ada"}}

    assert HASHERS["raw"](" ") == evaluate(Field(type="string", hashed="raw"), event, chain(PATHS))
    assert " " == evaluate(Field(type="string"), event, chain(PATHS))


PLACEHOLDERS = Field(type="string", usable=lambda text: text.strip() not in ("undefined", "5", ""))


@pytest.mark.parametrize("placeholder", ["undefined", " ", " undefined ", "5", 5, ["undefined"], "", None])
def test_the_next_place_counts_if_the_field_sends_nothing_of_the_first(placeholder: Any) -> None:
    """The field says what is a placeholder, whether it is a text or becomes one."""
    event = {"a": placeholder, "o": {"b": placeholder, "p": {"c": "Ada"}}}

    assert "Ada" == evaluate(PLACEHOLDERS, event, chain(PATHS))


@pytest.mark.parametrize(
    "others", [{}, {"o": {}}, {"o": {"b": ""}}, {"o": {"b": None, "p": {"c": " "}}}, {"o": 5}]
)
def test_a_placeholder_stays_where_nothing_takes_its_place(others: JsonObject) -> None:
    """The destination leaves it out with a note, which names the reason."""
    assert evaluate(PLACEHOLDERS, {"a": "undefined", **others}, chain(PATHS)) in ("undefined", " ")


TEXT_EVENTS = st.fixed_dictionaries(
    {}, optional={key: st.sampled_from(["", " ", "undefined", "5", "Ada", "Bo"]) for key in ("a", "b", "c")}
)


@given(TEXT_EVENTS)
def test_the_first_usable_text_is_taken(event: JsonObject) -> None:
    """Said once more without mappings: else the last place counts, or the first if nothing stands there."""
    texts = [text for key in ("a", "b", "c") if (text := event.get(key, ""))]
    usable = [text for text in texts if text in ("Ada", "Bo")]
    kept = evaluate(PLACEHOLDERS, event, chain(("a", "b", "c")))

    assert kept in texts if texts else not kept
    assert not usable or usable[0] == kept


@pytest.mark.parametrize(
    ("field", "message"),
    [
        (Field(type="string", usable="undefined"), "should be a function"),  # type: ignore[arg-type]  # a mistake
        (Field(type="string", hashed="drop", usable=str.isprintable), "the normalizer decides"),
        (Field(type="number", usable=str.isprintable), "only strings"),
    ],
)
def test_what_a_field_calls_usable_must_have_an_effect(field: Field, message: str) -> None:
    """Otherwise its author would wait for one in vain."""
    with pytest.raises(ConfigError, match=message) as caught:
        compile_fields({"k": field}, HASHERS)

    assert ["$.k.usable"] == [problem.path for problem in caught.value.problems]


def test_a_choice_between_other_values_is_the_mapping_s_own() -> None:
    """It says what it wants, whatever becomes of it."""
    mapping = {"@if": {"blank": {"@path": "a"}, "then": {"@path": "b"}, "else": {"@path": "c"}}}

    assert evaluate(Field(type="string", hashed="drop"), {"a": "x", "b": " ", "c": "Ada"}, mapping) is None
