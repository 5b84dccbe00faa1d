"""Generate one function for a mapping and an action's fields: each value is checked where it is looked up.

Measured with CPython 3.11 on one slow core: a purchase's prebuilt mapping with its fields, hashing
included, takes 25 µs, mapping first and fields after it 31.  The mapping alone (37 paths, an @if, an
@arrayPath over 3 products; a 1.4 kB event) takes 3.5 µs as source; 20 as calls of nodes, 12.4 as
closures, 9.2 as closures over a plan of shared prefixes.  Compiling the source takes 1.6 ms, once for
each mapping.

Values that most events have are looked up by ``view.get(key, MISSING)``, the method of a dictionary: on
CPython 3.11 to 3.13 a quarter of a purchase's look-ups take 0.35 µs less than by ``in`` and ``[]``,
which are quicker for what is mostly missing.

Nothing is decided here.  The source holds what nodes of a mapping do and, for values of the usual
type, the :class:`~capi_actions.fields.nodes.FastPath` of a field's check; for other values the check
is called.  Whatever it refuses, and a plugin's directive that fails, sends the event through the plain
steps, mapping, then fields, which also explain what is wrong.

The source is made of nothing but the statements below, names counted up here, and keys through
``ascii()`` of a string, which is a string literal whatever the key is.  All else (constants,
resolvers, checks) is bound to names in the function's globals.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeAlias, cast

from capi_actions.errors import EventError
from capi_actions.fields import CheckFields
from capi_actions.fields.nodes import Node as FieldNode
from capi_actions.fields.nodes import RefusedError
from capi_actions.mapping import CompiledMapping
from capi_actions.mapping.js_values import is_blank
from capi_actions.mapping.nodes import Constant, ForEach, Guarded, If, Object, Path, none_if_missing
from capi_actions.mapping.paths import EMPTY_VIEW, Steps, as_view, item_or_member
from capi_actions.model import MISSING, CleanResolver, Json, JsonObject, Resolver

Evaluate: TypeAlias = Callable[[JsonObject], JsonObject]
"""Event in, an action's clean values out."""

_MAX_BLOCKS = 16  # Python itself takes 20 nested loops, and 100 levels of indentation

_FIRST_MEMBERS = 3  # of an object in a list; many have no others: one comparison instead of a look for each
_MIN_GROUP = 3  # members; asking for a group costs as much as one that isn't there

_SCALARS = (str, int, float, bool, type(None))

Member: TypeAlias = tuple[str, Resolver]
"""A key of an object in a mapping, and what it resolves to."""


def generate(mapping: CompiledMapping, check: CheckFields) -> Evaluate:
    """Return a function that does what the mapping and then the check of an action's fields do.

    A mapping that isn't an object runs as it is.  Fields with conditions are checked once all values
    are there: conditions compare them.
    """
    if not isinstance(mapping.tree, Object):
        return lambda event: check(mapping(event))
    if check.rules:
        resolve = CodeGenerator(mapping, inline_lists=not mapping.meter.work).function(mapping.tree)
        return mapping.meter.applied_to(lambda event: check(resolve(event)))
    generator = CodeGenerator(lambda event: check(mapping(event)), inline_lists=not mapping.meter.work)
    return mapping.meter.applied_to(generator.function(mapping.tree, check.root))


class Scope:
    """What has been looked up in one payload before the current line.

    :ivar payload: the payload's name in the source.
    :ivar values: names of values, MISSING included, by their path.
    :ivar views: names of what keys are looked up in, by its path.
    """

    def __init__(self, payload: str, outer: "Scope | None" = None, *, is_dict: bool = False) -> None:
        self.payload = payload
        self.values: dict[Steps, str] = dict(outer.values) if outer else {}
        self.views: dict[Steps, str] = dict(outer.views) if outer else {(): payload} if is_dict else {}


class Target(NamedTuple):
    """Where a value goes.

    :ivar variable: what is assigned to, ``o1['email']``; None for a value that no field takes: it is
        resolved all the same, as a directive may refuse the event.
    :ivar field: what checks the value; None if nothing does.
    """

    variable: str | None
    field: FieldNode | None


class CodeGenerator:
    """Writes the source of one function and compiles it."""

    def __init__(self, plain: Resolver, *, inline_lists: bool = True) -> None:
        """Start with no source.

        :param plain: does the same in plain steps; called for events that a field refuses, and for
            what is no event.
        :param inline_lists: False calls the nodes of ``@arrayPath``, which count their work.
        """
        self._inline_lists = inline_lists
        self._lines: list[str] = []
        self._indent = 1
        self._names = 0
        self._globals: dict[str, Any] = {
            "EMPTY_VIEW": EMPTY_VIEW,
            "EventError": EventError,
            "MISSING": MISSING,
            "PLAIN": (str, float, int, bool),  # those that are blank when they are false
            "as_view": as_view,
            "is_blank": is_blank,
            "item_or_member": item_or_member,
            "none_if_missing": none_if_missing,
            "plain": plain,
        }

    def function(self, tree: Object, field: FieldNode | None = None) -> Resolver:
        """Return the function for a mapping's tree.

        :param field: what checks the object and its members; None if nothing does.
        """
        with self._block("if type(payload) is not dict:"):
            self._line("return plain(payload)")
        with self._block("try:"):
            result = self._name("o")
            self._object(tree, result, field, Scope("payload", is_dict=True))
            self._line(f"return {result}")
        with self._block("except EventError:"):
            self._line("raise")
        # A value that is refused, or a plugin's failure: the plain steps explain either.
        with self._block("except Exception:"):
            self._line("return plain(payload)")
        code = compile("\n".join(["def evaluate(payload):", *self._lines]), "<mapping>", "exec")
        exec(code, self._globals)  # noqa: S102  the source is ours alone, see the module's docstring
        return cast("Resolver", self._globals["evaluate"])

    # Objects and their members

    def _object(self, node: Object, name: str, field: FieldNode | None, scope: Scope) -> None:
        """Make an object: members that are missing, or that its field doesn't take, are left out."""
        self._line(f"{name} = {{}}")
        for members, shared in _groups(node.members):
            if len(members) < _MIN_GROUP:
                self._members(members, name, field, scope)
                continue
            with self._block(f"if {self._any_stands(members, scope)}:"):
                inner = Scope(scope.payload, scope)
                for steps in shared:
                    self._value(steps, inner)
                self._members(members, name, field, inner)
        if field:
            self._require(name, field)

    def _require(self, name: str, field: FieldNode) -> None:
        for key in field.fast.required:
            self._line(f"if {key!a} not in {name}: return plain(payload)")

    def _members(self, members: Sequence[Member], name: str, field: FieldNode | None, scope: Scope) -> None:
        for key, member in members:
            self._resolve(member, _member_target(name, key, field), scope)

    def _any_stands(self, members: Sequence[Member], scope: Scope) -> str:
        """Return the condition that something may stand where any of some @if chains look.

        Ten traits of a person, looked for in three places each, of a page view without any: 0.1 µs instead of 1.2.
        """
        tests = dict.fromkeys(steps for _, member in members for steps in _tests(member))
        parents = {steps[:-1] for steps in tests}
        keys: dict[Steps, dict[str, None]] = {}
        for steps in tests:
            # Where nothing stands, nothing stands below: the first of the parents decides.
            length = next((n for n in range(1, len(steps)) if steps[:n] in parents), len(steps) - 1)
            keys.setdefault(steps[:length], {})[steps[length][0]] = None
        conditions = []
        for parent, names in keys.items():
            view = self._view(parent, scope)
            stands = " or ".join(f"{key!a} in {view}" for key in names)
            conditions.append(f"({view} is not EMPTY_VIEW and ({stands}))" if parent else stands)
        return " or ".join(conditions)

    def _resolve(self, node: Resolver, target: Target, scope: Scope) -> None:
        """Store what a node resolves to, nothing if that is missing."""
        match node:
            case Constant(value=value) if value is MISSING:
                self._line("pass")
            case _ if self._indent >= _MAX_BLOCKS:
                self._call(node, target, scope)
            case Path():
                self._path(node, target, scope)
            case Constant(value=value) if isinstance(value, _SCALARS):
                self._constant(value, target)
            case Object(keep_missing=False):
                self._nested_object(node, target, scope)
            case If():
                self._choice(node, target, scope)
            case ForEach(keep_missing=False) if node.lists_payload and self._inline_lists:
                self._for_each(node, target, scope)
            case _:
                self._call(node, target, scope)

    def _path(self, node: Path, target: Target, scope: Scope) -> None:
        if node.steps and node.steps[-1][1] is None:
            key, view = node.steps[-1][0], self._view(node.steps[:-1], scope)
            with self._block(f"if {key!a} in {view}:"):
                self._store(f"{view}[{key!a}]", target)
        else:
            self._store_unless_missing(self._value(node.steps, scope), target)

    def _constant(self, value: Json, target: Target) -> None:
        """Store a scalar of the mapping; it is checked now instead of with every event."""
        if target.field and not target.field.fast.hasher:
            try:
                clean = target.field.check(value)
            except RefusedError:
                clean = None
            if clean.__class__ in (str, int, float, bool):
                self._line(f"{target.variable} = {self._bind(clean)}")
                return
        self._store(self._bind(value), target)

    def _nested_object(self, node: Object, target: Target, scope: Scope) -> None:
        """Store an object, checked member by member if its keys are known, else as a whole."""
        name = self._name("o")
        if target.field and target.field.fast.members is not None:
            self._object(node, name, target.field, scope)
            self._line(f"{target.variable} = {name}")
        else:
            self._object(node, name, None, scope)
            self._store(name, target)

    def _choice(self, node: If, target: Target, scope: Scope) -> None:
        value = self._operand(node.test, scope)
        self._share_lookups(node, scope)
        takes_test = isinstance(node.then, Path) and scope.values.get(node.then.steps) == value
        if node.usable is not None and not _takes_plain_text(target.field):
            self._call(node, target, scope)
            return
        # A scalar that is usual for a field is there, too, in the sense of ``blank``: one look at it instead of two.
        is_scalar = target.field is not None and target.field.fast.items is None
        usual = takes_test and node.blank and is_scalar
        keyword = self._store_if_usual(value, target, scope, node) if usual else "if"
        with self._block(f"{keyword} {_exists(value, blank=node.blank, may_be_text=keyword == 'if')}:"):
            if keyword == "elif":
                self._store_unusual(value, target, node, scope)
            elif takes_test:
                self._store(value, target)
            else:
                self._branch(node.then, target, scope)
        if not _is_missing(node.otherwise):
            with self._block("else:"):
                self._branch(node.otherwise, target, scope)

    def _share_lookups(self, node: If, scope: Scope) -> None:
        """Look up what the tests of a chain of @ifs look into, so that other members' chains have it too.

        Ten members that are looked for in three places each, and stand nowhere: 0.5 µs less.
        """
        other = node.otherwise
        while isinstance(other, If) and isinstance(other.test, Path) and other.test.steps:
            self._view(other.test.steps[:-1], scope)
            other = other.otherwise

    def _branch(self, node: Resolver, target: Target, scope: Scope) -> None:
        inner = Scope(scope.payload, scope)
        value = inner.values.get(node.steps) if isinstance(node, Path) else None
        if value is not None:
            self._store_unless_missing(value, target)
        else:
            self._resolve(node, target, inner)

    def _for_each(self, node: ForEach, target: Target, scope: Scope) -> None:
        value = self._operand(node.items, scope)
        items, item, result = self._name("v"), self._name("e"), self._name("l")
        self._line(f"{items} = [{value}] if isinstance({value}, dict) else {value}")
        with self._block(f"if isinstance({items}, list):"):
            self._line(f"{result} = []")
            with self._block(f"for {item} in {items}:"):
                if isinstance(node.shape, Object) and not node.shape.keep_missing:
                    name = self._name("o")
                    self._object(node.shape, name, None, Scope(item))
                    self._line(f"{result}.append({name})")
                else:
                    self._line(f"{result}.append(none_if_missing({self._bind(node.shape)}({item})))")
            self._store(result, target)
        with self._block(f"elif {items} is not MISSING:"):
            self._store(items, target)

    def _call(self, node: Resolver, target: Target, scope: Scope) -> None:
        resolver = _remove_guard(node)
        if not isinstance(resolver, CleanResolver):
            self._store_result(resolver, target, scope)
        elif not _takes_clean(target, resolver) or self._indent >= _MAX_BLOCKS:
            self._store_result(resolver.resolve, target, scope)
        else:
            self._line(f"v = {self._bind(resolver.clean)}({scope.payload})")
            self._line(f"if v is not None: {target.variable} = v")
            with self._block("else:"):
                self._store_result(resolver.resolve, target, scope)

    def _store_result(self, resolver: Resolver, target: Target, scope: Scope) -> None:
        self._line(f"v = {self._bind(resolver)}({scope.payload})")
        self._store_unless_missing("v", target)

    # Looking up

    def _operand(self, node: Resolver, scope: Scope) -> str:
        """Return a name for what a node resolves to, MISSING included."""
        if isinstance(node, Path):
            return self._value(node.steps, scope)
        name = self._name("v")
        self._line(f"{name} = {self._bind(_remove_guard(node))}({scope.payload})")
        return name

    def _value(self, steps: Steps, scope: Scope) -> str:
        """Return a name for what a path leads to, MISSING included."""
        if not steps:
            return scope.payload
        if steps not in scope.values:
            parent, (key, index) = steps[:-1], steps[-1]
            if index is None:
                view, name = self._view(parent, scope), self._name("v")
                self._line(f"{name} = {view}.get({key!a}, MISSING)")
            else:
                value, name = self._value(parent, scope), self._name("v")
                self._line(f"{name} = item_or_member({value}, {key!a}, {index})")
            scope.values[steps] = name
        return scope.values[steps]

    def _view(self, steps: Steps, scope: Scope) -> str:
        """Return a name for what the key after a path is looked up in."""
        if steps not in scope.views:
            name = self._name("d")
            if steps and steps not in scope.values and steps[-1][1] is None:
                parent, key = self._view(steps[:-1], scope), steps[-1][0]
                self._line(f"{name} = {parent}.get({key!a}, EMPTY_VIEW)")
            else:
                self._line(f"{name} = {self._value(steps, scope)}")
            self._line(f"if type({name}) is not dict: {name} = as_view({name})")
            scope.views[steps] = name
        return scope.views[steps]

    # Checking and storing

    def _store_unless_missing(self, name: str, target: Target) -> None:
        """Store the value of a variable unless it is MISSING."""
        with self._block(f"if {name} is not MISSING:"):
            self._store(name, target)

    def _store(self, value: str, target: Target) -> None:
        """Store the value of an expression, which is never MISSING, after its field's check."""
        if target.variable is None:
            self._line("pass")
        elif target.field is None:
            self._line(f"{target.variable} = {value}")
        else:
            if not value.isidentifier():
                self._line(f"v = {value}")
                value = "v"
            self._store_by_check(self._store_if_usual(value, target), value, target)

    def _store_if_usual(
        self, value: str, target: Target, scope: Scope | None = None, choice: If | None = None
    ) -> str:
        """Store the value of a variable if it is what is usual for its field.

        :param choice: between the value and another one, which may take the place of a text, in the scope; None if
            there is no choice.
        :returns: the keyword for what else it may be: ``if`` when nothing is known of the field, else ``elif``.
        """
        if target.variable is None or target.field is None:
            return "if"
        fast = target.field.fast
        if fast.hasher:
            digest = "[v] if type(v) is str else v" if fast.wraps_hash else "v"
            fallback = choice if choice is not None and not _is_missing(choice.otherwise) else None
            # An empty text has no hash either, so that the other value takes its place.
            with self._block(f"if type({value}) is str{f' and {value}' if fallback is None else ''}:"):
                self._line(f"if v := {self._bind(fast.hasher)}({value}): {target.variable} = {digest}")
                if fallback is not None and scope is not None:
                    with self._block("else:"):
                        self._call(fallback, target, scope)
        elif fast.plain:
            usable = "" if choice is None or scope is None else self._is_usable(value, choice, scope)
            usual = f"type({value}) is {fast.plain.__name__} and {value}{usable}"
            self._line(f"if {usual}: {target.variable} = {value}")
            if fast.finite_floats:  # neither infinite nor NaN
                finite = f"type({value}) is float and {value} and {value} - {value} == 0"
                self._line(f"elif {finite}: {target.variable} = {value}")
        elif fast.items and self._indent < _MAX_BLOCKS:
            with self._block(f"if type({value}) is list:"):
                self._line(f"{target.variable} = {self._objects(value, fast.items)}")
        else:
            return "if"
        return "elif"

    def _store_unusual(self, value: str, target: Target, choice: If, scope: Scope) -> None:
        """Store the value of a variable that isn't usual for its field, or the other one of a choice."""
        is_hashed = target.field is not None and target.field.fast.hasher is not None
        if choice.usable is not None and not is_hashed:
            self._call(choice, target, scope)
            return
        self._store_by_check("if", value, target)
        if choice.usable is not None and not _is_missing(choice.otherwise):
            with self._block("else:"):
                self._call(choice, target, scope)

    def _is_usable(self, value: str, choice: If, scope: Scope) -> str:
        """Return the rest of the condition that a text is taken: nothing stands in the other places, or it is usable.

        Most events have one of the places, so that nobody has to look at the text: 0.02 µs instead of 0.1 to 0.4.
        """
        if choice.usable is None:
            return ""
        test, other, places = f"{self._bind(choice.usable)}({value})", choice.otherwise, []
        while isinstance(other, If) and isinstance(other.test, Path) and other.test == other.then:
            places.append(self._stands(other.test.steps, scope))
            other = other.otherwise
        if isinstance(other, Path):
            places.append(self._stands(other.steps, scope))
        elif not _is_missing(other):
            return f" and {test}"
        return f" and (not ({' or '.join(places)}) or {test})" if places else ""

    def _stands(self, steps: Steps, scope: Scope) -> str:
        """Return the condition that a path leads to something."""
        if steps and steps[-1][1] is None:
            return f"{steps[-1][0]!a} in {self._view(steps[:-1], scope)}"
        return f"{self._value(steps, scope)} is not MISSING"

    def _objects(self, value: str, field: FieldNode) -> str:
        """Return a name for the list of what a field makes of the objects in a list, each checked member by member."""
        objects, raw, clean = self._name("l"), self._name("e"), self._name("o")
        members = [(key, Path(((key, None),))) for key in field.fast.members or ()]
        scope = Scope(raw, is_dict=True)
        self._line(f"{objects} = []")
        with self._block(f"for {raw} in {value}:"):
            self._line(f"if type({raw}) is not dict: return plain(payload)")
            self._line(f"{clean} = {{}}")
            self._members(members[:_FIRST_MEMBERS], clean, field, scope)
            if members[_FIRST_MEMBERS:]:
                with self._block(f"if len({clean}) != len({raw}):"):
                    self._members(members[_FIRST_MEMBERS:], clean, field, scope)
            self._require(clean, field)
            self._line(f"{objects}.append({clean})")
        return objects

    def _store_by_check(self, keyword: str, value: str, target: Target) -> None:
        """Store what a field's check makes of the value of a variable."""
        check = self._bind(target.field.check) if target.field else ""
        self._line(f"{keyword} (v := {check}({value})) is not MISSING: {target.variable} = v")

    # Source

    def _name(self, prefix: str) -> str:
        """Return a new name."""
        self._names += 1
        return f"{prefix}{self._names}"

    def _bind(self, value: object) -> str:
        """Return a name by which the source reaches a value."""
        name = self._name("k")
        self._globals[name] = value
        return name

    def _line(self, text: str) -> None:
        self._lines.append(" " * self._indent + text)

    @contextmanager
    def _block(self, head: str) -> Iterator[None]:
        self._line(head)
        self._indent += 1
        yield
        self._indent -= 1


def _member_target(name: str, key: str, field: FieldNode | None) -> Target:
    """Return where a member of the object of that name goes."""
    if field is None or field.fast.members is None:
        return Target(f"{name}[{key!a}]", None)
    member = field.fast.members.get(key)
    if member is not None:
        return Target(f"{name}[{member.sent_as or key!a}]", member)
    return Target(f"{name}[{key!a}]" if field.fast.keeps_others else None, None)


def _takes_plain_text(field: FieldNode | None) -> bool:
    """Return whether a field passes on usual texts, or their hashes."""
    return field is not None and (field.fast.hasher is not None or field.fast.plain is str)


def _exists(value: str, *, blank: bool, may_be_text: bool) -> str:
    """Return the condition of an @if about a variable.

    :param may_be_text: False if it is hardly ever text that says something.
    """
    if not blank:
        return f"{value} is not MISSING and {value} is not None"
    # Asking first whether it is missing takes 10 ns instead of 50; prebuilt mappings look in many places.
    # What is there is mostly text or a number, for which a call would double the time.
    known = f"{value} if type({value}) in PLAIN else {value} is not None and not is_blank({value})"
    exists = f"{value} is not MISSING and ({known})"
    return f"({value} if type({value}) is str else {exists})" if may_be_text else exists


def _is_missing(node: Resolver) -> bool:
    return isinstance(node, Constant) and node.value is MISSING


def _remove_guard(node: Resolver) -> Resolver:
    """Return a plugin's own resolver: the generated function has a guard around all of its source."""
    return node.resolver if isinstance(node, Guarded) else node


def _takes_clean(target: Target, resolver: CleanResolver) -> bool:
    """Return whether a field passes on what the resolver calls clean: three products less to check are 1.4 µs."""
    if target.field is None:
        return False
    fast = target.field.fast
    if resolver.properties is None:
        return fast.texts
    return fast.items is not None and fast.items.fast.properties == resolver.properties


def _groups(members: Sequence[Member]) -> Iterator[tuple[list[Member], list[Steps]]]:
    """Split an object's members into runs of @if chains that have tests in common, such as ``$.traits``.

    :returns: each run with its common tests.
    """
    group: list[Member] = []
    common: list[Steps] = []
    for member in members:
        tests = _tests(member[1])
        shared = [steps for steps in common if steps in tests]
        if group and not shared:
            yield group, common
            group = []
        common = shared if group else tests
        group.append(member)
    yield group, common


def _tests(node: Resolver) -> list[Steps]:
    """Return the paths of which one must lead to something so that an @if chain gives anything; none if unknown."""
    tests = []
    while isinstance(node, If) and isinstance(node.test, Path):
        tests.append(node.test.steps)
        node = node.otherwise
    has_keys_only = all(steps and all(index is None for _, index in steps) for steps in tests)
    return tests if _is_missing(node) and has_keys_only else []
