"""The directive ``@liquid``."""

from typing import Any

from capi_actions.errors import EventError
from capi_actions.mapping.arguments import expect
from capi_actions.mapping.js_values import utf16_length
from capi_actions.mapping.limits import spend
from capi_actions.mapping.nodes import Constant
from capi_actions.model import MISSING, Compiler, Json, Resolver

MAX_TEMPLATE = 1000
"""UTF-16 units in a template."""


def compile_liquid(value: Json, compiler: Compiler) -> Resolver:
    """Compile ``{"@liquid": "Hello {{ traits.name | upcase }}"}``."""
    if not expect(value, ("string",), "a string", compiler):
        return Constant(MISSING)
    if utf16_length(value) > MAX_TEMPLATE:
        compiler.problem(f"liquid template values are limited to {MAX_TEMPLATE} characters")
        return Constant(MISSING)
    from capi_actions.mapping.liquid import budget, template  # it takes 0.2 s, and few mappings need it

    try:
        parsed = template.parse(value)
    except template.TemplateSyntaxError as error:
        compiler.problem(str(error))
        return Constant(MISSING)
    path = compiler.path

    def resolve(payload: Any) -> Any:
        try:
            text, cost = template.render(parsed, payload)
        except budget.BudgetExceededError:
            message = f"the template does more than {budget.MAX_WORK:,} steps of work on this event"
            raise EventError.of(message, path) from None
        spend(cost, path)
        return text

    return resolve
