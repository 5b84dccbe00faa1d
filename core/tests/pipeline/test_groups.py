"""What keeps items apart in requests is the value that the event has, whatever the action's ``build`` does with it."""

from types import SimpleNamespace
from typing import Any

from attrs import define
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import Json, Plugins, action, builtin, field, from_path, hookimpl
from capi_actions.pipeline.compiled_action import CompiledAction


@define(kw_only=True, slots=False)
class _Test:
    code: str | None = from_path("$.code", groups=True, allow_null=True)
    change: dict[str, Any] | None = from_path("$.change")

    def build(self) -> dict[str, object]:
        """Build the object, and then set an attribute or delete it."""
        built: dict[str, object] = {"code": self.code}
        if self.change is not None and "to" in self.change:
            self.code = self.change["to"]
        elif self.change is not None and "code" in vars(self):
            del self.code
        return built


@action("acme.fast", title="Of a class whose instance has the values themselves as attributes")
class Fast(_Test):
    """A test."""


@action("acme.called", title="Of a class that is called")
class Called(_Test):
    """A test."""

    note: str | None = field()

    def __attrs_post_init__(self) -> None:
        """Do nothing, but be there."""


PLUGINS = Plugins(builtin, SimpleNamespace(__name__="acme", capi_actions=hookimpl(lambda: [Fast, Called])))
FAST, CALLED = (
    CompiledAction.compile(offered, offered.mapping, PLUGINS, {}) for offered in PLUGINS.actions.values()
)
CODES = st.sampled_from([None, "", "T1", "T2"])


@given(
    event=st.fixed_dictionaries(
        {},
        optional={
            "code": CODES,
            "change": st.one_of(st.none(), st.just({}), st.fixed_dictionaries({"to": CODES | st.integers()})),
        },
    )
)
def test_a_build_that_changes_its_fields_leaves_the_group_alone(event: dict[str, Json]) -> None:
    """Both ways to make the instance are equal in this, too; the group of an absent value and of null is empty."""
    code = event.get("code")
    expected = {"code": code or None}, code or ""

    assert expected == FAST.build(dict(event))
    assert expected == CALLED.build(dict(event))
