"""Divide a batch that was refused for an event's sake until the bad ones stand alone."""

from collections.abc import Sequence

import orjson
from attrs import define

from capi_actions.model import Claimed, Judgement


@define(eq=False)
class Part:
    """Some items of a batch that go into one request.

    :ivar tried: how many requests they were part of since they were claimed.
    :ivar refused: known to hold a bad item, though it was not sent by itself: its twin passed.
    :ivar twin: the other part of what was divided, for the part that is sent first.
    :ivar twin_failed: the other part failed before this one was sent; then neither is to blame.
    :ivar repaired: the refusal after which a field was left out of this single item.
    """

    items: Sequence[Claimed]
    tried: int = 0
    refused: bool = False
    twin: "Part | None" = None
    twin_failed: bool = False
    repaired: Judgement | None = None

    @property
    def ids(self) -> list[int]:
        """Numbers of the items."""
        return [item.id for item in self.items]

    def passed(self) -> None:
        """Draw the conclusion from this part's success: the bad item is in its twin.

        A single item is sent nevertheless, so that its reason is its own.
        """
        if self.twin is not None and len(self.twin.items) > 1:
            self.twin.refused = True


def divide(part: Part, index: object = None) -> tuple[Part, Part]:
    """Divide a part of at least two items, the one to be sent first coming first.

    :param index: the position of the item at fault, when the platform named it: it is then sent
        alone.  Anything else than a position in the part is ignored, and the part is halved.

    With halves, one bad item among n costs at most 2·⌈log₂ n⌉ further requests: at each level the
    first half is sent, and the second only if the first was refused.
    """
    items = part.items
    if type(index) is int and 0 <= index < len(items):
        first, second = [items[index]], [*items[:index], *items[index + 1 :]]
    else:
        middle = len(items) // 2
        first, second = [*items[:middle]], [*items[middle:]]
    last = Part(second, part.tried)
    return Part(first, part.tried, twin=last), last


def without(body: bytes, path: str) -> bytes | None:
    """Encode an item anew without one field.

    :param path: keys joined by dots: ``user_data.fbc``.
    :returns: None when the item has no such field, or nothing would be left of the object around it.
    """
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    *parents, key = path.split(".")
    holder = data
    for parent in parents:
        holder = holder.get(parent) if isinstance(holder, dict) else None
    if not isinstance(holder, dict) or key not in holder or len(holder) == 1:
        return None
    del holder[key]
    return orjson.dumps(data)
