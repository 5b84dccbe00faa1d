"""A directive: a key of mappings that begins with an at sign."""

from collections.abc import Sequence

from capi_actions import MISSING, Compiler, Directive, Json, Resolver, hookimpl


def compile_initials(value: Json, compiler: Compiler) -> Resolver:
    """Compile one use of the directive in a mapping.

    :param value: what stands behind the directive's key.
    :returns: what is called for each event.
    """
    resolve_text = compiler.compile(value)

    def resolve(payload: object) -> object:
        text = resolve_text(payload)
        if not isinstance(text, str) or not text.strip():
            return MISSING
        return "".join(word[0] for word in text.split()).upper()

    return resolve


@hookimpl
def capi_directives() -> Sequence[Directive]:
    """Offer the directives of this module."""
    return [
        Directive(
            name="@acme-initials",
            compile=compile_initials,
            description="The first letters of a text's words, in upper case.",
        )
    ]
