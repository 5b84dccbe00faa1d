"""A webhook's body, read value by value: what has the wrong type is an error that says where it is."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from attrs import frozen

from capi_actions import EventError, Json, JsonObject

_MAX_DIGITS = 15  # that a JSON number keeps in every program


@frozen
class Body:
    """An object of the body.

    :ivar value: the object; empty for one that is missing or null.
    :ivar path: where it is, as a JSONPath.
    """

    value: Mapping[str, Json]
    path: str = "$"

    def object(self, key: str) -> "Body":
        """Return a member that is an object.

        :raises EventError: when it is something else.
        """
        value = self.value.get(key)
        if value is None:
            return Body({}, f"{self.path}.{key}")
        if not isinstance(value, dict):
            raise self.error(key, "should be an object")
        return Body(value, f"{self.path}.{key}")

    def objects(self, key: str) -> "list[Body]":
        """Return a member that is a list of objects; empty when it is missing or null.

        :raises EventError: when it is something else.
        """
        members = self.value.get(key)
        if members is None:
            return []
        if not isinstance(members, list) or not all(isinstance(member, dict) for member in members):
            raise self.error(key, "should be a list of objects")
        return [Body(member, f"{self.path}.{key}[{index}]") for index, member in enumerate(members)]

    def text(self, key: str) -> str | None:
        """Return a member that is text; None when it is missing, null or blank.

        :raises EventError: when it is something else.
        """
        value = self.value.get(key)
        if value is None:
            return None
        if not isinstance(value, str):
            raise self.error(key, "should be text")
        return value.strip() or None

    def identifier(self, key: str) -> str | None:
        """Return a member that is an id, as text; None when it is missing, null, blank or 0.

        :raises EventError: when it is neither text nor a whole number.
        """
        value = self.value.get(key)
        if value is None or value == 0:
            return None
        if isinstance(value, str):
            return value.strip() or None
        if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
            raise self.error(key, "should be an id: text or a whole number")
        return str(int(value))

    def required_identifier(self, key: str) -> str:
        """Return a member that is an id.

        :raises EventError: also when there is none.
        """
        value = self.identifier(key)
        if value is None:
            raise self.error(key, "is missing")
        return value

    def amount(self, key: str) -> Decimal | None:
        """Return a member that is a number, as JSON or as text, digit for digit; None when missing, null or blank.

        :raises EventError: when it is something else.
        """
        value = self.value.get(key)
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise self.error(key, "should be a number")
        try:
            number = Decimal(value.strip() if isinstance(value, str) else repr(value))
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or abs(number.adjusted()) > _MAX_DIGITS:
            raise self.error(key, "should be a number of a usual size, such as 12.50")
        number = number.normalize()
        if len(number.as_tuple().digits) > _MAX_DIGITS:
            raise self.error(key, f"has more than {_MAX_DIGITS} digits")
        return number

    def currency(self, key: str) -> str | None:
        """Return a member that is a currency's code, in capitals; None when it is missing, null or blank."""
        value = self.text(key)
        return value.upper() if value else None

    def error(self, key: str, problem: str) -> EventError:
        """Return an error about a member."""
        return EventError.of(problem, f"{self.path}.{key}")


def number(value: Decimal | None) -> int | float | None:
    """Return a number that JSON writes with the same digits."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() and abs(value) < 2**53 else float(value)


def compact(**members: Any) -> JsonObject:
    """Return an object of the members that aren't None, empty text, or empty."""
    return {key: value for key, value in members.items() if value is not None and value not in ("", {}, [])}


def event(name: str, message_id: str, timestamp: str | float | None, **members: Any) -> JsonObject:
    """Return a track event without empty members."""
    return compact(type="track", event=name, messageId=message_id, timestamp=timestamp, **members)
