"""The platform's own number for a missing or wrong value."""

from typing import Any

import pytest

from capi_actions.errors import EventError
from capi_actions.fields import compile_fields
from capi_actions.model import Choice, Condition, Field, Requirement

IF_OPEN = Requirement(conditions=(Condition(field_key="open", operator="is", value=True),))
CHECK = compile_fields(
    {
        "value": Field(type="number", label="Value", required=True, code=9),
        "source": Field(type="string", label="Source", choices=(Choice("web"),), code=19),
        "person": Field(
            type="object", label="Person", properties={"id": Field(type="integer", label="Id", code=36)}
        ),
        "items": Field(type="object", label="Items", multiple=True, code=8),
        "open": Field(type="boolean"),
        "until": Field(type="string", required=IF_OPEN, code=3),
        "name": Field(type="string", label="Name"),
    }
)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({}, [("$", 9)]),
        ({"value": "x"}, [("$.value", 9)]),
        ({"value": 1, "source": "app", "name": []}, [("$.source", 19), ("$.name", None)]),
        ({"value": 1, "person": {"id": "x"}}, [("$.person.id", 36)]),
        ({"value": 1, "person": 5}, [("$.person", None)]),
        ({"value": 1, "items": [{}, 5]}, [("$.items[1]", 8)]),
        ({"value": 1, "open": True}, [("$", 3)]),
    ],
)
def test_a_field_s_problems_have_its_code(
    payload: dict[str, Any], expected: list[tuple[str, int | None]]
) -> None:
    """So that who reads them finds what the platform itself has to say."""
    with pytest.raises(EventError) as caught:
        CHECK(payload)

    assert expected == [(problem.path, problem.code) for problem in caught.value.problems]
