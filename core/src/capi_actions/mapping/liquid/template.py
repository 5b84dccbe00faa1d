"""Parse and render templates."""

from functools import cache
from typing import Any

from liquid import BoundTemplate, Tag
from liquid.builtin import content, illegal
from liquid.builtin.tags import (
    capture_tag,
    comment_tag,
    decrement_tag,
    for_tag,
    increment_tag,
    inline_comment_tag,
    liquid_tag,
)
from liquid.exceptions import LiquidError, LiquidInterrupt
from liquid.token import TOKEN_TAG

from capi_actions.mapping.liquid.budget import MAX_WORK
from capi_actions.mapping.liquid.context import Context, Output
from capi_actions.mapping.liquid.expressions import DisabledError, RecordingEnvironment
from capi_actions.mapping.liquid.tags import TAGS, UnknownTag

_NEWLINE = "\n"


def parse(source: str) -> BoundTemplate:
    """Parse a template.

    :raises TemplateSyntaxError: when it is malformed or uses what is disabled.
    """
    try:
        return _dialect().from_string(source)
    except LiquidError as error:
        raise TemplateSyntaxError(_describe(error, source)) from None


def render(template: BoundTemplate, payload: Any) -> tuple[str, int]:
    """Render a template with an event.

    :returns: the text, and the units of its budget that it cost.
    :raises BudgetExceededError: when it costs more than its budget.
    """
    context = Context(template, payload)
    output = Output(context.budget)
    try:
        for node in template.nodes:
            node.render(context, output)
    except LiquidInterrupt:
        pass  # a break or continue outside of loops ends the text, and there are no loops
    return output.getvalue(), MAX_WORK - context.budget.left


def unknown_filters(source: str) -> list[str]:
    """Return the filters of a well-formed template that don't exist, and so do nothing."""
    dialect = Dialect()
    dialect.unknown_filters = set()
    dialect.from_string(source)
    return sorted(dialect.unknown_filters)


class TemplateSyntaxError(Exception):
    """A template can't be parsed; the text is a sentence that ends with line and column."""


def _describe(error: LiquidError, source: str) -> str:
    """Return what is wrong, with line and column; a tag's are those of its opening brace."""
    if isinstance(error.__cause__, RecursionError):
        return "the template is nested too deeply"
    if error.token is None or error.token.start_index < 0:
        return str(error.message)
    position = error.token.start_index
    if error.token.kind == TOKEN_TAG or isinstance(error, DisabledError):
        position = max(source.rfind(opening, 0, position) for opening in ("{{", "{%"))
    before = source[: max(0, position)]
    return f"{error.message}, line:{before.count(_NEWLINE) + 1}, col:{len(before) - before.rfind(_NEWLINE)}"


_TAGS: tuple[type[Tag], ...] = (
    content.Literal,
    comment_tag.CommentTag,
    inline_comment_tag.InlineCommentTag,
    capture_tag.CaptureTag,
    increment_tag.IncrementTag,
    decrement_tag.DecrementTag,
    for_tag.BreakTag,
    for_tag.ContinueTag,
    liquid_tag.LiquidTag,
    *TAGS,
)


class Dialect(RecordingEnvironment):
    """python-liquid with the reference's tags, and no filters: those are compiled into expressions."""

    suppress_blank_control_flow_blocks = False
    logical_not_operator = True

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        """Register the tags."""
        for tag in _TAGS:
            self.add_tag(tag)
        self.tags[illegal.Illegal.name] = UnknownTag(self)


@cache
def _dialect() -> Dialect:
    return Dialect()
