"""A mapping and an action's fields in one function: each value is checked where it is looked up.

Measured on one slow core, with the prebuilt mapping of a purchase: 25 µs, hashing included, where two
steps take 31.

Nothing is decided here.  Only what a field's check says of values of its usual type is written out;
for every other value the check is called, and whatever it refuses sends the event the plain way:
mapping first, then fields, which also says what is wrong.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

from capi_actions.fields import CheckFields
from capi_actions.fields.nodes import Node, RefusedError
from capi_actions.mapping import CompiledMapping
from capi_actions.mapping.nodes import Object
from capi_actions.mapping.source import Scope, Target, Writer
from capi_actions.model import Json, JsonObject

Values: TypeAlias = Callable[[JsonObject], JsonObject]
"""Event in, an action's clean values out."""

_LEFT_OUT = object()


def fuse(resolve: CompiledMapping, check: CheckFields) -> Values:
    """Make one function of a mapping and the check of an action's fields.

    A mapping that isn't an object, and fields with conditions, stay two steps.
    """
    tree = resolve.tree
    if not isinstance(tree, Object) or check.rules:
        return lambda event: check(resolve(event))

    def plain(event: Any) -> JsonObject:
        # Through the tree: few events come here, and writing the mapping alone as source takes milliseconds.
        return check(tree(event) if isinstance(event, dict) else resolve(event))

    writer = _Writer(plain)
    with writer.block("if type(payload) is not dict:"):
        writer.line("return plain(payload)")
    with writer.block("try:"):
        result = writer.name("o")
        writer.object(tree, result, Scope("payload"), check.root)
        writer.line(f"return {result}")
    with writer.block("except RefusedError:"):
        writer.line("return plain(payload)")
    return writer.function()


class _Writer(Writer):
    def __init__(self, plain: Values) -> None:
        super().__init__()
        self.bound |= {"plain": plain, "RefusedError": RefusedError}

    def below(self, field: Any, key: str) -> Any:
        """Give the node of an object's member; nothing where no check is needed, or it comes later."""
        if field is None:
            return None
        return field.members.get(key, None if field.keeps_others else _LEFT_OUT)

    def stored(self, field: Any, key: str) -> str:
        """Give the platform's name where the field has one."""
        return (isinstance(field, Node) and field.sent_as) or key

    def object(self, node: Object, name: str, scope: Scope, field: Any = None) -> None:
        """Make an object that holds only what its field lets through."""
        super().object(node, name, scope, field)
        for key in field.required if field else ():
            with self.block(f"if {self.stored(field.members[key], key)!a} not in {name}:"):
                self.line("return plain(payload)")

    def nested(self, node: Object, target: Target, scope: Scope) -> None:
        """Store an object: checked on the way when its keys are known, else as a whole."""
        if not isinstance(target.field, Node) or target.field.members is None:
            super().nested(node, target, scope)
        else:
            name = self.name("o")
            self.object(node, name, scope, target.field)
            self.line(f"{target.text} = {name}")

    def constant(self, value: Json, target: Target) -> None:
        """Check a value of the mapping now instead of with every event."""
        field = target.field
        if isinstance(field, Node) and not field.hasher:
            try:
                clean = field.check(value)
            except RefusedError:
                clean = None
            if clean.__class__ in (str, int, float, bool):
                self.line(f"{target.text} = {self.bind(clean)}")
                return
        super().constant(value, target)

    def put(self, value: str, target: Target) -> None:
        """Check a value and store it."""
        if target.field is None:
            super().put(value, target)
        elif target.field is _LEFT_OUT:
            self.line("pass")
        else:
            self.checked(value, target.text, target.field)

    def checked(self, value: str, target: str, field: Node) -> None:
        self.line(f"v = {value}")
        if field.hasher:
            with self.block("if type(v) is str and v:"):
                found = "[v] if type(v) is str else v" if field.wraps else "v"
                self.line(f"if v := {self.bind(field.hasher)}(v): {target} = {found}")
            head = "elif"
        elif field.plain:
            self.line(f"if type(v) is {field.plain.__name__} and v: {target} = v")
            if field.floats:  # neither infinite nor NaN
                self.line(f"elif type(v) is float and v - v == 0: {target} = v")
            head = "elif"
        else:
            head = "if"
        self.line(f"{head} (v := {self.bind(field.check)}(v)) is not MISSING: {target} = v")
