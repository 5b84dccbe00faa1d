"""Actions declared as classes."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Literal

import pytest
from attrs import Attribute, define, frozen
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import (
    Action,
    Field,
    PluginError,
    Plugins,
    action,
    as_action,
    field,
    from_path,
    hookimpl,
)


def declared(cls: type) -> Action:
    """Return the action of a class that declares one."""
    declaration = as_action(cls)
    assert declaration is not None
    return declaration


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

    fields = declared(All).fields

    assert {key: (spec.type, spec.multiple, spec.required) for key, spec in fields.items()} == {
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
    assert [choice.value for choice in fields["pick"].choices] == ["a", "b"]


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


@define(kw_only=True)
class Person:
    """Two fields that every class below has."""

    name: str = field()
    note: str | None = field()

    def build(self) -> dict[str, object]:
        return {"name": self.name, "note": self.note, "shout": getattr(self, "shout", None)}


def plain() -> type:
    """Return a class without code that runs at construction."""

    @action("acme.person", title="Person")
    class Plain(Person):
        pass

    return Plain


def with_pre_init() -> type:
    @action("acme.person", title="Person")
    class PreInit(Person):
        def __attrs_pre_init__(self) -> None:
            self.shout = "pre"

    return PreInit


def with_post_init() -> type:
    @action("acme.person", title="Person")
    class PostInit(Person):
        def __attrs_post_init__(self) -> None:
            self.name = self.name.upper()

    return PostInit


def with_inherited_post_init() -> type:
    @define(kw_only=True)
    class Base(Person):
        def __attrs_post_init__(self) -> None:
            self.name = self.name.upper()

    @action("acme.person", title="Person")
    class Inherited(Base):
        pass

    return Inherited


def with_init() -> type:
    @action("acme.person", title="Person")
    class Init(Person):
        own: str | None = field()

        def __init__(self, name: str, **others: Any) -> None:
            self.name, self.shout = name.upper(), sorted(others)

    return Init


def with_new() -> type:
    @action("acme.person", title="Person")
    class New(Person):
        def __new__(cls, **values: Any) -> "New":
            instance = super().__new__(cls)
            instance.__dict__["shout"] = values["name"].upper()
            return instance

    return New


def with_setattr() -> type:
    @action("acme.person", title="Person")
    class Setattr(Person):
        def __setattr__(self, key: str, value: Any) -> None:
            super().__setattr__(key, value.upper() if key == "name" else value)

    return Setattr


def with_metaclass() -> type:
    class Meta(type):
        def __call__(cls, **values: Any) -> Any:
            return super().__call__(**{**values, "name": values["name"].upper()})

    @action("acme.person", title="Person")
    class OfMeta(Person, metaclass=Meta):
        pass

    return OfMeta


def with_validator() -> type:
    @action("acme.person", title="Person")
    class Validated(Person):
        code: str | None = field()

        @code.validator  # type: ignore[union-attr,untyped-decorator]  # mypy knows this of attrs' own fields only
        def _longer_than_one(self, attribute: "Attribute[str]", value: str | None) -> None:
            if len(self.name) < 2:
                raise ValueError("too short")

    return Validated


def with_converter() -> type:
    def loud(cls: type, attributes: list["Attribute[Any]"]) -> list["Attribute[Any]"]:
        return [attribute.evolve(converter=lambda value: value and value.upper()) for attribute in attributes]

    @define(kw_only=True, field_transformer=loud)
    class Base:
        name: str = field()
        note: str | None = field()
        build = Person.build

    @action("acme.person", title="Person")
    class Converted(Base):
        pass

    return Converted


def with_frozen_base() -> type:
    @frozen(kw_only=True)
    class Base:
        name: str = field()
        note: str | None = field()
        build = Person.build

    @action("acme.person", title="Person")
    class Frozen(Base):
        pass

    return Frozen


def with_private_field() -> type:
    @action("acme.person", title="Person")
    class Private(Person):
        _secret: str | None = field()

        def __attrs_post_init__(self) -> None:
            self.shout = self._secret

    return Private


CLASSES = [
    *(plain, with_pre_init, with_post_init, with_inherited_post_init, with_init, with_new, with_setattr),
    *(with_metaclass, with_validator, with_converter, with_frozen_base, with_private_field),
]


def outcome(build: Callable[[], Any]) -> object:
    try:
        return build()
    except ValueError as error:
        return str(error)


@pytest.mark.parametrize("make", CLASSES)
@given(
    values=st.fixed_dictionaries(
        {"name": st.text("aßb", max_size=3)}, optional={"note": st.text(max_size=3), "_secret": st.text()}
    )
)
def test_an_action_builds_what_an_instance_of_the_class_builds(
    make: Callable[[], type], values: dict[str, Any]
) -> None:
    """Nothing that attrs or Python runs at construction is skipped, however instances are made."""
    cls = make()
    keys = declared(cls).fields
    arguments = {key.lstrip("_"): values.get(key) for key in keys}
    known = {key: value for key, value in values.items() if key in keys}

    assert outcome(lambda: cls(**arguments).build()) == outcome(lambda: declared(cls).build(known))


def test_only_classes_that_run_code_at_construction_are_called() -> None:
    """All others are spared what costs more than the rest of the action."""
    called = {make.__name__ for make in CLASSES if "called" in declared(make()).build.__qualname__}

    assert called == {make.__name__ for make in CLASSES} - {"plain"}


def test_construction_hooks_take_effect() -> None:
    """The comparison above would pass if neither way ran them."""
    assert declared(with_pre_init()).build({"name": "ada"})["shout"] == "pre"
    assert declared(with_init()).build({"name": "ada"})["shout"] == ["note", "own"]
    assert declared(with_private_field()).build({"name": "ada", "_secret": "s"})["shout"] == "s"
    for make in (with_post_init, with_inherited_post_init, with_init, with_setattr, with_converter):
        assert declared(make()).build({"name": "ada"})["name"] == "ADA"
    with pytest.raises(ValueError, match="too short"):
        declared(with_validator()).build({"name": "a"})


def declare_with(**members: Any) -> None:
    """Declare an action of one field with further members."""
    annotated = {"name": field(), "build": dict, "__annotations__": {"name": str}}
    action("acme.ping", title="Ping")(type("Ping", (), {**annotated, **members}))


async def _awaited(self: Any) -> dict[str, Any]:
    return {}


def _generated(self: Any) -> Any:
    yield {}


def _of_nothing() -> dict[str, Any]:
    return {}


@pytest.mark.parametrize(
    ("build", "problem"),
    [
        (_awaited, "must not be async: it is called for each event, and nothing would await it"),
        (_generated, "must return the item, but it has a yield"),
        (lambda self, event: {}, r"gets no arguments but the fields, and it takes \(self, event\)"),
        (_of_nothing, r"gets no arguments but the fields, and it takes \(\)"),
        (lambda self, *, now: {}, r"gets no arguments but the fields, and it takes \(self, \*, now\)"),
    ],
)
def test_a_build_that_can_not_be_called_is_refused(build: Any, problem: str) -> None:
    """When it is declared or loaded, and not at the first event."""
    with pytest.raises(TypeError, match=rf"acme\.odd: Odd\.build\(\) {problem}"):
        action("acme.odd", title="Odd")(type("Odd", (), {"build": build}))
    plain = Action(name="acme.odd", title="Odd", description="", trigger=None, fields={}, build=build)
    plugin = SimpleNamespace(__name__="plug", capi_actions=hookimpl(lambda: [plain]))
    with pytest.raises(PluginError, match=rf"build of 'acme\.odd' {problem}"):
        Plugins(plugin)


@pytest.mark.parametrize("build", [lambda self: {}, lambda self, more=1: {}, lambda *fields: {}, dict])
def test_a_build_with_defaults_is_fine(build: Any) -> None:
    """It can be called with the fields alone."""
    assert as_action(action("acme.odd", title="Odd")(type("Odd", (), {"build": build}))) is not None


def test_a_hook_of_dataclasses_is_refused() -> None:
    """attrs would never call it."""
    with pytest.raises(TypeError) as caught:
        declare_with(__post_init__=print)
    assert str(caught.value) == (
        "acme.ping: Ping.__post_init__() would never run, as the class is no dataclass;"
        " rename it to __attrs_post_init__()"
    )


def test_an_init_that_does_not_take_every_field_is_refused() -> None:
    """Each event would fail in it."""

    def init(self: object, value: str) -> None:
        """Take something else."""

    with pytest.raises(TypeError) as caught:
        declare_with(__init__=init)
    assert str(caught.value) == (
        "acme.ping: Ping.__init__() must accept every field as a keyword argument (name);"
        " __attrs_post_init__() may be what you need"
    )


def test_a_class_whose_instances_can_not_hold_fields_is_refused() -> None:
    """Each event would fail, in a place that says nothing of the reason."""
    with pytest.raises(TypeError, match=r"^acme\.ping: Ping has __slots__, so that its fields can't be set"):
        declare_with(__slots__=())


def test_fields_of_a_base_class_without_attrs_are_refused() -> None:
    """They would be missing without a word, and reading one would give attrs' own object."""

    class Base:
        common: str = field()

    with pytest.raises(TypeError) as caught:

        @action("acme.sub", title="Sub")
        class Sub(Base):
            def build(self) -> dict[str, object]:
                return {}

    assert str(caught.value) == (
        "acme.sub: the fields of the base class Base would be ignored;"
        " put @attrs.define(kw_only=True) above Base"
    )
