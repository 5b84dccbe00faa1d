"""The compiled form of fields: a quick check, and a slow one that explains.

Nearly every payload is right, so the quick check only refuses; what is wrong, and where, is found by
running again with ``explain``.  Here are the nodes of lists and objects, and what explaining needs:
the location of a value and the collector of problems.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from math import isfinite
from typing import Any, TypeAlias

from attrs import evolve, field, frozen

from capi_actions.errors import Problem, json_path
from capi_actions.hashing import Hasher
from capi_actions.model import MISSING, Field
from capi_actions.text import json_type, with_article

Check: TypeAlias = Callable[[Any], Any]
"""Raw value in, clean value out, or MISSING when it counts as absent; raises RefusedError."""

Explain: TypeAlias = "Callable[[Any, Location, Problems], Any]"
"""The same, but problems are collected, and the raw value is returned if there are any."""


@frozen(kw_only=True)
class FastPath:
    """What a check does to the usual values of its field.

    The attributes describe the check's fast path, for the code generator to inline.  Values that they
    don't cover go through the check itself.

    :ivar plain: the type whose values pass unchanged unless they are empty (None, "", 0, False); None
        if there is no such type.
    :ivar finite_floats: whether finite floats pass unchanged, too.
    :ivar hasher: its result is that of the check for strings that aren't empty, MISSING instead of
        None; None if the check does more.
    :ivar wraps_hash: whether a single hash is put into a list.
    :ivar members: the nodes of an object's keys; None for everything else.
    :ivar required: the keys that the clean object must have, as they are sent.
    :ivar keeps_others: whether other keys are kept as they are.
    :ivar items: the node of each object in a list, when all of their keys are known; None for everything else.
    :ivar properties: the definitions of an object's keys; None for everything else.
    :ivar texts: whether lists of texts that aren't empty pass unchanged.
    """

    plain: type | None = None
    finite_floats: bool = False
    hasher: Hasher | None = None
    wraps_hash: bool = False
    members: "Mapping[str, Node] | None" = None
    required: tuple[str, ...] = ()
    keeps_others: bool = False
    items: "Node | None" = None
    properties: Mapping[str, Field] | None = None
    texts: bool = False


@frozen
class Node:
    """A compiled field.

    :ivar fast: the check's fast path.
    :ivar sent_as: the key under which an object hands the value over; None for the field's own.
    :ivar code: the platform's number for a problem with it.
    :ivar usable: whether something is sent of a raw value; None if of any.
    """

    check: Check
    explain: Explain
    fast: FastPath = field(factory=FastPath, kw_only=True)
    sent_as: str | None = field(default=None, kw_only=True)
    code: int | None = field(default=None, kw_only=True)
    usable: Callable[[Any], bool] | None = field(default=None, kw_only=True)


class RefusedError(Exception):
    """A value is not what its field takes.  Never leaves the core.

    :ivar reasons: the ends of the sentences about it: "must be a string but it was an array".
    """

    def __init__(self, *reasons: str) -> None:
        super().__init__(*reasons)
        self.reasons = reasons


def leaf(check: Check, label: str, plain: type | None = None, *, finite_floats: bool = False) -> Node:
    """Return the node of a value that has no parts.

    :param plain: see :class:`FastPath`, as for ``finite_floats``.
    """

    def explain(value: Any, location: Location, problems: Problems) -> Any:
        try:
            return check(value)
        except RefusedError as refused:
            for reason in refused.reasons:
                problems.add(location, label, reason)
            return value

    return Node(check, explain, fast=FastPath(plain=plain, finite_floats=finite_floats))


def with_code(node: Node, code: int) -> Node:
    """Return a node whose problems carry the number that the platform has for them."""

    def explain(value: Any, location: Location, problems: Problems) -> Any:
        own = Problems()
        clean = node.explain(value, location, own)
        problems.extend(evolve(problem, code=problem.code or code) for problem in own)
        return clean

    return evolve(node, explain=explain, code=code)


def list_node(item: Node, check: Check | None = None, join: Callable[[list[Any]], Any] = list) -> Node:
    """Return the node of a field that takes a list; a single value is taken as a list of one.

    Items that count as absent are left out.

    :param check: the quick check, if it is another than checking each item.
    :param join: makes the value of the clean items.
    """
    explain_item = item.explain

    def explain(value: Any, location: Location, problems: Problems) -> Any:
        if value is None or value == "":
            return MISSING
        items = []
        for index, raw in enumerate(value if type(value) is list else [value]):
            if problems.is_full:
                return value
            clean = explain_item(raw, location.child(index), problems)
            if clean is not MISSING:
                items.append(clean)
        return join(items)

    if item.fast.members is None or item.fast.keeps_others:
        fast = FastPath(texts=check is None and item.fast.plain is str)
        return Node(check or _check_items(item.check, item.fast.plain), explain, fast=fast)
    return Node(check or _check_items(_in_order(item), None), explain, fast=FastPath(items=item))


def _check_items(check_item: Check, plain: type | None) -> Check:
    def check(value: Any) -> Any:
        if type(value) is list:
            items = value
        elif value is None or value == "":
            return MISSING
        else:
            items = [value]
        if plain:
            for raw in items:
                if type(raw) is not plain or not raw:
                    break
            else:  # 0.3 µs less for three strings than calling their checks
                return items.copy()
        return [clean for raw in items if (clean := check_item(raw)) is not MISSING]

    return check


def _in_order(item: Node) -> Check:
    """Return the check of an object in a list, with its members in the order of their definition.

    Source that is generated looks for each in turn, which is quicker than going through what is there.
    """
    names = [node.sent_as or key for key, node in (item.fast.members or {}).items()]

    def check(value: Any) -> Any:
        clean = item.check(value)
        return {name: clean[name] for name in names if name in clean} if type(clean) is dict else clean

    return check


def unwrapping_node(list_: Node, item: Node | None = None) -> Node:
    """Return the node of a field that takes a list, but hands a list of one over as the value itself.

    :param list_: the node of the list.
    :param item: checks what is no list without making one of it; 0.2 µs less.
    """
    check_list, check_item = list_.check, item.check if item else list_.check

    def check(value: Any) -> Any:
        value = check_item(value) if type(value) is not list else check_list(value)
        return value[0] if type(value) is list and len(value) == 1 else value

    return Node(check, list_.explain)


def free_form(label: str, *, nullable: bool) -> Node:
    """Return the node of a field that takes any object; what is in it is passed on as it is."""
    return leaf(_check_object(nullable), label)


def _check_object(nullable: bool) -> Check:
    reason = "must be an object or null" if nullable else "must be an object"

    def check(value: Any) -> Any:
        if isinstance(value, dict):
            return value
        if value is None:
            return None if nullable else MISSING
        if value == "":
            return MISSING
        if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
            advice = 'a text that holds JSON: map it with {"@json": {"mode": "decode", "value": …}}'
            raise RefusedError(f"{reason} but it was {advice}")
        raise RefusedError(f"{reason} but it was {type_phrase(value)}")

    return check


def object_node(
    nodes: "Mapping[str, Node]", required: list[str], label: str, *, nullable: bool, keeps_others: bool
) -> Node:
    """Return the node of an object of known keys.

    :param required: the keys that must be there, whatever the others hold.
    :param nullable: whether null is kept in its place.
    :param keeps_others: whether unknown keys are kept as they are, or left out.
    """
    check_object = _check_object(nullable)
    names = {key: node.sent_as for key, node in nodes.items() if node.sent_as is not None}
    fast = FastPath(
        members=nodes,
        required=tuple(names.get(key, key) for key in required),
        keeps_others=keeps_others,
    )
    return Node(
        _check_members(check_object, nodes, required, names, keeps_others=keeps_others),
        _explain_members(check_object, nodes, required, names, label, keeps_others=keeps_others),
        fast=fast,
    )


def _check_members(
    check_object: Check,
    nodes: "Mapping[str, Node]",
    required: list[str],
    names: Mapping[str, str],
    *,
    keeps_others: bool,
) -> Check:
    checks = {key: node.check for key, node in nodes.items()}
    # Most values have the right type already.  Copying the whole object and calling a check only for
    # the others takes 80 ns a key; calling each key's check and storing its result takes 200 ns.
    plain = {key: node.fast.plain for key, node in nodes.items() if node.fast.plain}.get
    floats = frozenset(key for key, node in nodes.items() if node.fast.finite_floats)

    def check(value: Any) -> Any:
        if type(value) is not dict:
            value = check_object(value)
            if not isinstance(value, dict):
                return value
        clean = value.copy()
        for key, raw in value.items():
            if (type(raw) is plain(key) and raw) or (
                type(raw) is float and key in floats and raw - raw == 0  # neither infinite nor NaN
            ):
                continue
            if key in checks:
                member = checks[key](raw)
                if member is MISSING:
                    del clean[key]
                elif member is not raw:
                    clean[key] = member
            elif not keeps_others:
                del clean[key]
        for key in required:
            if key not in clean:
                raise RefusedError(missing_message(key))
        return _rename_keys(clean, names) if names else clean

    return check


def _explain_members(
    check_object: Check,
    nodes: "Mapping[str, Node]",
    required: list[str],
    names: Mapping[str, str],
    label: str,
    *,
    keeps_others: bool,
) -> Explain:
    def explain(value: Any, location: Location, problems: Problems) -> Any:
        try:
            value = check_object(value)
        except RefusedError as refused:
            problems.add(location, label, *refused.reasons)
            return value
        if not isinstance(value, dict):
            return value
        clean = {key: raw for key, raw in value.items() if keeps_others and key not in nodes}
        of_members = Problems()  # reported after what the object itself lacks
        for key, node in nodes.items():
            member = node.explain(value[key], location.child(key), of_members) if key in value else MISSING
            if member is not MISSING:
                clean[key] = member
        for key in required:
            if key not in clean:
                problems.add(location, label, missing_message(key), code=nodes[key].code)
        problems.extend(of_members)
        return _rename_keys(clean, names)

    return explain


def _rename_keys(clean: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(key, key): value for key, value in clean.items()}


def missing_message(key: str) -> str:
    """Return the reason to refuse an object that lacks a key."""
    return f"is missing the required field '{key}'"


def type_phrase(value: Any) -> str:
    """Return what a value is, in words for a message, never the value itself."""
    if value is None:
        return "null"
    if isinstance(value, float) and not isfinite(value):
        return "not a finite number"
    name = json_type(value)
    return with_article(name) if name else "not a JSON value"


@frozen
class Location:
    """Where a value stands in a payload.

    :ivar keys: keys of objects and indices of lists from the payload's root on.
    """

    keys: tuple[str | int, ...] = ()

    def child(self, key: str | int) -> "Location":
        """Return the location of a member or item of the value."""
        return Location((*self.keys, key))

    @property
    def path(self) -> str:
        """The location as a JSONPath: ``$.contents[0].id``."""
        return json_path(self.keys)

    def subject(self, label: str) -> str:
        """Return the words that a sentence about the value begins with.

        :param label: the field's label; when it is empty, or the value is an item of a list, the
            sentence is about "the value at /json/pointer".
        """
        if not self.keys:
            return "The root value"
        if label and isinstance(self.keys[-1], str):
            return label[0].upper() + label[1:]
        pointer = "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in self.keys)
        return f"The value at {pointer}"


ROOT = Location()


class Problems:
    """Collects what is wrong with a payload, each problem once.

    Other than :class:`~capi_actions.errors.Diagnostics` it writes the sentences, drops repeated ones
    and gets full: a list of a million wrong items is reported by its first ones.

    >>> problems = Problems()
    >>> problems.add(Location(("price",)), "Price", "must be a number but it was a string")
    >>> [str(problem) for problem in problems]
    ['$.price: Price must be a number but it was a string.']

    :cvar LIMIT: the number of problems from which on no more are looked for.
    """

    LIMIT = 100

    def __init__(self) -> None:
        self._problems: dict[Problem, None] = {}

    def add(self, location: Location, label: str, reason: str, *, code: int | None = None) -> None:
        """Add a problem: a sentence about the value at a location."""
        self._problems[Problem(f"{location.subject(label)} {reason}.", location.path, code)] = None

    def extend(self, problems: Iterable[Problem]) -> None:
        """Add problems that were collected elsewhere."""
        self._problems.update(dict.fromkeys(problems))

    @property
    def is_full(self) -> bool:
        """Whether there is no point in looking for more."""
        return len(self._problems) >= self.LIMIT

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._problems)
