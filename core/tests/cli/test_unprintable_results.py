"""Plugins that give commands what nobody could foresee."""

from typing import Any

import pytest

from capi_actions import Directive


@pytest.mark.parametrize(
    ("value", "why"),
    [({1}, "type set is not"), ([object()], "type object is not"), ({(1,): 2}, "keys must be")],
)
def test_what_json_can_not_hold_is_an_error_of_its_line(
    capi: Any, install: Any, value: object, why: str
) -> None:
    """A directive may give anything; the other lines go on."""
    install(
        "odd", capi_directives=[Directive(name="@odd", compile=lambda argument, compiler: lambda _: value)]
    )
    bad, good = capi("eval", "mapping", lines=[{"mapping": {"x": {"@odd": 1}}}, {"mapping": {}}]).lines

    assert bad["line"] == 1
    assert bad["error"]["message"].startswith("the result can't be printed: ")
    assert why in bad["error"]["message"]
    assert good == {"result": {}}
