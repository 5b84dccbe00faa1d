"""From a record of a file to items: the part of ingesting that any process can do, see ``workers``."""

import json
from collections.abc import Collection, Sequence
from hashlib import blake2b
from time import time
from typing import NamedTuple

from attrs import frozen

from capi_actions.errors import EventError
from capi_actions.inputs import place_record
from capi_actions.model import Item, JsonObject
from capi_actions.notes import Notes
from capi_actions.pipeline import HeldBack, Outcome, Pipeline
from capi_actions.text import closest

_MAX_NAME_LENGTH = 60  # characters


class MappedRecord(NamedTuple):
    """What became of a record.

    :ivar file: the file's name; empty for standard input.
    :ivar line: the line where it begins, from 1.
    :ivar outcomes: what became of the event; or why the record is none.
    :ivar name: type and name of an event that no mapping matches; empty for all others.
    :ivar keys: a key for each item, the same in another run; empty unless they are asked for.
    :ivar notes: what was noted while this record, and those before it, were mapped in another process; None if nothing
        was.
    """

    file: str
    line: int
    outcomes: list[Outcome] | EventError
    name: str
    keys: Sequence[bytes]
    notes: Notes | None = None

    @property
    def place(self) -> JsonObject:
        """Where it is, for JSON records of errors."""
        return place_record(self.file, self.line)


class MappedRun(NamedTuple):
    """What became of records in a row that are events, and of which nothing came but items.

    :ivar file: the name of the last one's file; empty for standard input.
    :ivar line: the line where the last one begins, from 1.
    :ivar events: their number.
    :ivar items: of all of them, in order.
    :ivar keys: as those of a :class:`MappedRecord`.
    :ivar notes: as those of a :class:`MappedRecord`.
    """

    file: str
    line: int
    events: int
    items: list[Item]
    keys: Sequence[bytes]
    notes: Notes | None = None


@frozen
class RecordMapper:
    """Maps records.

    :ivar once: whether to make keys of items.
    """

    pipeline: Pipeline
    once: bool = False

    def map(self, file: str, line: int, event: JsonObject | EventError) -> MappedRecord:
        """Turn a record into items.

        :param file: the file's name.
        :param line: the line where it begins.
        :param event: the event, or why there is none.
        """
        if isinstance(event, EventError):
            return MappedRecord(file, line, event, "", ())
        outcomes = self.pipeline.process(event, time())
        keys = _once_keys(event, outcomes) if self.once else ()
        return MappedRecord(file, line, outcomes, "" if outcomes else unmatched_name(event), keys)


def unmatched_name(event: JsonObject) -> str:
    """Return what an event that no mapping matches is counted as: its type and the beginning of its name."""
    name = event.get("event")
    return f"{event['type']} {name[:_MAX_NAME_LENGTH]}" if isinstance(name, str) else str(event["type"])


def likely_event(unmatched: str, event_names: Collection[str]) -> str | None:
    """Return the event that was most likely meant; None if none is alike.

    :param unmatched: as :func:`unmatched_name` returns it.
    :param event_names: those that triggers ask for.
    """
    return closest(unmatched.partition(" ")[2], event_names)


def _once_keys(event: JsonObject, outcomes: Sequence[Outcome]) -> list[bytes]:
    return [
        _once_key(event, outcome, outcomes[:number])
        for number, outcome in enumerate(outcomes)
        if isinstance(outcome, Item)
    ]


def _once_key(event: JsonObject, item: Item, earlier: Sequence[Outcome]) -> bytes:
    """Return the same key for the same item of the same event in another run.

    The event's name is part of it, as platforms take two events of one id if their names differ.  A second mapping to
    the same action may give it another name, and so has another key.

    :param earlier: what came of the event before this item.
    """
    mapping = sum(
        not isinstance(other, HeldBack)
        and other.destination == item.destination
        and other.action == item.action
        for other in earlier
    )
    parts = [item.destination, item.action, mapping, item.event_id, event.get("type"), event.get("event")]
    return blake2b(json.dumps(parts, default=str).encode(), digest_size=16).digest()
