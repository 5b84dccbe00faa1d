"""The reference's 13 directives, declared as a plugin declares its own."""

from capi_actions.mapping.directives.liquid import compile_liquid
from capi_actions.mapping.directives.objects import (
    compile_exclude_when_null,
    compile_flatten,
    compile_merge,
    compile_transform,
)
from capi_actions.mapping.directives.text import compile_case, compile_json, compile_replace, compile_template
from capi_actions.mapping.directives.values import (
    compile_array_path,
    compile_if,
    compile_literal,
    compile_path,
)
from capi_actions.model import Directive

DIRECTIVES: tuple[Directive, ...] = (
    Directive(name="@path", compile=compile_path, description="A value of the event."),
    Directive(name="@template", compile=compile_template, description="Text with values of the event in it."),
    Directive(name="@literal", compile=compile_literal, description="A value as it stands."),
    Directive(name="@if", compile=compile_if, description="One of two values, by whether another exists."),
    Directive(name="@arrayPath", compile=compile_array_path, description="A list, each item reshaped."),
    Directive(name="@case", compile=compile_case, description="Text in lower or upper case."),
    Directive(name="@replace", compile=compile_replace, description="Text with some characters replaced."),
    Directive(name="@merge", compile=compile_merge, description="Several objects merged into one."),
    Directive(
        name="@transform", compile=compile_transform, description="A mapping of another mapping's result."
    ),
    Directive(name="@flatten", compile=compile_flatten, description="An object without objects inside."),
    Directive(
        name="@excludeWhenNull", compile=compile_exclude_when_null, description="A value unless it is null."
    ),
    Directive(name="@json", compile=compile_json, description="JSON as text, and text as JSON."),
    Directive(name="@liquid", compile=compile_liquid, description="Text made by a Liquid template."),
)
