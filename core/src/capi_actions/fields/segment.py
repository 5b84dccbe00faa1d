"""Read field definitions as the reference engine writes them: JSON with keys in camelCase."""

from typing import Any

from capi_actions.errors import ConfigError, Diagnostics
from capi_actions.fields.nodes import type_phrase
from capi_actions.fields.validate import MAX_DEPTH, TYPES, problems_of
from capi_actions.model import Choice, Condition, Field, Json, JsonObject, Requirement


def read_fields(definition: JsonObject) -> dict[str, Field]:
    """Return the fields of an action, read from JSON.

    Attributes that are read: ``type``, ``label``, ``description``, ``required``, ``default``, ``multiple``,
    ``allowNull``, ``choices``, ``format``, ``properties``, ``additionalProperties``, ``minimum`` and
    ``maximum``.  Others (``placeholder``, ``dynamic``, ``depends_on``…) only matter to a form on a screen
    and are ignored.

    :param definition: each field's definition by its key.
    :raises ConfigError: with everything that is wrong; paths lead to the attribute, ``$.price.minimum``.

    >>> read_fields({"price": {"label": "Price", "type": "number", "allowNull": True}})["price"].allow_null
    True
    """
    diagnostics = Diagnostics()
    fields = _Reader(diagnostics).fields(definition, "$", 1)
    diagnostics.extend(problems_of(fields, ()))
    if problems := diagnostics.errors:
        raise ConfigError(problems)
    return fields


class _Reader:
    def __init__(self, diagnostics: Diagnostics) -> None:
        self._diagnostics = diagnostics

    def fields(self, definition: Json, at: str, depth: int) -> dict[str, Field]:
        """Return the fields whose definitions are well-formed; report what is wrong with the others."""
        if depth > MAX_DEPTH:
            self._problem(f"properties may be nested {MAX_DEPTH} deep at most", at)
            return {}
        if not isinstance(definition, dict):
            self._problem(f"should be an object of field definitions but is {type_phrase(definition)}", at)
            return {}
        fields = {key: self._field(value, f"{at}.{key}", depth) for key, value in definition.items()}
        return {key: field for key, field in fields.items() if field is not None}

    def _field(self, definition: Json, at: str, depth: int) -> Field | None:
        if not isinstance(definition, dict):
            self._problem(
                f"should be an object, the field's definition, but is {type_phrase(definition)}", at
            )
            return None
        problems_before = len(self._diagnostics.errors)
        properties = definition.get("properties")
        options: dict[str, Any] = {
            "type": self._type(definition.get("type"), f"{at}.type"),
            "label": self._get(definition, "label", at, str, "a string") or "",
            "description": self._get(definition, "description", at, str, "a string") or "",
            "required": self._read_required(definition.get("required"), f"{at}.required"),
            "default": definition.get("default"),
            "multiple": self._flag(definition, "multiple", at),
            "allow_null": self._flag(definition, "allowNull", at),
            "choices": self._choices(definition.get("choices"), f"{at}.choices"),
            "format": self._get(definition, "format", at, str, "a string"),
            "additional_properties": self._flag(definition, "additionalProperties", at),
            "minimum": self._get(definition, "minimum", at, int | float, "a number"),
            "maximum": self._get(definition, "maximum", at, int | float, "a number"),
        }
        if properties is not None:
            options["properties"] = self.fields(properties, f"{at}.properties", depth + 1)
        return Field(**options) if len(self._diagnostics.errors) == problems_before else None

    def _type(self, value: Json, at: str) -> str:
        if value not in TYPES:
            self._problem(f"should be one of {', '.join(TYPES)}", at)
            return ""
        return str(value)

    def _read_required(self, value: Json, at: str) -> bool | Requirement:
        if value is None or isinstance(value, bool):
            return bool(value)
        if not isinstance(value, dict):
            self._problem(
                f"should be true, false or an object with conditions but is {type_phrase(value)}", at
            )
            return False
        conditions = [
            self._condition(condition, f"{at}.conditions[{index}]")
            for index, condition in enumerate(self._list(value.get("conditions"), f"{at}.conditions"))
        ]
        match = value.get("match", "all")
        if match not in ("all", "any"):
            self._problem("should be all or any", f"{at}.match")
            match = "all"
        return Requirement(conditions=tuple(filter(None, conditions)), match=match)

    def _condition(self, value: Json, at: str) -> Condition | None:
        if not isinstance(value, dict):
            self._problem(f"should be an object, a condition, but is {type_phrase(value)}", at)
            return None
        key, operator = value.get("fieldKey"), value.get("operator")
        if not isinstance(key, str):
            self._problem(f"should be the key of another field but is {type_phrase(key)}", f"{at}.fieldKey")
        elif operator not in ("is", "is_not"):
            self._problem("should be is or is_not", f"{at}.operator")
        else:
            return Condition(field_key=key, operator=operator, value=value.get("value"))
        return None

    def _choices(self, value: Json, at: str) -> tuple[Choice, ...]:
        choices = []
        for index, item in enumerate([] if value is None else self._list(value, at)):
            chosen, label = item, ""
            if isinstance(item, dict):
                chosen = item.get("value")
                label = self._get(item, "label", f"{at}[{index}]", str, "a string") or ""
            if isinstance(chosen, str | int | float):
                choices.append(Choice(chosen, label))
            else:
                expected = "a string, a number, a boolean or an object with one as its value"
                self._problem(f"should be {expected} but is {type_phrase(item)}", f"{at}[{index}]")
        return tuple(choices)

    def _flag(self, definition: JsonObject, key: str, at: str) -> bool:
        value = definition.get(key)
        if value is not None and not isinstance(value, bool):
            self._problem(f"should be true or false but is {type_phrase(value)}", f"{at}.{key}")
        return value is True

    def _get(self, definition: JsonObject, key: str, at: str, types: Any, phrase: str) -> Any:
        value = definition.get(key)
        if value is None or (isinstance(value, types) and not isinstance(value, bool)):
            return value
        self._problem(f"should be {phrase} but is {type_phrase(value)}", f"{at}.{key}")
        return None

    def _list(self, value: Json, at: str) -> list[Any]:
        if isinstance(value, list):
            return value
        self._problem(f"should be a list but is {type_phrase(value)}", at)
        return []

    def _problem(self, message: str, at: str) -> None:
        self._diagnostics.add(message, at)
