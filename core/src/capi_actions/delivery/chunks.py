"""The chunks of a batch, how one is split in two, and an item without its refused field."""

from collections.abc import Sequence

import orjson
from attrs import define

from capi_actions.model import Claimed, Judgement


@define(eq=False)
class Chunk:
    """Items of a batch that go into one request.

    :ivar tries: requests that these items were part of since they were claimed.
    :ivar known_bad: known to hold a bad item, although it wasn't sent by itself: its sibling was delivered.
    :ivar sibling: the other half of the chunk that was split, in the half that is sent first.
    :ivar sibling_failed: the other half failed before this one was sent.  If this one fails too, no single
        item is the cause.
    :ivar repaired: the refusal after which a field was dropped from this single item.
    """

    items: Sequence[Claimed]
    tries: int = 0
    known_bad: bool = False
    sibling: "Chunk | None" = None
    sibling_failed: bool = False
    repaired: Judgement | None = None

    @property
    def ids(self) -> list[int]:
        """Numbers of the items in the outbox."""
        return [item.id for item in self.items]

    def blame_sibling(self) -> None:
        """Conclude from this chunk's delivery that the bad item is in its sibling.

        A sibling of one item is sent all the same: its dead letter should have its own reason.
        """
        if self.sibling is not None and len(self.sibling.items) > 1:
            self.sibling.known_bad = True


def split(chunk: Chunk, index: object = None) -> tuple[Chunk, Chunk]:
    """Split a chunk of at least two items; the one to be sent first comes first.

    With halves, one bad item among n costs at most 2·⌈log₂ n⌉ further requests: at each level the
    first half is sent, and the second only if the first was refused.

    :param index: position of the bad item, if the platform named it: that item is then sent alone.
        Anything but a position in the chunk is ignored, and the chunk is halved.
    """
    items = chunk.items
    if type(index) is int and 0 <= index < len(items):
        first_items, last_items = [items[index]], [*items[:index], *items[index + 1 :]]
    else:
        middle = len(items) // 2
        first_items, last_items = [*items[:middle]], [*items[middle:]]
    last = Chunk(last_items, chunk.tries)
    return Chunk(first_items, chunk.tries, sibling=last), last


def without_field(body: bytes, path: str) -> bytes | None:
    """Return an encoded item without one of its fields.

    :param path: keys joined by dots, such as ``user_data.fbc``.
    :returns: None if the item isn't JSON or has no such field, or if the object that holds the field has
        no other.
    """
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    *parents, key = path.split(".")
    container = data
    for parent in parents:
        container = container.get(parent) if isinstance(container, dict) else None
    if not isinstance(container, dict) or key not in container or len(container) == 1:
        return None
    del container[key]
    return orjson.dumps(data)
