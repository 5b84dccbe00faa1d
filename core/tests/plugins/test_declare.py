"""Actions declared as classes."""

from typing import Any, Literal

import pytest
from attrs import define

from capi_actions import Action, Field, action, as_action, field, from_path


def declared(cls: type) -> Action:
    """Give the action of a class that declares one."""
    found = as_action(cls)
    assert found is not None
    return found


def test_annotations_say_type_list_and_requirement() -> None:
    """A stranger writes Python types and gets the reference's field types."""

    @action("acme.all", title="All")
    class All:
        text: str = field()
        whole: int | None = field()
        number: float | None = field()
        flag: bool | None = field()
        many: list[str] | None = field()
        free: dict[str, Any] = field()
        things: list[dict[str, Any]] = field(properties={"id": Field(type="string")})
        pick: Literal["a", "b"] = field()
        when: str | None = field(type="datetime", required=True)

        def build(self) -> dict[str, object]:
            return {}

    found = declared(All).fields

    assert {key: (spec.type, spec.multiple, spec.required) for key, spec in found.items()} == {
        "text": ("string", False, True),
        "whole": ("integer", False, False),
        "number": ("number", False, False),
        "flag": ("boolean", False, False),
        "many": ("string", True, False),
        "free": ("object", False, True),
        "things": ("object", True, True),
        "pick": ("string", False, True),
        "when": ("datetime", False, True),
    }
    assert [choice.value for choice in found["pick"].choices] == ["a", "b"]


def test_the_docstring_describes_and_defaults_make_the_prebuilt_mapping() -> None:
    """Nothing is said twice."""

    @action("acme.ping", title="Ping", trigger='type = "track"')
    class Ping:
        """Tell Acme that something happened."""

        name: str = from_path("$.event")
        user: dict[str, Any] | None = field(
            properties={
                "email": Field(type="string", default={"@path": "$.email"}),
                "phone": Field(type="string"),
            }
        )
        note: str | None = field()

        def build(self) -> dict[str, object]:
            return {"name": self.name, "note": self.note}

    ping = declared(Ping)

    assert ping.description == "Tell Acme that something happened."
    assert ping.destination == "acme"
    assert ping.mapping == {"name": {"@path": "$.event"}, "user": {"email": {"@path": "$.email"}}}
    assert ping.build({"name": "x"}) == {"name": "x", "note": None}


def test_base_classes_bring_fields_first() -> None:
    """Actions of one platform share most of their fields."""

    @define(kw_only=True)
    class Base:
        common: str = field()

    @action("acme.sub", title="Sub")
    class Sub(Base):
        own: str = field(groups=True)

        def build(self) -> dict[str, object]:
            return {"both": self.common + self.own}

    sub = declared(Sub)

    assert list(sub.fields) == ["common", "own"]
    assert sub.group_field == "own"
    assert sub.build({"common": "a", "own": "b"}) == {"both": "ab"}


def test_a_class_without_build_is_refused() -> None:
    """The message names the action and what is missing."""
    with pytest.raises(TypeError, match=r"acme\.none: the class Nothing needs a method build"):

        @action("acme.none", title="None")
        class Nothing:
            name: str = field()


@pytest.mark.parametrize("annotation", [set[str], object, str | int, complex])
def test_an_annotation_of_no_field_type_is_refused(annotation: Any) -> None:
    """The message names the field and lists what would be right."""
    with pytest.raises(TypeError, match=r"acme\.odd\.name: .* is no field type; use str, int"):

        @action("acme.odd", title="Odd")
        class Odd:
            name: annotation = field()

            def build(self) -> dict[str, object]:
                return {}


def test_a_plain_value_is_no_field() -> None:
    """`name: str = "x"` would silently not be filled from events."""
    with pytest.raises(TypeError, match=r"acme\.plain\.name: give it a value made by field"):

        @action("acme.plain", title="Plain")
        class Plain:
            name: str = "x"

            def build(self) -> dict[str, object]:
                return {}


@pytest.mark.parametrize("others", [{}, {"name": str}])
def test_a_field_without_an_annotation_is_refused(others: dict[str, type]) -> None:
    """It is easily forgotten; the message says what to write."""
    members: dict[str, Any] = {key: field() for key in others}
    members |= {"id": from_path("$.messageId"), "build": dict, "__annotations__": others}

    with pytest.raises(TypeError, match=r"^acme\.ping\.id has no annotation: write id: str = … \(or"):
        action("acme.ping", title="Ping")(type("Ping", (), members))


def test_other_classes_are_no_actions() -> None:
    """Also subclasses of one that is: they would share its name."""

    @action("acme.a", title="A")
    class A:
        def build(self) -> dict[str, object]:
            return {}

    class B(A):
        pass

    assert as_action(B) is None
    assert as_action("x") is None
