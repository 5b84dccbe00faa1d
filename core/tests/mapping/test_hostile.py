"""Whatever mapping and whatever event: a result, a MappingError or an EventError."""

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from capi_actions.errors import EventError, MappingError
from capi_actions.mapping import DIRECTIVES, compile_mapping
from capi_actions.testing import json_objects, json_values
from support.length import examples

NAMES = st.sampled_from([directive.name for directive in DIRECTIVES] + ["@", "@nope", "_metadata"])
MEMBERS = st.sampled_from(
    "exists blank then else operator value pattern replacement pattern2 replacement2 ignorecase global mode separator "
    "omitArrays direction objects apply mapping a b x".split()
)
WORDS = st.sampled_from(
    """$.a|a.b[0]|{{a}}|{{{b}}}|lower|upper|encode|decode|left|right|a|$&|.||[1,{}]|\ud800|\x00|'|"|\\|\n|é😀
    |{{ a }}|{{ a , json }}|{% if a > b %}{{ x }}{% endif %}""".split("|")
)


def containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw what looks like directives and their members."""
    return (
        st.tuples(NAMES, inner).map(lambda pair: {pair[0]: pair[1]})
        | st.dictionaries(MEMBERS, inner, max_size=4)
        | st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3) | NAMES, inner, max_size=3)
    )


MAPPINGS = st.recursive(json_values(3) | WORDS, containers, max_leaves=10)
EVENTS = json_objects() | st.fixed_dictionaries({"a": json_values(), "b": json_values()})


def outcome(mapping: Any, event: Any) -> Any:
    """Return the result, or the type of error."""
    try:
        return compile_mapping(mapping)(event)
    except (MappingError, EventError) as error:
        assert error.problems
        assert all(problem.message and problem.path.startswith("$") for problem in error.problems)
        return type(error)


@settings(max_examples=examples(500), deadline=None)
@given(MAPPINGS, EVENTS)
def test_nothing_but_our_own_errors(mapping: Any, event: dict[str, Any]) -> None:
    """And neither mapping nor event is changed, and the same comes out again."""
    before = copy.deepcopy((mapping, event))
    first = outcome(mapping, event)

    assert repr(first) == repr(outcome(mapping, event))
    assert repr(before) == repr((mapping, event))


@given(json_values())
def test_anything_that_has_no_directive_is_its_own_result(value: Any) -> None:
    """Up to keys that begin with an at sign."""
    if "@" not in json.dumps(value):
        assert repr({"a": value}) == repr(compile_mapping({"a": value})({}))


@given(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers()), st.binary()
    )
)
def test_events_that_are_no_objects_are_refused(event: Any) -> None:
    """By name of what they are."""
    assert EventError is outcome({"a": 1}, event)


@given(st.lists(st.text(max_size=6), min_size=1, max_size=4), json_values(3))
def test_any_key_is_just_a_key(keys: list[str], value: Any) -> None:
    """Keys stand in generated source: as string literals, and as nothing else."""
    mapping: Any = {"@literal": value}
    for key in keys:
        mapping = {key.replace("@", "a"): mapping}
    mapping = {**mapping, "p": {"@path": "$." + "".join(keys)}}
    payload = {"".join(keys).replace("@", "a"): 5}

    outcome(mapping, payload)
    hostile = {f"]; raise SystemExit #{keys[0]}\n": {"@path": f"x'] or exit() #\\\n{keys[0]}"}}
    assert outcome(hostile, {}) == {}
