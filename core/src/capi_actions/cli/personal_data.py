"""Warn about personal data in fields that are not hashed."""

from collections.abc import Sequence

from capi_actions.cli.console import echo_error
from capi_actions.codec import decode_json
from capi_actions.errors import EventError
from capi_actions.model import Item
from capi_actions.personal_data import Kind, find_personal_data, mask

_LOOKED_AT = 1000  # items, all of which are looked at
_INTERVAL = 100  # of those after them, one in so many: looking costs as much as mapping
_MAX_WARNINGS = 50


class PersonalDataWatch:
    """Looks at items, and warns once of each field that seems to hold an e-mail address or a phone number.

    Warnings name the field, never its value.  Looks at the first 1,000 items and then at one in a hundred.
    """

    def __init__(self) -> None:
        self._items = 0
        self._warned: set[tuple[str, str, Kind]] = set()

    def look(self, item: Item) -> None:
        """Look at the next item, and warn on standard error."""
        self._items += 1
        if self._items <= _LOOKED_AT or not self._items % _INTERVAL:
            self._look_at(item)

    def look_through(self, items: Sequence[Item]) -> None:
        """Look at the same items as if :meth:`look` were called with each."""
        number, self._items = self._items, self._items + len(items)
        first = max(0, _LOOKED_AT - number)
        for item in items[:first]:
            self._look_at(item)
        for item in items[first + -(number + first + 1) % _INTERVAL :: _INTERVAL]:
            self._look_at(item)

    def _look_at(self, item: Item) -> None:
        try:
            data = decode_json(item.body)
        except EventError:  # no JSON, as a platform's items needn't be
            return
        for path, kind in find_personal_data(data):
            finding = (item.destination, mask(path), kind)
            if finding not in self._warned and len(self._warned) < _MAX_WARNINGS:
                self._warned.add(finding)
                echo_error(
                    f"capi: warning: {finding[0]}: {finding[1]} isn't hashed, but seems to hold {kind}"
                )
