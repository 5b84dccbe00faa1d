"""Where a value stands, and what to call it in a sentence."""

import re

from attrs import frozen

_PLAIN_KEY = re.compile(r"[A-Za-z_$][\w$]*", re.ASCII)


@frozen
class Place:
    """The way from the payload's root to a value.

    :ivar keys: keys of objects and indices of lists, outermost first.
    """

    keys: tuple[str | int, ...] = ()

    def child(self, key: str | int) -> "Place":
        """Give the place one step further down."""
        return Place((*self.keys, key))

    @property
    def path(self) -> str:
        """The way as a JSONPath: ``$.contents[0].id``."""
        return "$" + "".join(map(_step, self.keys))

    def subject(self, label: str) -> str:
        """Give the words that a sentence about the value begins with.

        :param label: the field's label; when it is empty, or the value is an item of a list, the
            sentence is about "the value at /json/pointer".
        """
        if not self.keys:
            return "The root value"
        if label and isinstance(self.keys[-1], str):
            return label[0].upper() + label[1:]
        pointer = "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in self.keys)
        return f"The value at {pointer}"


ROOT = Place()


def _step(key: str | int) -> str:
    if isinstance(key, int):
        return f"[{key}]"
    return f".{key}" if _PLAIN_KEY.fullmatch(key) else "['" + key.replace("'", "\\'") + "']"
