"""Fields that take a list."""

from typing import Any

from capi_actions.fields.node import Node, Problems
from capi_actions.fields.place import Place
from capi_actions.model import MISSING


def listed(item: Node, *, hashed: bool) -> Node:
    """Compile a field that takes a list; a single value is taken as a list of one.

    Items that count as absent are left out.

    :param hashed: whether items are hashes: lists of them are flattened, and an empty list is absent.
    """
    check_item, explain_item, plain = item.check, item.explain, item.plain

    def check(value: Any) -> Any:
        if value is None or value == "":
            return MISSING
        items = value if type(value) is list else [value]
        if plain:
            for raw in items:
                if type(raw) is not plain or not raw:
                    break
            else:  # 0.3 µs less for three strings than calling their checks
                return items.copy()
        clean = [each for raw in items if (each := check_item(raw)) is not MISSING]
        return _flat(clean) if hashed else clean

    def explain(value: Any, place: Place, problems: Problems) -> Any:
        if value is None or value == "":
            return MISSING
        clean = []
        for index, raw in enumerate(value if type(value) is list else [value]):
            if problems.enough:
                return value
            each = explain_item(raw, place.child(index), problems)
            if each is not MISSING:
                clean.append(each)
        return _flat(clean) if hashed else clean

    def check_hashed(value: Any) -> Any:
        if type(value) is not str:
            return check(value)
        # Nearly always there is one string: 0.5 µs less than making lists of it and of its hash.
        found = check_item(value)
        return [found] if type(found) is str else found

    return Node(check_hashed if hashed else check, explain)


def _flat(hashes: list[Any]) -> Any:
    flat: list[Any] = []
    for each in hashes:
        flat.extend(each if isinstance(each, list) else [each])
    return flat or MISSING
