"""The directive ``@phone_e164``."""

from collections.abc import Iterator
from typing import Any

from capi_actions import Compiler, Directive, Json, Resolver
from capi_actions_phone.countries import READS, country_code, likely_countries
from capi_actions_phone.numbers import international

_MEMBERS = ("value", "country", "default")


def compile_phone(value: Json, compiler: Compiler) -> Resolver:
    """Compile ``{"@phone_e164": VALUE}`` or ``{"@phone_e164": {"value": VALUE, "country": …, "default": "AT"}}``.

    What can't be made international stays as it is: it is hashed as it would be without the directive.
    """
    members = _members(value)
    for key in members.keys() - set(_MEMBERS):
        compiler.problem(f"shouldn't have {key!r}; there are value, country and default")
    if "value" not in members:
        compiler.problem("should have a value, the mapping of the phone number")
    default = members.get("default")
    if default is not None and country_code(default) is None:
        compiler.problem("should be a country, such as AT", "default")
    at = "value" if members is value else ""
    resolve_value = compiler.compile(members.get("value"), at)
    resolve_country = compiler.compile(members["country"], "country") if "country" in members else None
    for path in READS if resolve_country is None else ():
        compiler.reads(".".join(path))

    def countries(payload: Any) -> Iterator[str]:
        if resolve_country is None:
            yield from likely_countries(payload)
        elif code := country_code(resolve_country(payload)):
            yield code
        if code := country_code(default):
            yield code

    def resolve(payload: Any) -> Any:
        number = resolve_value(payload)
        text = str(number) if isinstance(number, int) and not isinstance(number, bool) else number
        if not isinstance(text, str):
            return number
        return international(text, countries(payload)) or number

    return resolve


def _members(value: Json) -> dict[str, Any]:
    """Return the directive's members; a mapping alone is the value."""
    is_mapping = not isinstance(value, dict) or any(key.startswith("@") for key in value)
    return {"value": value} if is_mapping else value


PHONE_E164 = Directive(
    name="@phone_e164",
    compile=compile_phone,
    description="A phone number with its country code, by address, language, visitor's IP address or a default.",
    copies_event=False,
)
