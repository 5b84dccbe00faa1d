"""The directives that find out who an event is about: ``@person_id`` and ``@person``."""

from collections.abc import Mapping, Sequence
from typing import Any

from capi_actions import MISSING, Compiler, Directive, Json, Resolver

# What forms, libraries and spreadsheets write where they know nobody, in lower case.
PLACEHOLDERS = frozenset(
    {
        *(
            "null",
            "(null)",
            "<null>",
            "nil",
            "none",
            "(none)",
            "nan",
            "undefined",
            "n/a",
            "na",
            "[object object]",
        ),
        *("anonymous", "anon", "guest", "unknown", "not set", "(not set)", "(not provided)", "true", "false"),
        *("0", "0.0", "-1", "00000000-0000-0000-0000-000000000000", "0" * 32),
        *("-", "--", "?", '""', "''", "{}", "[]", "\u200b", '"null"', "'null'", "infinity", "-infinity"),
        *(
            "#n/a",
            "#ref!",
            "#value!",
            "#name?",
            "#null!",
            "#div/0!",
            "#num!",
            "n.a.",
            "not logged in",
            "logged out",
        ),
    }
)


def person_id(event: Json) -> Any:
    """Return the event's ``userId``, else its ``anonymousId``; MISSING when neither tells one person from another."""
    try:
        look_up = event.get
    except AttributeError:  # it is no object
        return MISSING
    for key in ("userId", "anonymousId"):
        id_: Any = look_up(key)
        if type(id_) is str:  # nearly always, and written out: 0.1 µs less than a call
            if (known := id_.strip().lower()) and known not in PLACEHOLDERS:
                return id_
        elif id_ is not None and is_id(id_):
            return id_
    return MISSING


def is_id(value: Any) -> bool:
    """Return whether a value can be somebody's id: neither blank nor a placeholder.

    >>> [is_id(value) for value in ("u-1", 42, ["u-1"], " ", "NULL", 0, True, None, [], ["null"])]
    [True, True, True, False, False, False, False, False, False, False]
    """
    kind = value.__class__
    if kind is str:
        return value.strip() != "" and value.strip().lower() not in PLACEHOLDERS
    if kind is int or kind is float:
        return str(value) not in PLACEHOLDERS
    return kind is list and any(item.__class__ is not list and is_id(item) for item in value)


Path = Sequence[str]

# For each field of a person, where it may stand in traits, and in properties; the first that isn't blank counts.
# Names in properties are as a rule a product's or a page's, so only those of a person are read there.
_PLACES: Mapping[str, tuple[Sequence[Path], Sequence[Path]]] = {
    "email": ([("email",)], [("email",)]),
    "phone": ([("phone",)], [("phone",)]),
    "gender": ([("gender",)], []),
    "birthday": ([("birthday",)], []),
    "firstName": ([("firstName",), ("first_name",)], [("firstName",), ("first_name",)]),
    "lastName": ([("lastName",), ("last_name",)], [("lastName",), ("last_name",)]),
    **{
        f"address.{part}": ([("address", part)], [("address", part)]) for part in ("city", "state", "country")
    },
    "address.postalCode": (
        [("address", key) for key in ("postalCode", "postal_code", "zip")],
        [("address", key) for key in ("postalCode", "postal_code", "zip")],
    ),
}
_NAMES = {"firstName": 0, "lastName": 1}


def person(field: str, event: Json) -> Any:
    """Return what an event says about its person: in its traits, else in its properties.

    Traits are those of the context, then those at the top of the event, unless it is a group call: these are a
    company's.  A first or last name that stands nowhere is taken from ``name``: what is before the first space,
    and after it, as Segment's own libraries do.  A placeholder counts only where nothing else stands.

    :param field: a key of the table above.
    :returns: MISSING when there is nothing but blanks.
    """
    if not isinstance(event, dict):
        return MISSING
    in_traits, in_properties = _PLACES[field]
    context = event.get("context")
    traits = [context.get("traits") if isinstance(context, dict) else None]
    if event.get("type") != "group":
        traits.append(event.get("traits"))
    placeholder: Any = MISSING
    for source, paths in (
        *((source, in_traits) for source in traits),
        (event.get("properties"), in_properties),
    ):
        for path in paths:
            value = _look_up(source, path)
            if value is None or (value.__class__ is str and (not value or value.isspace())):
                continue
            if not _is_placeholder(field, value):
                return value
            if placeholder is MISSING:
                placeholder = value
    name = _name_part(traits, _NAMES[field]) if field in _NAMES else MISSING
    return placeholder if name is MISSING else name


def _is_placeholder(field: str, value: Any) -> bool:
    """Return whether a value only stands for nothing; of addresses, also one that begins or ends with its ``@``."""
    if value.__class__ is not str:
        return False
    word = value.strip().lower()
    return word in PLACEHOLDERS or (field == "email" and word.strip("@") != word)


def _look_up(value: Any, path: Path) -> Any:
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def _name_part(traits: Sequence[Any], part: int) -> Any:
    for source in traits:
        name = _look_up(source, ("name",))
        if isinstance(name, str) and (words := name.split(None, 1)):
            return words[part].strip() if part < len(words) else MISSING
    return MISSING


def _compile_person_id(value: Json, compiler: Compiler) -> Resolver:
    if value != {}:
        compiler.problem("should be {}: @person_id takes no options")
    compiler.reads("userId")
    compiler.reads("anonymousId")
    return person_id


def _compile_person(value: Json, compiler: Compiler) -> Resolver:
    if not isinstance(value, str) or value not in _PLACES:
        compiler.problem(f"should be one of {', '.join(_PLACES)}")
        return lambda event: MISSING
    in_traits, in_properties = _PLACES[value]
    name = ["name"] if value in _NAMES else []
    for key in (*(".".join(path) for path in in_traits), *name):
        compiler.reads(f"context.traits.{key}")
        compiler.reads(f"traits.{key}")
    for path in in_properties:
        compiler.reads(f"properties.{'.'.join(path)}")
    return lambda event: person(value, event)


PERSON_ID = Directive(
    name="@person_id",
    compile=_compile_person_id,
    description="The event's `userId`, else its `anonymousId`; blanks and placeholders such as `null` don't count.",
    copies_event=False,
)
PERSON = Directive(
    name="@person",
    compile=_compile_person,
    description="A trait of the person, from the event's traits or properties: `email`, `address.city`…",
    copies_event=False,
)
